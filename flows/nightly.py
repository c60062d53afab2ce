"""Run the nightly ETL.

A run reads every source, builds once, makes the new version current by one link, and reports on all of it.
"""

import time
from collections.abc import Callable
from contextvars import ContextVar

from connectors.codelists.codebook import load_codebook
from connectors.codelists.layouts import load_layouts
from connectors.codelists.no_names import load_no_names
from connectors.errors import SourceProblem, UserFacingError
from connectors.ingest import Received, receive
from connectors.landing import Landing
from connectors.pseudonym import Pseudonymiser
from connectors.source import Context
from flows.operations import drift, status
from flows.runtime import alerts, permissions, prefect_server, runs
from flows.runtime.configuration import Configuration, SettingsProblem, SourceName, load_configuration
from flows.runtime.redaction import contained, safe_message
from flows.runtime.seeds import check_seeds, seeds_folder
from flows.warehouse import build, retention, versions
from flows.warehouse.dbt_runner import BuildFailed

prefect_server.prepare()

from prefect import flow, task  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect.client.schemas.objects import State  # noqa: E402
from prefect.runtime import flow_run  # noqa: E402
from prefect.states import Completed  # noqa: E402

from flows.operations import artifacts, flow_states  # noqa: E402
from flows.runtime.calendar import run_date  # noqa: E402

# Called with every step as (what, detail), only names and counts. The command line shows the step.
report: ContextVar[Callable[[str, str], None]] = ContextVar("report", default=lambda what, detail: None)


class SourceFailed(UserFacingError):
    """A source, or a part of it, could not be read.

    The HTTP client has its own retries with backoff, so its errors are not retried here.

    Attributes:
        received: What was taken in despite the failure, with the problems.
        is_passing: Whether a retry may help.
    """

    def __init__(self, received: Received, is_passing: bool = False) -> None:
        super().__init__("; ".join(received.problems))
        self.received = received
        self.is_passing = is_passing


def receive_source(configuration: Configuration, name: str) -> Received:
    """Take in the new deliveries of one source.

    Args:
        configuration: The configuration with the source.
        name: The id of the source in `zicht.toml`.

    Returns:
        What was taken in. It has no problems.

    Raises:
        SourceFailed: The source, or a part of it, could not be read. The message has one line for each problem, safe to
            show anywhere.
    """
    progress = report.get()
    progress(name, "reading")
    try:
        source, seeds = configuration.source(name), seeds_folder(configuration)
        context = Context(
            load_codebook(seeds / "codebook.csv"),
            load_layouts(seeds),
            Pseudonymiser(configuration.pseudonym_key(), load_no_names(seeds / "no_names.csv"))
            if source.kind == "chat"
            else None,
            retention.erased(configuration),
            retention.kept_from(configuration, name),
        )
        received = receive(
            source, Landing(configuration.landing), context, lambda rows: progress(name, f"{rows:,} rows")
        )
    except (SourceProblem, SettingsProblem) as problem:
        received = Received(name, problems=[safe_message(problem)])
    except Exception as error:  # noqa: BLE001
        lines = [f"{name}: {safe_message(error)}. Earlier deliveries are kept."]
        raise SourceFailed(Received(name, problems=lines), is_passing=isinstance(error, OSError)) from None
    if received.problems:
        raise SourceFailed(received)
    progress(name, "read")
    return received


def complete(configuration: Configuration, run: runs.Run, failures: dict[str, str]) -> None:
    """Count the rejected rows, send alerts, and write the record of the run.

    Args:
        configuration: The configuration with home.
        run: The record of the run, which is completed.
        failures: The failures of the run as a whole, by what failed. Problems of single sources are not among them.
    """
    if run.published:
        counts = versions.query(
            configuration, "select source, count(*) from marts.rejected group by source order by source"
        )
        run.rejected = dict(counts)
        drift.note(configuration, run)
    runs.record(configuration, run)  # the state of sources is read from the records, so write this one first
    found = status.to_do(configuration)
    for about in ("run", "sources", "releases", "coding"):
        due = {
            one.key: one.line for one in found if one.about == about and (one.is_urgent or one.kind != status.UNCODED)
        }
        run.problems += alerts.send_due(configuration, about, due | (failures if about == "run" else {}))
    if run.outcome != "failed":
        run.problems += alerts.ping(configuration)
        run.outcome = "completed with problems" if run.problems else "completed"
    runs.record(configuration, run)


