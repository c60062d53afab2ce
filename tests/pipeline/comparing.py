"""Tables of expected and found rows, compared both ways."""

from collections.abc import Iterable
from typing import Any

Rows = dict[tuple[Any, ...], Any]


def keyed(rows: Iterable[tuple[Any, ...]], width: int) -> Rows:
    """Rows by their first `width` columns, the others as value; no key may come twice."""
    found: Rows = {}
    for row in rows:
        assert row[:width] not in found, row[:width]
        found[row[:width]] = row[width:]
    return found


def assert_same(expected: Rows, found: Rows) -> None:
    """Compare both ways: counts exactly, shares and values to a millionth; show the first few that differ."""
    wrong = [
        f"{key}: expected {expected.get(key)}, found {found.get(key)}"
        for key in sorted(expected.keys() | found.keys(), key=str)
        if key not in expected or key not in found or not same(expected[key], found[key])
    ]
    assert not wrong, f"{len(wrong)} of {len(expected)} rows differ:\n" + "\n".join(wrong[:15])


def same(expected: tuple[Any, ...], found: tuple[Any, ...]) -> bool:
    """Whole numbers exactly, others nearly."""
    pairs = zip(expected, found, strict=True)
    return all(
        left == right if isinstance(left, int) else abs(float(left) - float(right)) <= 1e-6 for left, right in pairs
    )


def limited(rows: Iterable[tuple[Any, ...]], expected: Rows, places: Iterable[int]) -> list[tuple[Any, ...]]:
    """The rows that in each of some columns have only values that occur in the expected rows."""
    allowed = {place: {key[place] for key in expected} for place in places}
    return [row for row in rows if all(row[place] in values for place, values in allowed.items())]
