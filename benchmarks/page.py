"""Make README.md and its chart from results.csv: `python -m benchmarks.page`."""

import csv
import json
import math
import statistics
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.csv"
PAGE = ROOT / "benchmarks" / "README.md"
CHART = ROOT / "benchmarks" / "chart.svg"
COLUMNS = ("conversations", "what", "wall", "cpu", "memory", "disk", "steps", "seed", "date", "machine", "versions")
STEPS_TOLD = (
    "Seconds of a changed night: `receive` pulls and lands, `build` is dbt's parse and all models, `publish` the copy, "
    "the tests beside it and the turn of the link. Nodes of a build take turns."
)
RUNS = ("cold", "changed", "idle", "floor", "pandas")
STEPS = ("start and end", "receive", "forget", "build", "publish")
HEAD = """# Benchmarks

`make benchmarks` measures zicht beside two baselines, in one run and in turns, and writes this page. Seconds depend on
the machine; growth and speed beside the baselines are ratios. `.venv/bin/python -m benchmarks.measure --seed 7 20000`
measures another world.

- **cold**, **changed**, **idle**: `zicht run` with everything new, with one more day delivered, with nothing new. A
  Prefect server is running.
- **floor**: the SQL of all models, as dbt compiled it, run by DuckDB alone on the same Parquet files: no Prefect, no
  dbt, no tests, no copy for readers.
- **pandas**: what an analyst would write, [with_pandas.py](with_pandas.py): the chat's marts in memory from the same
  inbox. It checks and protects nothing. A test holds its figures against zicht's, row by row.

Worlds are drawn from a seed ([world.py](world.py)): two platforms over six years, a user name for every three
conversations, one in eight flagged, one in ten coded, one in twelve codings joining two user names.
"""

Rows = dict[tuple[int, str], list[dict[str, str]]]


def read() -> Rows:
    """Return the rows of results.csv by size and by what was measured.

    Example:
        {(20000, "cold"): [{"conversations": "20000", "what": "cold", "wall": "31.2", ...}]}
    """
    found: Rows = {}
    with RESULTS.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found.setdefault((int(row["conversations"]), row["what"]), []).append(row)
    return found


def write() -> None:
    """Write the page and its chart."""
    rows = read()
    CHART.write_text(chart(rows), encoding="utf-8")
    PAGE.write_text("\n".join([HEAD, *_lines(rows)]) + "\n", encoding="utf-8")


def _lines(rows: Rows) -> list[str]:
    sizes = sorted({size for size, _ in rows})
    lines = [*_circumstances(rows), ""]
    lines += ["![Seconds by number of conversations](chart.svg)", ""]
    lines += [
        "| conversations | what | seconds | CPU seconds | peak memory | on disk | runs |",
        "|---:|---|---:|---:|---:|---:|---:|",
    ]
    for size in sizes:
        for what in RUNS:
            if found := rows.get((size, what)):
                seconds = f"{_median(found, 'wall'):.1f} | {_median(found, 'cpu'):.1f}"
                space = f"{_most(found, 'memory') / 2**20:,.0f} MiB | {_most(found, 'disk') / 2**20:,.0f} MiB"
                lines.append(f"| {size:,} | {what} | {seconds} | {space} | {len(found)} |")
    lines += ["", "Medians of seconds; the most of memory.", "", "## Ratios", "", *_ratios(rows, sizes)]
    lines += ["", "## First answers, first runs and worst cases", ""]
    lines += ["| what | seconds | limit | peak memory |", "|---|---:|---:|---:|"]
    for name, limit, found in _seconds(rows, sizes):
        if found:
            memory = f"{_most(found, 'memory') / 2**20:,.0f} MiB"
            lines.append(f"| {name} | {_median(found, 'wall'):.2f} | {limit} | {memory} |")
    lines += ["", "## Where the time goes", "", STEPS_TOLD, ""]
    for size in sizes:
        if found := rows.get((size, "changed")):
            steps = json.loads(found[-1]["steps"])
            shown = [step for step in STEPS if step in steps]
            nodes = sorted(steps.keys() - set(STEPS), key=lambda node: -steps[node])
            lines += [f"**{size:,} conversations.** " + ", ".join(f"{step} {steps[step]}" for step in shown) + ".", ""]
            lines += ["Slowest nodes: " + ", ".join(f"`{_short(node)}` {steps[node]}" for node in nodes[:8]) + ".", ""]
        if found := rows.get((size, "pandas")):
            compared = json.loads(found[-1]["steps"])["comparisons"]
            lines += [f"With pandas: comparisons {compared} of {float(found[-1]['wall']):.1f}.", ""]
    return [*lines, *_growth(rows, sizes)]


