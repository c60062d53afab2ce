"""Report the health of zicht from the files below home.

The report covers the sources and their freshness, the releases that wait, and whether nightly runs still succeed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.landing import Landing
from flows.runtime import runs
from flows.runtime.configuration import Configuration
from flows.warehouse import retention, versions
from flows.warehouse.versions import Damaged, whole

GOOD = ("completed", "completed with problems")  # the problems of the second kind are reported one by one


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
    """

    kind: str
    deliveries: int
    last_received_at: str | None
    problems: list[str]
    next_removal: str | None = None
    stale: str | None = None


def source_states(configuration: Configuration, now: datetime | None = None) -> dict[str, SourceState]:
    """Return the state of every configured source, by name.

    Args:
        configuration: The configuration with the sources.
        now: The current time. The default is the clock.
    """
    moment = now or datetime.now(UTC)
    landing = Landing(configuration.landing)
    latest: dict[str, Any] = {}
    for record in runs.records(configuration):
        for name, read in record["sources"].items():
            latest.setdefault(name, read)
        if latest.keys() >= configuration.settings.sources.keys():
            break
    states = {}
    for name, section in configuration.settings.sources.items():
        receipts = landing.receipts(name)
        received_at = receipts[-1].received_at if receipts else None
        problems = latest.get(name, {}).get("problems", [])
        stale = _stale(name, received_at, section.stale_after_days, moment)
        states[name] = SourceState(
            section.kind, len(receipts), received_at, problems, retention.next_removal(configuration, name), stale
        )
    return states


def wrong_sources(configuration: Configuration) -> dict[str, str]:
    """Return the problems of all sources.

    Returns:
        The text of each problem, by a key that stays the same while the problem lasts.

    Example:
        `{"fier": "fier: ...", "codings is stale": "codings: found nothing new since 2020-11-02, ..."}`
    """
    wrong = {}
    for name, state in source_states(configuration).items():
        if state.problems:
            wrong[name] = "\n".join(state.problems)
        if state.stale:
            wrong[f"{name} is stale"] = state.stale
    return wrong


def waiting_releases(configuration: Configuration) -> dict[str, str]:
    """Return the releases that are built and wait for others to approve them.

    Returns:
        A message for each release, by a key such as `2020-12 waits`.
    """
    needed = configuration.settings.release.approvals
    previews = sorted(configuration.previews.glob("*.json")) if needed else []
    return {
        f"{path.stem} waits": f"release {path.stem} is built and waits for {needed} to approve it. Look at "
        f"{configuration.previews / path.stem}/index.html, then: zicht approve {path.stem}."
        for path in previews
    }


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


def check(configuration: Configuration, now: datetime | None = None) -> tuple[bool, str]:
    """Check whether a nightly run succeeded recently, and whether the current warehouse files are undamaged.

    A monitor calls this, to notice when runs no longer happen.

    Args:
        configuration: The configuration, with `silent_after_hours`: the longest allowed time since the start of the
            last good run.
        now: The current time. The default is the time of the clock.

    Returns:
        Whether all is well, and one line that explains it.

    Example:
        `(True, "the last good run, 20201231T043000000000Z, started 5.2 hours ago.")`
    """
    moment = now or datetime.now(UTC)
    allowed = configuration.settings.alerts.silent_after_hours
    good = next(
        (
            one
            for one in runs.records(configuration)
            if one.get("kind", "nightly") == "nightly" and one["outcome"] in GOOD
        ),
        None,
    )
    if good is None:
        return False, "no nightly run has come to its end yet; run `zicht run`."
    hours = (moment - datetime.fromisoformat(good["started_at"])) / timedelta(hours=1)
    if abs(hours) <= allowed:
        try:
            if versions.current_version(configuration, whole) is None and good["published"]:
                raise Damaged(configuration.home / "current")
        except Damaged as damaged:
            return False, str(damaged)
        return True, f"the last good run, {good['id']}, started {hours:.1f} hours ago."
    when = f"{hours:.0f} hours ago" if hours > 0 else f"{-hours:.0f} hours from now (a clock was set)"
    return False, (
        f"the last good run, {good['id']}, started {when}; [alerts] silent_after_hours allows {allowed}. Look at "
        "`zicht status`, at the worker, and at the Prefect server."
    )
