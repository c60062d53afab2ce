"""Define the command line of zicht.

Each command imports what it needs when it runs, so `zicht --help` answers at once.
"""

import json
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from flows.runtime.configuration import Configuration

app = typer.Typer(
    help="zicht: make human trafficking visible, without exposing anyone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
sources = typer.Typer(help="Look at sources before they are read.", no_args_is_help=True)
app.add_typer(sources, name="sources")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]

FAILED, WRONG_USE = 1, 2


class Engine(StrEnum):
    """The engines on which the models can be built."""

    DUCKDB = "duckdb"
    SPARK = "spark"


def main() -> None:
    """Run one command.

    Every expected failure prints one line that says what to do next. An unexpected failure prints only its type and
    location, because its text can quote data. The exit code is 2 for wrong settings or wrong use, and 1 for other
    failures.
    """
    from flows.runtime.permissions import keep_private
    from flows.runtime.redaction import guard, safe_message

    keep_private()
    guard()
    try:
        app()
    except PermissionError as error:
        _say(
            f"{error.filename}: you have no right to it; ask who runs zicht ([access] and [release] in zicht.toml).",
            FAILED,
        )
    except Exception as error:  # noqa: BLE001 - the text of an unexpected error may quote data
        from flows.runtime.configuration import SettingsProblem

        _say(safe_message(error), WRONG_USE if isinstance(error, SettingsProblem) else FAILED)


def _say(line: str, code: int) -> NoReturn:
    from flows.runtime.redaction import one_line

    typer.echo(f"zicht: {one_line(line)}", err=True)
    sys.exit(code)


def _code(state: Any) -> int:
    """Return the exit code for a Prefect flow that ended early; the name of its state is the name of the error."""
    return WRONG_USE if state.name == "SettingsProblem" else FAILED


def _prepare_run(configuration: "Configuration") -> None:
    """Prepare Prefect for a run of this home.

    Before Prefect and its server start, check that no other run of this home is under way, and end the server that a
    killed run left.
    """
    from flows.runtime import prefect_server, runs
    from flows.runtime.configuration import prepare_prefect

    configuration.make_home()
    runs.must_be_free(configuration)
    prefect_server.end_left_over(configuration.home)
    prepare_prefect(configuration)


def _state_of(flow: Callable[..., Any], *parameters: object) -> "State":
    """Return the final state of a flow; if Prefect itself fails, print one line about that and exit."""
    from flows.runtime import prefect_server

    try:
        state: State = flow(*parameters, return_state=True)
    except Exception as error:  # noqa: BLE001 - Prefect's own failures; their texts may quote data
        _say(prefect_server.failed(error), FAILED)
    return state


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
        _say(str(problem), WRONG_USE)


@app.command()
def run(
    source: Annotated[str | None, typer.Option(help="Pull this source alone; all that was delivered is built.")] = None,
    as_json: Json = False,
) -> None:
    """Pull every source, build, test, and make the warehouse current. Next: `zicht status`."""
    from rich.console import Console

    from flows.runtime.configuration import load_configuration
    from flows.runtime.runs import last_run

    configuration = load_configuration()
    configuration.chosen_sources(source)
    _prepare_run(configuration)
    console = Console(stderr=as_json)
    before = last_run(configuration)
    with console.status("Starting") as status:
        from flows import nightly

        nightly.report.set(lambda what, detail: status.update(f"{what}: {detail}"))
        state = _state_of(nightly.nightly, source)
    record = last_run(configuration)
    if record is None or record == before or record["outcome"] == "running":  # the run did not complete its record
        _say(state.message or "the run did not start", _code(state))
    if as_json:
        typer.echo(json.dumps(record, sort_keys=True))
    else:
        from flows.operations.account import print_account

        print_account(console, configuration, record)
    sys.exit(0 if state.is_completed() else FAILED)


@app.command()
def release(
    month: Annotated[str, typer.Argument(help="The month, as 2020-12.")],
    correction: Annotated[
        str | None, typer.Option(help="Why a release that is out is corrected; it becomes 2020-12.1.")
    ] = None,
    preview: Annotated[bool, typer.Option(help="Only build and attack it, to be looked at.")] = False,
) -> None:
    """Publish the extract of a month. Next: open index.html in the folder that is named."""
    from rich.console import Console

    from flows.runtime.configuration import load_configuration

    _prepare_run(load_configuration())
    from flows import monthly

    monthly.end_of(month)  # raises a clearer error than Prefect's check of the parameters
    with Console(stderr=True).status("Starting") as status:
        monthly.report.set(lambda step: status.update(step))
        state = _state_of(monthly.monthly_release, month, correction, preview)
    if not state.is_completed():
        _say(state.message or "the release failed", _code(state))
    typer.echo(state.message)


@app.command()
def approve(release: Annotated[str, typer.Argument(help="The release that waits, as 2020-12 or 2020-12.1.")]) -> None:
    """Approve a release that you have looked at and did not build; it is published once enough users did."""
    from flows.runtime.configuration import load_configuration, prepare_prefect

    configuration = load_configuration()
    prepare_prefect()  # without files below home, which belongs to another user
    from flows import monthly

    outcome = monthly.approve(configuration, release)
    typer.echo(f"{outcome.folder}: {outcome.message}")


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="An extract, anywhere.", exists=True, file_okay=False)],
) -> None:
    """Check that an extract is whole and holds the bytes that were published."""
    from flows.release.package import SUMS, problems

    found = problems(folder)
    for line in found:
        typer.echo(f"zicht: {line}", err=True)
    if found:
        _say(f"{folder} is not what was published; get it again from its publisher.", FAILED)
    typer.echo(f"{folder}: every file is as {SUMS} says.")


