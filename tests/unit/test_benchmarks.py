"""What the benchmarks say of their measurements."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import page
from benchmarks.measure import Results
from benchmarks.process import Failed, Measured, measure

# What each kind of run says of its own steps, in seconds.
STEPS = {"pandas": {"comparisons": 600.0}}
# (conversations, what, seconds, bytes of memory)
MEASURED = [
    (20_000, "changed", 20.0, 1 << 29),
    (20_000, "floor", 5.0, 1 << 28),
    (1_000_000, "changed", 50.0, 1 << 30),
    (1_000_000, "changed", 60.0, 2 << 30),
    (1_000_000, "changed", 90.0, 1 << 30),
    (1_000_000, "floor", 30.0, 1 << 30),
    (1_000_000, "pandas", 720.0, 1 << 32),
    (10_000_000, "cold", 900.0, 3 << 30),
    (10_000_000, "changed", 465.0, 5 << 29),
    (10_000_000, "floor", 300.0, 1 << 30),
    (10_000_000, "star", 4.0, 1 << 33),
]


@pytest.fixture
def lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for name in ("RESULTS", "PAGE", "CHART"):
        monkeypatch.setattr(page, name, tmp_path / name)
    rows: list[dict[str, Any]] = [
        dict.fromkeys(page.COLUMNS, "x")
        | {"conversations": size, "what": what, "wall": wall, "cpu": 1, "memory": memory, "disk": 1}
        | {"steps": json.dumps(STEPS.get(what, {}))}
        for size, what, wall, memory in MEASURED
    ]
    with page.RESULTS.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, page.COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    page.write()
    return page.PAGE.read_text().splitlines()


def test_ratios_are_those_of_medians_and_a_chart_has_a_line_for_each_thing_measured(lines: list[str]) -> None:
    ratios = (
        # The night less what it costs whatever the size (20 - 5), over the floor; the median of three nights is 60.
        "| changed night less the fixed 15.0 s, over the floor, 1,000,000 | 1.50 |  |",
        "| changed night less the fixed 15.0 s, over the floor, 10,000,000 | 1.50 | 1.5 |",
        "| pandas over a changed night, 1,000,000 | 12.00 | 10 or more |",
        "| changed night, 10,000,000 over 1,000,000 | 7.75 | 11 or less |",
        # The most of any run of zicht; what the worst case of a single model takes is not part of a night.
        "| peak memory at 10,000,000, GiB | 3.00 | 4 or less |",
        "With pandas: comparisons 600.0 of 720.0.",
    )
    assert [ratio for ratio in ratios if ratio not in lines] == []
    drawn = page.CHART.read_text()
    assert [drawn.count(f'stroke="{colour}"') for colour in page.COLOURS.values()] == [1, 1, 0, 1, 1]


def test_a_size_that_is_measured_again_takes_the_place_of_its_rows_alone(lines: list[str]) -> None:
    before = page.read()
    results = Results(seed=2)
    assert page.read() == before
    for seconds in (7.0, 8.0):
        results.add(1_000_000, "floor", Measured(seconds, 1.0, 1 << 30, ""), {})
    after = page.read()
    assert [row["wall"] for row in after.pop((1_000_000, "floor"))] == ["7.0", "8.0"]
    assert after == {key: rows for key, rows in before.items() if key[0] != 1_000_000}
    page.write()
    dated = [line for line in page.PAGE.read_text().splitlines() if "measured on" in line]
    assert [line.partition(" measured")[0] for line in dated] == ["- 20,000 and 10,000,000", "- 1,000,000"]


def test_a_command_is_measured_with_what_it_starts(tmp_path: Path) -> None:
    hold = "held = b'x' * (200 << 20); import time; time.sleep(0.5); print('held')"
    start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}], check=True)"
    found = measure([sys.executable, "-c", start], tmp_path)
    assert found.output == "held\n"
    assert found.wall > 0.5 and found.cpu > 0
    assert 200 << 20 < found.memory < 400 << 20


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="what went wrong"):
        measure([sys.executable, "-c", "import sys; sys.exit('what went wrong')"], tmp_path)
