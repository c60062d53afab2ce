"""Carry out one command in this process: prepare Prefect, show the steps, and end with one line and an exit code.

Imports are made when they are needed, so `zicht --help` answers at once.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from flows.runtime.configuration import Configuration

FAILED, WRONG_USE = 1, 2


def end(line: str, code: int = FAILED) -> NoReturn:
    """Print one redacted line to standard error, and exit.

    Args:
        line: What went wrong, and what to do.
        code: The exit code.
    """
    from flows.runtime.redaction import one_line

    typer.echo(f"zicht: {one_line(line)}", err=True)
    sys.exit(code)


def guarded(work: Callable[[], object]) -> None:
    """Do the work of a command. Every expected failure prints one line that says what to do next.

    An unexpected failure prints only its type and location, because its text can quote data. The exit code is 2 for
    wrong settings or wrong use, and 1 for other failures.
    """
    from flows.runtime.permissions import keep_private
    from flows.runtime.redaction import guard, safe_message

    keep_private()
    guard()
    try:
        work()
    except PermissionError as error:
        end(f"{error.filename}: you have no right to it; ask who runs zicht ([access] and [release] in zicht.toml).")
    except Exception as error:  # noqa: BLE001 - the text of an unexpected error may quote data
        from flows.runtime.configuration import SettingsProblem

        end(safe_message(error), WRONG_USE if isinstance(error, SettingsProblem) else FAILED)


def settings() -> "Configuration":
    """Return the configuration."""
    from flows.runtime.configuration import load_configuration

    return load_configuration()


@contextmanager
def steps() -> Iterator[Callable[..., None]]:
    """Show the current step of the work on standard error, if that is a terminal.

    Yields:
        A function that shows a step. It is called with the words of the step, as (what) or (what, detail).
    """
    from rich.console import Console

    with Console(stderr=True).status("Starting") as status:
        yield lambda *words: status.update(": ".join(words))


def prepare_run(configuration: "Configuration") -> None:
    """Prepare Prefect for a run of this home.

    Before Prefect and its server start, check that no other run of this home is under way, and end the server that a
    killed run left.
    """
    from flows.runtime import prefect_server, runs

    configuration.make_home()
    runs.must_be_free(configuration)
    prefect_server.end_left_over(configuration.home)
    prefect_server.prepare(configuration)


def state_of(flow: Callable[..., Any], *parameters: object) -> "State":
    """Return the final state of a flow; if Prefect itself fails, print one line about that and exit."""
    from flows.runtime import prefect_server

    try:
        state: State = flow(*parameters, return_state=True)
    except Exception as error:  # noqa: BLE001 - Prefect's own failures; their texts may quote data
        end(prefect_server.failed(error))
    return state


def end_of_flow(state: "State", line: str) -> NoReturn:
    """Exit after a flow that ended early, with its message, or with `line` if it has none.

    The name of the state is the name of the error, which decides on the exit code.
    """
    end(state.message or line, WRONG_USE if state.name == "SettingsProblem" else FAILED)
