"""The warehouse is a function of its deliveries: rebuilt, restored or caught up, it has the same bytes."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from homes import erase, know_the_code, new_home, quiet, run_folder, take_in_folder
from samples import a_coding, a_record, coding_bytes, ndjson, problem_of

from flows import restore
from flows.operations.maintenance import rebuild
from flows.runtime import runs
from flows.runtime.configuration import Configuration
from flows.warehouse import versions

# What came each night: a conversation is corrected, coded, and another is erased.
NIGHTS: list[dict[str, bytes]] = [
    {"fier/1.jsonl": ndjson(*[a_record(number) for number in range(12)]), "coding/1.csv": coding_bytes(a_coding(1))},
    {"fier/2.jsonl": ndjson(a_record(1, tags=[], updated_at="2021-02-01T00:00:00Z"), a_record(20))},
    {
        "fier/3.jsonl": ndjson({"conversation_id": "C-2", "updated_at": "2021-02-02T00:00:00Z", "deleted": True}),
        "coding/3.csv": coding_bytes(a_coding(3, rol="1"), a_coding(4, leeftijd="17")),
    },
]
Sums = dict[str, str]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Configuration]:
    """A home with its inbox, by name."""
    return lambda name: new_home(tmp_path / name, monkeypatch)


def deliver(configuration: Configuration, night: dict[str, bytes]) -> None:
    for name, content in night.items():
        (configuration.file.parent / "inbox" / name).write_bytes(content)


def sums(configuration: Configuration) -> Sums:
    version = versions.current_version(configuration)
    assert version is not None
    found: Sums = version["sha256"]
    return found


@pytest.mark.full
def test_missed_nights_and_a_lost_warehouse_are_made_up_for_with_the_same_bytes(
    make: Callable[[str], Configuration], monkeypatch: pytest.MonkeyPatch
) -> None:
    know_the_code(monkeypatch)
    nightly, late = make("nightly"), make("late")
    for night in NIGHTS:
        deliver(nightly, night)
        run_folder(nightly.file.parent)
        deliver(late, night)
    run_folder(late.file.parent)  # three nights at once
    before = sums(nightly)
    assert sums(late) == before
    for lost in ("versions", "work"):
        shutil.rmtree(late.home / lost)
    (late.home / "current").unlink()
    shutil.rmtree(late.file.parent / "inbox")  # nothing is pulled
    assert rebuild(late, quiet)[0] is None  # there is no version to compare with
    assert sums(late) == before
    last = runs.last_run(late)
    assert last and (last["kind"], last["outcome"]) == ("rebuild", "completed")


@pytest.mark.full
def test_the_drill_restores_a_copy_and_says_what_it_lacks(make: Callable[[str], Configuration], tmp_path: Path) -> None:
    configuration = make("home")
    deliver(configuration, NIGHTS[0])
    run_folder(configuration.file.parent)
    backup = tmp_path / "backup"
    shutil.copytree(configuration.landing, backup)
    assert "the same bytes as version" in restore.drill(configuration, backup)
    deliver(configuration, NIGHTS[2])
    take_in_folder(configuration.file.parent)
    erase(configuration)
    assert restore.drill(configuration, backup).endswith("not compared: the copy lacks 1 of fier, 1 of coding.")
    assert not (configuration.work / "drill").exists()
    for path in backup.glob("fier/conversations/*.parquet"):
        path.write_bytes(path.read_bytes()[:-1] + b"x")  # a bit that rotted
    problem = problem_of(restore.drill, configuration, backup)
    assert problem.found == "a damaged file" and problem.do.startswith("Restore it from the backup")
    with pytest.raises(restore.NotRestored, match="found no receipts, expected a copy of the folder landing"):
        restore.drill(configuration, tmp_path)


def test_a_copy_of_the_tables_that_fails_says_so_without_a_value(tmp_path: Path) -> None:
    from flows.warehouse.export import ExportFailed, export

    (tmp_path / "work.duckdb").write_text(json.dumps({"nickname": "CANARY"}))
    with pytest.raises(ExportFailed) as failed:
        export(tmp_path / "work.duckdb", tmp_path / "target.duckdb", "marts")
    assert "could not be copied" in str(failed.value) and "CANARY" not in str(failed.value)
    assert "IOException" in str(failed.value)


@pytest.mark.parametrize("lacking", ["pyspark", "dbt.adapters.spark"])
def test_without_spark_the_command_says_what_to_install(lacking: str, make: Callable[[str], Configuration]) -> None:
    make("home")
    program = f"import sys; sys.modules['{lacking}'] = None; from flows.cli import main; main()"
    command = [sys.executable, "-c", program, "rebuild", "--engine", "spark"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert re.match("zicht: Spark is not installed; .+ `pip install .+ -r requirements-full.lock`", ended.stderr)
