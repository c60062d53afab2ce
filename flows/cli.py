"""Define the command line of zicht.

Each command imports what it needs when it runs, so `zicht --help` answers at once.
"""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.runtime import command

app = typer.Typer(
    help="zicht: make human trafficking visible, without exposing anyone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
sources = typer.Typer(help="Look at sources before they are read.", no_args_is_help=True)
app.add_typer(sources, name="sources")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


class Engine(StrEnum):
    """The engines on which the models can be built."""

    DUCKDB = "duckdb"
    SPARK = "spark"


def main() -> None:
    """Run one command."""
    command.guarded(app)


@app.command()
def demo(
    serve: Annotated[
        bool, typer.Option(help="Also run the demo chat API, on a free port of loopback, until stopped.")
    ] = False,
) -> None:
    """Write a FICTITIOUS inbox and zicht.toml into this folder. Next: `zicht run`."""
    from demo.api import serve as serve_api
    from demo.inbox import write_demo

    def started(written: dict[str, int], port: int | None = None) -> None:
        for source, count in written.items():
            typer.echo(f"{source}: {count:,} records")
        if port:
            typer.echo(f"The demo chat API answers on port {port} until you stop it.")
        typer.echo(f"Next{', in another terminal' if port else ''}: zicht run")

    try:
        if serve:
            serve_api(Path.cwd(), started)
        else:
            started(write_demo(Path.cwd(), served=False))
    except FileExistsError as problem:
        command.end(str(problem), command.WRONG_USE)


@app.command()
def run(
    source: Annotated[str | None, typer.Option(help="Pull this source alone; all that was delivered is built.")] = None,
    as_json: Json = False,
) -> None:
    """Pull every source, build, test, and make the warehouse current. Next: `zicht status`."""
    from flows.runtime.runs import last_run

    configuration = command.settings()
    configuration.chosen_sources(source)
    command.prepare_run(configuration)
    before = last_run(configuration)
    with command.steps() as show:
        from flows import nightly

        nightly.report.set(show)
        state = command.state_of(nightly.nightly, source)
    record = last_run(configuration)
    if record is None or record == before or record["outcome"] == "running":  # the run did not complete its record
        command.end_of_flow(state, "the run did not start")
    if as_json:
        typer.echo(json.dumps(record, sort_keys=True))
    else:
        from rich.console import Console

        from flows.operations.status_text import print_run

        print_run(Console(), configuration, record)
    sys.exit(0 if state.is_completed() else command.FAILED)


@app.command()
def release(
    month: Annotated[str, typer.Argument(help="The month, as 2020-12.")],
    correction: Annotated[
        str | None, typer.Option(help="Why a release that is out is corrected; it becomes 2020-12.1.")
    ] = None,
    preview: Annotated[bool, typer.Option(help="Only build and attack it, to be looked at.")] = False,
) -> None:
    """Publish the extract of a month. Next: open index.html in the folder that is named."""
    command.prepare_run(command.settings())
    from flows import monthly

    monthly.end_of(month)  # raises a clearer error than Prefect's check of the parameters
    with command.steps() as show:
        monthly.report.set(show)
        state = command.state_of(monthly.monthly_release, month, correction, preview)
    if not state.is_completed():
        command.end_of_flow(state, "the release failed")
    typer.echo(state.message)


@app.command()
def approve(release: Annotated[str, typer.Argument(help="The release that waits, as 2020-12 or 2020-12.1.")]) -> None:
    """Approve a release that you have looked at and did not build; it is published once enough users did."""
    from flows.runtime import prefect_server

    prefect_server.prepare()  # without files below home, which belongs to another user
    from flows import monthly

    outcome = monthly.approve(command.settings(), release)
    typer.echo(f"{outcome.folder}: {outcome.message}")


@app.command()
def verify(folder: Annotated[Path, typer.Argument(help="An extract, anywhere.", exists=True, file_okay=False)]) -> None:
    """Check that an extract is whole and holds the bytes that were published."""
    from flows.release.package import SUMS, problems

    found = problems(folder)
    for line in found:
        typer.echo(f"zicht: {line}", err=True)
    if found:
        command.end(f"{folder} is not what was published; get it again from its publisher.")
    typer.echo(f"{folder}: every file is as {SUMS} says.")


@app.command()
def status(
    as_json: Json = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether runs still end well; exit code 1 when none did for long.")
    ] = False,
) -> None:
    """Show what a person must do, the last run, the sources, what is rejected, and what waits for coding.

    The exit code is 1 if something must be done now. Example: zicht status --json
    """
    from dataclasses import asdict

    from rich.console import Console

    from flows.operations import status, status_text

    configuration = command.settings()
    if check:
        is_well, line = status.check(configuration)
        if not is_well:
            command.end(line)
        typer.echo(f"zicht: {line}")
        return
    found = status.read_status(configuration)
    if as_json:
        typer.echo(json.dumps(found, sort_keys=True, default=asdict))
    else:
        status_text.print_status(Console(), found)
    if urgent := [one.line for one in found["to_do"] if one.is_urgent]:
        command.end(urgent[0].splitlines()[0])


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One query that reads, as in docs/queries.md.")],
    persons: Annotated[bool, typer.Option("--persons", help="Ask persons.duckdb instead of warehouse.duckdb.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
) -> None:
    """Ask the current version one question in SQL. It can read tables, and nothing else."""
    from flows.warehouse import query

    found = query.answer(command.settings().home / ("persons.duckdb" if persons else "warehouse.duckdb"), sql)
    if as_csv:
        query.write_csv(sys.stdout, found)
        return
    for line in query.table(found):
        typer.echo(line)


@app.command()
def docs() -> None:
    """Open the documentation of the current warehouse: every model and column, and what each is made of."""
    from flows.warehouse import versions

    page = command.settings().home / "current" / versions.DOCS
    if not page.exists():
        command.end(f"{page}: there is no documentation yet. Next: zicht run")
    typer.launch(page.resolve().as_uri())
    typer.echo(page)


@sources.command()
def check(
    file: Annotated[Path, typer.Argument(help="A registry's workbook (.xlsx).", exists=True, dir_okay=False)],
    kind: Annotated[str | None, typer.Option(help="The registry, if the title does not name it.")] = None,
) -> None:
    """Show what would be read of a registry's workbook, cell by cell, or the rows of seeds/ that it needs first."""
    from rich.console import Console

    from connectors.codelists.layouts import load_layouts
    from flows.operations.source_check import check_workbook
    from flows.runtime.configuration import SEEDS

    if not check_workbook(Console(), file, load_layouts(SEEDS), kind):
        sys.exit(command.FAILED)


@app.command()
def rebuild(
    engine: Annotated[
        Engine, typer.Option(help="DuckDB makes a new version of the warehouse; for Spark see docs/engines.md.")
    ] = Engine.DUCKDB,
) -> None:
    """Build from the deliveries alone, and say whether the warehouse has the same bytes as before.

    Example: zicht rebuild --engine spark
    """
    from flows.operations import maintenance
    from flows.runtime.runs import nodes_text

    configuration = command.settings()
    if engine is Engine.SPARK:
        built = maintenance.rebuild_on_spark(configuration)
        typer.echo(f"Built on Spark: {nodes_text(built.nodes)}.")
        return
    with command.steps() as show:
        is_same, lines = maintenance.rebuild(configuration, show)
    for line in lines:
        typer.echo(line)
    if is_same is False:
        command.end("equal deliveries and code gave other bytes than before; report it as a defect.")


@app.command()
def erase(gesprek_id: Annotated[str, typer.Argument(help="The conversation, as fier:C-123.")]) -> None:
    """Forget a conversation everywhere that is not yet released, for good, and build anew without it."""
    from flows.operations.maintenance import erase
    from flows.runtime.runs import rows_text

    with command.steps() as show:
        removed = erase(command.settings(), gesprek_id, show)
    rows = rows_text(removed) or "nothing was known of it"
    typer.echo(f"Erased: {rows}. It is kept out whenever it is delivered again.")
    typer.echo("Take it out of the files in the inbox as well. Releases that are out stay as they are.")


@app.command()
def rollback(
    version: Annotated[str | None, typer.Argument(help="The version; by default the one before the current.")] = None,
) -> None:
    """Make an earlier version of the warehouse current. The next run that has something new goes on from there."""
    from flows.runtime import runs
    from flows.warehouse import versions

    configuration = command.settings()
    with runs.only_run(configuration):
        names = versions.version_names(configuration)
        current = (configuration.home / "current").resolve().name  # the link, as the version may be damaged
        earlier = [name for name in names if name < current]
        target = version or (earlier[-1] if earlier else None)
        if target is None or target not in names:
            command.end(f"no such version; there are: {', '.join(names) or 'none'}.")
        versions.whole(configuration.versions / target)
        versions.make_current(configuration, target)
    typer.echo(f"Current: {target}. The next `zicht run` builds anew where deliveries or code differ from it.")
