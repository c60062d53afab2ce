"""Read the researchers' coding: one row for each coded conversation, from SPSS, a workbook or CSV.

Cells are checked against the codebook before they are landed. A cell that holds neither a code nor a label is not
landed, because people type names and remarks into such cells.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from connectors.codelists.codebook import YES_OR_NO, Codebook, Column, text_of
from connectors.codelists.layouts import fold
from connectors.coding.tables import BASE_COLUMNS, GESPREK_ID, Broken, read_tables
from connectors.errors import SourceProblem, printable
from connectors.formats.cells import READING
from connectors.formats.text import UNREADABLE
from connectors.source import PAST_RETENTION, Context, Item, Kind, Rejection, Row, Source, SourceFile

CODINGS = pa.schema(
    [
        ("row_number", pa.int64()),
        ("location", pa.string()),
        ("gesprek_id", pa.string()),
        ("coded_on", pa.date32()),
        ("is_trafficking", pa.bool_()),
        ("duplicate_of", pa.string()),
    ]
)
# `code` is a code of the codebook, a whole number of years, or a month as YYYY-MM. A column without a row is not known
# or not marked.
VALUES = pa.schema([("row_number", pa.int64()), ("column_name", pa.string()), ("code", pa.string())])

# Only years from 1900 to 2099. SPSS counts from 1582, and a negative number in a date cell is a date before 1900.
ISO_DATE = re.compile(r"((19|20)\d\d-\d\d-\d\d)([T ]00:00(:00(\.0+)?)?)?", flags=re.ASCII)
ISO_MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])", flags=re.ASCII)
INTEGER = re.compile(r"-?\d+", flags=re.ASCII)
OLDEST = 120


def read_file(source: Source, file: SourceFile, context: Context) -> Iterator[Item]:
    """Yield the rows and rejections of one coding file.

    Args:
        source: The configured source. Its `columns` give the file's own names of columns.
        file: The file to read: `.sav`, `.xlsx` or CSV.
        context: What the reader needs besides the bytes.

    Yields:
        Rows of the tables `codings` and `coding_values`, and rejections. A column that is not in the codebook is a
        finding under its name, and nothing of it is read.

    Raises:
        SourceProblem: If the file as a whole cannot be read, or if it lacks a base column.
    """
    names = _names(source, context.codebook)
    for part in read_tables(source, file, names, context.codebook):
        if isinstance(part, Rejection):
            yield part
            continue
        columns = _columns(source, file, part.header, names)
        for name, column in zip(part.header, columns, strict=True):
            if column is None:
                yield Rejection(part.location, printable(name or "(blank)", limit=40), "unknown_column")
        for number, location, cells in part.rows:
            if cells is UNREADABLE:
                yield Rejection(location, "", "unreadable_record")
            else:
                row = {column: cell for column, cell in zip(columns, cells, strict=True) if column}
                yield from read_row(number, location, row, context)


def _names(source: Source, codebook: Codebook) -> dict[str, str]:
    """Return zicht's name of each column, by its folded name in the files of a source."""
    known = (*BASE_COLUMNS, *codebook.columns)
    names = {fold(source.columns.get(name, name)): name for name in known}
    if len(names) < len(known) or not set(source.columns).issubset(known):
        raise SourceProblem(
            source.name,
            found="`columns` that name an unknown column, or two columns alike",
            expected="a different name for each column of the codebook",
            do=f"Correct `columns` of [sources.{source.name}].",
        )
    return names


def _columns(source: Source, file: SourceFile, header: Sequence[str], names: Mapping[str, str]) -> list[str | None]:
    """Return zicht's name of each column, or None for a column that is not in the codebook."""
    columns = [names.get(fold(name)) for name in header]
    where = f"{source.name}: {file.name}"
    if missing := [name for name in BASE_COLUMNS if name not in columns]:
        # The message does not quote the row. In a file without a header, it holds the data of a person.
        raise SourceProblem(
            where,
            found=f"a first row without {', '.join(missing)}",
            expected="the codebook's columns as header",
            do=f"Add the header, or map the file's own names in `columns` of [sources.{source.name}].",
        )
    used = [name for name in columns if name]
    if len(set(used)) < len(used):
        raise SourceProblem(where, found="a column that occurs twice", expected="each column once", do="Leave one out.")
    return columns


