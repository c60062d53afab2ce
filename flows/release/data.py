"""Write the tables of a release as CSV and Parquet, and read the tables of a published release back."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.errors import UserFacingError
from flows.release.content import Content
from flows.release.schema import DAY, NUMBER, SCHEMAS, TEXT, WHOLE, YES_NO, Schema, records
from flows.warehouse.query import FORMULA, cell_text

FICTITIOUS = "FICTITIOUS"
ARROW = {TEXT: pa.string(), WHOLE: pa.int64(), NUMBER: pa.float64(), YES_NO: pa.bool_(), DAY: pa.date32()}
PARSERS: Mapping[str, Callable[[str], Any]] = {
    **{TEXT: str, WHOLE: int, NUMBER: float, DAY: date.fromisoformat},
    YES_NO: {"true": True, "false": False}.__getitem__,
}


class UnfitText(UserFacingError):
    """A spreadsheet would take a text for a formula. The message says where the text is and what to change."""


class UnreadableRelease(UserFacingError):
    """The figures of a published release cannot be read back. The message names the file, and the line if known."""


def data_tables(content: Content) -> list[tuple[Schema, pd.DataFrame]]:
    """Return the tables of a release as its files have them, each with its schema.

    In a fictitious release, every table has a column `remark` with FICTITIOUS in every row.
    """
    tables = [(schema, content.tables[name]) for name, schema in SCHEMAS.items()]
    return [_marked(*table) for table in tables] if content.facts.is_fictitious else tables


def _marked(schema: Schema, frame: pd.DataFrame) -> tuple[Schema, pd.DataFrame]:
    marked = replace(schema, columns={**schema.columns, "remark": TEXT})
    return marked, marked.typed(frame.assign(remark=FICTITIOUS))


def write_csv(path: Path, schema: Schema, frame: pd.DataFrame) -> None:
    """Write a table as CSV: UTF-8, commas, LF, ISO dates, and an empty cell for a value that is not shown.

    Raises:
        UnfitText: a spreadsheet would take a text for a formula.
    """
    lines = []
    for line, row in enumerate(records(frame), start=2):
        for column, value in zip(schema.columns, row, strict=True):
            if isinstance(value, str) and FORMULA.search(value):
                raise UnfitText(
                    f"{schema.name}.csv, line {line}, column {column}: found a text that a spreadsheet would take for "
                    "a formula, expected none of = + - @ at its start or behind , ; | and no control character. "
                    "Change the label or note in seeds/."
                )
        lines.append([_cell(value) for value in row])
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(schema.columns)
        writer.writerows(lines)


def _cell(value: Any) -> str:
    return cell_text(int(value) if isinstance(value, float) and value.is_integer() else value)


def write_parquet(path: Path, schema: Schema, frame: pd.DataFrame, metadata: Mapping[str, str]) -> None:
    """Write a table as typed Parquet. `metadata` becomes the key-value metadata of the file."""
    types = pa.schema([(name, ARROW[kind]) for name, kind in schema.columns.items()])
    table = pa.Table.from_pandas(frame, types, preserve_index=False)
    pq.write_table(table.replace_schema_metadata(dict(metadata)), path, compression="zstd")


def read_tables(folder: Path, *names: str) -> dict[str, pd.DataFrame]:
    """Read these tables of a published release, exactly as it printed them.

    Raises:
        UnreadableRelease: a file is missing, or is no longer readable as the file of a release.
    """
    return {name: _read(folder / "data" / f"{name}.csv", SCHEMAS[name]) for name in names}


def _read(path: Path, schema: Schema) -> pd.DataFrame:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            lines = list(csv.DictReader(stream, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableRelease(f"{path}: {type(error).__name__}. Restore the release from its backup.") from None
    rows = []
    for number, line in enumerate(lines, start=2):
        try:
            if None in line or None in line.values():  # too many cells, or too few
                raise ValueError
            cells = [(line[name], PARSERS[kind]) for name, kind in schema.columns.items()]
            rows.append([None if cell == "" else parse(cell) for cell, parse in cells])
        except (KeyError, TypeError, ValueError):
            raise UnreadableRelease(
                f"{path}, line {number}: found no figure, expected the columns and values of a release. "
                "Restore the release from its backup."
            ) from None
    frame = schema.frame(pd.DataFrame(rows, columns=list(schema.columns), dtype=object))
    try:
        schema.check(frame)
    except ValueError as error:
        raise UnreadableRelease(f"{path}: {error} Restore the release from its backup.") from None
    return frame
