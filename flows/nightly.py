"""The nightly run: every source side by side, then one build, then one turn of the link."""

import time
from collections.abc import Callable
from contextvars import ContextVar

from connectors.codebook import load_codebook
from connectors.errors import Foreseen, SourceProblem
from connectors.intake import Received, receive
from connectors.landing import Landing
from connectors.layouts import load_layouts
from connectors.pseudonym import Pseudonymiser
from connectors.source import Context
from flows import runs, warehouse
from flows.settings import SEEDS, Configuration, SettingsProblem, load_configuration, prepare_prefect

prepare_prefect()

from prefect import flow, task  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect.client.schemas.objects import State  # noqa: E402
from prefect.states import Completed, Failed  # noqa: E402

# Told of every step as (what, detail); the command line draws it. Names and counts only.
report: ContextVar[Callable[[str, str], None]] = ContextVar("report", default=lambda what, detail: None)


class SourceFailed(Foreseen):
    """A source, or part of it, could not be read. `received` holds what was taken all the same; `is_passing` whether
    trying again may help. The HTTP client has its own retries: its faults are not tried again here."""

    def __init__(self, received: Received, is_passing: bool = False) -> None:
        super().__init__("; ".join(received.problems))
        self.received = received
        self.is_passing = is_passing


def receive_source(configuration: Configuration, name: str) -> Received:
    """Take in what one source has that is new.

    Raises:
        SourceFailed: with one line for each thing that is wrong, safe to show anywhere.
    """
    tell = report.get()
    tell(name, "reading")
    try:
        source = configuration.source(name)
        key = Pseudonymiser(configuration.pseudonym_key()) if source.kind == "chat" else None
        received = receive(
            source,
            Landing(configuration.landing),
            Context(load_codebook(SEEDS / "codebook.csv"), load_layouts(SEEDS), key),
            lambda rows: tell(name, f"{rows:,} rows"),
        )
    except (SourceProblem, SettingsProblem) as problem:
        received = Received(name, problems=[str(problem)])
    except Exception as error:  # noqa: BLE001
        line = f"{name}: {runs.told(error)}. Earlier deliveries are kept."
        raise SourceFailed(Received(name, problems=[line]), is_passing=isinstance(error, OSError)) from None
    if received.problems:
        raise SourceFailed(received)
    tell(name, "read")
    return received


def build_and_publish(configuration: Configuration, run: runs.Run) -> None:
    """Build and publish, unless the current version was made of the same deliveries, code and settings.

    Raises:
        warehouse.BuildFailed: a model or test failed; the current version stays.
    """
    inputs = warehouse.input_hash(configuration)
    current = warehouse.current_version(configuration)
    if current and current["inputs"] == inputs:
        run.published = current["run"]
        return
    started = time.monotonic()
    # SQL that is new to this home is tested on its own examples as well.
    is_new_code = not current or current["code"] != warehouse.code_hash()
    tell = report.get()
    built = warehouse.build(configuration, is_new_code=is_new_code, progress=lambda node: tell("build", node))
    run.built = built.nodes
    run.seconds["build"] = round(time.monotonic() - started, 1)
    started = time.monotonic()
    tell("publish", "copying")
    warehouse.publish(configuration, run.id, inputs)
    run.published, run.changed = run.id, True
    run.seconds["publish"] = round(time.monotonic() - started, 1)


def complete(configuration: Configuration, run: runs.Run) -> None:
    """Count what is rejected and write the record of the run."""
    if run.published:
        counts = warehouse.query(
            configuration, "select source, count(*) from marts.rejected group by source order by source"
        )
        run.rejected = dict(counts)
    if run.outcome != "failed":
        run.outcome = "completed with problems" if run.problems else "completed"
    runs.record(configuration, run)


def note(run: runs.Run, received: Received) -> None:
    """Write down what one source brought."""
    run.sources[received.source] = {
        "deliveries": received.deliveries,
        "rows": received.rows,
        "rejected": received.rejected,
        "problems": received.problems,
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
def receive_task(name: str) -> Received:
    return receive_source(load_configuration(), name)


def _may_pass(state: State) -> bool:
    error = state.result(raise_on_failure=False)
    return isinstance(error, SourceFailed) and error.is_passing


@task(name="build", cache_policy=NO_CACHE, persist_result=False, log_prints=False)
def build_task(run: runs.Run) -> None:
    try:
        build_and_publish(load_configuration(), run)
    except Exception as error:  # noqa: BLE001
        raise warehouse.BuildFailed(runs.told(error)) from None


@flow(name="nightly", persist_result=False, log_prints=False)
def nightly() -> State:
    """Pull every source, build, test and publish. A source that fails leaves the others alone."""
    try:
        configuration = load_configuration()
        with runs.only_run(configuration):
            return _night(configuration)
    except Exception as error:  # noqa: BLE001
        return Failed(name=type(error).__name__, message=runs.told(error))


def _night(configuration: Configuration) -> State:
    run = runs.new_run()
    runs.record(configuration, run)
    started = time.monotonic()
    futures = {name: receive_task.submit(name) for name in configuration.settings.sources}
    for name, future in futures.items():
        outcome = future.result(raise_on_failure=False)
        if isinstance(outcome, SourceFailed):
            outcome = outcome.received
        elif isinstance(outcome, BaseException):  # Prefect itself gave up on the task
            outcome = Received(name, problems=[f"{name}: {runs.told(outcome)}."])
        note(run, outcome)
    run.seconds["receive"] = round(time.monotonic() - started, 1)
    failure = build_task(run, return_state=True).result(raise_on_failure=False)
    if isinstance(failure, Exception):
        run.outcome = "failed"
        run.problems.append(f"build: {runs.told(failure)}")
    complete(configuration, run)
    if run.problems:
        return Failed(name=run.outcome.capitalize(), message="; ".join(run.problems))
    return Completed(message="published" if run.changed else "nothing new")
