"""Read chat platforms: check each conversation, reduce it to the allow-list, and pseudonymise it in memory."""

import gc
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import pyarrow as pa

from connectors.chat.blocks import DELETED, FIELDS, SCHEMA, BrokenRecord, project, read_block
from connectors.chat.dotted import with_dotted
from connectors.errors import SourceProblem
from connectors.formats.csv_table import csv_rows
from connectors.formats.folding import FOLDING
from connectors.formats.text import UNREADABLE, json_records, parse_json
from connectors.source import Context, Item, Kind, Rejection, Rows, Shape, Source, SourceFile

TABLE = "conversations"
HIDDEN = "hidden_conversations"  # what a mass deletion erases, until a person has approved it
REQUIRED_COLUMNS = ("conversation_id", "nickname", "started_at", "tags", "updated_at")
BLOCK_RECORDS = 5_000
TAG_SEPARATORS = re.compile(r"[|,;\r\n]")


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
    # A dotted name may repeat any of its parts.
    names = {part for field in FIELDS for part in re.split(r"\[\]\.|\.", source.columns.get(field, field))}
    is_csv = file.name.lower().removesuffix(".gz").endswith(".csv")
    records = _csv_records(source, file) if is_csv else json_records(source.name, file, names)
    for rows, rejections in read_records(source, f"{source.name}: {file.name}", records, context):
        yield Rows(TABLE, rows)
        yield from rejections


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
    tags = source.columns.get("tags", "tags")
    for location, cells in rows:
        if cells is UNREADABLE:
            yield location, UNREADABLE
            continue
        record: dict[str, Any] = {
            name: cell if cell.strip() else None for name, cell in zip(header, cells, strict=True)
        }
        record[tags] = _split_tags(record[tags] or "")
        yield location, record


def _split_tags(cell: str) -> list[Any]:
    """Return the tags of a cell: a JSON list, or texts that `|`, `,`, `;` or a line break separates."""
    listed = parse_json(cell.encode(errors="replace")) if cell.lstrip().startswith("[") else None
    return listed if isinstance(listed, list) else TAG_SEPARATORS.split(cell)


def read_records(
    source: Source, where: str, records: Iterable[tuple[str, Any]], context: Context
) -> Iterator[tuple[pa.RecordBatch, list[Rejection]]]:
    """Yield the rows and rejections of some records, block by block.

    Args:
        source: The configured source.
        where: The name of the records in an error message.
        records: Pairs (location, record).
        context: What the reader needs besides the bytes. It must have a pseudonymiser.

    Yields:
        Pairs (rows of the table `conversations`, rejections), as `read_block` returns them.

    Raises:
        SourceProblem: If no live record has the field with the tags. The platform then uses another name for it, and no
            conversation would be flagged.
        ValueError: If the context has no pseudonymiser.
    """
    names = {field: source.columns.get(field, field) for field in FIELDS}
    live = tagged = 0
    if dotted := [name for name in names.values() if "." in name]:
        records = ((location, with_dotted(record, dotted)) for location, record in records)
    records = iter(records)
    while block := _block(records, names):
        marked = [one[-1] for _, one in block if not isinstance(one, BrokenRecord) and one[DELETED] is not True]
        live += len(marked)
        tagged += sum(marked)
        yield read_block(source, block, context)
    if live and not tagged:
        raise SourceProblem(
            where,
            found=f"{live} conversations without the field {names['tags']}",
            expected="the counsellor's marks in every record, and one record a line or item",
            do=f"Map the platform's own name in `columns` of [sources.{source.name}], or export only the records.",
        )


def _block(
    records: Iterator[tuple[str, Any]], names: Mapping[str, str]
) -> list[tuple[str, tuple[Any, ...] | BrokenRecord]]:
    """Return the next records without the fields that are not kept, so that transcripts do not fill memory."""
    gc.disable()  # records have no reference cycles, and Python's search for them takes a seventh of the time
    try:
        return [(location, project(record, names)) for location, record in islice(records, BLOCK_RECORDS)]
    finally:
        gc.enable()


def _reading(source: Source, context: Context) -> str:
    no_names = context.pseudonymise.no_names.pattern if context.pseudonymise else ""
    settings = [dict(source.columns), source.timezone, source.date_format, no_names, FOLDING]
    if source.shape != Shape():
        settings += [source.shape.listing, source.shape.items]  # these say which records there are
    return json.dumps(settings, sort_keys=True)


KIND = Kind(
    tables={TABLE: SCHEMA, HIDDEN: pa.schema([("conversation_id", pa.string())])},
    suffixes=(".jsonl", ".ndjson", ".json", ".csv", ".jsonl.gz", ".ndjson.gz", ".json.gz", ".csv.gz"),
    read_file=read_file,
    reading=_reading,
    main=TABLE,
    loses_record=lambda rejection: rejection.fingerprint is not None,
    identity="conversation_id",
)
