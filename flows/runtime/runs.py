"""Runs: one at a time, each with a record of what it did."""

import fcntl
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from connectors.errors import Foreseen
from connectors.landing import write_durably
from flows.runtime import permissions
from flows.runtime.configuration import Configuration
from flows.runtime.redaction import scrub

Result = TypeVar("Result")


class Busy(Foreseen):
    """Another run holds the lock."""


@contextmanager
def only_run(configuration: Configuration) -> Iterator[None]:
    """Hold the lock of this home, all of which can be written.

    Raises:
        Busy: another run holds it.
        SettingsProblem: home, or a folder in it, cannot be written, or a group that is named does not exist.
        rights.NotAMember: rights cannot be given to a group.
    """
    configuration.make_home()
    with turn(configuration):
        yield


@contextmanager
def turn(configuration: Configuration) -> Iterator[None]:
    """Hold the lock of this home; the kernel frees it when the process ends, however it ends. What lies below home has
    the rights it should have, from the start and again at the end.

    Raises:
        Busy: another run holds it.
        SettingsProblem, rights.NotAMember: rights cannot be given to a group.
    """
    with _locked(configuration):
        permissions.settle(configuration)
        yield
        permissions.settle(configuration)


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
    """What `work` gives, tried again every minute while another run holds the lock.

    Raises:
        Busy: it held it for all that time.
    """
    for _ in range(patience // timedelta(minutes=1)):
        try:
            return work()
        except Busy:
            sleep(60.0)
    return work()


def must_be_free(configuration: Configuration) -> None:
    """Try the lock before anything is started that takes seconds.

    Raises:
        Busy: a run holds it now.
    """
    with _locked(configuration):
        pass


def is_under_way(configuration: Configuration) -> bool:
    """Whether a run holds the lock now."""
    try:
        must_be_free(configuration)
    except Busy:
        return True
    return False


@dataclass
class Run:
    """What one run read, rejected, built and published. Counts and names only.

    `kind` is `nightly` (all sources), `source` (one of them), `rebuild` or `erase` (none); `removed` counts the rows
    that went from the deliveries, by source and table; `flow_run` is its id on the server; `mended` is the version that
    it found damaged and built anew; `slowest` names the models and tests that took the most seconds.
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
    """A run named by its start (UTC, microseconds). Names sort as runs follow each other, also where the clock was set
    back: it is named after the run `after` then."""
    moment = datetime.now(UTC)
    name = moment.strftime(ID)
    if name <= after:
        name = (datetime.strptime(after, ID) + timedelta(microseconds=1)).strftime(ID)
    return Run(id=name, started_at=moment.isoformat(timespec="seconds"), kind=kind)


def next_run(configuration: Configuration, kind: str = "nightly") -> Run:
    """The run that follows all that this home knows. What a dead one left of its record goes."""
    for leftover in configuration.runs.glob(".*.tmp"):
        leftover.unlink()
    last = last_run(configuration)
    return new_run(kind, after=last["id"] if last else "")


def record(configuration: Configuration, run: Run) -> Path:
    """Write the record of a run."""
    configuration.runs.mkdir(parents=True, exist_ok=True)
    path = configuration.runs / f"{run.id}.json"
    write_durably(path, json.dumps(scrub(asdict(run)), indent=1, sort_keys=True) + "\n")
    return path


def records(configuration: Configuration) -> Iterator[dict[str, Any]]:
    """The records of all runs, the latest first."""
    for path in sorted(configuration.runs.glob("*.json"), reverse=True):
        yield json.loads(path.read_text())


def last_run(configuration: Configuration) -> dict[str, Any] | None:
    """The record of the latest run, None before the first."""
    return next(records(configuration), None)
