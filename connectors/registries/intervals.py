"""Read what one cell of a registry prints: a count, a percentage, or a mark that hides a number."""

from collections.abc import Mapping

from connectors.codelists.layouts import fold
from connectors.formats.cells import BLANK, Cell
from connectors.formats.workbook import Place
from connectors.registries.found_table import BOUNDS, Body
from connectors.registries.numbers import read_count, read_percentage

# The lowest, highest and exact value. All are None if the value is unknown.
Interval = tuple[float, float, float | None] | tuple[None, None, None]
Marks = Mapping[str, tuple[float, float] | None]
UNKNOWN = (None, None, None)


def row_bounds(body: Body, cells: Mapping[int, Cell]) -> dict[str, int] | int:
    """Return the printed bounds of an estimate.

    Args:
        body: The table.
        cells: The cells of one row, by the number of their column.

    Returns:
        The bounds by field, or the number of the first column whose bound cannot be read.

    Example:
        `{"value_low": 5000, "value_high": 6250}`
    """
    bounds: dict[str, int] = {}
    for number, (column, _) in body.header.columns.items():
        if column.feeds in BOUNDS and cells[number] != BLANK:
            bound = read_count(cells[number].text, cells[number].number)
            if bound is None:
                return number
            bounds[column.feeds] = bound
    return bounds


def interval(body: Body, place: Place, cell: Cell, bounds: Mapping[str, int], marks: Marks) -> Interval | str:
    """Return the value of a cell, within the bounds that its row prints.

    Args:
        body: The table.
        place: The cell.
        cell: The content of the cell.
        bounds: The bounds of the row, as `row_bounds` returns them.
        marks: The lowest and highest number that a mark such as `<5` stands for, or None for an unknown number.

    Returns:
        The lowest, highest and exact value, or the rule that the cell breaks.

    Example:
        `(1, 4, None)` for the mark `<5`.
    """
    if body.is_spread(place):
        return "merged_value"
    read = _printed(body, place, cell, marks)
    if isinstance(read, str) or read[0] is None:
        return read
    low, high, value = read
    around = bounds.get("value_low", low), bounds.get("value_high", high)
    return (*around, value) if around[0] <= low and high <= around[1] else "outside_its_bounds"


def _printed(body: Body, place: Place, cell: Cell, marks: Marks) -> Interval | str:
    if cell.broken:
        return cell.broken
    text = fold(cell.text)
    if not text:
        return UNKNOWN
    if text in marks:
        meaning = marks[text]
        if meaning is None:
            return UNKNOWN
        low, high = meaning
        return low, high, low if low == high else None
    is_percentage = body.is_for_percentages(place[1])
    number = read_percentage(cell.text) if is_percentage else read_count(cell.text, cell.number)
    if number is None:
        return "not_a_percentage" if is_percentage else "not_a_count"
    if place[1] in body.bare_shares and number and "%" not in text:
        return "share_or_percentage"
    return float(number), float(number), float(number)
