"""The warehouse from the deliveries alone: what is lost can be made again, and is the same."""

from collections.abc import Callable

from flows import runs, warehouse
from flows.reading import Damaged
from flows.settings import Configuration


def rebuild(configuration: Configuration, tell: Callable[[str, str], None]) -> tuple[bool | None, list[str]]:
    """Build and publish without pulling anything. Gives whether the bytes are those of the version before (None where
    that was made of other deliveries, code or settings), and what to tell.

    Raises:
        runs.Busy: a run is under way.
        dbt_runner.BuildFailed: a model or test failed; the current version stays.
    """
    with runs.only_run(configuration):
        try:
            before = warehouse.current_version(configuration)
        except Damaged:  # which is why it is built anew
            before = None
        run = runs.next_run(configuration, "rebuild")
        warehouse.renew(configuration, run, tell, always=True)
        run.outcome = "completed"
        runs.record(configuration, run)
        after = warehouse.current_version(configuration)
    assert after is not None  # it has just been made current
    lines = [f"{digest}  {configuration.versions / run.id / file}" for file, digest in after["sha256"].items()]
    if before is None or before["inputs"] != after["inputs"]:
        return None, [*lines, "There was no version of the same deliveries, code and settings to compare with."]
    is_same = before["sha256"] == after["sha256"]
    return is_same, [*lines, f"The same bytes as version {before['run']}."] if is_same else lines