@app.command()
def status(
    as_json: Json = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether runs still end well; exit code 1 when none did for long.")
    ] = False,
) -> None:
    """Show the last run, the sources and how fresh they are, what is rejected, and what waits for coding."""
    from rich.console import Console

    from flows.operations import health
    from flows.operations.status import print_status, read_status
    from flows.runtime.configuration import load_configuration

    configuration = load_configuration()
    if check:
        is_well, line = health.check(configuration)
        if not is_well:
            _say(line, FAILED)
        typer.echo(f"zicht: {line}")
        return
    found = read_status(configuration)
    if as_json:
        typer.echo(json.dumps(found, sort_keys=True))
    else:
        print_status(Console(), found)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One query that reads, as in docs/queries.md.")],
    persons: Annotated[bool, typer.Option("--persons", help="Ask persons.duckdb instead of warehouse.duckdb.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
) -> None:
    """Ask the current version one question in SQL. It can read tables, and nothing else."""
    from flows.runtime.configuration import load_configuration
    from flows.warehouse import query

    found = query.answer(load_configuration().home / ("persons.duckdb" if persons else "warehouse.duckdb"), sql)
    if as_csv:
        query.write_csv(sys.stdout, found)
        return
    for line in query.table(found):
        typer.echo(line)


@app.command()
def docs() -> None:
    """Open the documentation of the current warehouse: every model and column, and what each is made of."""
    from flows.runtime.configuration import load_configuration
    from flows.warehouse import versions

    page = load_configuration().home / "current" / versions.DOCS
    if not page.exists():
        _say(f"{page}: there is no documentation yet. Next: zicht run", FAILED)
    typer.launch(page.resolve().as_uri())
    typer.echo(page)


@sources.command()
def check(
    file: Annotated[Path, typer.Argument(help="A registry's workbook (.xlsx).", exists=True, dir_okay=False)],
    kind: Annotated[str | None, typer.Option(help="The registry, where its title does not tell.")] = None,
) -> None:
    """Show what would be read of a registry's workbook, cell by cell, or the rows of seeds/ that it needs first."""
    from rich.console import Console

    from connectors.codelists.layouts import load_layouts
    from flows.operations.source_check import check_workbook
    from flows.runtime.configuration import SEEDS

    if not check_workbook(Console(), file, load_layouts(SEEDS), kind):
        sys.exit(FAILED)


@app.command()
def rebuild(
    engine: Annotated[
        Engine, typer.Option(help="DuckDB makes a new version of the warehouse; for Spark see docs/engines.md.")
    ] = Engine.DUCKDB,
) -> None:
    """Build from the deliveries alone, and say whether the warehouse has the same bytes as before.

    Example: zicht rebuild --engine spark
    """
    from rich.console import Console

    from flows.operations import maintenance
    from flows.runtime.configuration import load_configuration

    configuration = load_configuration()
    if engine is Engine.SPARK:
        built = maintenance.rebuild_on_spark(configuration)
        nodes = ", ".join(f"{count} {kind}s" for kind, count in built.nodes.items())
        typer.echo(f"Built on Spark: {nodes}.")
        return
    with Console(stderr=True).status("Starting") as status:
        is_same, lines = maintenance.rebuild(configuration, lambda what, detail: status.update(f"{what}: {detail}"))
    for line in lines:
        typer.echo(line)
    if is_same is False:
        _say("equal deliveries and code gave other bytes than before; report it as a defect.", FAILED)


@app.command()
def erase(
    gesprek_id: Annotated[str, typer.Argument(help="The conversation, as fier:C-123.")],
) -> None:
    """Forget a conversation everywhere that is not yet released, for good, and build anew without it."""
    from rich.console import Console

    from flows.operations.maintenance import erase
    from flows.runtime.configuration import load_configuration

    with Console(stderr=True).status("Starting") as status:
        removed = erase(load_configuration(), gesprek_id, lambda what, detail: status.update(f"{what}: {detail}"))
    rows = ", ".join(
        f"{n:,} of {table} of {source}" for source, tables in removed.items() for table, n in tables.items()
    )
    typer.echo(f"Erased: {rows or 'nothing was known of it'}. It is kept out whenever it is delivered again.")
    typer.echo("Take it out of the files in the inbox as well. Releases that are out stay as they are.")


@app.command()
def rollback(
    version: Annotated[str | None, typer.Argument(help="The version; by default the one before the current.")] = None,
) -> None:
    """Make an earlier version of the warehouse current. The next run that has something new goes on from there."""
    from flows.runtime import runs
    from flows.runtime.configuration import load_configuration
    from flows.warehouse import versions

    configuration = load_configuration()
    with runs.only_run(configuration):
        names = versions.version_names(configuration)
        current = (configuration.home / "current").resolve().name  # the link, as the version may be damaged
        earlier = [name for name in names if name < current]
        target = version or (earlier[-1] if earlier else None)
        if target is None or target not in names:
            _say(f"no such version; there are: {', '.join(names) or 'none'}.", FAILED)
        versions.whole(configuration.versions / target)
        versions.make_current(configuration, target)
    typer.echo(f"Current: {target}. The next `zicht run` builds anew where deliveries or code differ from it.")
