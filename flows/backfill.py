"""Publish the releases of past months, oldest first.

The order matters, because each release is protected against the releases before it.
"""

from flows import monthly
from flows.operations import status
from flows.release.package import ReleaseRefused
from flows.runtime import alerts, permissions, prefect_server, runs
from flows.runtime.configuration import Configuration, Month, load_configuration
from flows.runtime.redaction import contained, one_line, safe_message

prefect_server.prepare()

from prefect import flow, task  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect.client.schemas.objects import State  # noqa: E402
from prefect.states import Completed  # noqa: E402

from flows.operations import artifacts, flow_states  # noqa: E402
from flows.runtime.calendar import months  # noqa: E402


@task(name="release", task_run_name="release {month}", cache_policy=NO_CACHE, persist_result=False, log_prints=False)
@contained
def release_task(month: str) -> monthly.Outcome:
    try:
        return monthly.release(load_configuration(), month)
    except Exception as error:  # noqa: BLE001
        raise (error if isinstance(error, runs.Busy) else ReleaseRefused(safe_message(error))) from None


@flow(name="backfill", flow_run_name="backfill {first} to {last}", persist_result=False, log_prints=False)
@contained
def backfill(first: Month, last: Month) -> State:
    """Publish the releases of a range of months that are not out yet.

    The range goes from `first` to `last`, both as `YYYY-MM`. The flow uses deliveries that are already read and built.
    It stops at the first release that is refused or waits for approval, because later releases are protected against
    earlier ones.
    """
    permissions.keep_private()
    try:
        return _publish(load_configuration(), months(first, last))
    except Exception as error:  # noqa: BLE001
        return flow_states.of_error(error)


def _publish(configuration: Configuration, wanted: list[str]) -> State:
    if not wanted:
        raise ReleaseRefused("there is no month in that range; give the earlier month first.")
    progress = artifacts.Progress("zicht-backfill", len(wanted))
    done: dict[str, str] = {}
    for month in wanted:
        outcome = release_task(month, return_state=True).result(raise_on_failure=False)
        if isinstance(outcome, runs.Busy):
            raise outcome
        done[month] = outcome.message if isinstance(outcome, monthly.Outcome) else safe_message(outcome)
        if not isinstance(outcome, monthly.Outcome) or not outcome.is_out:
            break
        progress.step(month)
    artifacts.publish_backfill(done)
    lines = [f"{wanted[0]} to {month}: {done[month]}"]
    lines += alerts.send_due(configuration, "releases", status.waiting_releases(configuration))
    if isinstance(outcome, monthly.Outcome):
        return Completed(message=one_line("; ".join(lines)))
    return flow_states.failed("Stopped", f"stopped at {month}: {done[month]}")
