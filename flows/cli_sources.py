"""Define the commands about sources and their deliveries, and the options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from flows.runtime import command

sources = typer.Typer(help="Look at sources and their files.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV instead of text.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the delivery.")]


@sources.command("list")
def list_deliveries(as_json: Json = False, as_csv: Csv = False) -> None:
    """List the deliveries of every source: when they came, and whether they count.

    Example: zicht sources list --csv
    """
    from flows.operations import deliveries

    deliveries.listed(command.settings()).write(as_json, as_csv)


@sources.command()
def withdraw(
    delivery: Annotated[str, typer.Argument(help="The first digits of its name, as `zicht sources list` gives them.")],
    reason: Reason = "",
) -> None:
    """Take a delivery out. What its path held before counts again; deletions that it brought stay in force.

    Example: zicht sources withdraw 3f2a9c0b1d4e --reason "The wrong year was exported."
    """
    from flows.operations import deliveries

    typer.echo(deliveries.withdraw(command.settings(), delivery, reason))


@sources.command()
def check(
    target: Annotated[str | None, typer.Argument(metavar="[FILE|SOURCE]", help="By default all sources.")] = None,
    kind: Annotated[str | None, typer.Option(help="The kind of a file that no source in zicht.toml reads.")] = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Report what would be read of a file, of one source, or of all. Nothing is stored.

    Example: zicht sources check export.jsonl --kind chat
    """
    from flows.operations.source_check import check

    check(target, kind).write(as_json, as_csv)


@sources.command()
def describe(
    file: Annotated[Path, typer.Argument(help="A chat export or coding file.", exists=True, dir_okay=False)],
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Propose the section of zicht.toml for a file that zicht does not know. A person reviews it.

    Example: zicht sources describe export.csv
    """
    from flows.operations.source_describe import describe

    describe(file).write(as_json, as_csv)
