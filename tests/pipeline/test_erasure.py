"""Who is erased is gone: from deliveries, versions, previews and all else below home, also when delivered or restored
again; and everybody else stays as they were."""

import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from canaries import contents_below
from homes import KEY, TOML, erase, know_the_code, new_home, quiet, take_in_folder
from samples import a_coding, a_record, coding_bytes, ndjson

from connectors import landing as landing_module
from connectors.pseudonym import Pseudonymiser
from flows.operations import maintenance
from flows.operations.maintenance import rebuild
from flows.runtime import runs
from flows.runtime.configuration import Configuration
from flows.warehouse import build, export, versions

WORD = re.compile(rb"kanarie[0-9a-f]{20}|[0-9a-f]{32,}")
HALF = 32  # digits of a pseudonym that models see
PERSONS = 100
BY_PLATFORM, ON_REQUEST = list(range(18)), 18
ERASED = {*BY_PLATFORM, ON_REQUEST}


class Persons:
    """Persons who are known by an id and two pseudonyms that nobody else has."""

    def __init__(self) -> None:
        self.ids = [f"kanarie{secrets.token_hex(10)}" for _ in range(PERSONS)]
        self.names = [f"verzonnen {number}" for number in range(PERSONS)]
        self._numbers = {one.encode(): number for number, one in enumerate(self.ids)}
        pseudonymise = Pseudonymiser(KEY.encode())
        for number, name in enumerate(self.names):
            for field in ("nickname", "connection_group"):
                self._numbers[(pseudonymise("fier", field, name) or "")[:HALF].encode()] = number

    def records(self, numbers: Any = range(PERSONS), **changes: Any) -> bytes:
        known = ((self.ids[number], self.names[number]) for number in numbers)
        return ndjson(
            *(a_record(conversation_id=one, nickname=name, connection_group=name, **changes) for one, name in known)
        )

    def codings(self, numbers: Any = range(PERSONS)) -> bytes:
        """Each tenth is said to duplicate the one before, also where that one is erased."""
        keys = [f"fier:{one}" for one in self.ids]
        twins = {number: keys[number - 1] for number in range(10, PERSONS, 10)}
        return coding_bytes(*(a_coding(gesprek_id=keys[n], rol="1", dubbel_van=twins.get(n, "")) for n in numbers))

    def deletions(self, numbers: Any) -> bytes:
        gone = {"updated_at": "2021-02-01T00:00:00Z", "deleted": True}
        return ndjson(*({"conversation_id": self.ids[number], **gone} for number in numbers))

    def found_below(self, folder: Path) -> set[int]:
        """The numbers of the persons of whom a byte is left."""
        found = {word for content in contents_below(folder) for word in WORD.findall(content)}
        # One text may follow another without a gap, so that a pseudonym begins anywhere in a run of digits.
        halves = {word[place : place + HALF] for word in found for place in range(len(word) - HALF + 1)}
        return {self._numbers[word] for word in found | halves if word in self._numbers}


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    return new_home(tmp_path, monkeypatch)


