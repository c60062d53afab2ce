"""Equal deliveries give equal bytes, and equal rows equal figures, whatever the threads, the order, the time zone, the
locale, the hash seed and the clock (libfaketime, which every library of the process sees)."""

import gzip
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from promises import cases
from worked_example import EXAMPLE

from demo.registries import write_books
from flows.runtime.configuration import DBT_PROJECT, SEEDS
from flows.warehouse.export import copy_schema

RIG = Path(__file__).with_name("rebuilding.py")
MONTH = "2019-03"
REGISTRIES = ("comensha", "rapporteur", "ckm")
# All lie after the deliveries: what is dated later than its receipt is rejected, which is a rule and not a hazard.
CLOCKS = ("2021-02-28 23:59:50", "2024-03-31 01:59:55", "2028-02-29 23:59:50", "2037-12-31 23:59:50")
ZONES = ("UTC", "Europe/Amsterdam", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns")
LOCALES = ("C", "C.UTF-8", "POSIX", "nl_NL.UTF-8", "tr_TR.UTF-8")
Hashes = dict[str, list[Any]]


@dataclass(frozen=True)
class Rebuild:
    """One way to come to the same warehouse: `change` does to the delivered files what should make no difference."""

    number: int

    @property
    def change(self) -> str:
        return ("none", "order", "rows")[self.number % 3]

    def run(self, folder: Path) -> Hashes:
        folder.mkdir()
        write_inbox(folder / "inbox")
        settings = (EXAMPLE / "zicht.toml").read_text()
        sources = (f'[sources.{name}]\nkind = "{name}"\npath = "inbox/{name}"\n' for name in REGISTRIES)
        (folder / "zicht.toml").write_text("\n".join([settings, *sources]))
        chance = random.Random(self.number)
        if self.change == "order":
            one_a_night(folder, chance)
        elif self.change == "rows":
            shuffle_rows(folder / "inbox", chance)
        return self.build(folder)

    def build(self, folder: Path) -> Hashes:
        number = self.number
        surroundings = {
            **os.environ,
            "TZ": ZONES[number % 5],
            "LC_ALL": LOCALES[(number + 1) % 5],
            "PYTHONHASHSEED": str(number),
            "FAKETIME_DONT_RESET": "1",  # a process that it starts lives on in the same time
        }
        clock = ["faketime", "-m", "-f", f"@{CLOCKS[number % 4]}"] if number else []
        words = [*clock, sys.executable, str(RIG), str(folder), MONTH, str(number % 8 + 1)]
        ended = subprocess.run(words, env=surroundings, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr[-2000:]
        found: Hashes = json.loads(ended.stdout.splitlines()[-1])
        return found


def write_inbox(inbox: Path) -> None:
    shutil.copytree(EXAMPLE / "inbox", inbox)
    write_books(inbox)


def one_a_night(folder: Path, chance: random.Random) -> None:
    """Every file comes in a night of its own, in any order."""
    files = sorted(path for path in (folder / "inbox").rglob("*") if path.is_file())
    for night, file in enumerate(chance.sample(files, len(files))):
        target = folder / "nights" / str(night) / file.relative_to(folder / "inbox")
        target.parent.mkdir(parents=True)
        file.rename(target)


def shuffle_rows(inbox: Path, chance: random.Random) -> None:
    """The platforms' records, in any order within and among their files."""
    plain, packed = inbox / "fier" / "a.jsonl", inbox / "fier" / "b.jsonl.gz"
    lines = plain.read_bytes().splitlines(keepends=True) + gzip.decompress(packed.read_bytes()).splitlines(True)
    chance.shuffle(lines)
    half = len(lines) // 2
    plain.write_bytes(b"".join(lines[:half]))
    packed.write_bytes(gzip.compress(b"".join(lines[half:])))
    table = inbox / "csg" / "csg.csv"
    header, *rows = table.read_bytes().splitlines(keepends=True)
    chance.shuffle(rows)
    table.write_bytes(header + b"".join(rows))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Hashes:
    """What the first build gave."""
    return Rebuild(0).run(tmp_path_factory.mktemp("rebuilds") / "0")


@pytest.mark.full
def test_every_rebuild_gives_one_hash(first: Hashes, tmp_path: Path, record_property: Any) -> None:
    count = cases(3, 20)
    rebuilds = [Rebuild(number) for number in range(1, count)]
    found = {rebuild.number: rebuild.run(tmp_path / str(rebuild.number)) for rebuild in rebuilds}
    assert {number: hashes["figures"] for number, hashes in found.items()} == dict.fromkeys(found, first["figures"])
    same = [rebuild.number for rebuild in rebuilds if rebuild.change != "rows"]
    assert {number: found[number]["bytes"] for number in same} == dict.fromkeys(same, first["bytes"])
    record_property("rebuilds", f"{count} of {count} rebuilds gave one hash")


@pytest.mark.full
def test_a_model_without_a_total_order_is_caught(first: Hashes, tmp_path: Path) -> None:
    """Which of a visit's conversations is the first is left to chance."""

    class Broken(Rebuild):
        def build(self, folder: Path) -> Hashes:
            shutil.copytree(DBT_PROJECT, folder / "dbt_project", ignore=shutil.ignore_patterns("target"))
            (folder / "seeds").symlink_to(SEEDS)
            model = folder / "dbt_project" / "models" / "intermediate" / "int_visit_conversations.sql"
            sql = model.read_text()
            order = "order by started_at, gesprek_id"
            assert order in sql
            model.write_text(sql.replace(order, "order by started_year"))
            return super().build(folder)

    assert Broken(2).run(tmp_path / "2")["figures"] != first["figures"]


def copied(tmp_path: Path, copy: Callable[[Path, Path, str], None]) -> set[bytes]:
    """What a copy of the same rows holds, whatever their order."""
    made = set()
    for seed in range(4):
        work, target = tmp_path / f"{seed}.work", tmp_path / f"{seed}.target"
        with duckdb.connect(str(work)) as connection:
            connection.execute("create schema marts; create table marts.t (n int, word text)")
            rows = [(number, f"word {number % 7}") for number in range(300)]
            connection.executemany("insert into marts.t values (?, ?)", random.Random(seed).sample(rows, 300))
        copy(work, target, "marts")
        with duckdb.connect(str(target), read_only=True) as connection:
            made.add(repr(connection.execute("from marts.t").fetchall()).encode())
    return made


def test_a_copy_without_order_is_caught(tmp_path: Path) -> None:
    (tmp_path / "sound").mkdir()
    assert len(copied(tmp_path / "sound", copy_schema)) == 1
    source = Path(sys.modules[copy_schema.__module__].__file__ or "").read_text()
    assert source.count(" order by all") == 1
    broken: dict[str, Any] = {"__name__": "broken"}
    exec(source.replace(" order by all", ""), broken)
    (tmp_path / "broken").mkdir()
    assert len(copied(tmp_path / "broken", broken["copy_schema"])) > 1
