"""Print the status of zicht, and what a run did, for the command line."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from flows.operations.status import FRESH, QUARANTINED, STALE, UNREADABLE, SourceState, ToDo
from flows.release.seeds import read_rows
from flows.runtime import runs
from flows.runtime.configuration import Configuration
from flows.runtime.seeds import seeds_folder
from flows.warehouse import versions

CONDITIONS = {FRESH: f"[green]{FRESH}[/]", **{one: f"[red]{one}[/]" for one in (QUARANTINED, UNREADABLE, STALE)}}
HEADLINE = """
select extract(year from period_start)::int as year, max(case when category = ? then n end), max(n_known)
from marts.indicators
where period_type = 'year' and population = ? and variable = ?
group by all order by year
"""


def print_status(console: Console, found: dict[str, Any]) -> None:
    """Print the status.

    Args:
        console: Where to print.
        found: The result of `read_status`.
    """
    to_do: list[ToDo] = found["to_do"]
    for one in to_do:
        console.print(f"[{'red' if one.is_urgent else 'yellow'}]To do, {one.kind}:[/]", end=" ")
        console.print(one.line, markup=False, highlight=False, soft_wrap=True)
    last = found["last_run"]
    if last is None:
        console.print("No run yet. Next: zicht run")
        return
    console.print("" if to_do else "Nothing to do.")
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
    backlog = ", ".join(f"{year}: {n:,}" for year, n in found["visits_waiting_for_coding"].items())
    console.print(f"Visits that wait for coding: {backlog or 'none'}")


def print_run(console: Console, configuration: Configuration, run: dict[str, Any]) -> None:
    """Print what a run read, rejected, built and found, with the headline figures of the last two years.

    Args:
        console: Where to print.
        configuration: The configuration of the run.
        run: The record of the run, as `runs.last_run` returns it.
    """
    if configuration.settings.fictitious:
        console.print("[bold yellow]FICTITIOUS[/] demo data: no person in it exists.\n")
    _print_sources(console, configuration, run)
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
    for line in (line for read in run["sources"].values() for line in read.get("drifting", {}).values()):
        console.print(f"Look at this: {line}", markup=False, highlight=False, soft_wrap=True)
    _print_problems(console, run["problems"])


def _print_sources(console: Console, configuration: Configuration, run: dict[str, Any]) -> None:
    sources = _table("Sources", "source", "kind", ">new deliveries", ">rows", ">rejected in all", "")
    for name, read in run["sources"].items():
        section = configuration.settings.sources.get(name)
        counts = (read["deliveries"], read["rows"], run["rejected"].get(name, 0))
        condition = "[red]see below[/]" if read["problems"] else "[green]read[/]"
        sources.add_row(name, section.kind if section else "", *(f"{count:,}" for count in counts), condition)
    console.print(sources)


def headlines(configuration: Configuration) -> tuple[list[int], dict[str, dict[int, int | None]]]:
    """Return the headline figures of the last two years.

    Returns:
        The years, and the counts by label and year. A count that is unknown is None or left out.

    Example:
        `([2019, 2020], {"Victims themselves": {2020: 120}})`
    """
    figures = {}
    for row in read_rows(seeds_folder(configuration) / "headlines.csv"):
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
