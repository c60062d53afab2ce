"""List what a person must do, most urgent first. `zicht status` and alerts have the same list."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console

from connectors.ingest import IN_QUARANTINE
from connectors.source import NOT_HONOURED
from flows.operations import status
from flows.runtime import runs
from flows.runtime.configuration import Configuration
from flows.warehouse import versions

RELEASE_TERM = timedelta(days=7)  # a release that waits for longer than this was forgotten


@dataclass(frozen=True)
class Task:
    """Something that a person must do.

    Attributes:
        about: Whom it is for: `run`, `sources`, `releases` or `coding`.
        key: What stays the same while it must be done.
        text: What is the matter, and the command or step that solves it, on one line or more.
        is_now: Whether it must be done now. Otherwise it may wait.
    """

    about: str
    key: str
    text: str
    is_now: bool


def tasks(configuration: Configuration, now: datetime | None = None) -> list[Task]:
    """Return what a person must do, most urgent first.

    The order is: a run that failed, a damaged warehouse, deletions that were not honoured, deliveries in quarantine,
    sources that could not be read, releases that wait for approval, stale sources, visits that wait for coding.

    Args:
        configuration: The configuration with home.
        now: The current time. The default is the clock.
    """
    moment = now or datetime.now(UTC)
    found = _of_run(configuration)
    sources = [
        Task("sources", name, line, True)
        for name, state in status.source_states(configuration, moment).items()
        for line in state.problems
    ]
    found += sorted(sources, key=lambda task: (NOT_HONOURED not in task.text, IN_QUARANTINE not in task.text))
    for key, text in status.waiting_releases(configuration).items():
        built = (configuration.previews / f"{key.removesuffix(status.WAITS)}.json").stat().st_mtime
        found.append(Task("releases", key, text, moment - datetime.fromtimestamp(built, UTC) > RELEASE_TERM))
    found += [
        Task("sources", f"{name} is stale", state.stale, False)
        for name, state in status.source_states(configuration, moment).items()
        if state.stale
    ]
    return found + _of_coding(configuration)


def by_subject(configuration: Configuration) -> dict[str, dict[str, str]]:
    """Return the tasks about which alerts are sent: a text by key, by subject (`sources` and `releases`).

    Example:
        `{"sources": {"fier": "fier: ...", "coding is stale": "coding: ..."}, "releases": {}}`
    """
    found: dict[str, dict[str, str]] = {"sources": {}, "releases": {}}
    for task in tasks(configuration):
        if task.about in found:
            earlier = found[task.about].get(task.key)
            found[task.about][task.key] = f"{earlier}\n{task.text}" if earlier else task.text
    return found


def print_tasks(console: Console, due: list[Task]) -> None:
    """Print what a person must do, most urgent first.

    Args:
        console: Where to print.
        due: The tasks.
    """
    console.print("[bold]To do[/]" if due else "Nothing needs a person.")
    for number, task in enumerate(due, start=1):
        console.print(f"{number}. {task.text}", markup=False, highlight=False, soft_wrap=True)
    console.print()


def _of_run(configuration: Configuration) -> list[Task]:
    found = []
    last = runs.last_run(configuration)
    is_dead = last and last["outcome"] == "running" and not runs.is_under_way(configuration)
    if last and (is_dead or last["outcome"] == "failed"):
        why = " ".join(last["problems"]) or "It died before its end."
        found.append(Task("run", "failed", f"run {last['id']} failed. {why} Then: zicht run", True))
    try:
        versions.current_version(configuration)
    except versions.Damaged as damaged:
        found.append(Task("run", "damaged", str(damaged), True))
    return found


def _of_coding(configuration: Configuration) -> list[Task]:
    by_year = status.backlog(configuration)
    if not by_year:
        return []
    years = ", ".join(f"{year}: {n:,}" for year, n in by_year.items())
    return [Task("coding", "uncoded", f"{sum(by_year.values()):,} visits wait for coding ({years}).", False)]
