"""Tables of two engines, compared row by row."""

import math
from collections.abc import Sequence
from typing import Any

Row = tuple[Any, ...]
# What two engines' sums of doubles may differ by, relative to the value: they add in different orders.
TOLERANCE = 1e-12


def difference(columns: Sequence[str], expected: Sequence[Row], found: Sequence[Row]) -> str | None:
    """What differs first between two tables without an order: doubles by TOLERANCE, all else by anything."""
    if len(expected) != len(found):
        return f"{len(found)} rows instead of {len(expected)}"
    for one, other in zip(_sorted(expected), _sorted(found), strict=True):
        for column, value, other_value in zip(columns, one, other, strict=True):
            if not _same(value, other_value):
                return f"{column} is {other_value!r} instead of {value!r} in {one}"
    return None


def _same(expected: Any, found: Any) -> bool:
    if type(expected) is not type(found):
        return False
    if isinstance(expected, float):
        return math.isclose(expected, found, rel_tol=TOLERANCE, abs_tol=0.0)
    return bool(expected == found)


def _sorted(rows: Sequence[Row]) -> list[Row]:
    """By all that is exact; doubles decide only where that is equal."""
    floats = {place for row in rows for place, value in enumerate(row) if isinstance(value, float)}

    def order(row: Row) -> tuple[list[Any], list[Any]]:
        exact = [(value is not None, value) for place, value in enumerate(row) if place not in floats]
        return exact, [(row[place] is not None, row[place]) for place in sorted(floats)]

    return sorted(rows, key=order)
