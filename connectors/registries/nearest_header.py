"""Where the header of a table that was not found was probably meant to stand."""

from collections.abc import Collection, Sequence, Set

from connectors.codelists.layouts import Table
from connectors.formats.cells import Grid, Place
from connectors.registries.headers import Body, Tables


def nearest_cell(
    tables: Tables,
    table: Table,
    sheets: Sequence[tuple[Grid, Sequence[Body]]],
    strange: Collection[tuple[str, int]],
) -> tuple[Grid, Place, list[Place]]:
    """The cell that comes nearest to a header, and the cells beside others that fit which may be labels that nobody
    knows. `sheets`: each with the tables that were found there; `strange`: sheet and row of unknown labels in these."""
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
    """The cells of a possible header, and those that do not fit it; how many do by their words and are in no header
    that was found, how many of the free ones do at all, and how many of these there are."""
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
