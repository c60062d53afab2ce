"""Define the command line of zicht.

Each command imports what it needs when it runs, so `zicht --help` answers at once.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from flows.cli_sources import Csv, Json, Reason, sources
from flows.runtime import command

app = typer.Typer(
    help="zicht: make human trafficking visible, without exposing anyone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(sources, name="sources")


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
def approve(
    what: Annotated[
        str, typer.Argument(metavar="RELEASE|DELIVERY", help="As 2020-12 or 2020-12.1, or the digits of a delivery.")
    ],
    reason: Reason = "",
) -> None:
    """Approve a release that waits and that you did not build, or a delivery in quarantine that is right.

    Example: zicht approve 3f2a9c0b1d4e --reason "The platform moved its years before 2020 to an archive."
    """
    from flows.runtime import prefect_server

    if "-" not in what:
        from flows.operations import deliveries

        typer.echo(deliveries.approve(command.settings(), what, reason))
        return
    prefect_server.prepare()  # without files below home, which belongs to another user
    from flows import monthly

    outcome = monthly.approve(command.settings(), what)
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
    """Show what a person must do, most urgent first; then the last run, the sources, and what was rejected.

    The exit code is 1 if something must be done now.

    Example: zicht status --json
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
    as_csv: Csv = False,
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


@app.command()
def rebuild(
    engine: Annotated[Literal["duckdb", "spark"], typer.Option(help="For Spark see docs/engines.md.")] = "duckdb",
) -> None:
    """Build from the deliveries alone, and say whether the warehouse has the same bytes as before.

    Example: zicht rebuild --engine spark
    """
    from flows.operations import maintenance
    from flows.runtime.runs import nodes_text

    configuration = command.settings()
    if engine == "spark":
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
    from flows.operations import maintenance

    target = maintenance.rollback(command.settings(), version)
    typer.echo(f"Current: {target}. The next `zicht run` builds anew where deliveries or code differ from it.")
