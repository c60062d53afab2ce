"""Read UNODC's GLOTIP workbook: one sheet in long form, with or without two note rows above its header."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
from openpyxl.utils import get_column_letter

from connectors.errors import SourceProblem
from connectors.formats.workbook import opened_workbook, sheet_rows
from connectors.source import Context, Item, Kind, Rejection, Row, Source, SourceFile

FIGURES = pa.schema(
    [
        ("edition", pa.string()),
        ("iso3", pa.string()),
        ("country", pa.string()),
        ("indicator", pa.string()),
        ("dimension", pa.string()),
        ("category", pa.string()),
        ("sex", pa.string()),
        ("age", pa.string()),
        ("reference_year", pa.int32()),
        ("value_low", pa.int64()),
        ("value_high", pa.int64()),
        ("value", pa.int64()),
        ("sheet", pa.string()),
        ("cell", pa.string()),
    ]
)
# The field that each column feeds, by header. None means that the column is not read.
COLUMNS = {
    "Iso3_code": "iso3",
    "Country": "country",
    "Region": None,
    "Subregion": None,
    "Indicator": "indicator",
    "Dimension": "dimension",
    "Category": "category",
    "Sex": "sex",
    "Age": "age",
    "Year": "reference_year",
    "Unit of measurement": None,
    "txtVALUE": "value",
    "Source": None,
}
LABELS = ("country", "indicator", "dimension", "category", "sex", "age")
NOTE_ROWS = 6
UNDATED = "undated"
UNKNOWN_MARKS = ("", ".", "x")
BELOW_FIVE = (0, 4)  # UNODC prints `<5` for 1 to 4, and in practice also for 0
# Thousands are separated by one kind of comma, point or space. No count has more than twelve digits.
COUNT = re.compile(r"\d{1,12}|\d{1,3}(?P<mark>[,. \u00a0\u2009\u202f])\d{3}((?P=mark)\d{3}){0,2}", flags=re.ASCII)
NO_DIGIT = re.compile(r"\D", flags=re.ASCII)


def read_file(source: Source, file: SourceFile, context: Context) -> Iterator[Item]:
    """Yield the figures of one workbook, for all countries.

    Args:
        source: The configured source.
        file: The file to read.
        context: Not used; all readers have the same arguments.

    Yields:
        Rows of the table `figures`, and rejections. A cell with a mark for 'unknown' yields nothing.

    Raises:
        SourceProblem: If the file is not a readable workbook, or has no sheet with the known header.
    """
    found = False
    with opened_workbook(source.name, file) as book:
        for sheet, rows in sheet_rows(book):
            edition = UNDATED
            for number, cells in rows:
                if number > NOTE_ROWS:
                    break
                if str(cells[0] if cells else "").strip() == "Iso3_code":
                    found = True
                    yield from _figures(sheet, edition, _fields(source, file, sheet, number, cells), rows)
                    break
                edition = _edition(cells) or edition
    if not found:
        raise SourceProblem(
            f"{source.name}: {file.name}",
            found=f"no header with Iso3_code in the first {NOTE_ROWS} rows of any sheet",
            expected="UNODC's GLOTIP layout",
            do="Download the workbook again from UNODC's data portal.",
        )


def _edition(cells: Sequence[Any]) -> str | None:
    """Return the day of issue (ISO 8601) in a note row, or None. It is written as text (30/05/2023) or as a date."""
    for cell in cells:
        if isinstance(cell, datetime):
            return cell.date().isoformat()
        try:
            return datetime.strptime(str(cell).strip(), "%d/%m/%Y").date().isoformat()
        except ValueError:
            continue
    return None


def _fields(source: Source, file: SourceFile, sheet: str, number: int, header: Sequence[Any]) -> dict[str, int]:
    names = [str(name).strip() for name in header if name is not None]
    if sorted(names) != sorted(COLUMNS):
        missing = ", ".join(sorted(set(COLUMNS).difference(names))) or "none missing"
        unknown = ", ".join(sorted(set(names).difference(COLUMNS))) or "none unknown"
        raise SourceProblem(
            f"{source.name}: {file.name}, sheet {sheet}, row {number}",
            found=f"other columns (missing: {missing}; unknown: {unknown})",
            expected="the 13 columns of GLOTIP",
            do="Check that this is the GLOTIP workbook; a changed layout needs a change of the module glotip.py.",
        )
    positions = {COLUMNS[str(name).strip()]: place for place, name in enumerate(header) if name is not None}
    return {field: place for field, place in positions.items() if field}


def _figures(
    sheet: str, edition: str, fields: dict[str, int], rows: Iterator[tuple[int, Sequence[Any]]]
) -> Iterator[Item]:
    import ftfy

    value_column = get_column_letter(fields["value"] + 1)
    for number, cells in rows:
        texts = {field: _text(cells[place]) if place < len(cells) else "" for field, place in fields.items()}
        if not any(texts.values()):
            continue
        cell = f"{value_column}{number}"
        year = texts.pop("reference_year")
        if not (year.isascii() and year.isdigit() and len(year) == 4):
            yield Rejection(f"{sheet}!row {number}", "Year", "not_a_year")
            continue
        value = texts.pop("value")
        if value.casefold() in UNKNOWN_MARKS:
            continue
        low_and_high = read_count(value)
        if low_and_high is None:
            yield Rejection(f"{sheet}!{cell}", "txtVALUE", "not_a_count")
            continue
        low, high = low_and_high
        yield Row(
            "figures",
            {
                **{field: ftfy.fix_encoding(text) if field in LABELS else text for field, text in texts.items()},
                "edition": edition,
                "reference_year": int(year),
                "value_low": low,
                "value_high": high,
                "value": low if low == high else None,
                "sheet": sheet,
                "cell": cell,
            },
        )


def _text(cell: Any) -> str:
    if isinstance(cell, float):
        # A fraction gets a form that is not a count, because the number 1.334 is not the text 1,334.
        return str(int(cell)) if cell.is_integer() else f"{cell:e}"
    return "" if cell is None else str(cell).strip()


def read_count(text: str) -> tuple[int, int] | None:
    """Return the lowest and the highest count that a text can mean.

    Args:
        text: The text of the cell.

    Returns:
        A pair (lowest, highest), or None if the text is not a count.

    Example:
        `1,334` gives `(1334, 1334)`, `<5` gives `(0, 4)` and `-` gives `(0, 0)`.
    """
    if text == "<5":
        return BELOW_FIVE
    if text == "-":
        return 0, 0
    if not COUNT.fullmatch(text):
        return None
    count = int(NO_DIGIT.sub("", text))
    return count, count


KIND = Kind(
    tables={"figures": FIGURES},
    suffixes=(".xlsx",),
    read_file=read_file,
    reading=lambda source, context: "",
)