def _seconds(rows: Rows, sizes: list[int]) -> list[tuple[str, str, list[dict[str, str]]]]:
    """Return what is measured in seconds: its name, its limit ("" if it has none), and its measurements."""

    def of_all_sizes(what: str) -> list[dict[str, str]]:
        return [row for size in sizes for row in rows.get((size, what), [])]

    return [
        ("`zicht --help`", "0.5", of_all_sizes("--help")),
        ("`zicht status`", "1.5", of_all_sizes("status")),
        ("an idle night", "6", of_all_sizes("idle")),
        ("1,000,000 conversations for the first time", "180", rows.get((1_000_000, "cold"), [])),
        ("persons: a chain of 100,000 links", "", of_all_sizes("chain")),
        ("persons: a star of 100,000 links", "", of_all_sizes("star")),
    ]


def _circumstances(rows: Rows) -> list[str]:
    """Return one line for each run: its date, machine and versions, and the sizes that it measured."""
    sizes_by_run: dict[str, set[int]] = {}
    for (size, _), found in rows.items():
        for row in found:
            run = f"measured on {row['date']}: {row['machine']}; {row['versions']}; seed {row['seed']}."
            sizes_by_run.setdefault(run, set()).add(size)
    return [f"- {' and '.join(f'{size:,}' for size in sorted(sizes))} {run}" for run, sizes in sizes_by_run.items()]


def _short(node: str) -> str:
    return node if len(node) < 60 else node[:57] + "..."


def _ratios(rows: Rows, sizes: list[int]) -> list[str]:
    """Return the table of ratios, each with its limit."""
    lines = ["| ratio | found | limit |", "|---|---:|---:|"]

    def wall(size: int, what: str) -> float | None:
        found = rows.get((size, what))
        return _median(found, "wall") if found else None

    def add(name: str, value: float | None, limit: str) -> None:
        if value is not None:
            lines.append(f"| {name} | {value:.2f} | {limit} |")

    smallest, largest = sizes[0], sizes[-1]
    fixed = (wall(smallest, "changed") or 0) - (wall(smallest, "floor") or 0)
    for size in sizes[1:]:
        changed, floor = wall(size, "changed"), wall(size, "floor")
        if changed and floor:
            limit = "1.5" if size == 10_000_000 else ""
            add(
                f"changed night less the fixed {fixed:.1f} s, over the floor, {size:,}",
                (changed - fixed) / floor,
                limit,
            )
    for size in sizes:
        pandas, changed = wall(size, "pandas"), wall(size, "changed")
        if pandas and changed:
            add(f"pandas over a changed night, {size:,}", pandas / changed, "10 or more" if size == 1_000_000 else "")
    for small, large in pairwise(sizes):
        one, other = wall(small, "changed"), wall(large, "changed")
        if one and other:
            limit = "11 or less" if (small, large) == (1_000_000, 10_000_000) else ""
            add(f"changed night, {large:,} over {small:,}", other / one, limit)
    most = max(
        (_most(rows[size, what], "memory") for size, what in rows if size == largest and what in RUNS[:3]), default=0
    )
    lines.append(f"| peak memory at {largest:,}, GiB | {most / 2**30:.2f} | 4 or less |")
    return lines


