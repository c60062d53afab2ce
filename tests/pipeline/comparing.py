"""Compare tables of expected and found rows in both directions."""

from collections.abc import Iterable
from typing import Any

Rows = dict[tuple[Any, ...], Any]


def keyed(rows: Iterable[tuple[Any, ...]], width: int) -> Rows:
    """Return rows by their first `width` columns, with the other columns as value. No key may occur twice."""
    found: Rows = {}
    for row in rows:
        assert row[:width] not in found, row[:width]
        found[row[:width]] = row[width:]
    return found


def assert_same(expected: Rows, found: Rows) -> None:
    """Compare in both directions and show the first rows that differ. Counts must be equal, other values to a
    millionth.
    """
    wrong = [
        f"{key}: expected {expected.get(key)}, found {found.get(key)}"
        for key in sorted(expected.keys() | found.keys(), key=str)
        if key not in expected or key not in found or not same(expected[key], found[key])
    ]
    assert not wrong, f"{len(wrong)} of {len(expected)} rows differ:\n" + "\n".join(wrong[:15])


def same(expected: tuple[Any, ...], found: tuple[Any, ...]) -> bool:
    """Return whether whole numbers are equal and other numbers nearly equal."""
    pairs = zip(expected, found, strict=True)
    return all(
        left == right if isinstance(left, int) else abs(float(left) - float(right)) <= 1e-6 for left, right in pairs
    )


def limited(rows: Iterable[tuple[Any, ...]], expected: Rows, places: Iterable[int]) -> list[tuple[Any, ...]]:
    """Return the rows whose values in some columns all occur in the expected rows.

    Args:
        rows: The rows to choose from.
        expected: The expected rows, by key.
        places: The positions of the columns, equal in rows and keys.
    """
    allowed = {place: {key[place] for key in expected} for place in places}
    return [row for row in rows if all(row[place] in values for place, values in allowed.items())]
