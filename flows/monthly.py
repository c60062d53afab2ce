"""Publish the monthly release: the figures of the marts up to the end of a month.

The figures are protected against disclosure. The protected release is then attacked to check the protection. A
published release never changes.
"""

import calendar
import re
import shutil
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version as version_of
from pathlib import Path

from connectors.storage.durable_files import sync
from flows.operations import status
from flows.release import approval
from flows.release.content import Facts, build
from flows.release.data import read_tables
from flows.release.deliver import copy, mail_readers
from flows.release.disclosure.check import check_release
from flows.release.figures import PROTECTED, figures, last_prints
from flows.release.metadata import Publisher
from flows.release.package import Published, ReleaseRefused, is_same, published, put_out, write_release
from flows.release.render.charts import charts, load_breaks
from flows.release.render.labels import load_labels
from flows.release.specs import load_rules
from flows.runtime import alerts, permissions, prefect_server, runs
from flows.runtime.configuration import Configuration, Month, load_configuration
from flows.runtime.redaction import contained, one_line
from flows.runtime.seeds import check_seeds, seeds_folder
from flows.warehouse import retention, versions

prefect_server.prepare()

from prefect import flow  # noqa: E402
from prefect.client.schemas.objects import State  # noqa: E402
from prefect.runtime import deployment, flow_run  # noqa: E402
from prefect.states import Completed  # noqa: E402

from flows.operations import artifacts, flow_states  # noqa: E402
from flows.runtime.calendar import last_month  # noqa: E402

PATIENCE = timedelta(hours=12)

# Called with every step. The command line shows the step.
report: ContextVar[Callable[[str], None]] = ContextVar("report", default=lambda step: None)


@dataclass(frozen=True)
class Outcome:
    """The result of a release.

    Attributes:
        folder: The folder of the release or of its preview.
        is_out: Whether the release is published.
        message: The result in words, for the user.
    """

    folder: Path
    is_out: bool
    message: str


def release(
    configuration: Configuration, month: str, correction: str | None = None, *, preview: bool = False
) -> Outcome:
    """Publish the release of a month, or a correction of a published release.

    If a preview is requested, or if others must approve first, the release is only built and attacked. If the same
    bytes are already published, only a missing copy or mail is delivered.

    Args:
        configuration: The configuration with home.
        month: The month, as `YYYY-MM`.
        correction: The reason for a correction, or None for a first release.
        preview: Whether to build and attack only.

    Returns:
        The folder of the release or preview, and whether it is published.

    Raises:
        ReleaseRefused: The month is not valid, the data do not cover it, the release is out with other figures, there
            is no warehouse yet, or there is no release to correct.
        check.Blocked: Small counts could be learned from the release.
        deliver.NotDelivered: The release is out, but its copy or mail failed.
        runs.Busy: Another run is under way.
    """
    month_end = end_of(month)
    check_seeds(configuration)
    with runs.only_run(configuration):
        version = versions.current_version(configuration)
        if version is None:
            raise ReleaseRefused("there is no warehouse yet; run `zicht run` first.")
        _check_reach(configuration, month_end)
        for leftover in configuration.extracts.glob(".*.tmp"):  # left by a release that died
            shutil.rmtree(leftover)
        out = published(configuration.extracts)
        latest = next((one for one in reversed(out) if one.name.partition(".")[0] == month), None)
        if latest:
            before = [one for one in out if one.name in latest.follows]
            written = _write(configuration, version["deliveries"], latest.name, latest.reason, month_end, before)
            same = is_same(written, latest.folder)
            shutil.rmtree(written)
            if same:
                _deliver(configuration, latest.folder)
                return Outcome(latest.folder, True, "the same bytes were out already")
            if not correction:
                raise ReleaseRefused(
                    f"{latest.folder} is out and would now say something else; a release never changes. "
                    f'Keep it, or publish a correction: zicht release {month} --correction "the reason".'
                )
        elif correction:
            raise ReleaseRefused(f"{month} is not out yet, so there is nothing to correct; leave out --correction.")
        name = f"{month}.{int(latest.name.partition('.')[2] or 0) + 1}" if latest else month
        written = _write(configuration, version["deliveries"], name, correction or "", month_end, out)
        needed = configuration.settings.release.approvals
        if preview or needed:
            folder = approval.keep(configuration, written, name)
            return Outcome(
                folder, False, f"waits for {needed} to approve: zicht approve {name}" if needed else "preview"
            )
        return _publish(configuration, written, name)