def _growth(rows: Rows, sizes: list[int]) -> list[str]:
    """Estimate the seconds and bytes of larger worlds.

    The method is linear: the slope between the two largest measured sizes is extended.
    """
    if len(sizes) < 2:
        return []
    small, large = sizes[-2:]
    lines = ["## Growth on paper", "", f"The slopes between {small:,} and {large:,} conversations, extended.", ""]
    lines += ["| | 100,000,000 | 1,000,000,000 |", "|---|---:|---:|"]
    for what in ("cold", "changed", "floor"):
        one, other = rows.get((small, what)), rows.get((large, what))
        if one and other:
            slope = (_median(other, "wall") - _median(one, "wall")) / (large - small)
            cells = (_median(other, "wall") + slope * (size - large) for size in (10**8, 10**9))
            lines.append(f"| {what} | {' | '.join(f'{seconds / 60:,.0f} min' for seconds in cells)} |")
    one, other = rows.get((small, "cold")), rows.get((large, "cold"))
    if one and other:
        slope = (_most(other, "disk") - _most(one, "disk")) / (large - small)
        cells = (_most(other, "disk") + slope * (size - large) for size in (10**8, 10**9))
        lines.append(f"| below home, with one version | {' | '.join(f'{size / 2**30:,.0f} GiB' for size in cells)} |")
    return [*lines, "", (ROOT / "benchmarks" / "growth.md").read_text(encoding="utf-8").strip()]


def _median(rows: list[dict[str, str]], column: str) -> float:
    return statistics.median(float(row[column]) for row in rows)


def _most(rows: list[dict[str, str]], column: str) -> int:
    return max(int(row[column]) for row in rows)


COLOURS = {"cold": "#7a7a7a", "changed": "#0b6e4f", "idle": "#7fb069", "floor": "#1d4e89", "pandas": "#c8553d"}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 420, 60, 110, 20, 50


def chart(rows: Rows) -> str:
    """Return a chart as SVG: seconds by number of conversations, both on logarithmic axes."""
    points = {
        what: [(size, _median(rows[size, what], "wall")) for size, of in sorted(rows) if of == what] for what in RUNS
    }
    sizes = sorted({size for size, _ in rows})
    seconds = [second for line in points.values() for _, second in line]
    low, high = math.floor(math.log10(min(seconds))), math.ceil(math.log10(max(seconds)))
    first, last = math.log10(sizes[0]), math.log10(max(sizes[-1], sizes[0] * 10))

    def x(size: float) -> float:
        return LEFT + (math.log10(size) - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(second: float) -> float:
        return HEIGHT - BOTTOM - (math.log10(second) - low) / max(high - low, 1) * (HEIGHT - TOP - BOTTOM)

    text = 'font-family="sans-serif" font-size="13"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">']
    parts += [
        "<title>Seconds by number of conversations</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for power in range(low, high + 1):
        place = y(10.0**power)
        parts.append(f'<path d="M{LEFT} {place:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{place + 4:.1f}" text-anchor="end" {text}>{10.0**power:g} s</text>')
    for size in sizes:
        parts.append(f'<text x="{x(size):.1f}" y="{HEIGHT - BOTTOM + 22}" text-anchor="middle" {text}>{size:,}</text>')
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle" {text}>conversations</text>'
    )
    for what, line in points.items():
        if line:
            path = "L".join(f"{x(size):.1f} {y(second):.1f}" for size, second in line)
            parts.append(f'<path d="M{path}" fill="none" stroke="{COLOURS[what]}" stroke-width="2.5"/>')
            parts += [
                f'<circle cx="{x(size):.1f}" cy="{y(second):.1f}" r="4" fill="{COLOURS[what]}"/>'
                for size, second in line
            ]
    ends = sorted((y(line[-1][1]), what, x(line[-1][0])) for what, line in points.items() if line)
    place = -math.inf
    for end, what, across in ends:
        place = max(end + 4, place + 16)  # names must not cover each other
        parts.append(f'<text x="{across + 10:.1f}" y="{place:.1f}" fill="{COLOURS[what]}" {text}>{what}</text>')
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    write()
