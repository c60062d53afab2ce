"""Read coding files as tables: SPSS, workbooks and CSV, with the header wherever it is.

A cell of a workbook that a person sees otherwise than it was typed, or does not see at all, is `Broken`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.codelists.codebook import Codebook
from connectors.codelists.layouts import fold
from connectors.coding.labels import check_labels
from connectors.errors import SourceProblem
from connectors.formats.cells import Grid, read_grids
from connectors.formats.csv_table import TITLE_ROWS, csv_rows
from connectors.formats.spss import read_spss
from connectors.source import Rejection, Source, SourceFile

BASE_COLUMNS = ("gesprek_id", "gecodeerd_op", "mensenhandel", "dubbel_van")
GESPREK_ID = re.compile(r"[a-z][a-z0-9_]*:\S.*")

# One row of a file: (row number, location, cells).
Cells = tuple[int, str, Sequence[Any]]


@dataclass(frozen=True)
class Broken:
    """A cell that cannot be read, with the rule that it breaks."""

    rule: str


@dataclass(frozen=True)
class Table:
    """A file, or one sheet of it: where its header is, the names in the header, and the rows below."""

    location: str
    header: Sequence[str]
    rows: Iterator[Cells]


def read_tables(
    source: Source, file: SourceFile, names: Mapping[str, str], codebook: Codebook
) -> Iterator[Table | Rejection]:
    """Yield the tables of a coding file, and a finding for each part of it that is hidden.

    Args:
        source: The configured source.
        file: The file to read: `.sav`, `.xlsx` or CSV.
        names: zicht's names of the columns, by their folded names in the file.
        codebook: The researchers' codebook.

    Raises:
        SourceProblem: If the file cannot be read, has rows above its header, or has labels that contradict the
            codebook.
    """
    where = f"{source.name}: {file.name}"
    name = file.name.lower()
    if name.endswith(".sav"):
        found = read_spss(source.name, file)
        check_labels(where, found.labels, names, codebook)
        rows = ((number, f"row {number}", cells) for number, cells in enumerate(found.rows, start=1))
        yield Table("header", found.columns, rows)
    elif name.endswith(".xlsx"):
        yield from _sheets(source, file, names)
    else:
        lines = csv_rows(source.name, file, lambda first: _header(where, first, names) or 0)
        location, header = next(lines)
        first = int(location.removeprefix("row ")) + 1
        yield Table(
            location, header, ((number, place, cells) for number, (place, cells) in enumerate(lines, start=first))
        )


def _header(where: str, rows: Sequence[Sequence[str]], names: Mapping[str, str]) -> int | None:
    """Return the place of the first row that names the column `gesprek_id`, or None. Only titles may be above it."""
    place = next(
        (place for place, row in enumerate(rows) if any(names.get(fold(cell)) == "gesprek_id" for cell in row)), None
    )
    for row in rows[: place or 0]:
        if sum(map(bool, row)) > 1 and any(GESPREK_ID.fullmatch(cell) for cell in row):
            raise SourceProblem(
                where,
                found="a row above the header that looks like a coding",
                expected="nothing but titles there",
                do="Move the header above all rows.",
            )
    return place


def _sheets(source: Source, file: SourceFile, names: Mapping[str, str]) -> Iterator[Table | Rejection]:
    where = f"{source.name}: {file.name}"
    found = False
    for sheet_number, grid in enumerate(read_grids(source.name, file)):
        yield from grid.findings()
        rows = [row for row in grid.rows if row <= TITLE_ROWS]
        texts = [[grid.at(row, column).text for column in grid.rows[row]] for row in rows]
        place = _header(f"{where}, sheet {grid.sheet}", texts, names)
        if place is not None:
            found = True
            # Rows of a later sheet get higher numbers than rows of an earlier one.
            yield _table(grid, rows[place], sheet_number << 24)
    if not found:
        raise SourceProblem(
            where,
            found=f"no sheet that holds gesprek_id in its first {TITLE_ROWS} rows",
            expected="a sheet with the codebook's columns as header",
            do=f"Add the header, or map the file's own names in `columns` of [sources.{source.name}].",
        )


def _table(grid: Grid, header: int, offset: int) -> Table:
    columns = sorted({column for row, column in grid.cells if row >= header})
    rows = (
        (offset + row, f"{grid.sheet}!row {row}", cells)
        for row in grid.rows
        if row > header and any(cells := [_content(grid, row, column) for column in columns])
    )
    return Table(f"{grid.sheet}!row {header}", [grid.at(header, column).text for column in columns], rows)


def _content(grid: Grid, row: int, column: int) -> Any:
    """Return what was typed in a cell, or why that is not what a person sees."""
    cell = grid.at(row, column)
    if grid.is_merged((row, column)):
        return Broken("merged_value")
    if cell.typed is not None:
        return cell.moment or cell.typed
    return Broken(cell.broken or ("raised_text" if cell.note else "unknown_format"))
