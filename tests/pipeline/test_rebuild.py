"""The warehouse is a function of its deliveries: rebuilt, restored or caught up, it has the same bytes."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from homes import KEY, know_the_code
from samples import a_coding, a_record, coding_bytes, ndjson, problem_of

from flows import restore
from flows.operations.maintenance import rebuild
from flows.runtime import runs
from flows.runtime.configuration import Configuration, load_configuration
from flows.warehouse import versions

TOML = """
home = "home"
pseudonym_key_env = "ZICHT_TEST_KEY"
[sources.fier]
kind = "chat"
path = "inbox/fier"
[sources.coding]
kind = "coding"
path = "inbox/coding"
"""
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

    def configuration(name: str) -> Configuration:
        folder = tmp_path / name
        for kind in ("fier", "coding"):
            (folder / "inbox" / kind).mkdir(parents=True)
        (folder / "zicht.toml").write_text(TOML)
        monkeypatch.setenv("ZICHT_TEST_KEY", KEY)
        monkeypatch.setenv("ZICHT_CONFIG", str(folder / "zicht.toml"))
        return load_configuration()

    return configuration


def deliver(configuration: Configuration, night: dict[str, bytes]) -> None:
    for name, content in night.items():
        (configuration.file.parent / "inbox" / name).write_bytes(content)


def sums(configuration: Configuration) -> Sums:
    version = versions.current_version(configuration)
    assert version is not None
    found: Sums = version["sha256"]
    return found


def quiet(what: str, detail: str) -> None:
    pass


@pytest.mark.full
def test_three_missed_nights_are_one_run_with_the_same_bytes(
    make: Callable[[str], Configuration], run_pipeline: Callable[[Path], Any]
) -> None:
    nightly, late = make("nightly"), make("late")
    for night in NIGHTS:
        deliver(nightly, night)
        run_pipeline(nightly.file.parent)
        deliver(late, night)
    run_pipeline(late.file.parent)
    assert sums(late) == sums(nightly)


@pytest.mark.full
def test_a_lost_warehouse_is_made_again_from_the_deliveries_with_the_same_bytes(
    make: Callable[[str], Configuration], run_pipeline: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    know_the_code(monkeypatch)
    configuration = make("home")
    deliver(configuration, NIGHTS[0] | NIGHTS[1] | NIGHTS[2])
    run_pipeline(configuration.file.parent)
    before = sums(configuration)
    for lost in ("versions", "work"):
        shutil.rmtree(configuration.home / lost)
    (configuration.home / "current").unlink()
    shutil.rmtree(configuration.file.parent / "inbox")  # nothing is pulled
    assert rebuild(configuration, quiet)[0] is None
    assert sums(configuration) == before
    assert rebuild(configuration, quiet)[0] is True
    last = runs.last_run(configuration)
    assert last and (last["kind"], last["outcome"]) == ("rebuild", "completed")


@pytest.mark.full
def test_the_drill_restores_a_copy_and_says_what_it_lacks(
    make: Callable[[str], Configuration], run_pipeline: Callable[[Path], Any], tmp_path: Path
) -> None:
    configuration = make("home")
    deliver(configuration, NIGHTS[0])
    run_pipeline(configuration.file.parent)
    backup = tmp_path / "backup"
    shutil.copytree(configuration.landing, backup)
    assert "the same bytes as version" in restore.drill(configuration, backup)
    deliver(configuration, NIGHTS[2])
    run_pipeline(configuration.file.parent)
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
