"""`zicht` as its users call it, in a process of its own, on a small world of files."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.xdist_group("command line")

ZICHT = Path(sys.executable).parent / "zicht"
TOML = """
home = "home"
pseudonym_key_env = "ZICHT_TEST_KEY"
fictitious = true

[sources.fier]
kind = "chat"
path = "inbox/fier"

[sources.coding]
kind = "coding"
path = "inbox/coding"
"""


def conversation(number: int, **changes: object) -> str:
    record = {
        "conversation_id": f"F-{number}",
        "nickname": f"verzonnen{number}",
        "started_at": f"2020-{number % 12 + 1:02d}-15T12:00:00+01:00",
        "language": "nl",
        "tags": ["mensenhandel"],
        "updated_at": "2021-01-01T00:00:00Z",
        "deleted": False,
    }
    return json.dumps({**record, **changes})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to call `zicht` in: 20 conversations and their codings."""
    (tmp_path / "zicht.toml").write_text(TOML)
    (tmp_path / "inbox" / "fier").mkdir(parents=True)
    (tmp_path / "inbox" / "coding").mkdir()
    lines = [conversation(number) for number in range(20)]
    (tmp_path / "inbox" / "fier" / "a.jsonl").write_text("\n".join(lines) + "\n")
    rows = [f"fier:F-{number};2021-01-02;1;;1;17" for number in range(15)]
    header = "gesprek_id;gecodeerd_op;mensenhandel;dubbel_van;rol;leeftijd"
    (tmp_path / "inbox" / "coding" / "c.csv").write_text("\n".join([header, *rows]) + "\n")
    return tmp_path


@pytest.fixture
def zicht(folder: Path, prefect_server: str):  # type: ignore[no-untyped-def]
    """Call `zicht` in that folder."""

    def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        surroundings = {**os.environ, "ZICHT_TEST_KEY": "k" * 32, "PREFECT_API_URL": prefect_server, "COLUMNS": "200"}
        surroundings.pop("ZICHT_CONFIG", None)
        return subprocess.run(
            [str(ZICHT), *arguments], cwd=folder, env={**surroundings, **environment}, capture_output=True, text=True
        )

    return call


