"""The work that is killed: a nightly run and a release on a tiny home, as plain functions without a Prefect server.

    python -m rigs.death.night FOLDER=HOW ...

The folder `tests` and its parent must be on the Python path.
"""

import os
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from samples import a_coding, a_record, coding_bytes, ndjson

from connectors.catalogue import TABLES
from connectors.errors import UserFacingError
from connectors.landing import Landing
from connectors.transport import folder as inboxes
from flows import monthly, nightly
from flows.runtime import runs
from flows.runtime.configuration import Configuration, load_configuration
from flows.runtime.redaction import safe_message
from flows.warehouse import build, versions
from flows.warehouse.dbt_runner import Build
from flows.warehouse.inputs import input_hash
from rigs.death import broken

TOML = """
home = "home"
pseudonym_key_env = "ZICHT_PSEUDONYM_KEY"
[release]
deliver_to = "readers"
[sources.fier]
kind = "chat"
path = "inbox/fier"
[sources.coding]
kind = "coding"
path = "inbox/coding"
"""
FORESEEN = (UserFacingError, OSError, duckdb.Error)  # any other error ends the process before the night is complete
OLD, NEW = "2020-05", "2020-06"  # the months that are released before the night and in it


@dataclass(frozen=True)
class How:
    """How a night runs."""

    is_whole: bool  # whether dbt builds and a release follows; otherwise the night only makes a few small tables
    breakage: str = ""  # the name of what is broken, from `broken.BREAKAGES`
    most: int = resource.RLIM_INFINITY  # bytes that a file may have


WHOLE, SHORT = How(True), How(False)


def prepare(folder: Path, how: How) -> None:
    """Make a home with a version and a release, and then add a delivery."""
    for place in ("inbox/fier", "inbox/coding", "readers"):
        (folder / place).mkdir(parents=True)
    (folder / "zicht.toml").write_text(TOML)
    _deliver(folder, "fier/1.jsonl", ndjson(*[a_record(number, **_in_month(4 + number % 3)) for number in range(12)]))
    _deliver(folder, "coding/1.csv", coding_bytes(a_coding(1)))
    configuration = _configuration(folder)
    run = runs.next_run(configuration)
    _take_in(configuration, run)
    if not how.is_whole:
        _do_without_dbt()
    # Skip the unit tests of the SQL: they take longer than everything else.
    built = build.build(configuration, is_new_code=False, progress=lambda node: None)
    (configuration.work / versions.DOCS).write_text("<title>Models</title>")
    inputs = input_hash(configuration)
    build.publish(configuration, built, run.id, inputs, progress=lambda node: None)
    if how.is_whole:
        monthly.release(configuration, OLD)
    _deliver(folder, "fier/2.jsonl", ndjson(a_record(1, tags=[], updated_at="2021-02-01T00:00:00Z"), a_record(20)))
    _deliver(folder, "coding/2.csv", coding_bytes(a_coding(3, rol="1"), a_coding(4, leeftijd="17")))


def _in_month(month: int) -> dict[str, str]:
    return {f"{end}ed_at": f"2020-{month:02}-15T12:00:00+02:00" for end in ("start", "end")}


def _deliver(folder: Path, name: str, content: bytes) -> None:
    (folder / "inbox" / name).write_bytes(content)


def night(folder: Path, how: How) -> list[str]:
    """Do what the flows do: take in, build, publish, write the record, and then release. Return what went wrong."""
    configuration = _configuration(folder)
    broken.BREAKAGES[how.breakage]()
    if not how.is_whole:
        _do_without_dbt()
    try:
        with no_longer_than(how.most), runs.only_run(configuration):
            problems = _night(configuration)
        if how.is_whole and not problems:
            monthly.release(configuration, NEW)
    except FORESEEN as error:
        return [safe_message(error)]
    return problems


@contextmanager
def no_longer_than(most: int) -> Iterator[None]:
    """Limit the size of every file that this process and its children write to so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _configuration(folder: Path) -> Configuration:
    os.environ["ZICHT_CONFIG"] = str(folder / "zicht.toml")
    os.environ["ZICHT_PSEUDONYM_KEY"] = "k" * 32
    inboxes.SETTLED_SECONDS = 0.0  # the files are complete at once
    versions.KEPT_VERSIONS = 1  # the night then removes a version
    return load_configuration()


def _night(configuration: Configuration) -> list[str]:
    run = runs.next_run(configuration)
    runs.record(configuration, run)
    _take_in(configuration, run)
    try:
        build.renew(configuration, run, lambda what, detail: None)
    except FORESEEN as error:
        run.problems.append(safe_message(error))
        run.outcome = "failed"
    nightly.complete(configuration, run, {})
    return run.problems


def _take_in(configuration: Configuration, run: runs.Run) -> None:
    for name in configuration.settings.sources:
        try:
            nightly.note(run, nightly.receive_source(configuration, name))
        except nightly.SourceFailed as failed:
            nightly.note(run, failed.received)


def _do_without_dbt() -> None:
    build.build = _build
    build.test = lambda configuration, built, progress: built


def _build(configuration: Configuration, *, is_new_code: bool, progress: Callable[[str], None]) -> Build:
    """Replace dbt: make a work file with a few tables from the landed deliveries."""
    configuration.work.mkdir(parents=True, exist_ok=True)
    Landing(configuration.landing).prepare(TABLES)
    work_file = configuration.work / "build.duckdb"
    work_file.unlink(missing_ok=True)
    rows: list[tuple[Any, ...]] = [
        (source, receipt.file, receipt.delivery)
        for source in configuration.settings.sources
        for receipt in Landing(configuration.landing).receipts(source)
    ]
    with duckdb.connect(str(work_file)) as connection:
        for table in ("marts.rejected", "marts.figures", "marts.volumes", "intermediate.int_deliveries_current"):
            connection.execute(f"create schema if not exists {table.partition('.')[0]}")
            connection.execute(f"create table {table} (source text, file text, delivery text)")
            connection.executemany(f"insert into {table} values (?, ?, ?)", rows)
        connection.execute("create table marts.coding_backlog (source text, period_start date, n_waiting integer)")
        columns = "source_id text, nickname_pseudonym text, reading text"
        connection.execute(f"create table intermediate.int_conversations_current ({columns})")
    return Build({}, {})


if __name__ == "__main__":
    # Each night is a child of this process: it can be broken in its own way, and the imports are done only once.
    for argument in sys.argv[1:]:
        place, _, breakage = argument.partition("=")
        child = os.fork()
        if child == 0:
            problems = night(Path(place), How(breakage == "whole", "" if breakage == "whole" else breakage))
            os._exit(bool(problems))
        os.waitpid(child, 0)
