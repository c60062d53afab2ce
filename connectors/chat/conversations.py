"""Read chat platforms: check each conversation, reduce it to the allow-list, and pseudonymise it in memory."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from connectors.chat import blocks
from connectors.chat.record import Broken, row_of
from connectors.errors import SourceProblem
from connectors.formats.csv_table import csv_rows
from connectors.formats.text import UNREADABLE, json_records, ndjson_records
from connectors.pseudonym import Pseudonymiser
from connectors.source import PAST_RETENTION, Context, Item, Kind, Rejection, Row, Rows, Source, SourceFile

TABLE = "conversations"
SCHEMA = pa.schema(
    [
        ("location", pa.string()),
        ("conversation_id", pa.string()),
        ("nickname_pseudonym", pa.string()),
        ("connection_pseudonym", pa.string()),
        ("started_at", pa.timestamp("us", tz="UTC")),
        ("ended_at", pa.timestamp("us", tz="UTC")),
        ("language", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("updated_at", pa.timestamp("us", tz="UTC")),
        ("is_deleted", pa.bool_()),
        # RFC 8785 JSON of the kept fields, without the two pseudonymised ones. It decides between two versions of a
        # conversation that have the same `updated_at`.
        ("canonical_json", pa.string()),
    ]
)
FIELDS = (
    *("conversation_id", "nickname", "connection_group", "started_at", "ended_at", "language", "tags", "updated_at"),
    "deleted",
)
REQUIRED_COLUMNS = ("conversation_id", "nickname", "started_at", "tags", "updated_at")
BLOCK_RECORDS = 5_000
CSV_BOOLEANS = {"true": True, "1": True, "false": False, "0": False, "": False}


def read_file(source: Source, file: SourceFile, context: Context) -> Iterator[Item | Rows]:
    """Yield the rows and rejections of one export.

    The export is NDJSON, a JSON array or CSV, each also as .gz.

    Args:
        source: The configured source.
        file: The file to read.
        context: What the reader needs besides the bytes. It must have a pseudonymiser.

    Yields:
        Rows of the table `conversations`, and rejections.

    Raises:
        SourceProblem: If the file as a whole cannot be read, or does not have the fields of a conversation.
        ValueError: If the context has no pseudonymiser.
    """
    names = {field: source.columns.get(field, field) for field in FIELDS}
    name = file.name.lower().removesuffix(".gz")
    if name.endswith((".jsonl", ".ndjson")):
        records = ndjson_records(source.name, file)
    elif name.endswith(".json"):
        records = json_records(source.name, file)
    else:
        records = _csv_records(source, file)
    for block in _blocks(names, _tagged(source, f"{source.name}: {file.name}", records)):
        is_readable = isinstance(block[-1][1], Mapping)
        rows = blocks.rows(source, names, SCHEMA, block, context) if is_readable else None
        if rows is None:
            yield from _read_one_by_one(source, block, context)
        else:
            yield Rows(TABLE, rows)


def _blocks(names: Mapping[str, str], records: Iterable[tuple[str, Any]]) -> Iterator[list[tuple[str, Any]]]:
    """Yield records in blocks, reduced to the fields that are kept.

    Transcripts are dropped here, so they do not fill memory. A record that is not a mapping ends its block.
    """
    block: list[tuple[str, Any]] = []
    for location, record in records:
        if isinstance(record, Mapping):
            record = {name: record[name] for name in names.values() if name in record}
        block.append((location, record))
        if len(block) == BLOCK_RECORDS or not isinstance(record, Mapping):
            yield block
            block = []
    if block:
        yield block


def _csv_records(source: Source, file: SourceFile) -> Iterator[tuple[str, Any]]:
    rows = csv_rows(source.name, file)
    _, header = next(rows)
    names = {source.columns.get(field, field) for field in REQUIRED_COLUMNS}
    if missing := sorted(names.difference(header)):
        raise SourceProblem(
            f"{source.name}: {file.name}, row 1",
            found=f"no column {', '.join(missing)}",
            expected="the fields of a conversation",
            do=f"Map the platform's own names in `columns` of [sources.{source.name}], or export these columns.",
        )
    tags, deleted = (source.columns.get(field, field) for field in ("tags", "deleted"))
    for location, cells in rows:
        if cells is UNREADABLE:
            yield location, UNREADABLE
            continue
        record: dict[str, Any] = {
            name: cell if cell.strip() else None for name, cell in zip(header, cells, strict=True)
        }
        record[tags] = record[tags].split("|") if record[tags] else []
        flag = (record.get(deleted) or "").strip().casefold()
        record[deleted] = CSV_BOOLEANS.get(flag, flag)
        yield location, record


def read_records(source: Source, where: str, records: Iterable[tuple[str, Any]], context: Context) -> Iterator[Item]:
    """Yield the rows and rejections of some records.

    Args:
        source: The configured source.
        where: The name of the records in an error message.
        records: Pairs (location, record).
        context: What the reader needs besides the bytes. It must have a pseudonymiser.

    Yields:
        Rows of the table `conversations`, and rejections.

    Raises:
        SourceProblem: If no record has the field with the tags.
        ValueError: If the context has no pseudonymiser.
    """
    yield from _read_one_by_one(source, _tagged(source, where, records), context)


def _read_one_by_one(source: Source, records: Iterable[tuple[str, Any]], context: Context) -> Iterator[Item]:
    if context.pseudonymise is None:
        raise ValueError("conversations are not read without a pseudonym key")
    for location, record in records:
        for item in read_record(source, location, record, context.pseudonymise):
            if kept := _kept(source, item, context):
                yield kept


def _tagged(source: Source, where: str, records: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield the same records, and check that at least one of them has the field with the tags.

    Raises:
        SourceProblem: If no live record has the field. The platform then uses another name for it, and no conversation
            would be flagged.
    """
    live, tagged = 0, 0
    tags, deleted = (source.columns.get(field, field) for field in ("tags", "deleted"))
    for location, record in records:
        if isinstance(record, dict) and record.get(deleted) is not True:
            live += 1
            tagged += tags in record
        yield location, record
    if live and not tagged:
        raise SourceProblem(
            where,
            found=f"{live} conversations without the field {tags}",
            expected="the counsellor's marks in every record",
            do=f"Map the platform's own name in `columns` of [sources.{source.name}].",
        )


