"""Report how zicht is doing, from the files below home and the current warehouse.

The report covers what a person must do, the last run, the sources and their freshness, what was rejected, and whether
nightly runs still succeed. Everything else that reports one of these (alerts, Prefect artifacts, the monitor) asks this
module.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.ingest import IN_QUARANTINE, how_to_decide
from connectors.landing import Landing
from connectors.source import NOT_HONOURED
from connectors.storage.receipts import Receipt
from flows.runtime import runs
from flows.runtime.configuration import Configuration
from flows.warehouse import retention, versions

GOOD = ("completed", "completed with problems")  # the problems of the second kind are reported one by one
UNREADABLE, STALE, FRESH = "could not be read", "stale", "fresh"
FAILED, DAMAGED, UNHONOURED, QUARANTINED = "failed", "damaged", "deletion not honoured", "quarantined"
WAITING, DRIFTING, UNCODED = "awaiting approval", "drifting", "uncoded"
KINDS = (FAILED, DAMAGED, UNHONOURED, QUARANTINED, UNREADABLE, WAITING, UNCODED, STALE, DRIFTING)  # most urgent first
# Researchers code in batches, at the latest for the yearly report. A longer wait means that codings stopped.
CODING_MONTHS = 12
REJECTED = "select source, field, rule, count(*) from marts.rejected group by all order by all"
BACKLOG = """
select extract(year from period_start)::int, sum(n)::int
from marts.funnel
where source = 'all' and period_type = 'year' and step = 'uncoded'
group by all order by 1
"""
# Whether visits wait for coding, and whether some are older by more than some months than the newest visit. The data
# decide, not the clock: the year of the demo is long over.
WAITING_VISITS = """
select sum(n_waiting) > 0, max(date_diff('month', period_start, newest)) filter (n_waiting > 0) > ?
from marts.coding_backlog, (select max(period_start) as newest from marts.coding_backlog)
where source = 'all'
"""
VERDICTS = "select verdict, count(*) from marts.reconciliation group by verdict order by verdict"


@dataclass(frozen=True)
class ToDo:
    """Something that a person must do.

    Attributes:
        kind: One of `KINDS`.
        key: The key under which an alert is sent. It stays the same while the matter lasts.
        about: The subject of the alert.
        line: What was found, and the command to call next.
        is_urgent: Whether it must be done now.
    """

    kind: str
    key: str
    about: str
    line: str
    is_urgent: bool = True


@dataclass(frozen=True)
class SourceState:
    """The state of one source.

    Attributes:
        kind: The kind of the source.
        deliveries: How many deliveries were accepted.
        last_received_at: When the last one was accepted, in ISO format.
        problems: The problems of the last run that read the source.
        next_removal: Which rows are removed next at the end of their term, and when.
        stale: A message if nothing new came for longer than the settings allow, else None.
        drifting: What drifts (see `flows/operations/drift.py`).
    """

    kind: str
    deliveries: int
    last_received_at: str | None
    problems: list[str]
    next_removal: str | None = None
    stale: str | None = None
    drifting: dict[str, str] = field(default_factory=dict)

    @property
    def condition(self) -> str:
        """`could not be read`, `quarantined`, `stale` or `fresh`."""
        if self.problems:
            return QUARANTINED if all(IN_QUARANTINE in line for line in self.problems) else UNREADABLE
        return STALE if self.stale else FRESH


def source_states(configuration: Configuration, now: datetime | None = None) -> dict[str, SourceState]:
    """Return the state of every configured source, by name.

    Args:
        configuration: The configuration with the sources.
        now: The current time. The default is the clock.
    """
    latest: dict[str, Any] = {}
    for record in runs.records(configuration):
        latest = record["sources"] | latest
        if latest.keys() >= configuration.settings.sources.keys():
            break
    states = {}
    for name, section in configuration.settings.sources.items():
        receipts = Landing(configuration.landing).receipts(name)
        received_at = receipts[-1].received_at if receipts else None
        states[name] = SourceState(
            section.kind,
            len(receipts),
            received_at,
            latest.get(name, {}).get("problems", []),
            retention.next_removal(configuration, name),
            _stale(name, received_at, section.stale_after_days, now or datetime.now(UTC)),
            latest.get(name, {}).get("drifting", {}),
        )
    return states


def _stale(name: str, received_at: str | None, allowed: int | None, now: datetime) -> str | None:
    if allowed is None or received_at is None:
        return None
    # A delivery with a date in the future means that a clock was changed. It does not count as fresh either.
    days = abs(now - datetime.fromisoformat(received_at)).days
    if days <= allowed:
        return None
    return (
        f"{name}: found nothing new since {received_at[:10]}, {days} days, expected something every {allowed}. Ask its "
        f"keeper whether it still delivers, or change stale_after_days in [sources.{name}]."
    )


def to_do(configuration: Configuration, now: datetime | None = None) -> list[ToDo]:
    """Return what a person must do, most urgent first. `now` is the current time; the default is the clock."""
    found = [*_of_runs(configuration), *_of_coding(configuration)]
    waiting = waiting_releases(configuration)
    found += [ToDo(WAITING, key, "releases", line, is_urgent=False) for key, line in waiting.items()]
    for name, state in source_states(configuration, now).items():
        found += _of_source(configuration, name, state)
    return sorted(found, key=lambda one: (KINDS.index(one.kind), one.key))


def _of_runs(configuration: Configuration) -> Iterator[ToDo]:
    last = runs.last_run(configuration)
    if last and last["outcome"] == "failed":
        reasons = [line for line in last["problems"] if line.startswith("build: ")] or last["problems"]
        yield ToDo(FAILED, "build", "run", f"{' '.join(reasons)} Run {last['id']} failed; mend this, then: zicht run.")
    if last and is_dead(configuration, last):
        yield ToDo(FAILED, "died", "run", f"run {last['id']} died before its end; look why, then: zicht run.")
    if damage := _damage(configuration, is_published=any(run["published"] for run in runs.records(configuration))):
        yield ToDo(DAMAGED, "damaged", "run", damage)


def _of_source(configuration: Configuration, name: str, state: SourceState) -> Iterator[ToDo]:
    landing = Landing(configuration.landing)
    for receipt in _not_honoured(configuration, landing.receipts(name)):
        line = (
            f"{name}: {receipt.file}: found {receipt.not_honoured} records that may be deletions and cannot be read "
            f"({NOT_HONOURED}). Ask the platform which conversations it deleted, then for each: zicht erase {name}:ID."
        )
        yield ToDo(UNHONOURED, f"{name} {receipt.file}", "sources", line)
    for receipt in landing.quarantined(name):
        line = f"{name}: {receipt.file}: {receipt.faults}; {IN_QUARANTINE}. {how_to_decide(receipt)}"
        yield ToDo(QUARANTINED, f"{name} {receipt.delivery[:12]}", "sources", line)
    if problems := [line for line in state.problems if NOT_HONOURED not in line and IN_QUARANTINE not in line]:
        yield ToDo(UNREADABLE, name, "sources", "\n".join(problems))
    if state.stale:
        yield ToDo(STALE, f"{name} is stale", "sources", state.stale)
    for what, line in state.drifting.items():
        yield ToDo(DRIFTING, f"{name} {what}", "sources", line, is_urgent=False)


def _not_honoured(configuration: Configuration, receipts: list[Receipt]) -> list[Receipt]:
    """Return the newest receipt of each file with deletions that could not be read, until as many were erased since.

    A pull is left out if its platform was read again from the start since.
    """
    reading = next((receipt.reading for receipt in reversed(receipts) if receipt.updated_through), "")
    return [
        receipt
        for receipt in {receipt.file: receipt for receipt in receipts}.values()
        if receipt.not_honoured > (_erasures(configuration, receipt) if receipt.not_honoured else 0)
        and (not receipt.updated_through or receipt.reading == reading)
    ]


def _erasures(configuration: Configuration, receipt: Receipt) -> int:
    """Return how many conversations were erased on request since a receipt, and were not of other sources."""
    later = (run for run in runs.records(configuration) if run["started_at"] >= receipt.received_at)
    return sum(run.get("kind") == "erase" and receipt.source in (run["removed"] or [receipt.source]) for run in later)


def _of_coding(configuration: Configuration) -> Iterator[ToDo]:
    kinds = {section.kind for section in configuration.settings.sources.values()}
    [[waits, is_late]] = _query(configuration, WAITING_VISITS, [CODING_MONTHS]) or [(False, False)]
    if waits and "coding" in kinds:
        since = f" for more than the usual {CODING_MONTHS} months" if is_late else ""
        line = (
            f'coding: visits wait for coding{since}; see: zicht query "from marts.coding_backlog where n_waiting > 0".'
        )
        yield ToDo(UNCODED, "coding", "coding", line, is_urgent=bool(is_late))


def _query(configuration: Configuration, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
    """Return the rows of a query on the current warehouse, or none if there is no warehouse that can be opened."""
    try:
        return versions.query(configuration, sql, parameters) if versions.current_version(configuration) else []
    except versions.Damaged:  # the list has a line about it
        return []


def is_dead(configuration: Configuration, run: dict[str, Any]) -> bool:
    """Return whether a run stopped without an end."""
    return bool(run["outcome"] == "running") and not runs.is_under_way(configuration)


def _damage(configuration: Configuration, *, is_published: bool) -> str | None:
    """Return what is wrong with the files of the current version, or None."""
    try:
        if versions.current_version(configuration, versions.whole) is None and is_published:
            raise versions.Damaged(configuration.home / "current")
    except versions.Damaged as damaged:
        return str(damaged)
    return None


def waiting_releases(configuration: Configuration) -> dict[str, str]:
    """Return a message for each release that waits for others to approve it, by a key such as `2020-12 waits`."""
    needed = configuration.settings.release.approvals
    previews = sorted(configuration.previews.glob("*.json")) if needed else []
    return {
        f"{path.stem} waits": f"release {path.stem} is built and waits for {needed} to approve it. Look at "
        f"{configuration.previews / path.stem}/index.html, then: zicht approve {path.stem}."
        for path in previews
    }


def check(configuration: Configuration, now: datetime | None = None) -> tuple[bool, str]:
    """Check whether a nightly run succeeded recently, and whether the current warehouse files are undamaged.

    A monitor calls this, to notice when runs no longer happen.

    Args:
        configuration: The configuration, with `silent_after_hours`: the longest allowed time since the start of the
            last good run.
        now: The current time. The default is the time of the clock.

    Returns:
        Whether all is well, and one line that explains it.
    """
    nights = (one for one in runs.records(configuration) if one.get("kind", "nightly") == "nightly")
    good = next((night for night in nights if night["outcome"] in GOOD), None)
    if good is None:
        return False, "no nightly run has come to its end yet; run `zicht run`."
    allowed = configuration.settings.alerts.silent_after_hours
    hours = ((now or datetime.now(UTC)) - datetime.fromisoformat(good["started_at"])) / timedelta(hours=1)
    if abs(hours) > allowed:
        when = f"{hours:.0f} hours ago" if hours > 0 else f"{-hours:.0f} hours from now (a clock was set)"
        return False, (
            f"the last good run, {good['id']}, started {when}; [alerts] silent_after_hours allows {allowed}. Look at "
            "`zicht status`, at the worker, and at the Prefect server."
        )
    if damage := _damage(configuration, is_published=bool(good["published"])):
        return False, damage
    return True, f"the last good run, {good['id']}, started {hours:.1f} hours ago."


def read_status(configuration: Configuration) -> dict[str, Any]:
    """Return everything that `zicht status` shows, as a dict. `sources` has a `SourceState` by name."""
    found = to_do(configuration)
    last = runs.last_run(configuration)
    if last and is_dead(configuration, last):
        last["outcome"] = "died before its end; the next run starts anew"
    rejected, verdicts, backlog = (_query(configuration, sql) for sql in (REJECTED, VERDICTS, BACKLOG))
    is_damaged = any(one.kind == DAMAGED for one in found)
    version = None if is_damaged else versions.current_version(configuration)
    return {
        "to_do": found,
        "last_run": last and {key: last[key] for key in ("id", "started_at", "outcome", "problems")},
        "current_version": version and version["run"],
        "sources": source_states(configuration),
        "rejected": [list(row) for row in rejected],
        "report_figures": dict(verdicts),
        "visits_waiting_for_coding": dict(backlog),
    }