def approve(configuration: Configuration, name: str) -> Outcome:
    """Approve a release that waits, as the user of this process, and publish it after the last approval.

    Args:
        configuration: The configuration with home.
        name: The name of the release, as `2020-12` or `2020-12.1`.

    Returns:
        The folder of the release or preview, and whether it is published.

    Raises:
        ReleaseRefused: No such release waits, its bytes have changed, the user may not approve it, or another release
            was published since it was built.
        deliver.NotDelivered: The release is out, but its copy or mail failed.
        runs.Busy: Another run is under way.
    """
    with runs.hold_lock(configuration):  # not only_run: an approver may be unable to write in all of home
        folder = configuration.extracts / name
        if folder.exists() and approval.find(configuration, name):  # an earlier approval died before its last step
            _deliver(configuration, folder)
            approval.delete_preview(configuration, name)
            return Outcome(folder, True, "was out already")
        preview = approval.approve(configuration, name)
        folder = configuration.previews / name
        missing = configuration.settings.release.approvals - len(preview.approvals)
        if missing > 0:
            return Outcome(folder, False, f"approved by {preview.approvals[-1]}; {missing} more must approve")
        out = tuple(one.name for one in published(configuration.extracts))
        if Published.of(folder).follows != out:
            raise ReleaseRefused(f"another release came out since {name} was built; build it again: zicht release.")
        outcome = _publish(configuration, folder, name)
        approval.delete_preview(configuration, name)
        return outcome


def _publish(configuration: Configuration, written: Path, name: str) -> Outcome:
    folder = configuration.extracts / name
    _mail_pending(folder).touch()
    put_out(written, folder)
    _deliver(configuration, folder)
    return Outcome(folder, True, "published")


def _deliver(configuration: Configuration, folder: Path) -> None:
    """Copy a published release and mail it once; a crash can repeat the mail, but cannot lose it."""
    report.get()("delivering")
    copy(folder, configuration.deliver_to())
    if _mail_pending(folder).exists():
        mail_readers(folder, configuration.settings)
        _mail_pending(folder).unlink()


def _mail_pending(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.untold")


def end_of(month: str) -> date:
    """Return the last day of a month.

    Args:
        month: The month, as `YYYY-MM`.

    Raises:
        ReleaseRefused: The text is not a month.
    """
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month, flags=re.ASCII):
        raise ReleaseRefused(f"{month[:20]!r} is no month; write it as 2020-12.")
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, calendar.monthrange(year, number)[1])


def _check_reach(configuration: Configuration, month_end: date) -> None:
    [(first, last)] = versions.query(
        configuration, "select min(period_start), max(period_end) from marts.volumes where period_type = 'month'"
    )
    if last is None or last < month_end or first > month_end:
        reach = f"from {first} to {last}" if last else "no month at all"
        raise ReleaseRefused(f"the data reach {reach}; release a month among these.")


def _write(
    configuration: Configuration, deliveries: str, name: str, reason: str, month_end: date, before: list[Published]
) -> Path:
    """Build, attack and write a release into a temporary folder (with a dot in front) beside the published ones."""
    progress = report.get()
    progress("protecting")
    seeds, settings = seeds_folder(configuration), configuration.settings
    rules = load_rules(seeds)
    earlier = [read_tables(one.folder, *PROTECTED) for one in before]
    follows = tuple(one.name for one in before)
    content = build(
        lambda sql, values: versions.frame(configuration, sql, values),
        rules,
        Facts(name, month_end, settings.fictitious, reason, follows, deliveries),
        last_prints(earlier),
        retention.all_kept_from(configuration),
    )
    drawn = charts(content, rules.specs, load_labels(seeds, "en"), load_breaks(seeds / "series_breaks.csv"))
    points = [point for chart in drawn for point in chart.points]
    check_release(content, points, [figures(tables) for tables in earlier], rules.codes, rules.policy, progress)
    progress("writing")
    folder = configuration.extracts / f".{name}.tmp"
    who = settings.release
    publisher = Publisher(who.publisher, who.contact, who.url)
    made_with = {"policy": versions.sha256(seeds / "disclosure_policy.csv"), "zicht": version_of("zicht")}
    if settings.seeds:
        made_with["seeds"] = seeds.name.removeprefix("seeds-")
    last = before[-1].folder if before else None
    write_release(folder, content, rules, publisher, last=last, made_with=made_with)
    sync(configuration.home)  # the folder of extracts may be new
    return folder


def _run_name() -> str:
    return f"release {flow_run.parameters.get('month') or last_month()}"


@flow(name="monthly-release", flow_run_name=_run_name, persist_result=False, log_prints=False)
@contained
def monthly_release(month: Month | None = None, correction: str | None = None, preview: bool = False) -> State:
    """Publish the release of a month.

    The default is the month before the planned start of the run. A run of a deployment waits up to 12 hours for another
    run to end.
    """
    permissions.keep_private()
    configuration, month = None, month or last_month()
    try:
        configuration = load_configuration()
        # No later run of a schedule would publish this month, so wait for the lock.
        patience = PATIENCE if deployment.id else timedelta()
        outcome = runs.when_free(lambda: release(configuration, month, correction, preview=preview), patience)
    except Exception as error:  # noqa: BLE001
        # A user who starts it by hand sees the error.
        return flow_states.of_error(error, configuration if deployment.id else None, f"release {month}")
    lines = [f"{outcome.folder}: {outcome.message}"]
    lines += alerts.send_due(configuration, f"release {month}", {})
    lines += alerts.send_due(configuration, "releases", status.waiting_releases(configuration))
    artifacts.publish_release(configuration, outcome.folder, outcome.message)
    return Completed(message=one_line("; ".join(lines)))
