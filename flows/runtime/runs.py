"""Allow one run at a time in a home, and keep a record of what each run did."""

import fcntl
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from connectors.errors import UserFacingError
from connectors.storage.durable_files import write_json
from flows.runtime import permissions
from flows.runtime.configuration import Configuration
from flows.runtime.redaction import scrub

Result = TypeVar("Result")


class Busy(UserFacingError):
    """Another run holds the lock."""


@contextmanager
def only_run(configuration: Configuration) -> Iterator[None]:
    """Create home if needed, check that all of it can be written, and hold its lock.

    Raises:
        Busy: Another run holds the lock.
        SettingsProblem: Home or a folder in it cannot be written, or a configured group does not exist.
        permissions.NotAMember: The user of this process cannot give a group its files.
    """
    configuration.make_home()
    with hold_lock(configuration):
        yield


@contextmanager
def hold_lock(configuration: Configuration) -> Iterator[None]:
    """Hold the lock of this home.

    The kernel frees the lock when the process ends, for whatever reason. Everything below home gets its correct rights
    at the start, and again at the end if the work raised no error.

    Raises:
        Busy: Another run holds the lock.
        SettingsProblem: A configured group does not exist.
        permissions.NotAMember: The user of this process cannot give a group its files.
    """
    with _locked(configuration):
        permissions.set_rights(configuration)
        yield
        permissions.set_rights(configuration)


@contextmanager
def _locked(configuration: Configuration) -> Iterator[None]:
    configuration.home.mkdir(parents=True, exist_ok=True)
    with (configuration.home / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(
                f"another run is under way in {configuration.home}; wait for it, or look at `zicht status`."
            ) from None
        yield


def when_free(work: Callable[[], Result], patience: timedelta, sleep: Callable[[float], None] = time.sleep) -> Result:
    """Return the result of `work`; retry it every minute while another run holds the lock.

    Args:
        work: The function to call. It raises `Busy` while the lock is held.
        patience: How long to retry, in full minutes.
        sleep: Waits for a number of seconds.

    Raises:
        Busy: Another run held the lock for all that time.
    """
    for _ in range(patience // timedelta(minutes=1)):
        try:
            return work()
        except Busy:
            sleep(60.0)
    return work()


def must_be_free(configuration: Configuration) -> None:
    """Raise an error if a run holds the lock now.

    Callers use this check before they start something that takes seconds.

    Raises:
        Busy: A run holds the lock now.
    """
    with _locked(configuration):
        pass


def is_under_way(configuration: Configuration) -> bool:
    """Return whether a run holds the lock now."""
    try:
        must_be_free(configuration)
    except Busy:
        return True
    return False


@dataclass
class Run:
    """The record of one run: what it read, rejected, built and published. It has only counts and names.

    Attributes:
        id: The name of the run: its start in UTC with microseconds, as `20201231T043000000000Z`.
        started_at: The start in UTC, in ISO format, in seconds.
        kind: `nightly` (all sources), `source` (one source), `rebuild` or `erase` (no source).
        flow_run: The id of the flow run on the Prefect server.
        sources: What each source brought: `deliveries`, `rows`, `rejected` and `problems`.
        problems: One line for each problem.
        removed: Rows that were removed from the deliveries, by source and table.
        built: How many nodes dbt built and tested, by kind of node.
        rejected: Rejected rows in the warehouse, by source.
        published: The version that the run published or found up to date; None if there is none.
        mended: The version that the run found damaged and built again.
        changed: Whether the run published a new version.
        outcome: `running`, `completed`, `completed with problems` or `failed`.
        seconds: The duration of each step, in seconds.
        slowest: The models and tests that took the longest, in seconds.
    """

    id: str
    started_at: str
    kind: str = "nightly"
    flow_run: str | None = None
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    removed: dict[str, dict[str, int]] = field(default_factory=dict)
    built: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    published: str | None = None
    mended: str | None = None
    changed: bool = False
    outcome: str = "running"
    seconds: dict[str, float] = field(default_factory=dict)
    slowest: dict[str, float] = field(default_factory=dict)


ID = "%Y%m%dT%H%M%S%fZ"


def new_run(kind: str = "nightly", *, after: str = "") -> Run:
    """Return a new run that is named by its start (UTC, with microseconds).

    Names sort in the order of the runs. If the clock was set back, the new name is the name `after` plus one
    microsecond.

    Args:
        kind: The kind of the run (see `Run`).
        after: The name of the last run, or an empty text.
    """
    moment = datetime.now(UTC)
    name = moment.strftime(ID)
    if name <= after:
        name = (datetime.strptime(after, ID) + timedelta(microseconds=1)).strftime(ID)
    return Run(id=name, started_at=moment.isoformat(timespec="seconds"), kind=kind)


def next_run(configuration: Configuration, kind: str = "nightly") -> Run:
    """Return the run that follows all recorded runs, and remove the unfinished record of a dead run."""
    for leftover in configuration.runs.glob(".*.tmp"):
        leftover.unlink()
    last = last_run(configuration)
    return new_run(kind, after=last["id"] if last else "")


def record(configuration: Configuration, run: Run) -> Path:
    """Write the record of a run, redacted, and return its path."""
    path = configuration.runs / f"{run.id}.json"
    write_json(path, scrub(asdict(run)))
    return path


def nodes_text(built: dict[str, int]) -> str:
    """Return the numbers of dbt's nodes by kind as text, such as `52 models, 301 tests`."""
    return ", ".join(f"{count} {kind}s" for kind, count in built.items())


def rows_text(removed: dict[str, dict[str, int]]) -> str:
    """Return the numbers of removed rows by source and table as text, such as `2 of conversations of fier`."""
    return ", ".join(f"{n:,} of {table} of {source}" for source, rows in removed.items() for table, n in rows.items())


def records(configuration: Configuration) -> Iterator[dict[str, Any]]:
    """Yield the records of all runs, latest first."""
    for path in sorted(configuration.runs.glob("*.json"), reverse=True):
        yield json.loads(path.read_text())


def last_run(configuration: Configuration) -> dict[str, Any] | None:
    """Return the record of the latest run, or None before the first run."""
    return next(records(configuration), None)
