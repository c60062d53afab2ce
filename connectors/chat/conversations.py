"""Read chat platforms: check each conversation, reduce it to the allow-list, and pseudonymise it in memory."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import Any

import pyarrow as pa

from connectors.chat import blocks
from connectors.errors import SourceProblem
from connectors.formats.text import UNREADABLE, csv_rows, is_unicode, json_records, ndjson_records
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
    "conversation_id",
    "nickname",
    "connection_group",
    "started_at",
    "ended_at",
    "language",
    "tags",
    "updated_at",
    "deleted",
)
REQUIRED_COLUMNS = ("conversation_id", "nickname", "started_at", "tags", "updated_at")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", flags=re.ASCII | re.IGNORECASE)
ISO_639_1 = re.compile(r"[a-z]{2}")
BLOCK_RECORDS = 5_000
CSV_BOOLEANS = {"true": True, "1": True, "false": False, "0": False, "": False}


class _Broken(Exception):
    """A record that cannot be kept: the field and the rule that it breaks."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(field, rule)
        self.field = field
        self.rule = rule


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
    findings: list[Rejection] = []

    def finding(field: str, rule: str) -> None:
        findings.append(Rejection(location, field, rule))

    try:
        row = _row(source.name, kept, pseudonymise, finding)
    except _Broken as broken:
        yield Rejection(location, broken.field, broken.rule, _fingerprint(source, kept, pseudonymise))
        return
    yield Row(TABLE, {"location": location, **row})
    yield from findings


def _fingerprint(source: Source, record: Any, pseudonymise: Pseudonymiser) -> str:
    try:
        text = json.dumps(None if record is UNREADABLE else record, default=str, sort_keys=True)
    except RecursionError:
        text = "nested too deeply to be written"
    return pseudonymise.digest("rejected", source.name, text)


def _row(source: str, kept: dict[str, Any], pseudonymise: Pseudonymiser, finding: Any) -> dict[str, Any]:
    deleted = False if kept["deleted"] is None else kept["deleted"]
    if not isinstance(deleted, bool):
        raise _Broken("deleted", "not_a_boolean")
    conversation_id = _text(kept, "conversation_id")
    if not conversation_id:
        raise _Broken("conversation_id", "no_id")
    row: dict[str, Any] = {
        "conversation_id": conversation_id,
        "updated_at": _timestamp(kept, "updated_at"),
        "is_deleted": deleted,
    }
    if deleted:
        return row  # nothing else of an erased conversation is kept
    row["started_at"] = _timestamp(kept, "started_at")
    row["tags"] = _tags(kept["tags"])
    row["ended_at"] = None
    if kept["ended_at"] is not None:
        try:
            row["ended_at"] = _timestamp(kept, "ended_at")
        except _Broken as broken:
            finding(broken.field, broken.rule)
    row["language"] = _language(kept["language"], finding)
    row["canonical_json"] = _canonical_json(row)
    for field, column in (("nickname", "nickname_pseudonym"), ("connection_group", "connection_pseudonym")):
        try:
            row[column] = pseudonymise(source, field, _text(kept, field))
        except _Broken as broken:
            finding(broken.field, broken.rule)
    return row


def _text(kept: Mapping[str, Any], field: str) -> str | None:
    text = kept[field]
    if text is None:
        return None
    if not isinstance(text, str) or not is_unicode(text):
        raise _Broken(field, "not_text")
    return text.strip()


def _timestamp(kept: Mapping[str, Any], field: str) -> datetime:
    text = kept[field].strip() if isinstance(kept[field], str) else ""
    if not RFC3339.fullmatch(text):
        raise _Broken(field, "not_rfc3339")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Broken(field, "not_rfc3339") from None


def _tags(tags: Any) -> list[str]:
    if tags is None:
        return []
    if not isinstance(tags, list) or not all(isinstance(tag, str) and is_unicode(tag) for tag in tags):
        raise _Broken("tags", "not_a_list_of_text")
    return [tag.strip() for tag in tags if tag.strip()]


def _language(language: Any, finding: Any) -> str | None:
    if language is None or language == "":
        return None
    code = language.strip().lower() if isinstance(language, str) else ""
    if ISO_639_1.fullmatch(code):
        return code
    finding("language", "not_iso_639_1")
    return None


def _canonical_json(row: Mapping[str, Any]) -> str:
    """Write the kept fields as canonical JSON (RFC 8785).

    The keys are ASCII and sorted. The values are text, null, false and lists of text. For these, Python's encoder gives
    the bytes that the RFC asks for. Moments have six decimals, so their text sorts in the order of time.
    """
    language = "null" if row["language"] is None else encode_basestring(row["language"])
    ended_at = "null" if row["ended_at"] is None else _utc(row["ended_at"])
    return (
        f'{{"conversation_id":{encode_basestring(row["conversation_id"])},"deleted":false,"ended_at":{ended_at},'
        f'"language":{language},"started_at":{_utc(row["started_at"])},'
        f'"tags":[{",".join(map(encode_basestring, row["tags"]))}],"updated_at":{_utc(row["updated_at"])}}}'
    )


def _utc(moment: datetime) -> str:
    # strftime would write the year 1 as `1`.
    return f'"{moment.isoformat(timespec="microseconds").removesuffix("+00:00")}Z"'


KIND = Kind(
    tables={TABLE: SCHEMA},
    suffixes=(".jsonl", ".ndjson", ".json", ".csv", ".jsonl.gz", ".ndjson.gz", ".json.gz", ".csv.gz"),
    read_file=read_file,
    reading=lambda source, context: json.dumps(dict(source.columns), sort_keys=True),
)
