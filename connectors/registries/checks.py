"""Check a registry's workbook as a whole: units, numbers beside its tables, missing tables, and repeated figures."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from openpyxl.utils import get_column_letter

from connectors.codelists.layouts import Table
from connectors.errors import SourceProblem
from connectors.formats.cells import Cell, Grid
from connectors.formats.workbook import Place
from connectors.registries.found_table import BOUNDS, NO_LABELS, Body, is_number
from connectors.registries.headers import Tables
from connectors.registries.nearest_header import nearest_cell
from connectors.registries.numbers import other_unit
from connectors.source import Rejection, Row

REPEATED = "repeated_figure"
LABELLED = ("category", "sex", "age", "population")
# The labels without a row in the crosswalk, as (dimension, text), with the first place of each.
Unknown = dict[tuple[str, str], tuple[Grid, Place]]


def plain_counts(tables: Tables, grid: Grid, bodies: list[Body]) -> None:
    """Check that no title and no cell of a table states another unit than plain counts, such as `x 1 000`.

    Args:
        tables: The finder of the tables, which knows the labels.
        grid: The sheet.
        bodies: The tables on the sheet.

    Raises:
        SourceProblem: If one of them does.
    """
    last_header = max((body.header.row for body in bodies), default=0)
    has_percentages = any(body.is_for_percentages(column) for body in bodies for column in body.header.columns)
    for place, cell in grid.cells.items():
        body = next((body for body in bodies if body.covers(place)), None)
        if cell.number is not None or (body is None and place[0] > last_header):
            continue
        if body and (body.is_header(place) or _is_described(tables, body, place, cell)):
            continue
        is_count = not (body.is_for_percentages(place[1]) if body else has_percentages)
        if other_unit(cell.text, is_count=is_count):
            raise tables.problem(
                grid,
                place,
                "another unit than plain counts",
                "counts of one",
                "Ask the publisher for plain counts, or describe the column as percent in seeds/registry_columns.csv.",
            )


def _is_described(tables: Tables, body: Body, place: Place, cell: Cell) -> bool:
    """Return whether a cell of a table is a known label, or in a column that feeds nothing."""
    feeds = body.header.columns[place[1]][0].feeds
    return feeds == "nothing" or (feeds not in NO_LABELS and bool(tables.field(feeds, cell, place)))


def outside(grid: Grid, bodies: list[Body]) -> list[Rejection]:
    """Return findings about numbers outside the tables: one for a sheet without tables, otherwise one a column.

    Args:
        grid: The sheet.
        bodies: The tables on the sheet.
    """
    columns = {
        place[1]
        for place, cell in grid.cells.items()
        if is_number(cell) and not any(body.covers(place) for body in bodies)
    }
    if columns and not bodies:
        return [Rejection(grid.sheet, "", "sheet_not_described")]
    places = [f"{grid.sheet}!column {get_column_letter(column)}" for column in sorted(columns)]
    return [Rejection(place, "", "number_not_described") for place in places]


def once(where: str, key: tuple[str, ...], rows: list[Row], findings: list[Rejection]) -> Iterator[Row]:
    """Yield each figure of a table once, and add a finding for an equal repetition.

    Args:
        where: The name of the workbook in an error message.
        key: The names of the values that identify a figure within its table.
        rows: All figures of the workbook.
        findings: The findings of the workbook. The repetitions are added.

    Yields:
        The figures, without repetitions.

    Raises:
        SourceProblem: If two different figures have the same key.
    """
    first: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        identity = (row.values["table_name"], *(row.values[name] for name in key))
        earlier = first.setdefault(identity, row.values)
        if earlier is row.values:
            yield row
        elif all(earlier[name] == row.values[name] for name in (*BOUNDS, "value")):
            findings.append(Rejection(f"{row.values['sheet']}!{row.values['cell']}", "value", REPEATED))
        else:
            raise SourceProblem(
                f"{where}, sheet {row.values['sheet']}, cell {row.values['cell']}",
                found=f"another figure for the same key as {earlier['sheet']}!{earlier['cell']}",
                expected="one figure for each year, month and category",
                do="Ask the publisher which one holds, and deliver the workbook again.",
            )


def all_found(tables: Tables, found: list[tuple[Grid, list[Body]]], unknown: Unknown) -> None:
    """Check that every table of the layout is in the workbook.

    Args:
        tables: The finder of the tables.
        found: The sheets, each with the tables on it.
        unknown: The unknown labels so far. Those of the header that comes nearest to a missing table are added.

    Raises:
        SourceProblem: If a table is missing.
    """
    names = {body.header.table.name for _, bodies in found for body in bodies}
    for table in tables.edition.tables:
        if table.name not in names:
            raise tables.problem(
                *_likely_header(tables, found, table, unknown),
                f"no header of table {table.name} (this cell comes nearest)",
                " | ".join(column.header for column in table.columns if not column.is_optional),
                "Describe the layout in seeds/registry_tables.csv and registry_columns.csv: "
                "`zicht sources check` prints the rows to add.",
            )


def all_known(tables: Tables, unknown: Unknown) -> None:
    """Check that the crosswalk has every label.

    Args:
        tables: The finder of the tables.
        unknown: The labels that it lacks.

    Raises:
        SourceProblem: If it lacks any. The message names the first one.
    """
    if not unknown:
        return
    (dimension, _), (grid, place) = next(iter(unknown.items()))
    others = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
    raise tables.problem(
        grid,
        place,
        f"a label of {dimension} that is not known{others}",
        f"the labels of {tables.edition.publisher} in seeds/crosswalk.csv",
        "Add its row: `zicht sources check` on this file prints it ready to paste.",
    )


def _likely_header(
    tables: Tables, found: list[tuple[Grid, list[Body]]], table: Table, unknown: Unknown
) -> tuple[Grid, Place]:
    strange = {(grid.sheet, place[0]) for grid, place in unknown.values()}
    grid, nearest, odd = nearest_cell(tables, table, found, strange)
    fields = {name for column in table.columns for part in column.parts for name in part.groupindex}
    for field, place in product(sorted(fields.intersection(LABELLED)), odd):
        unknown.setdefault((table.dimension(field), grid.at(*place).text), (grid, place))
    return grid, nearest
