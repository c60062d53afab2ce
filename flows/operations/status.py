"""Report how zicht is doing, from the files below home and the current warehouse.

The report covers the last run, the sources and their freshness, what was rejected, what waits, and whether nightly runs
still succeed. Everything else that reports one of these (alerts, Prefect artifacts, the monitor) asks this module.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from connectors.ingest import IN_QUARANTINE
from connectors.landing import Landing
from flows.release.seeds import read_rows
from flows.runtime import runs
from flows.runtime.configuration import SEEDS, Configuration
from flows.warehouse import retention, versions

GOOD = ("completed", "completed with problems")  # the problems of the second kind are reported one by one
UNREADABLE, QUARANTINED, STALE, FRESH = "could not be read", "in quarantine", "stale", "fresh"
WAITS = " waits"  # ends the key of a release that waits
CONDITIONS = {
    QUARANTINED: f"[red]{QUARANTINED}[/]",
    UNREADABLE: f"[red]{UNREADABLE}[/]",
    STALE: "[red]stale: nothing new for too long[/]",
    FRESH: f"[green]{FRESH}[/]",
}
REJECTED = "select source, field, rule, count(*) from marts.rejected group by all order by all"
BACKLOG = """
select extract(year from period_start)::int, sum(n)::int
from marts.funnel
where source = 'all' and period_type = 'year' and step = 'uncoded'
group by all order by 1
"""
VERDICTS = "select verdict, count(*) from marts.reconciliation group by verdict order by verdict"
HEADLINE = """
select extract(year from period_start)::int as year, max(case when category = ? then n end), max(n_known)
from marts.indicators
where period_type = 'year' and population = ? and variable = ?
group by all order by year
"""


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

    @property
    def condition(self) -> str:
        """`could not be read`, `in quarantine`, `stale` or `fresh`."""
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


def waiting_releases(configuration: Configuration) -> dict[str, str]:
    """Return the releases that are built and wait for others to approve them.

    Returns:
        A message for each release, by a key such as `2020-12 waits`.
    """
    needed = configuration.settings.release.approvals
    previews = sorted(configuration.previews.glob("*.json")) if needed else []
    return {
        f"{path.stem}{WAITS}": f"release {path.stem} is built and waits for {needed} to approve it. Look at "
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

    Example:
        `(True, "the last good run, 20201231T043000000000Z, started 5.2 hours ago.")`
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
    try:
        if versions.current_version(configuration, versions.whole) is None and good["published"]:
            raise versions.Damaged(configuration.home / "current")
    except versions.Damaged as damaged:
        return False, str(damaged)
    return True, f"the last good run, {good['id']}, started {hours:.1f} hours ago."


def read_status(configuration: Configuration) -> dict[str, Any]:
    """Return everything that `zicht status` shows.

    Returns:
        A dict with the keys `last_run`, `current_version`, `sources` (a `SourceState` by name), `rejected`,
        `report_figures` and `visits_waiting_for_coding`.
    """
    last = runs.last_run(configuration)
    try:
        version = versions.current_version(configuration)
    except versions.Damaged:  # is one of the tasks
        version = None
    if last and last["outcome"] == "running" and not runs.is_under_way(configuration):
        last["outcome"] = "died before its end; the next run starts anew"
    rejected, verdicts = (versions.query(configuration, sql) if version else [] for sql in (REJECTED, VERDICTS))
    return {
        "last_run": last and {key: last[key] for key in ("id", "started_at", "outcome", "problems")},
        "current_version": version and version["run"],
        "sources": source_states(configuration),
        "rejected": [list(row) for row in rejected],
        "report_figures": dict(verdicts),
        "visits_waiting_for_coding": backlog(configuration),
    }


def backlog(configuration: Configuration) -> dict[int, int]:
    """Return how many visits wait for coding, by year. The dict is empty if there is no whole version."""
    try:
        version = versions.current_version(configuration)
    except versions.Damaged:
        return {}
    return {year: n for year, n in versions.query(configuration, BACKLOG) if n} if version else {}


def print_status(console: Console, found: dict[str, Any]) -> None:
    """Print the status.

    Args:
        console: Where to print.
        found: The result of `read_status`.
    """
    last = found["last_run"]
    if last is None:
        console.print("No run yet. Next: zicht run")
        return
    console.print(f"Last run {last['id']}, started {last['started_at']}: [bold]{last['outcome']}[/]")
    console.print(f"Current version: {found['current_version'] or 'none'}\n")
    states: dict[str, SourceState] = found["sources"]
    sources = _table("", "source", "kind", "deliveries", "last received", "expires next", "")
    for name, state in states.items():
        cells = (state.kind, str(state.deliveries), state.last_received_at or "never", state.next_removal or "–")
        sources.add_row(name, *cells, CONDITIONS[state.condition])
    console.print(sources)
    if found["rejected"]:
        rejected = _table("", "source", "field", "rule", "rejected")
        for source, field, rule, n in found["rejected"]:
            rejected.add_row(source, field or "(whole record)", rule, f"{n:,}")
        console.print("\n", rejected)
    verdicts = ", ".join(f"{n:,} {verdict.replace('_', ' ')}" for verdict, n in found["report_figures"].items())
    console.print(f"\nFigures of the report on 2020, recomputed: {verdicts or 'none'}")


def print_run(console: Console, configuration: Configuration, run: dict[str, Any]) -> None:
    """Print what a run read, rejected, built and found, with the headline figures of the last two years.

    Args:
        console: Where to print.
        configuration: The configuration of the run.
        run: The record of the run, as `runs.last_run` returns it.
    """
    if configuration.settings.fictitious:
        console.print("[bold yellow]FICTITIOUS[/] demo data: no person in it exists.\n")
    sources = _table("Sources", "source", "kind", ">new deliveries", ">rows", ">rejected in all", "")
    for name, read in run["sources"].items():
        section = configuration.settings.sources.get(name)
        counts = (read["deliveries"], read["rows"], run["rejected"].get(name, 0))
        condition = "[red]see below[/]" if read["problems"] else "[green]read[/]"
        sources.add_row(name, section.kind if section else "", *(f"{count:,}" for count in counts), condition)
    console.print(sources)
    years, figures = headlines(configuration) if run["published"] else ([], {})
    if years:
        found = _table("\nFound", "visitors of the chat", *(f">{year}" for year in years))
        for label, by_year in figures.items():
            found.add_row(label, *("–" if (n := by_year.get(year)) is None else f"{n:,}" for year in years))
        console.print(found)
    if run["changed"]:
        seconds = run["seconds"]["build"] + run["seconds"]["publish"]
        console.print(f"Built and tested in {seconds:.1f} s: {runs.nodes_text(run['built'])}.")
        console.print(f"[green]Current:[/] {configuration.home / 'warehouse.duckdb'}")
        if run["mended"]:
            console.print(f"Version {run['mended']} was damaged or could not be opened: this run built it anew.")
    if run["removed"]:
        console.print(f"Forgotten, and taken out of the deliveries: {runs.rows_text(run['removed'])}.")
    if run["published"] and not run["changed"] and not run["problems"]:
        console.print("[green]Nothing new:[/] the warehouse is as it was.")
    _print_problems(console, run["problems"])


def headlines(configuration: Configuration) -> tuple[list[int], dict[str, dict[int, int | None]]]:
    """Return the headline figures of the last two years.

    Returns:
        The years, and the counts by label and year. A count that is unknown is None or left out.

    Example:
        `([2019, 2020], {"Victims themselves": {2020: 120}})`
    """
    figures = {}
    for row in read_rows(SEEDS / "headlines.csv"):
        counts = versions.query(configuration, HEADLINE, [row["category"], row["population"], row["variable"]])
        is_known = row["category"] == "known"
        figures[row["label_en"]] = {year: n_known if is_known else n for year, n, n_known in counts}
    return sorted({year for by_year in figures.values() for year in by_year})[-2:], figures


def _table(title: str, *columns: str) -> Table:
    """Return an empty table without lines. A column whose name begins with `>` is aligned right."""
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left")
    return table


def _print_problems(console: Console, problems: Iterable[str]) -> None:
    for problem in problems:
        console.print("[red]Problem:[/]", end=" ")
        console.print(problem, markup=False, highlight=False, soft_wrap=True)