def read_row(number: int, location: str, cells: Mapping[str, Any], context: Context) -> Iterator[Item]:
    """Yield one row of `codings`, rows of `coding_values`, and a rejection for each cell that breaks a rule.

    A row without an id or a date cannot be placed and is rejected as a whole. In all other cases only the faulty cell
    is lost. The coding of an erased conversation yields nothing.

    Args:
        number: The number of the row in the delivery.
        location: The place of the row, such as `row 12`.
        cells: The cells, by column name. Columns of the codebook may be missing.
        context: What the reader needs besides the bytes.
    """
    gesprek_id, no_id = _id(cells["gesprek_id"])
    coded_on = _date(cells["gecodeerd_op"])
    if gesprek_id is None or isinstance(coded_on, str):
        fault = ("gesprek_id", no_id or "no_id") if gesprek_id is None else ("gecodeerd_op", str(coded_on))
        yield Rejection(location, *fault)
        return
    if gesprek_id in context.erased:
        return
    if context.kept_from and coded_on < context.kept_from.date():
        yield Rejection(location, "gecodeerd_op", PAST_RETENTION)
        return
    trafficking, rule = read_cell(cells["mensenhandel"], YES_OR_NO)
    if rule:
        yield Rejection(location, "mensenhandel", rule)
    duplicate_of, rule = _id(cells["dubbel_van"])
    if rule:
        yield Rejection(location, "dubbel_van", rule)
    if duplicate_of and duplicate_of in context.erased:
        duplicate_of = None
    row = {"row_number": number, "location": location, "gesprek_id": gesprek_id, "coded_on": coded_on}
    is_trafficking = None if trafficking is None else trafficking == "1"
    yield Row("codings", {**row, "is_trafficking": is_trafficking, "duplicate_of": duplicate_of})
    for name, column in context.codebook.columns.items():
        code, rule = read_cell(cells.get(name), column)
        if rule:
            yield Rejection(location, name, rule)
        elif code is not None:
            yield Row("coding_values", {"row_number": number, "column_name": name, "code": code})


def _id(cell: Any) -> tuple[str | None, str | None]:
    """Return (id, None), (None, None) if the cell says that there is none, or (None, rule)."""
    if isinstance(cell, Broken):
        return None, cell.rule
    text = text_of(cell)
    if YES_OR_NO.is_missing(fold(text)):
        return None, None
    return (text, None) if GESPREK_ID.fullmatch(text) else (None, "malformed_id")


def read_cell(cell: Any, column: Column) -> tuple[str | None, str | None]:
    """Read one cell of a column of the codebook.

    Args:
        cell: The value of the cell.
        column: The codebook's description of the column.

    Returns:
        A pair (code, rule). The code is None if nothing is known or marked. The rule is the one that the cell breaks,
        or None.

    Example:
        `("17", None)`, `(None, None)` or `(None, "unknown_category")`
    """
    if cell is None or cell == "":  # true of most cells
        return None, None
    if isinstance(cell, Broken):
        return None, cell.rule
    text = f"{cell:%Y-%m}" if column.kind == "month" and isinstance(cell, date) else text_of(cell)
    folded = fold(text)
    if column.is_missing(folded):
        return None, None
    if column.kind == "number":
        if not INTEGER.fullmatch(text):
            return None, "not_a_whole_number"
        # A number with many digits is out of range. It is not converted.
        return (str(int(text)), None) if len(text) < 10 and 0 <= int(text) <= OLDEST else (None, "out_of_range")
    if column.kind == "month":
        return (text, None) if ISO_MONTH.fullmatch(text) else (None, "not_a_month")
    if column.kind == "multiple" and folded in ("0", "nee"):
        return None, None
    code = column.codes.get("1" if column.kind == "multiple" and folded == "ja" else folded)
    return (code, None) if code else (None, "unknown_category")


def _date(cell: Any) -> date | str:
    """Return the day of a cell, or the rule that it breaks."""
    if isinstance(cell, Broken):
        return cell.rule
    iso = ISO_DATE.fullmatch(f"{cell:%Y-%m-%d}" if isinstance(cell, date) else text_of(cell))
    try:
        return date.fromisoformat(iso[1]) if iso else "not_a_date"
    except ValueError:
        return "not_a_date"


KIND = Kind(
    tables={"codings": CODINGS, "coding_values": VALUES},
    suffixes=(".sav", ".xlsx", ".csv"),
    read_file=read_file,
    reading=lambda source, context: json.dumps(
        [READING, context.codebook.fingerprint, dict(source.columns)], sort_keys=True
    ),
    main="codings",
    loses_record=lambda rejection: rejection.field in ("", "gesprek_id", "gecodeerd_op"),
    identity="gesprek_id",
)
