"""Read the researchers' coding: one row for each coded conversation, from SPSS, a workbook or CSV.

Cells are checked against the codebook before they are landed. A cell that holds neither a code nor a label is not
landed, because people type names and remarks into such cells.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from connectors.codelists.codebook import Codebook, Column
from connectors.errors import SourceProblem, printable
from connectors.formats.csv_table import csv_rows
from connectors.formats.spss import read_spss
from connectors.formats.text import UNREADABLE
from connectors.formats.workbook import opened_workbook, sheet_rows
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

BASE_COLUMNS = ("gesprek_id", "gecodeerd_op", "mensenhandel", "dubbel_van")
YES_OR_NO = Column("single", {"1": "1", "ja": "1", "0": "0", "nee": "0"})
NO_COLUMN = Column("single", {})  # for a variable that the codebook does not have
GESPREK_ID = re.compile(r"[a-z][a-z0-9_]*:\S.*")
# Only years from 1900 to 2099. SPSS counts from 1582, and a negative number in a date cell is a date before 1900.
ISO_DATE = re.compile(r"((19|20)\d\d-\d\d-\d\d)([T ]00:00(:00(\.0+)?)?)?", flags=re.ASCII)
ISO_MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])", flags=re.ASCII)
WHOLE_NUMBER = re.compile(r"(-?\d+)\.0+", flags=re.ASCII)
INTEGER = re.compile(r"-?\d+", flags=re.ASCII)
OLDEST = 120

# One row of a file: (row number, location, cells).
Cells = tuple[int, str, Sequence[Any]]


def read_file(source: Source, file: SourceFile, context: Context) -> Iterator[Item]:
    """Yield the rows and rejections of one coding file.

    Args:
        source: The configured source.
        file: The file to read: `.sav`, `.xlsx` or CSV.
        context: What the reader needs besides the bytes.

    Yields:
        Rows of the tables `codings` and `coding_values`, and rejections.

    Raises:
        SourceProblem: If the file as a whole cannot be read, if it lacks a base column, or if it has a column that is
            not in the codebook.
    """
    name = file.name.lower()
    if name.endswith(".sav"):
        parts = _spss(source, file, context.codebook)
    elif name.endswith(".xlsx"):
        parts = _workbook(source, file)
    else:
        parts = _csv(source, file)
    for header, rows in parts:
        columns = _columns(f"{source.name}: {file.name}", header, context.codebook)
        for number, location, cells in rows:
            if cells is UNREADABLE:
                yield Rejection(location, "", "unreadable_record")
            else:
                # Spreadsheets leave out the blank cells at the end of a row.
                row = dict.fromkeys(columns) | dict(zip(columns, cells, strict=False))
                yield from read_row(number, location, row, context)


def _columns(where: str, header: Sequence[Any], codebook: Codebook) -> list[str]:
    columns = ["" if name is None else str(name).strip().casefold() for name in header]
    while columns and not columns[-1]:
        columns.pop()
    if missing := [name for name in BASE_COLUMNS if name not in columns]:
        # The message does not quote the row. In a file without a header, it holds the data of a person.
        raise SourceProblem(
            where,
            found=f"a first row without {', '.join(missing)}",
            expected="the codebook's columns as header",
            do="Add the header, or save the file with its column names.",
        )
    known = {*BASE_COLUMNS, *codebook.columns}
    if unknown := [name for name in columns if name not in known]:
        raise SourceProblem(
            where,
            found=f"the column {printable(unknown[0] or '(blank)', limit=40)}",
            expected="columns of the codebook",
            do="Add its rows to seeds/codebook.csv, or leave the column out.",
        )
    if len(set(columns)) < len(columns):
        raise SourceProblem(where, found="a column that occurs twice", expected="each column once", do="Leave one out.")
    return columns


def _spss(source: Source, file: SourceFile, codebook: Codebook) -> Iterator[tuple[list[str], Iterator[Cells]]]:
    found = read_spss(source.name, file)
    for name, labels in found.labels.items():
        column = codebook.columns.get(name.casefold(), NO_COLUMN)
        for value, label in labels.items():
            code = column.codes.get(str(label).strip().casefold())
            if code and code != _text(value):
                shown = "of text" if isinstance(value, str) else _text(value)
                raise SourceProblem(
                    f"{source.name}: {file.name}, variable {printable(name, limit=40)}",
                    found=f"code {shown} with the label that the codebook gives to code {code}",
                    expected="the codebook's codes",
                    do="Recode the variable in SPSS, or correct its value labels.",
                )
    yield found.columns, ((number, f"row {number}", cells) for number, cells in enumerate(found.rows, start=1))


def _workbook(source: Source, file: SourceFile) -> Iterator[tuple[list[Any], Iterator[Cells]]]:
    found = False
    with opened_workbook(source.name, file) as book:
        for sheet_number, (sheet, rows) in enumerate(sheet_rows(book)):
            number, header = next(rows, (1, ()))
            if number == 1 and "gesprek_id" in [str(name).strip().casefold() for name in header]:
                found = True
                # Rows of a later sheet get higher numbers than rows of an earlier one.
                offset = sheet_number << 24
                yield (
                    list(header),
                    ((offset + number, f"{sheet}!row {number}", cells) for number, cells in rows if any_cell(cells)),
                )
    if not found:
        raise SourceProblem(
            f"{source.name}: {file.name}",
            found="no sheet whose first row holds gesprek_id",
            expected="a sheet with the codebook's columns as header",
            do="Put the header in the first row.",
        )


def any_cell(cells: Sequence[Any]) -> bool:
    return any(cell is not None and str(cell).strip() for cell in cells)


def _csv(source: Source, file: SourceFile) -> Iterator[tuple[list[str], Iterator[Cells]]]:
    rows = csv_rows(source.name, file)
    _, header = next(rows)
    yield header, ((number, location, cells) for number, (location, cells) in enumerate(rows, start=2))


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
    gesprek_id, coded_on = _text(cells["gesprek_id"]), _date(cells["gecodeerd_op"])
    if not GESPREK_ID.fullmatch(gesprek_id):
        yield Rejection(location, "gesprek_id", "malformed_id" if gesprek_id else "no_id")
        return
    if coded_on is None:
        yield Rejection(location, "gecodeerd_op", "not_a_date")
        return
    if gesprek_id in context.erased:
        return
    if context.kept_from and coded_on < context.kept_from.date():
        yield Rejection(location, "gecodeerd_op", PAST_RETENTION)
        return
    trafficking, rule = read_cell(cells["mensenhandel"], YES_OR_NO)
    if rule:
        yield Rejection(location, "mensenhandel", rule)
    duplicate_of, rule = _duplicate_of(_text(cells["dubbel_van"]), context)
    if rule:
        yield Rejection(location, "dubbel_van", rule)
    row = {"row_number": number, "location": location, "gesprek_id": gesprek_id, "coded_on": coded_on}
    is_trafficking = None if trafficking is None else trafficking == "1"
    yield Row("codings", {**row, "is_trafficking": is_trafficking, "duplicate_of": duplicate_of})
    for name, column in context.codebook.columns.items():
        code, rule = read_cell(cells.get(name), column)
        if rule:
            yield Rejection(location, name, rule)
        elif code is not None:
            yield Row("coding_values", {"row_number": number, "column_name": name, "code": code})


def _duplicate_of(text: str, context: Context) -> tuple[str | None, str | None]:
    """Return (id, None), or (None, rule) for a malformed id.

    Return (None, None) if the cell names nobody or an erased conversation.
    """
    if YES_OR_NO.is_missing(text.casefold()) or text in context.erased:
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
    text = f"{cell:%Y-%m}" if column.kind == "month" and isinstance(cell, date) else _text(cell)
    if column.is_missing(text.casefold()):
        return None, None
    if column.kind == "number":
        if not INTEGER.fullmatch(text):
            return None, "not_a_whole_number"
        # A number with many digits is out of range. It is not converted.
        return (str(int(text)), None) if len(text) < 10 and 0 <= int(text) <= OLDEST else (None, "out_of_range")
    if column.kind == "month":
        return (text, None) if ISO_MONTH.fullmatch(text) else (None, "not_a_month")
    if column.kind == "multiple" and text.casefold() in ("0", "nee"):
        return None, None
    code = column.codes.get("1" if column.kind == "multiple" and text.casefold() == "ja" else text.casefold())
    return (code, None) if code else (None, "unknown_category")


def _text(cell: Any) -> str:
    """Return a cell as trimmed text. The text of 17.0 is `17`, whether it was typed as a number or as text."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    text = str(cell).strip()
    number = WHOLE_NUMBER.fullmatch(text)
    return number[1] if number else text


def _date(cell: Any) -> date | None:
    iso = ISO_DATE.fullmatch(f"{cell:%Y-%m-%d}" if isinstance(cell, date) else _text(cell))
    try:
        return date.fromisoformat(iso[1]) if iso else None
    except ValueError:
        return None


KIND = Kind(
    tables={"codings": CODINGS, "coding_values": VALUES},
    suffixes=(".sav", ".xlsx", ".csv"),
    read_file=read_file,
    reading=lambda source, context: context.codebook.fingerprint,
)
