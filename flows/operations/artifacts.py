"""Show on the Prefect server what a run did, with names and counts of records.

Nothing is read from the marts, because a change of one person would be visible in their figures (docs/decisions.md).
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from jinja2 import Template
from prefect import artifacts as server
from prefect.client.orchestration import get_client
from prefect.logging import get_logger
from prefect.settings import PREFECT_UI_URL
from prefect.states import Crashed
from prefect.utilities.urls import url_for

from connectors.landing import Landing
from flows.operations import status
from flows.runtime import runs
from flows.runtime.configuration import Configuration
from flows.runtime.redaction import one_line, scrub
from flows.warehouse import versions

NIGHTLY, RELEASE = "zicht-nightly", "zicht-release"

Table = list[dict[str, Any]]


def sources_table(configuration: Configuration, run: runs.Run) -> Table:
    """Return what came in and how fresh each source is, with a row for each source that the run read.

    Returns:
        Rows with the keys `source`, `kind`, `new deliveries`, `records`, `rejected`, `last received` and `state`.
    """
    states = status.source_states(configuration)
    return [
        {
            "source": name,
            "kind": states[name].kind,
            "new deliveries": read["deliveries"],
            "records": read["rows"],
            "rejected": read["rejected"],
            "last received": states[name].last_received_at or "never",
            "state": states[name].condition,
        }
        for name, read in run.sources.items()
        if name in states
    ]


def rejected_table(configuration: Configuration, run: runs.Run) -> Table:
    """Return what was rejected in the deliveries of this run, with a row for each broken rule.

    Returns:
        Rows with the keys `source`, `field`, `rule` and `records` (how many).
    """
    landing = Landing(configuration.landing)
    rows: Table = []
    for name, read in run.sources.items():
        receipts = landing.receipts(name)
        start = len(receipts) - read["deliveries"]
        known = {receipt.delivery for receipt in receipts[:start]}
        new = dict.fromkeys(receipt.delivery for receipt in receipts[start:] if receipt.delivery not in known)
        broken = Counter(
            (row["field"], row["rule"]) for row in landing.rows(name, "rejected", list(new), ["field", "rule"])
        )
        rows += [
            {"source": name, "field": field or "(whole record)", "rule": rule, "records": count}
            for (field, rule), count in sorted(broken.items())
        ]
    return rows


def nightly_text(configuration: Configuration, run: runs.Run) -> str:
    """Return the account of a nightly run, in Markdown."""
    template = Template((Path(__file__).parent / "night.md.j2").read_text(), trim_blocks=True)
    is_fictitious, nodes = configuration.settings.fictitious, runs.nodes_text(run.built)
    pages = _page(RELEASE, "Releases")
    return str(template.render(run=run, is_fictitious=is_fictitious, nodes=nodes, releases=pages))


def release_text(configuration: Configuration, folder: Path, result: str) -> str:
    """Return the account of a release, in Markdown, with a link to the nightly run from which its figures come.

    Args:
        configuration: The configuration with home.
        folder: The folder of the release.
        result: The result of the release, in words.
    """
    version = versions.current_version(configuration)
    night = next((one for one in runs.records(configuration) if version and one["id"] == version["run"]), None)
    made_by = f"`{version['run']}`" if version else "none"
    if night and (url := night.get("flow_run") and url_for("flow-run", obj_id=night["flow_run"])):
        made_by = f"[{night['id']}]({url})"
    pages = f"{_page(NIGHTLY, 'Nightly runs')}; {_page(RELEASE, 'releases')}."
    return f"## {folder.name}: {result}\n\n`{folder}`, from the warehouse of run {made_by}.\n\n{pages}"


def _page(key: str, text: str) -> str:
    """Return a link to all artifacts of a key, or only the text if the server has no address for a browser."""
    base = PREFECT_UI_URL.value()
    return f"[{text}]({base}/artifacts/key/{key})" if base else text


class Progress:
    """The progress of a run, which the Prefect server shows.

    Args:
        key: The key of the artifact, without `-progress`.
        steps: The total number of steps.
    """

    def __init__(self, key: str, steps: int) -> None:
        self._steps = steps
        self._done = 0
        self._id = _try(server.create_progress_artifact, 0.0, key=f"{key}-progress", description="started")

    def step(self, description: str) -> None:
        """Report that one more step is done."""
        self._done += 1
        if self._id:
            share = round(100.0 * min(self._done / self._steps, 1.0), 1)
            _try(server.update_progress_artifact, self._id, share, one_line(description))


def publish_night(configuration: Configuration, run: runs.Run) -> None:
    """Show the account and the tables of a nightly run on the Prefect server."""
    day = run.started_at[:10]
    text = scrub(nightly_text(configuration, run))
    _try(server.create_markdown_artifact, text, key=NIGHTLY, description=run.outcome)
    _publish_table(sources_table(configuration, run), f"{NIGHTLY}-sources", f"What came in on {day}")
    if rejected := rejected_table(configuration, run):
        _publish_table(rejected, f"{NIGHTLY}-rejected", f"What was rejected on {day}, by rule")


def mark_dead(flow_run: str | None) -> None:
    """Mark a dead run as crashed, because its server would show it as running for ever.

    Args:
        flow_run: The id of the flow run, or None if it had none.
    """

    def mark() -> None:
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(UUID(flow_run), Crashed(message="it died; the next run did its work"), force=True)

    if flow_run:
        _try(mark)


def publish_release(configuration: Configuration, folder: Path, result: str) -> None:
    """Show the account of a release on the Prefect server.

    Args:
        configuration: The configuration with home.
        folder: The folder of the release.
        result: The result of the release, in words.
    """
    text = scrub(release_text(configuration, folder, result))
    _try(server.create_markdown_artifact, text, key=RELEASE, description=folder.name)


def publish_backfill(results: dict[str, str]) -> None:
    """Show the result of each month of a backfill on the Prefect server.

    Args:
        results: The result in words, by month.
    """
    table = [{"month": month, "release": result} for month, result in results.items()]
    _publish_table(table, "zicht-backfill", f"{len(results)} months")


def _publish_table(table: Table, key: str, description: str) -> None:
    _try(server.create_table_artifact, scrub(table), key=key, description=description)


def _try(create: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    """Create an artifact and return its id.

    If the server does not accept it, log a warning and return None, as the run must not fail for that.
    """
    try:
        return create(*arguments, **more)
    except Exception as error:  # noqa: BLE001
        get_logger("zicht").warning("the server did not take an artifact (%s)", type(error).__name__)
        return None