def figures(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(os.path.realpath(folder / "home" / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


VISITORS = "select n from marts.funnel where source = 'all' and period_type = 'year' and step = 'visitor'"


def test_a_run_builds_and_a_second_one_changes_nothing_and_says_so(zicht, folder: Path) -> None:  # type: ignore[no-untyped-def]
    first = zicht("run")
    assert (first.returncode, first.stderr) == (0, "")
    assert "FICTITIOUS" in first.stdout and "Built and tested" in first.stdout
    assert figures(folder, VISITORS) == [(15,)]
    warehouse = (folder / "home" / "warehouse.duckdb").resolve()
    before = (warehouse, warehouse.read_bytes())
    second = zicht("run")
    assert second.returncode == 0
    assert "Nothing new" in second.stdout
    warehouse = (folder / "home" / "warehouse.duckdb").resolve()
    assert (warehouse, warehouse.read_bytes()) == before


def test_marts_hold_no_single_persons_and_persons_have_a_file_of_their_own(zicht, folder: Path) -> None:  # type: ignore[no-untyped-def]
    assert zicht("run").returncode == 0
    schemas = "select distinct table_schema from information_schema.tables order by 1"
    assert figures(folder, schemas) == [("marts",)]
    persons = os.path.realpath(folder / "home" / "persons.duckdb")
    with duckdb.connect(persons, read_only=True) as connection:
        assert connection.execute(schemas).fetchall() == [("intermediate",)]
    assert not (folder / "home" / "work" / "build.duckdb").exists()
    assert Path(persons).stat().st_mode & 0o777 == 0o440


def test_a_bad_file_is_one_line_and_the_rest_goes_on(zicht, folder: Path) -> None:  # type: ignore[no-untyped-def]
    (folder / "inbox" / "fier" / "b.jsonl.gz").write_bytes(b"no gzip at all")
    ended = zicht("run")
    assert ended.returncode == 1
    [line] = [line for line in ended.stdout.splitlines() if line.startswith("Problem:")]
    assert "fier: b.jsonl.gz: found gzip data that is cut off or damaged, expected a whole .gz file." in line
    assert figures(folder, VISITORS) == [(15,)]
    [record] = [json.loads(path.read_text()) for path in (folder / "home" / "runs").glob("*.json")]
    assert record["outcome"] == "completed with problems"


def test_a_source_that_vanishes_keeps_what_it_delivered(zicht, folder: Path) -> None:  # type: ignore[no-untyped-def]
    assert zicht("run").returncode == 0
    shutil.rmtree(folder / "inbox" / "coding")
    ended = zicht("run")
    assert ended.returncode == 1
    assert "coding: " in ended.stdout and "found nothing there, expected a folder or a file." in ended.stdout
    assert figures(folder, VISITORS) == [(15,)]
    status = json.loads(zicht("status", "--json").stdout)
    assert status["last_run"]["outcome"] == "completed with problems"
    assert status["sources"]["coding"]["problems"] and not status["sources"]["fier"]["problems"]


def test_new_deliveries_and_erasures_change_the_figures_and_rollback_brings_them_back(zicht, folder: Path) -> None:  # type: ignore[no-untyped-def]
    assert zicht("run").returncode == 0
    erased = json.dumps({"conversation_id": "F-0", "updated_at": "2020-01-01T00:00:00Z", "deleted": True})
    (folder / "inbox" / "fier" / "b.jsonl").write_text(
        erased + "\n" + conversation(0, updated_at="2022-01-01T00:00:00Z")
    )
    assert zicht("run").returncode == 0
    assert figures(folder, VISITORS) == [(14,)]
    assert zicht("rollback").returncode == 0
    assert figures(folder, VISITORS) == [(15,)]
    assert zicht("run").returncode == 0
    assert figures(folder, VISITORS) == [(14,)]


def test_a_release_is_rounded_marked_and_the_same_bytes_twice(zicht, folder: Path) -> None:  # type: ignore[no-untyped-def]
    zicht("run")
    assert zicht("release", "2020-12").returncode == 0
    extract = folder / "home" / "extracts" / "2020-12"
    sums = (extract / "SHA256SUMS").read_text()
    assert zicht("release", "2020-12").returncode == 0
    assert (extract / "SHA256SUMS").read_text() == sums
    assert "visitor,15,FICTITIOUS" in (extract / "data" / "funnel.csv").read_text()


@pytest.mark.parametrize(
    ("month", "reason"), [("2020-13", "is no month"), ("2021-01", "the data reach 2020-12-31"), ("2020-11", "no year")]
)
def test_a_release_that_cannot_be_is_refused_in_one_line(zicht, month: str, reason: str) -> None:  # type: ignore[no-untyped-def]
    zicht("run")
    refused = zicht("release", month)
    assert refused.returncode == 1
    assert reason in refused.stderr and len(refused.stderr.splitlines()) == 1


def test_wrong_settings_name_the_line_and_exit_with_2(zicht, folder: Path) -> None:  # type: ignore[no-untyped-def]
    (folder / "zicht.toml").write_text(TOML.replace("fictitious", "ficticious"))
    refused = zicht("run")
    assert refused.returncode == 2
    assert "zicht.toml, line 4: unknown key ficticious" in refused.stderr


def test_a_second_run_at_once_ends_as_busy(zicht, folder: Path) -> None:  # type: ignore[no-untyped-def]
    import fcntl

    (folder / "home").mkdir()
    with (folder / "home" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = zicht("run")
    assert refused.returncode == 1
    assert "another run is under way" in refused.stderr


def test_json_output_is_one_object(zicht) -> None:  # type: ignore[no-untyped-def]
    record = json.loads(zicht("run", "--json").stdout)
    assert record["outcome"] == "completed"
    assert record["sources"]["fier"]["rows"] == 20
