"""Run dbt in this process.

Only names, counts and seconds are reported, because dbt's own texts quote values.
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import UserFacingError
from flows.runtime.configuration import DBT_PROJECT
from flows.runtime.redaction import MAKE_ROOM, is_full_disk, worker_error


class BuildFailed(UserFacingError):
    """dbt could not build, or a test failed. The current version stays.

    The message names the first failed nodes and contains no values.
    """


@dataclass(frozen=True)
class Build:
    """What dbt did.

    Attributes:
        nodes: The number of nodes, by kind of node.
        seconds: The duration of each node in seconds, by name.
        project: The project as dbt read it (its `Manifest`).
    """

    nodes: dict[str, int]
    seconds: dict[str, float]
    project: Any = field(default=None, repr=False)


def parse() -> Any:
    """Have dbt read its project, and return the result (dbt's `Manifest`).

    Pass the result to `run_dbt`, so that dbt does not read the project again for each command.

    Raises:
        BuildFailed: The project cannot be read.
    """
    return _invoke(["parse"], lambda node: None).result


def run_dbt(
    arguments: list[str], progress: Callable[[str], None], *, write_json: bool = False, project: Any = None
) -> Build:
    """Run one dbt command in this process.

    Args:
        arguments: The command and its arguments.
        progress: Called with the name of each finished node.
        write_json: Whether dbt writes its JSON files.
        project: The project, if it was parsed before. Otherwise dbt reads the files of the project.

    Raises:
        BuildFailed: A model or a test failed.
    """
    outcome = _invoke(arguments, progress, write_json=write_json, project=project)
    results = getattr(outcome.result, "results", [])
    failed = [result for result in results if str(result.status) in ("error", "fail", "runtime error")]
    if any(is_full_disk(str(result.message)) for result in failed):
        raise BuildFailed(f"the disk is full; {MAKE_ROOM}")
    if failed or not outcome.success:
        first = "; ".join(map(_summary, failed[:5])) + (f"; and {len(failed) - 5} more" if len(failed) > 5 else "")
        raise BuildFailed(f"{first or 'dbt failed'}. Look at what these models and tests say; nothing was published.")
    counts = Counter(str(result.node.resource_type) for result in results)
    seconds = {str(result.node.name): round(float(result.execution_time), 2) for result in results}
    return Build(dict(sorted(counts.items())), seconds, project)


def _invoke(
    arguments: list[str], progress: Callable[[str], None], *, write_json: bool = False, project: Any = None
) -> Any:
    """Run dbt and return its result.

    dbt writes no log, and no results of models and tests: both quote values.

    Raises:
        BuildFailed: dbt stopped before it ran anything.
    """
    _ignore_environment()
    # Imported here: importing dbt takes over a second, and most commands do not need it.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli import flags
    from dbt.cli.main import dbtRunner
    from dbt_common.events.base_types import EventMsg

    def on_event(event: EventMsg) -> None:
        if event.info.name == "NodeFinished":
            progress(event.data.node_info.node_name)

    flags.get_user_setting_flags = dict  # otherwise ~/.dbt/user_settings.yml would add settings
    options = ["--no-version-check", "--log-level", "none", "--log-level-file", "none"]
    options += ["--write-json" if write_json else "--no-write-json"]
    places = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    try:
        outcome = dbtRunner(project, callbacks=[on_event]).invoke([*options, *arguments, *places])
    finally:
        DuckDBConnectionManager.close_all_connections()
    if outcome.result is None and not outcome.success:
        # Only the type of the error is safe to show.
        raise BuildFailed(f"dbt stopped before it was done ({type(outcome.exception).__name__}); run `make check`.")
    return outcome


def _ignore_environment() -> None:
    """Remove dbt's own variables from the environment of this process and its children.

    `DBT_EMPTY` alone would make dbt build nothing. dbt also looks for a file `.env` when it is imported and whenever it
    runs; this is disabled, because it could set the variables again.
    """
    for name in [name for name in os.environ if name.startswith("DBT_")]:
        os.environ.pop(name)
    os.environ.update(PYTHON_DOTENV_DISABLED="1")


def _summary(result: Any) -> str:
    why = worker_error(str(result.message))
    return f"{result.node.resource_type} {result.node.name}: {result.status}" + (f" ({why})" if why else "")
