"""What `seeds/` lacks before a registry's workbook can be read, as rows to review and paste."""

from collections.abc import Iterator

from connectors.codelists.layouts import Edition, Layouts, fold
from connectors.errors import SourceProblem
from connectors.formats.cells import Cell, Grid
from connectors.registries.editions import TITLE_ROWS
from connectors.registries.headers import Tables
from connectors.registries.numbers import YEAR, read_month, read_year
from connectors.registries.reader import Reader

TO_FILL_IN = "?"  # in a proposed row: what a person must decide

# (seed, row) to add.
Proposed = tuple[str, list[str]]


def propose_labels(reader: Reader) -> Iterator[Proposed]:
    """A row of the crosswalk for each label that was not known."""
    for dimension, text in sorted(reader.unknown):
        yield "crosswalk", [reader.edition.publisher, dimension, text, "", "", TO_FILL_IN, TO_FILL_IN, ""]


def propose_edition(grids: list[Grid], layouts: Layouts, kind: str, where: str) -> Iterator[Proposed]:
    """A row for an edition that is not described: with the layout that fits, or with the rows of a new one."""
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
    """The rows of a table whose header is the row of most texts that has a number below it."""
    numbers = {row for (row, _), cell in grid.cells.items() if cell.number is not None and not read_year(cell.text)}
    heads = [
        (sum(1 for column in grid.rows.get(row, ()) if grid.at(row, column).text), -row)
        for row in {row - 1 for row in numbers} - numbers
        if row
    ]
    if not heads:
        return
    row = -max(heads)[1]
    yield "registry_tables", [kind, layout, name, "1", TO_FILL_IN, "all", TO_FILL_IN, "", "no"]
    columns: dict[str, list[str]] = {}
    for column in grid.rows.get(row, ()):
        if grid.at(row, column).text:
            header, feeds = _column(grid.at(row, column), grid.at(row + 1, column))
            # A label that is not repeated in the rows below it.
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
