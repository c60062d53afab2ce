"""The whole pipeline against the worked example and against an independent count of random worlds."""

import csv
import shutil
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from oracle import count
from world_files import write_world
from worlds import draw_world

EXAMPLE = Path(__file__).resolve().parents[1] / "fixtures" / "worked_example"
Rows = dict[tuple[Any, ...], Any]
Run = Callable[[Path], Any]


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
    assert not wrong, f"{len(wrong)} rows differ:\n" + "\n".join(wrong[:15])


def same(expected: tuple[Any, ...], found: tuple[Any, ...]) -> bool:
    pairs = zip(expected, found, strict=True)
    return all(
        left == right if isinstance(left, int) else abs(float(left) - float(right)) <= 1e-6 for left, right in pairs
    )


def printed(name: str, columns: list[str]) -> list[tuple[Any, ...]]:
    """Columns of an expected table of the worked example, counts and dates read as such."""
    read: dict[str, Callable[[str], Any]] = {"n": int, "n_known": int, "share": float, "value": float}
    read |= {"period_start": date.fromisoformat, "period_end": date.fromisoformat}
    with (EXAMPLE / "expected" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return [tuple(read.get(column, str)(row[column]) for column in columns) for row in csv.DictReader(lines)]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the worked example's input."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(EXAMPLE / "inbox", folder / "inbox")
    shutil.copy(EXAMPLE / "zicht.toml", folder)
    return folder


def limited(rows: Iterable[tuple[Any, ...]], expected: Rows, places: Iterable[int]) -> list[tuple[Any, ...]]:
    """The rows that in each of some columns have only values that occur in the expected rows."""
    allowed = {place: {key[place] for key in expected} for place in places}
    return [row for row in rows if all(row[place] in values for place, values in allowed.items())]


def test_worked_example_comes_out_cell_by_cell(example: Path, run_pipeline: Run) -> None:
    found = run_pipeline(example)
    columns = ["population", "period_type", "period_start", "period_end", "variable", "category"]
    counts = ["n", "n_known", "share"]
    expected = keyed(printed("indicators", columns + counts), 6)
    rows = found.rows(f"select {', '.join(columns + counts)} from marts.indicators where source = 'chat'")
    assert_same(expected, keyed(limited(rows, expected, (0, 1, 4)), 6))

    columns = ["population", "period_type", "period_start", "period_end", "statistic"]
    expected = keyed(printed("measures", [*columns, "value"]), 5)
    rows = found.rows(
        f"select {', '.join(columns)}, value from marts.measures where source = 'chat' and variable = 'age'"
    )
    assert_same(expected, keyed(limited(rows, expected, (0, 1)), 5))

    columns = ["source", "period_type", "period_start", "step"]
    expected = keyed(printed("funnel", [*columns, "n"]), 4)
    assert_same(expected, keyed(found.rows(f"select {', '.join(columns)}, n from marts.funnel where n > 0"), 4))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_world_is_counted_as_the_contract_says(seed: int, tmp_path: Path, run_pipeline: Run) -> None:
    world = draw_world(seed)
    write_world(world, tmp_path)
    expected, found = count(world), run_pipeline(tmp_path)
    periods = "period_type, period_start, period_end"
    assert_same(
        {("chat", "visitor", *key): (n, known, n / known) for key, (n, known) in expected.indicators.items()},
        keyed(
            found.rows(
                f"select source, unit, population, {periods}, variable, category, n, n_known, share from marts.indicators"
            ),
            8,
        ),
    )
    assert_same(
        {("chat", *key): (value,) for key, value in expected.measures.items()},
        keyed(found.rows(f"select source, population, {periods}, variable, statistic, value from marts.measures"), 7),
    )
    assert_same(
        {key: (n,) for key, n in expected.funnel.items()},
        keyed(found.rows(f"select source, {periods}, step, n from marts.funnel"), 5),
    )
