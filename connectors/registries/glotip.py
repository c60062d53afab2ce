"""Read UNODC's GLOTIP workbook: one sheet in long form, with or without two note rows above its header."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache

import pyarrow as pa

from connectors.errors import SourceProblem
from connectors.formats.cells import BLANK, READING, Cell, Grid, address, read_grids
from connectors.registries.numbers import other_unit, read_count, read_year
from connectors.source import Context, Item, Kind, Rejection, Row, Source, SourceFile

LABELS = ("country", "indicator", "dimension", "category", "sex", "age")
FIGURES = pa.schema(
    [
        *((name, pa.string()) for name in ("edition", "iso3", *LABELS)),
        ("reference_year", pa.int32()),
        *((name, pa.int64()) for name in ("value_low", "value_high", "value")),
        *((name, pa.string()) for name in ("sheet", "cell")),
    ]
)
# The header of the column that feeds each field, and the headers of the columns that are not read.
HEADERS = {name: name.capitalize() for name in LABELS} | {
    "iso3": "Iso3_code",
    "reference_year": "Year",
    "unit": "Unit of measurement",
    "value": "txtVALUE",
}
NOT_READ = ("Region", "Subregion", "Source")
NOTE_ROWS = 6
UNDATED = "undated"
# The lowest and highest count of a mark, or None if it is unknown. UNODC prints `<5` for 1 to 4, and in practice also
# for 0.
MARKS = {"<5": (0, 4), "-": (0, 0), "": None, ".": None, "x": None}


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
    for grid in read_grids(source.name, file):
        yield from grid.findings()
        rows = [row for row in grid.rows if row <= NOTE_ROWS]
        header = next((row for row in rows if grid.at(row, 1).text == "Iso3_code"), None)
        if header:
            found = True
            edition = next((day for row in reversed(rows) if row < header and (day := _edition(grid, row))), UNDATED)
            yield from _figures(grid, edition, header, _fields(source, file, grid, header))
    if not found:
        raise SourceProblem(
            f"{source.name}: {file.name}",
            found=f"no header with Iso3_code in the first {NOTE_ROWS} rows of any sheet",
            expected="UNODC's GLOTIP layout",
            do="Download the workbook again from UNODC's data portal.",
        )


def _edition(grid: Grid, row: int) -> str | None:
    """Return the day of issue (ISO 8601) in a note row, or None. It is written as text (30/05/2023) or as a date."""
    for column in grid.rows[row]:
        cell = grid.at(row, column)
        if cell.moment:
            return cell.moment.isoformat()
        try:
            return datetime.strptime(cell.text, "%d/%m/%Y").date().isoformat()
        except ValueError:
            continue
    return None


def _fields(source: Source, file: SourceFile, grid: Grid, header: int) -> dict[str, int]:
    """Return the column of each field."""
    fields = {name: field for field, name in HEADERS.items()}
    names = {column: name for column in grid.rows[header] if (name := grid.at(header, column).text)}
    known = sorted((*fields, *NOT_READ))
    if sorted(names.values()) != known:
        missing = ", ".join(sorted(set(known).difference(names.values()))) or "none missing"
        unknown = ", ".join(sorted(set(names.values()).difference(known))) or "none unknown"
        raise SourceProblem(
            f"{source.name}: {file.name}, sheet {grid.sheet}, row {header}",
            found=f"other columns (missing: {missing}; unknown: {unknown})",
            expected="the 13 columns of GLOTIP",
            do="Check that this is the GLOTIP workbook; a changed layout needs a change of the module glotip.py.",
        )
    return {fields[name]: column for column, name in names.items() if name in fields}


def _figures(grid: Grid, edition: str, header: int, fields: Mapping[str, int]) -> Iterator[Item]:
    for row in grid.rows:
        cells = {field: grid.at(row, column) for field, column in fields.items()}
        if row <= header or all(cell == BLANK for cell in cells.values()):
            continue
        fault = _fault(grid, row, cells, fields)
        if fault:
            field, rule = fault
            yield Rejection(f"{grid.sheet}!{address((row, fields[field]))}", HEADERS[field], rule)
            continue
        low_and_high = _interval(cells["value"])
        if low_and_high is not None:
            low, high = low_and_high
            labels = {field: _mended(cells[field].text) for field in LABELS}
            numbers = {"value_low": low, "value_high": high, "value": low if low == high else None}
            keys = {"edition": edition, "iso3": cells["iso3"].text, "reference_year": _year(cells)}
            places = {"sheet": grid.sheet, "cell": address((row, fields["value"]))}
            yield Row("figures", keys | labels | numbers | places)


def _fault(grid: Grid, row: int, cells: Mapping[str, Cell], fields: Mapping[str, int]) -> tuple[str, str] | None:
    """Return the first cell of a row that breaks a rule, as (field, rule), or None."""
    for field, cell in cells.items():
        if grid.is_merged((row, fields[field])):
            return field, "merged_value"
        if cell.broken:
            return field, cell.broken
    if other_unit(cells["unit"].text):
        return "unit", "other_unit"
    if _year(cells) is None:
        return "reference_year", "not_a_year"
    is_count = cells["value"].text.casefold() in MARKS or _interval(cells["value"])
    return None if is_count else ("value", "not_a_count")


def _year(cells: Mapping[str, Cell]) -> int | None:
    return read_year(cells["reference_year"].text, cells["reference_year"].moment)


def _interval(cell: Cell) -> tuple[int, int] | None:
    """Return the lowest and the highest count that a cell can mean, or None if it is no count or not known."""
    text = cell.text.casefold()
    if text in MARKS:
        return MARKS[text]
    count = read_count(cell.text, cell.number)
    return None if count is None else (count, count)


@lru_cache(5000)
def _mended(text: str) -> str:
    import ftfy

    return str(ftfy.fix_encoding(text))


KIND = Kind(
    tables={"figures": FIGURES},
    suffixes=(".xlsx",),
    read_file=read_file,
    reading=lambda source, context: READING,
    main="figures",
    loses_record=lambda rejection: rejection.field != "",
)
