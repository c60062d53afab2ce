"""Versions that are damaged: each is found out, and whoever reads one hears what to do."""

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from homes import new_home

from flows.operations import status
from flows.runtime import runs
from flows.runtime.configuration import Configuration
from flows.warehouse import query, versions

Damage = Callable[[Path], object]


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    """A home with a version of some thousand rows, and a good run."""
    made = new_home(tmp_path, monkeypatch)
    run = runs.new_run()
    version = made.versions / run.id
    version.mkdir(parents=True)
    for file, schema in versions.EXPORTS.items():
        with duckdb.connect(str(version / file)) as connection:
            connection.execute(f"create schema {schema}")
            connection.execute(f"create table {schema}.things as select md5(i::text) as a from range(50000) as t(i)")
    said = {"run": run.id, "inputs": "i", "code": "c", "deliveries": "d"}
    said["sha256"] = {file: versions.sha256(version / file) for file in versions.EXPORTS}  # type: ignore[assignment]
    (version / "version.json").write_text(json.dumps(said))
    versions.make_current(made, run.id)
    run.outcome, run.published = "completed", run.id
    runs.record(made, run)
    return made


def overwrite(file: Path, place: float) -> None:
    with file.open("r+b") as stream:
        stream.seek(int(file.stat().st_size * place))
        stream.write(os.urandom(5000))


def link_to_nothing(file: Path) -> None:
    link = file.parents[2] / "current"
    link.unlink()
    link.symlink_to("versions/gone")


OF_THE_FILE: dict[str, Damage] = {
    "emptied": lambda file: file.write_bytes(b""),
    "truncated": lambda file: os.truncate(file, file.stat().st_size // 2),
    "its last byte lost": lambda file: os.truncate(file, file.stat().st_size - 1),
    "garbage": lambda file: file.write_bytes(os.urandom(100_000)),
    "garbage at its start": lambda file: overwrite(file, 0.0),
    "garbage within": lambda file: overwrite(file, 0.5),
    "missing": lambda file: file.unlink(),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
    "a link to nothing": link_to_nothing,
}
OF_THE_MANIFEST: dict[str, Damage] = {
    "no manifest": lambda file: file.with_name("version.json").unlink(),
    "half a manifest": lambda file: os.truncate(file.with_name("version.json"), 20),
    "another manifest": lambda file: file.with_name("version.json").write_text("{}"),
}


def test_a_version_is_whole_as_it_was_published_and_a_monitor_hears_of_a_link_that_is_gone(
    configuration: Configuration,
) -> None:
    version = versions.current_version(configuration, versions.whole)
    assert version and version["inputs"] == "i"
    assert status.check(configuration)[0]
    (configuration.home / "current").unlink()
    assert status.check(configuration)[1].endswith("zicht rebuild")


@pytest.mark.parametrize("file", list(versions.EXPORTS))
@pytest.mark.parametrize("damage", [*OF_THE_FILE, *OF_THE_MANIFEST])
def test_a_damaged_version_is_not_whole_and_no_monitor_hears_that_all_is_well(
    configuration: Configuration, damage: str, file: str
) -> None:
    (OF_THE_FILE | OF_THE_MANIFEST)[damage]((configuration.home / file).resolve())
    with pytest.raises(versions.Damaged, match="zicht rebuild"):
        versions.current_version(configuration, versions.whole)
    is_well, line = status.check(configuration, datetime.now(UTC))
    assert (is_well, line.endswith("zicht rebuild")) == (False, True)


@pytest.mark.parametrize("damage", OF_THE_FILE)
def test_a_query_on_a_damaged_version_says_what_to_do(configuration: Configuration, damage: str) -> None:
    database, sql = configuration.home / "warehouse.duckdb", "select max(a), min(a) from marts.things"
    OF_THE_FILE[damage](database.resolve())
    for ask in (lambda: query.answer(database, sql), lambda: versions.query(configuration, sql)):
        with pytest.raises(versions.Damaged, match="zicht rebuild"):
            ask()


def test_a_frame_has_the_names_of_the_query_and_whole_numbers_stay_whole(configuration: Configuration) -> None:
    sql = "select * from (values (1, date '2020-01-31'), (null, null)) as found (n, day) where n is null or n < ?"
    frame = versions.frame(configuration, sql, [2])
    assert frame.to_dict("list") == {"n": [1, None], "day": [date(2020, 1, 31), None]}
    assert type(frame["n"][0]) is int
