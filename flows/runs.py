"""Runs: one at a time, each with a record of what it did."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.landing import write_durably
from flows.settings import Configuration


class Busy(Exception):
    """Another run holds the lock."""


@contextmanager
def only_run(configuration: Configuration) -> Iterator[None]:
    """Hold the lock of this home; the kernel frees it when the process ends, however it ends.

    Raises:
        Busy: another run holds it.
    """
    configuration.home.mkdir(parents=True, exist_ok=True)
    with (configuration.home / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(
                f"another run is under way in {configuration.home}; wait for it, or look at `zicht status`."
            ) from None
        yield


@dataclass
class Run:
    """What one run read, rejected, built and published. Counts and names only."""

    id: str
    started_at: str
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    built: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    published: str | None = None
    changed: bool = False
    outcome: str = "running"
    seconds: dict[str, float] = field(default_factory=dict)


def new_run() -> Run:
    """A run named by its start (UTC, microseconds), so that names sort as runs follow each other."""
    moment = datetime.now(UTC)
    return Run(id=moment.strftime("%Y%m%dT%H%M%S%fZ"), started_at=moment.isoformat(timespec="seconds"))


def record(configuration: Configuration, run: Run) -> Path:
    """Write the record of a run."""
    configuration.runs.mkdir(parents=True, exist_ok=True)
    path = configuration.runs / f"{run.id}.json"
    write_durably(path, json.dumps(asdict(run), indent=1, sort_keys=True) + "\n")
    return path


def last_run(configuration: Configuration) -> dict[str, Any] | None:
    """The record of the latest run, None before the first."""
    paths = sorted(configuration.runs.glob("*.json"))
    return json.loads(paths[-1].read_text()) if paths else None
