"""The worlds of the benchmarks, and the pandas script that zicht is measured against: both count alike."""

import csv
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from homes import Warehouse, load, run_folder

from benchmarks import with_pandas
from benchmarks.world import World, write_day, write_world
from flows.warehouse import dbt_plugin, inputs

WORLD = World(4_000, seed=7)
MEMORY = "180MB"  # 130 are enough, and of 250 the world still needs more
PERIOD = ("period_type", "period_start", "period_end")
KEYS = {
    "indicators": ("population", *PERIOD, "variable", "category"),
    "measures": ("population", *PERIOD, "variable", "statistic"),
    "funnel": ("source", *PERIOD, "step"),
    "volumes": ("source", *PERIOD, "unit"),
    "comparisons": ("population", *PERIOD, "variable", "category", "basis"),
}
FIGURES = {
    "indicators": ("n", "n_known", "share"),
    "measures": ("value",),
    "funnel": ("n",),
    "volumes": ("n",),
    # Adjusted p-values depend on which figures may be compared, about which the script knows little.
    "comparisons": (
        *("n", "n_previous", "difference", "ratio", "ratio_low", "ratio_high", "p_value"),
        *("n_known", "n_known_previous", "share", "share_low", "share_high"),
        *("share_previous", "share_low_previous", "share_high_previous", "share_p_value"),
    ),
}


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    parts = [f"{path.relative_to(folder)}".encode() + path.read_bytes() for path in files]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def test_equal_arguments_give_equal_worlds_and_another_seed_another(tmp_path: Path) -> None:
    for name, world in {"one": World(900, 3), "again": World(900, 3), "other": World(900, 4)}.items():
        write_world(world, tmp_path / name)
        write_day(world, tmp_path / name, 1)
    assert digest(tmp_path / "one") == digest(tmp_path / "again") != digest(tmp_path / "other")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(WORLD, folder)
    for number in (1, 2):
        write_day(WORLD, folder, number)
    with_pandas.main(folder, folder / "pandas")
    run_in_little_memory(folder)
    return folder


def run_in_little_memory(folder: Path) -> None:
    """Run the pipeline with so little memory that rows are sorted and joined on disk, as in the largest worlds."""

    in_full, work = dbt_plugin.register, load(folder).work
    spilled: set[Path] = set()

    def register(connection: duckdb.DuckDBPyConnection) -> None:
        in_full(connection)
        connection.execute(f"set memory_limit = '{MEMORY}'")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_plugin, "register", register)
        run_folder(folder, lambda node: spilled.update(work.glob(f"{inputs.DATABASE}.tmp/*")))
    assert spilled


@pytest.mark.full
@pytest.mark.parametrize("mart", KEYS)
def test_pandas_counts_a_world_as_zicht_does(folder: Path, mart: str) -> None:
    columns = ", ".join(f"cast({column} as varchar)" for column in KEYS[mart]) + ", " + ", ".join(FIGURES[mart])
    where = "where source = 'chat'" if mart == "comparisons" else ""
    rows = Warehouse(folder).rows(f"select {columns} from marts.{mart} {where}")
    ours = {row[: len(KEYS[mart])]: figures(row[len(KEYS[mart]) :]) for row in rows}
    with (folder / "pandas" / f"{mart}.csv").open(encoding="utf-8", newline="") as stream:
        found = list(csv.DictReader(stream))
    theirs = {tuple(row[key] for key in KEYS[mart]): figures(row[name] for name in FIGURES[mart]) for row in found}
    assert len(ours) > 500
    assert ours.keys() == theirs.keys()
    assert [key for key in ours if ours[key] != pytest.approx(theirs[key], rel=1e-9, abs=1e-12)] == []


def figures(cells: Iterable[Any]) -> tuple[float, ...]:
    """Numbers; what is missing is below all of them."""
    return tuple(-1.0 if cell in (None, "") else float(cell) for cell in cells)
