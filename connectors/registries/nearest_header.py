"""Find where the header of a missing table was probably meant to be. The error message names that cell."""

from collections.abc import Collection, Sequence, Set

from connectors.codelists.layouts import Table
from connectors.formats.cells import Grid
from connectors.formats.workbook import Place
from connectors.registries.found_table import Body
from connectors.registries.headers import Tables


def nearest_cell(
    tables: Tables, table: Table, sheets: Sequence[tuple[Grid, Sequence[Body]]], strange: Collection[tuple[str, int]]
) -> tuple[Grid, Place, list[Place]]:
    """Return the cell that comes nearest to the header of a missing table.

    Args:
        tables: The finder of the edition's tables.
        table: The description of the missing table.
        sheets: Pairs of each sheet and the tables that were found on it.
        strange: Pairs (sheet, row) of unknown labels inside the tables that were found.

    Returns:
        A triple (sheet, cell, cells that may be unknown labels). The last item lists the cells that do not fit, if
            other
        cells of the same header fit.
    """
    best, nearest, odd = (-1, -1, -1), (sheets[0][0], (1, 1)), list[Place]()
    for grid, found in sheets:
        free = {
            place
            for place in grid.cells
            if (grid.sheet, place[0]) in strange or not any(body.covers(place) for body in found)
        }
        tops = {row - above for row in grid.rows for above in range(min(row, table.header_rows))}
        for row in sorted(tops):
            places, misfits, score = _nearness(tables, table, row, grid, found, free)
            if places and score > best:
                best, nearest = score, (grid, (misfits or places)[0])
                odd = misfits if score[0] + score[1] else []
    return *nearest, odd


def _nearness(
    tables: Tables, table: Table, row: int, grid: Grid, found: Sequence[Body], free: Set[Place]
) -> tuple[list[Place], list[Place], tuple[int, int, int]]:
    """Return the cells of a possible header, the cells among them that do not fit, and a score.

    The score has three counts: cells outside found headers that fit by their words, free cells that fit in any way, and
    all free cells.
    """
    words = {part for column in table.columns if column.is_literal for part in column.parts}
    parts = words.union(part for column in table.columns for part in column.parts)
    fitting = {
        (line, column): {part for part in parts if tables.fits(part, (line, column), cell) is not None}
        for line in range(row, row + table.header_rows)
        for column in grid.rows.get(line, ())
        if (cell := grid.at(line, column)).text
    }
    n_words = sum(
        bool(fits & words) and not any(body.is_header(place) for body in found) for place, fits in fitting.items()
    )
    misfits = [place for place, fits in fitting.items() if not fits]
    misfits = [place for place in misfits if place in free] or misfits
    n_free = sum(bool(fits) for place, fits in fitting.items() if place in free)
    return list(fitting), misfits, (n_words, n_free, len(free & fitting.keys()))