def _kept(source: Source, item: Item, context: Context) -> Item | None:
    """Return the item, None for an erased conversation, or a rejection for a row that is older than may be kept."""
    if not isinstance(item, Row):
        return item
    if f"{source.name}:{item.values['conversation_id']}" in context.erased:
        return None
    if context.kept_from and not item.values["is_deleted"] and item.values["started_at"] < context.kept_from:
        assert context.pseudonymise is not None
        mark = context.pseudonymise.digest("rejected", source.name, item.values["canonical_json"])
        return Rejection(item.values["location"], "started_at", PAST_RETENTION, mark)
    return item


def read_record(source: Source, location: str, record: Any, pseudonymise: Pseudonymiser) -> Iterator[Item]:
    """Yield the row of one record, if it can be kept, and its rejections.

    A record that is kept has one rejection for each rule that it breaks. A record that cannot be kept has one rejection
    with a fingerprint, for the first such rule.

    Args:
        source: The configured source.
        location: The place of the record, such as `line 12`.
        record: The record, or any other value if it could not be read.
        pseudonymise: Replaces names by pseudonyms.

    Yields:
        At most one row of the table `conversations`, then rejections.
    """
    if not isinstance(record, Mapping):
        yield Rejection(location, "", "unreadable_record", _fingerprint(source, record, pseudonymise))
        return
    # From here on only the fields of the allow-list exist. The rest of the record is dropped.
    kept = {field: record.get(source.columns.get(field, field)) for field in FIELDS}
    try:
        row, findings = row_of(source.name, kept, pseudonymise)
    except Broken as broken:
        yield Rejection(location, broken.field, broken.rule, _fingerprint(source, kept, pseudonymise))
        return
    yield Row(TABLE, {"location": location, **row})
    for field, rule in findings:
        yield Rejection(location, field, rule)


def _fingerprint(source: Source, record: Any, pseudonymise: Pseudonymiser) -> str:
    try:
        text = json.dumps(None if record is UNREADABLE else record, default=str, sort_keys=True)
    except RecursionError:
        text = "nested too deeply to be written"
    return pseudonymise.digest("rejected", source.name, text)


KIND = Kind(
    tables={TABLE: SCHEMA},
    suffixes=(".jsonl", ".ndjson", ".json", ".csv", ".jsonl.gz", ".ndjson.gz", ".json.gz", ".csv.gz"),
    read_file=read_file,
    reading=lambda source, context: json.dumps(dict(source.columns), sort_keys=True),
)
