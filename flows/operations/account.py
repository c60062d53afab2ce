"""Print the account of a run for the person who started it: what was read, rejected, built and found."""

import csv
from typing import Any

from rich.console import Console
from rich.table import Table

from flows.runtime.configuration import SEEDS, Configuration
from flows.warehouse import versions

HEADLINE = """
select extract(year from period_start)::int as year, max(case when category = ? then n end), max(n_known)
from marts.indicators
where period_type = 'year' and population = ? and variable = ?
group by all order by year
"""


def print_account(console: Console, configuration: Configuration, run: dict[str, Any]) -> None:
    """Print the record of a run and the headline figures of the last two years.

    Args:
        console: Where to print.
        configuration: The configuration of the run.
        run: The record of the run, as `runs.last_run` returns it.
    """
    if configuration.settings.fictitious:
        console.print("[bold yellow]FICTITIOUS[/] demo data: no person in it exists.\n")
    console.print(_sources(configuration, run))
    years, figures = headlines(configuration) if run["published"] else ([], [])
    if years:
        console.print(_headlines(years, figures))
    if run["changed"]:
        nodes = ", ".join(f"{count} {kind}s" for kind, count in run["built"].items())
        seconds = run["seconds"]["build"] + run["seconds"]["publish"]
        console.print(f"Built and tested in {seconds:.1f} s: {nodes}.")
        console.print(f"[green]Current:[/] {configuration.home / 'warehouse.duckdb'}")
    if run["mended"] and run["changed"]:
        console.print(f"Version {run['mended']} was damaged or could not be opened: this run built it anew.")
    if run["removed"]:
        rows = (f"{n:,} of {table} of {source}" for source, of in run["removed"].items() for table, n in of.items())
        console.print(f"Forgotten, and taken out of the deliveries: {', '.join(rows)}.")
    if run["published"] and not run["changed"] and not run["problems"]:
        console.print("[green]Nothing new:[/] the warehouse is as it was.")
    for problem in run["problems"]:
        console.print("[red]Problem:[/]", end=" ")
        console.print(problem, markup=False, highlight=False, soft_wrap=True)


def _sources(configuration: Configuration, run: dict[str, Any]) -> Table:
    table = Table(title="Sources", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column, side in (("source", "left"), ("kind", "left"), ("new deliveries", "right"), ("rows", "right")):
        table.add_column(column, justify=side)  # type: ignore[arg-type]
    table.add_column("rejected in all", justify="right")
    table.add_column("")
    for name, source in run["sources"].items():
        table.add_row(
            name,
            configuration.settings.sources[name].kind if name in configuration.settings.sources else "",
            f"{source['deliveries']:,}",
            f"{source['rows']:,}",
            f"{run['rejected'].get(name, 0):,}",
            "[red]see below[/]" if source["problems"] else "[green]read[/]",
        )
    return table


Figures = list[tuple[str, list[int | None]]]


def headlines(configuration: Configuration) -> tuple[list[int], Figures]:
    """Return the headline figures of the last two years.

    Returns:
        The years, and for each headline its label and its count in each of these years. An unknown count is None.

    Example:
        `([2019, 2020], [("Victims themselves", [None, 120])])`
    """
    with (SEEDS / "headlines.csv").open(encoding="utf-8") as stream:
        wanted = list(csv.DictReader(stream))
    figures: list[tuple[str, dict[int, int | None]]] = []
    for row in wanted:
        counts = versions.query(configuration, HEADLINE, [row["category"], row["population"], row["variable"]])
        known = row["category"] == "known"
        figures.append((row["label_en"], {year: n_known if known else n for year, n, n_known in counts}))
    years = sorted({year for _, counts_by_year in figures for year in counts_by_year})[-2:]
    return years, [(label, [counts_by_year.get(year) for year in years]) for label, counts_by_year in figures]


def _headlines(years: list[int], figures: Figures) -> Table:
    table = Table(title="\nFound", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("visitors of the chat")
    for year in years:
        table.add_column(str(year), justify="right")
    for label, counts in figures:
        table.add_row(label, *("–" if count is None else f"{count:,}" for count in counts))
    return table
