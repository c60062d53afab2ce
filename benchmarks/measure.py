"""Measure zicht, the floor and a pandas script side by side in one run.

    python -m benchmarks.measure [--seed N] [--repeats N] [SIZE ...]

A size is a number of conversations (by default 20,000, 1,000,000 and 10,000,000). Each size becomes a world of its own
in a temporary folder (TMPDIR; 10 million conversations take 25 GB). A Prefect server is running. These are measured:

    cold      the first `zicht run`, with everything new
    changed   a `zicht run` after the delivery of one more day
    idle      a `zicht run` with nothing new
    floor     the SQL of all models on the same Parquet files, by DuckDB alone (benchmarks/floor.py)
    pandas    the chat's marts from the same inbox with pandas (benchmarks/with_pandas.py); up to 1 million

The last four take turns: a moment when the machine is busy then affects all of them. The run also measures
`zicht --help`, `zicht status`, and the connected components of the worst shapes. The results go to
benchmarks/results.csv, one row a measurement. They replace the rows of the same size. benchmarks/page.py makes
README.md and its chart from that file.
"""

import argparse
import csv
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import page
from benchmarks.floor import SHAPES
from benchmarks.process import Measured, measure
from benchmarks.world import World, write_day, write_world

SIZES = [20_000, 1_000_000, 10_000_000]
MOST_FOR_PANDAS = 1_000_000
OF_A_SHAPE = 100_000
BIN = Path(sys.executable).parent
PACKAGES = ("zicht", "prefect", "dbt-core", "dbt-duckdb", "duckdb", "pandas", "pyarrow")


class Results:
    """The rows of results.csv.

    Each row is written at once: a run that is stopped keeps what it has measured. Earlier rows of other sizes stay.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._before = [row for rows in page.read().values() for row in rows] if page.RESULTS.exists() else []
        self._rows: list[dict[str, object]] = []

    def add(self, size: int, what: str, found: Measured, steps: dict[str, float], disk: int = 0) -> None:
        """Store one measurement and print it.

        Args:
            size: The number of conversations.
            what: The name of the measurement, for example `cold`.
            found: The measured process.
            steps: Seconds by name of step.
            disk: Bytes on disk.
        """
        row = {
            "conversations": size,
            "what": what,
            "wall": round(found.wall, 2),
            "cpu": round(found.cpu, 2),
            "memory": found.memory,
            "disk": disk,
            "steps": json.dumps(steps, sort_keys=True),
            "seed": self._seed,
            "date": datetime.now(UTC).date().isoformat(),
            "machine": f"{os.cpu_count()} cores, {_memory() >> 30} GiB, {platform.machine()}, {platform.system()}",
            "versions": ", ".join(f"{package} {version(package)}" for package in PACKAGES),
        }
        self._rows.append(row)
        self._before = [row for row in self._before if int(row["conversations"]) != size]
        with page.RESULTS.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, page.COLUMNS, lineterminator="\n")
            writer.writeheader()
            # Sorting is stable: the rows of one size keep the order of their measurement.
            writer.writerows(sorted([*self._before, *self._rows], key=lambda row: int(str(row["conversations"]))))
        print(
            f"{size:>12,} {what:8} {found.wall:8.1f} s, {found.cpu:8.1f} s of CPU, {found.memory >> 20:,} MiB",
            flush=True,
        )


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def measure_world(world: World, folder: Path, repeats: int, server: dict[str, str], results: Results) -> None:
    """Write one world and make all its measurements.

    Args:
        world: The world to draw.
        folder: An empty folder for it.
        repeats: How many changed nights to measure.
        server: The environment variables that lead to the Prefect server.
        results: Where the measurements go.
    """
    write_world(world, folder)
    size = world.conversations

    def night(what: str) -> None:
        found = measure([str(BIN / "zicht"), "run", "--json"], folder, server)
        record = json.loads(found.output[found.output.index("{") :].splitlines()[0])
        steps = record["seconds"]
        steps["start and end"] = round(found.wall - sum(steps.values()), 1)
        results.add(size, what, found, steps | record["slowest"], _bytes(folder / "var"))

    night("cold")
    script = folder / "floor" / "script.json"
    for number in range(1, repeats + 1):
        write_day(world, folder, number)
        night("changed")
        measure(
            [sys.executable, "-m", "benchmarks.floor", "write", str(script)], folder, {"PYTHONPATH": str(page.ROOT)}
        )
        found = _module(folder, "benchmarks.floor", "run", str(script))
        results.add(size, "floor", found, json.loads(found.output), _bytes(folder / "floor"))
        night("idle")
        if size <= MOST_FOR_PANDAS:
            found = _module(folder, "benchmarks.with_pandas", str(folder), str(folder / "pandas"))
            results.add(size, "pandas", found, json.loads(found.output))
        for what in ("--help", "status"):
            results.add(size, what, measure([str(BIN / "zicht"), what], folder), {})
    for shape in SHAPES:
        results.add(size, shape, _module(folder, "benchmarks.floor", shape, str(script), str(OF_A_SHAPE)), {})


def _module(folder: Path, *arguments: str) -> Measured:
    return measure([sys.executable, "-m", *arguments], folder, {"PYTHONPATH": str(page.ROOT)})


def _bytes(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


@contextmanager
def prefect_server(folder: Path) -> Iterator[dict[str, str]]:
    """Start a Prefect server on loopback that keeps its files in a folder.

    Yields:
        The environment variables that a run needs to reach the server.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {"PREFECT_HOME": str(folder), "PREFECT_API_URL": f"http://127.0.0.1:{port}/api", "DO_NOT_TRACK": "1"}
    command = [str(BIN / "prefect"), "server", "start", "--no-ui", "--analytics-off", "--port", str(port)]
    log = subprocess.DEVNULL
    server = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log)
    try:
        for _ in range(240):
            time.sleep(0.5)
            try:
                urllib.request.urlopen(f"{environment['PREFECT_API_URL']}/health", timeout=5).close()
                break
            except OSError:
                continue
        yield environment
    finally:
        server.terminate()
        server.wait(60)


def main() -> None:
    """Measure all sizes and write the page."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.measure")
    asked.add_argument("sizes", nargs="*", type=int, metavar="SIZE")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--repeats", type=int, default=3)
    given = asked.parse_args()
    results = Results(given.seed)
    with tempfile.TemporaryDirectory(prefix="zicht-benchmark-") as place, prefect_server(Path(place)) as server:
        for size in given.sizes or SIZES:
            folder = Path(place) / str(size)
            folder.mkdir()
            measure_world(World(size, given.seed), folder, given.repeats, server, results)
            shutil.rmtree(folder)
    page.write()


if __name__ == "__main__":
    main()
