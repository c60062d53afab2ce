"""Propose the rows that `seeds/` lacks before a registry's workbook can be read. A person reviews and pastes them."""

from collections.abc import Iterator

from connectors.codelists.layouts import Edition, Layouts, fold
from connectors.errors import SourceProblem
from connectors.formats.cells import Cell, Grid
from connectors.registries.editions import TITLE_ROWS
from connectors.registries.headers import Tables
from connectors.registries.numbers import YEAR, read_month, read_year
from connectors.registries.reader import Reader

TO_FILL_IN = "?"  # marks a value of a proposed row that a person must decide

# The name of a seed, and the values of a row to add to it.
Proposed = tuple[str, list[str]]


def propose_labels(reader: Reader) -> Iterator[Proposed]:
    """Yield a row of the crosswalk for each unknown label.

    Args:
        reader: The reader, after it has read the workbook.

    Yields:
        Pairs (seed, row).

    Example:
        `("crosswalk", ["comensha", "sex", "Anders", "", "", "?", "?", ""])`
    """
    for dimension, text in sorted(reader.unknown):
        yield "crosswalk", [reader.edition.publisher, dimension, text, "", "", TO_FILL_IN, TO_FILL_IN, ""]


def propose_edition(grids: list[Grid], layouts: Layouts, kind: str, where: str) -> Iterator[Proposed]:
    """Yield a row for an edition that is not described.

    If a described layout fits the workbook, the row names this layout. Otherwise the rows of a new layout follow.

    Args:
        grids: The sheets of the workbook.
        layouts: The described editions.
        kind: The kind of the source.
        where: The name of the workbook in an error message.

    Yields:
        Pairs (seed, row). Values that a person must decide are `?`.
    """
    title = next((text for text in _upper_texts(grids) if YEAR.search(text)), None) or TO_FILL_IN
    years = [found[0] for found in YEAR.finditer(title)]
    editions = layouts.editions(kind)
    fitting = next((edition for edition in reversed(editions) if _fits(edition, grids, layouts, where)), None)
    layout = fitting.layout if fitting else f"{kind}_{years[-1] if years else TO_FILL_IN}"
    publisher = fitting.publisher if fitting else (editions[0].publisher if editions else kind)
    year = years[-1] if years else ""
    yield "registry_editions", [kind, publisher, fold(title), title, layout, year, TO_FILL_IN, ""]
    if fitting is None:
        for number, grid in enumerate(grids, start=1):
            yield from _table(kind, layout, f"table_{number}", grid)


def _upper_texts(grids: list[Grid]) -> Iterator[str]:
    for grid in grids:
        for (row, _), cell in sorted(grid.cells.items()):
            if row <= TITLE_ROWS and cell.number is None and cell.moment is None and not read_year(cell.text):
                yield cell.text


def _fits(edition: Edition, grids: list[Grid], layouts: Layouts, where: str) -> bool:
    tables = Tables(where, edition, layouts)
    try:
        found = {body.header.table.name for grid in grids for body in tables.on(grid)}
    except SourceProblem:
        return False
    return found == {table.name for table in edition.tables}


def _table(kind: str, layout: str, name: str, grid: Grid) -> Iterator[Proposed]:
    """Yield the rows of one table. Its header is the row with the most texts of those above a row with a number."""
    numbers = {row for (row, _), cell in grid.cells.items() if cell.number is not None and not read_year(cell.text)}
    above = sorted({row - 1 for row in numbers} - numbers - {0})
    heads = {row: [column for column in grid.rows.get(row, ()) if grid.at(row, column).text] for row in above}
    if not heads:
        return
    row = max(heads, key=lambda row: len(heads[row]))
    yield "registry_tables", [kind, layout, name, "1", TO_FILL_IN, "all", TO_FILL_IN, "", "no"]
    columns: dict[str, list[str]] = {}
    for column in heads[row]:
        header, feeds = _column(grid.at(row, column), grid.at(row + 1, column))
        # Rows below the label leave the cell blank, because they belong to the same block.
        is_block = feeds != "value" and any(line > row and not grid.at(line, column).text for line in numbers)
        columns.setdefault(header, [feeds, "yes" if is_block else "no", "no"])
    for header, described in columns.items():
        yield "registry_columns", [kind, layout, name, header, *described]


def _column(header: Cell, below: Cell) -> tuple[str, str]:
    if read_year(header.text):
        return "{reference_year}", "value"
    if read_month(header.text, header.moment):
        return "{month}", "value"
    if read_year(below.text):
        return header.text, "reference_year"
    return header.text, "value" if below.number is not None else "category"