def note(run: runs.Run, received: Received) -> None:
    """Write into the record of the run what one source brought."""
    run.sources[received.source] = {
        "deliveries": received.deliveries,
        "rows": received.rows,
        "rejected": received.rejected,
        "problems": received.problems,
        "reading": received.reading,
    }
    run.problems += received.problems


@task(
    name="receive",
    task_run_name="receive {name}",
    retries=1,
    retry_delay_seconds=5,
    retry_condition_fn=lambda task, run, state: _may_pass(state),
    cache_policy=NO_CACHE,
    persist_result=False,
    log_prints=False,
)
@contained
def receive_task(name: str) -> Received:
    return receive_source(load_configuration(), name)


def _may_pass(state: State) -> bool:
    error = state.result(raise_on_failure=False)
    return isinstance(error, SourceFailed) and error.is_passing


@task(name="build", cache_policy=NO_CACHE, persist_result=False, log_prints=False)
@contained
def build_task(run: runs.Run) -> None:
    try:
        build.renew(load_configuration(), run, report.get())
    except Exception as error:  # noqa: BLE001
        raise BuildFailed(safe_message(error)) from None


@flow(name="nightly", flow_run_name=lambda: f"nightly {run_date()}", persist_result=False, log_prints=False)
@contained
def nightly(source: SourceName | None = None) -> State:
    """Read every source, or only the named one; then build, test and publish.

    A source that fails does not stop the others.
    """
    permissions.keep_private()
    configuration = None
    try:
        configuration = load_configuration()
        sources = configuration.chosen_sources(source)
        check_seeds(configuration)
        retention.erased(configuration)  # raises if somebody was erased and the pseudonym key is missing
        with runs.only_run(configuration):
            return _night(configuration, sources, "source" if source else "nightly")
    except Exception as error:  # noqa: BLE001
        return flow_states.of_error(error, configuration, "run", key="stopped")


def _night(configuration: Configuration, sources: list[str], kind: str) -> State:
    before = runs.last_run(configuration)
    run = runs.next_run(configuration, kind)
    run.flow_run = flow_run.id
    runs.record(configuration, run)
    failures = {}
    if before and before["outcome"] == "running":  # this run holds the lock, so that one is dead
        failures["died"] = f"run {before['id']} died before its end; run {run.id} did its work."
        artifacts.mark_dead(before["flow_run"])
    progress = artifacts.Progress(artifacts.NIGHTLY, len(sources) + 1)
    _receive(run, sources, progress)
    failure = build_task(run, return_state=True).result(raise_on_failure=False)
    if isinstance(failure, Exception):
        run.outcome = "failed"
        failures["build"] = f"build: {safe_message(failure)}"
        run.problems.append(failures["build"])
    elif run.mended:
        failures["damaged"] = (
            f"version {run.mended} was damaged or could not be opened; run {run.id} built it anew. Look at the disk."
        )
    complete(configuration, run, failures)
    progress.step(run.outcome)
    artifacts.publish_night(configuration, run)
    if run.problems:
        return flow_states.failed(run.outcome.capitalize(), "; ".join(run.problems))
    return Completed(message="published" if run.changed else "nothing new")


def _receive(run: runs.Run, sources: list[str], progress: artifacts.Progress) -> None:
    started = time.monotonic()
    futures = {name: receive_task.submit(name) for name in sources}
    for name, future in futures.items():
        outcome = future.result(raise_on_failure=False)
        if isinstance(outcome, SourceFailed):
            outcome = outcome.received
        elif isinstance(outcome, BaseException):  # Prefect itself could not run the task
            outcome = Received(name, problems=[f"{name}: {safe_message(outcome)}."])
        note(run, outcome)
        progress.step(f"{name}: read")
    run.seconds["receive"] = round(time.monotonic() - started, 1)
