"""Report how zicht is doing.

The report covers the last run, the sources, rejected rows, how the figures of the report on 2020 reconcile, and visits
that wait for coding.
"""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from flows.operations import health
from flows.runtime import runs
from flows.runtime.configuration import Configuration
from flows.warehouse import versions

REJECTED = "select source, field, rule, count(*) from marts.rejected group by all order by all"
BACKLOG = """
select extract(year from period_start)::int, sum(n)::int
from marts.funnel
where source = 'all' and period_type = 'year' and step = 'uncoded'
group by all order by 1
"""
VERDICTS = "select verdict, count(*) from marts.reconciliation group by verdict order by verdict"


def read_status(configuration: Configuration) -> dict[str, Any]:
    """Return everything that `zicht status` shows.

    Returns:
        A dict that can be written as JSON. Its keys are `last_run`, `current_version`, `sources`, `rejected`,
        `report_figures` and `visits_waiting_for_coding`.
    """
    last = runs.last_run(configuration)
    version = versions.current_version(configuration)
    if last and last["outcome"] == "running" and not runs.is_under_way(configuration):
        last["outcome"] = "died before its end; the next run starts anew"
    return {
        "last_run": last and {key: last[key] for key in ("id", "started_at", "outcome", "problems")},
        "current_version": version and version["run"],
        "sources": {name: asdict(state) for name, state in health.source_states(configuration).items()},
        "rejected": [list(row) for row in versions.query(configuration, REJECTED)] if version else [],
        "report_figures": dict(versions.query(configuration, VERDICTS)) if version else {},
        "visits_waiting_for_coding": dict(versions.query(configuration, BACKLOG)) if version else {},
    }


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
    sources = Table("source", "kind", "deliveries", "last received", "expires next", "", box=None, pad_edge=False)
    for name, source in found["sources"].items():
        state = "[green]fresh[/]"
        if source["problems"]:
            state = "[red]could not be read[/]"
        elif source["stale"]:
            state = "[red]stale: nothing new for too long[/]"
        sources.add_row(
            name,
            source["kind"],
            str(source["deliveries"]),
            source["last_received_at"] or "never",
            source["next_removal"] or "–",
            state,
        )
    console.print(sources)
    if found["rejected"]:
        rejected = Table("source", "field", "rule", "rejected", box=None, pad_edge=False)
        for source, field, rule, n in found["rejected"]:
            rejected.add_row(source, field or "(whole record)", rule, f"{n:,}")
        console.print("\n", rejected)
    verdicts = ", ".join(f"{n:,} {verdict.replace('_', ' ')}" for verdict, n in found["report_figures"].items())
    console.print(f"\nFigures of the report on 2020, recomputed: {verdicts or 'none'}")
    backlog = ", ".join(f"{year}: {n:,}" for year, n in found["visits_waiting_for_coding"].items())
    console.print(f"Visits that wait for coding: {backlog or 'none'}")
    stale = [source["stale"] for source in found["sources"].values() if source["stale"]]
    for problem in [*last["problems"], *stale]:
        console.print("[red]Problem:[/]", end=" ")
        console.print(problem, markup=False, highlight=False, soft_wrap=True)