@pytest.fixture
def uncompressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is written is packed, so that a scan sees every byte, also of what was deleted in place."""
    connect = duckdb.connect

    def connected(*arguments: Any, **options: Any) -> duckdb.DuckDBPyConnection:
        connection = connect(*arguments, **options)
        connection.execute("set force_compression = 'uncompressed'")
        return connection

    monkeypatch.setattr(export, "duckdb", SimpleNamespace(connect=connected))
    monkeypatch.setattr(build, "export", export.copy_schema)
    writer = partial(_unpacked, pq.ParquetWriter)
    monkeypatch.setattr(landing_module.pq, "ParquetWriter", writer)


def _unpacked(writer: Any, path: Path, schema: Any, compression: str) -> Any:
    return writer(path, schema, compression="none", use_dictionary=False)


def deliver(configuration: Configuration, **files: bytes) -> None:
    """Put files into the inbox, named `<source>_<name>`, and take them in."""
    for name, content in files.items():
        source, _, rest = name.partition("_")
        suffix = ".csv" if source == "coding" else ".jsonl"
        (configuration.file.parent / "inbox" / source / f"{rest}{suffix}").write_bytes(content)
    take_in_folder(configuration.file.parent)


def renew(configuration: Configuration) -> None:
    run = runs.next_run(configuration)
    build.renew(configuration, run, quiet)
    runs.record(configuration, run)


def tables(configuration: Configuration) -> Iterator[tuple[str, list[Any]]]:
    """All rows of both databases, without the names of deliveries."""
    for file, schema in versions.EXPORTS.items():
        with duckdb.connect(str((configuration.home / file).resolve()), read_only=True) as connection:
            names = connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
            for (name,) in names:
                rows = connection.execute(
                    f"select columns(name -> name not in ('delivery_id', 'location', 'row_in_file', 'file_name')) "
                    f"from {schema}.{name} order by all"
                ).fetchall()
                yield name, rows


@pytest.mark.full
def test_of_the_erased_no_byte_is_left_and_everybody_else_is_as_if_they_had_never_been(
    configuration: Configuration,
    uncompressed: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    know_the_code(monkeypatch)
    persons = Persons()
    deliver(configuration, fier_a=persons.records(), coding_a=persons.codings())
    renew(configuration)
    assert persons.found_below(configuration.home) == set(range(PERSONS))
    old_landing = tmp_path / "backup"
    shutil.copytree(configuration.landing, old_landing)
    waiting = configuration.previews / "2020-12"
    waiting.mkdir(parents=True)

    deliver(configuration, fier_b=persons.deletions(BY_PLATFORM))
    renew(configuration)
    removed = maintenance.erase(configuration, f"fier:{persons.ids[ON_REQUEST]}", quiet)
    assert removed["fier"] == {"conversations": 1}
    others = set(range(PERSONS)) - ERASED
    assert persons.found_below(configuration.home) == others
    assert not waiting.exists()
    # Nobody goes back to a version that holds them.
    [version] = versions.version_names(configuration)
    assert (runs.last_run(configuration) or {})["id"] == version

    # Delivered again, also under other names and with other bytes.
    deliver(configuration, fier_c=persons.records(language="en"), coding_c=persons.codings())
    renew(configuration)
    assert persons.found_below(configuration.home) == others

    # Restored from a copy that holds them still.
    shutil.rmtree(configuration.landing)
    shutil.copytree(old_landing, configuration.landing)
    assert persons.found_below(configuration.home) == set(range(PERSONS))
    rebuild(configuration, quiet)
    assert persons.found_below(configuration.home) == others

    without = new_home(tmp_path / "never", monkeypatch)
    rest = sorted(others)
    codings = persons.codings(rest).decode()
    for number in ERASED:
        codings = codings.replace(f"fier:{persons.ids[number]}", "")
    deliver(without, fier_a=persons.records(rest), coding_a=codings.encode())
    renew(without)
    assert list(tables(configuration)) == list(tables(without))
    record_property("erasure", f"0 bytes of {len(ERASED)} erased persons; {len(rest)} others as if they had never been")


class Homes:
    """Two workers with a source each, and the home that gathers what they took in, as docs/engines.md has it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        chat, coding = TOML.partition("[sources.coding]")[::2]
        head = chat.partition("[sources.fier]")[0]
        self.all = new_home(folder / "all", monkeypatch)
        self.workers = {
            "fier": new_home(folder / "fier", monkeypatch, chat),
            "coding": new_home(folder / "coding", monkeypatch, f"{head}[sources.coding]{coding}"),
        }

    def night(self, **files: bytes) -> None:
        """A night on every worker, and then the gathering."""
        for source, worker in self.workers.items():
            deliver(worker, **{name: content for name, content in files.items() if name.startswith(source)})
            erase(worker)
            for part in (f"landing/{source}", "removals"):
                _copy(worker.home / part, self.all.home / part)
        (self.all.landing / "removed.json").unlink(missing_ok=True)
        rebuild(self.all, quiet)
        for worker in self.workers.values():
            _copy(self.all.home / "removals", worker.home / "removals")


def _copy(source: Path, target: Path) -> None:
    if source.exists():
        shutil.copytree(source, target, dirs_exist_ok=True)


@pytest.mark.full
def test_homes_that_pull_for_one_another_forget_whom_any_of_them_forgot(
    uncompressed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    know_the_code(monkeypatch)
    homes, persons = Homes(tmp_path, monkeypatch), Persons()
    homes.night(fier_a=persons.records(), coding_a=persons.codings())
    assert persons.found_below(homes.all.home) == set(range(PERSONS))
    homes.night(fier_b=persons.deletions(BY_PLATFORM))
    maintenance.erase(homes.all, f"fier:{persons.ids[ON_REQUEST]}", quiet)
    others = set(range(PERSONS)) - ERASED
    # What the workers still hold of them comes back, and is taken out again; their next night takes it out there.
    for _ in range(2):
        homes.night()
        assert persons.found_below(homes.all.home) == others
    for worker in homes.workers.values():
        assert persons.found_below(worker.home) == others
