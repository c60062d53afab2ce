"""What a run says to the Prefect server: counts of records and names. Nothing is read from the marts: there a
change of one person would show (docs/decisions.md)."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.orchestration import get_client
from prefect.logging import get_logger
from prefect.settings import PREFECT_UI_URL
from prefect.states import Crashed
from prefect.utilities.urls import url_for

from connectors.landing import Landing
from flows.operations import health
from flows.runtime import runs
from flows.runtime.configuration import Configuration
from flows.runtime.redaction import one_line, scrub
from flows.warehouse import versions

NIGHTLY, RELEASE = "zicht-nightly", "zicht-release"

Table = list[dict[str, Any]]


def sources_table(configuration: Configuration, run: runs.Run) -> Table:
    """What came in, a row for each source that the run read, and how fresh each is."""
    states = health.source_states(configuration)
    return [
        {
            "source": name,
            "kind": states[name].kind,
            "new deliveries": read["deliveries"],
            "records": read["rows"],
            "rejected": read["rejected"],
            "last received": states[name].last_received_at or "never",
            "state": "could not be read" if read["problems"] else "stale" if states[name].stale else "fresh",
        }
        for name, read in run.sources.items()
        if name in states
    ]


def rejected_table(configuration: Configuration, run: runs.Run) -> Table:
    """What was rejected of this run's deliveries, a row for each rule that was broken."""
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
    """The account of a nightly run, in Markdown."""
    lines = [f"## {run.outcome.capitalize()}", ""]
    if configuration.settings.fictitious:
        lines += ["**FICTITIOUS** demo data: no person in it exists.", ""]
    if run.changed:
        nodes = ", ".join(f"{count} {kind}s" for kind, count in run.built.items())
        lines += [f"The warehouse is new: version `{run.published}`, {nodes}.", ""]
    elif run.published:
        lines += [f"The warehouse is as it was: version `{run.published}`.", ""]
    lines += ["| step | seconds |", "|---|---:|", *(f"| {step} | {taken} |" for step, taken in run.seconds.items()), ""]
    if run.problems:
        # As they are: names of files come from outside, and are no Markdown.
        lines += ["```text", *(problem.replace("`", "'") for problem in run.problems), "```", ""]
    lines += [_coding_line(configuration), "", f"{_page(RELEASE, 'Releases')}; run `{run.id}`."]
    return "\n".join(lines)


def _coding_line(configuration: Configuration) -> str:
    received: dict[str, str] = {}
    for state in health.source_states(configuration).values():
        if state.last_received_at:
            received[state.kind] = max(state.last_received_at, received.get(state.kind, ""))
    coding, chat = (received.get(kind, "never")[:10] for kind in ("coding", "chat"))
    return (
        f"Coding came last on {coding}, conversations on {chat}. How many visits wait for coding, and how the figures "
        "of the report reconcile, counts persons: `zicht status` tells it where zicht runs."
    )


def release_text(configuration: Configuration, folder: Path, told: str) -> str:
    """The account of a release, in Markdown, with a link to the nightly run whose figures it holds."""
    version = versions.current_version(configuration)
    night = next((one for one in runs.records(configuration) if version and one["id"] == version["run"]), None)
    made_by = f"`{version['run']}`" if version else "none"
    if night and (url := night.get("flow_run") and url_for("flow-run", obj_id=night["flow_run"])):
        made_by = f"[{night['id']}]({url})"
    return "\n".join(
        [
            f"## {folder.name}: {told}",
            "",
            f"`{folder}`, from the warehouse of run {made_by}.",
            "",
            f"{_page(NIGHTLY, 'Nightly runs')}; {_page(RELEASE, 'releases')}.",
        ]
    )


def _page(key: str, text: str) -> str:
    """A link to all artifacts of a key."""
    base = PREFECT_UI_URL.value()
    return f"[{text}]({base}/artifacts/key/{key})" if base else text


class Progress:
    """How far a run is, drawn by the server."""

    def __init__(self, key: str, steps: int) -> None:
        self._key = f"{key}-progress"
        self._steps = steps
        self._done = 0
        self._id: UUID | None = None
        _try(self._create)

    def step(self, description: str) -> None:
        """One more step is done."""
        self._done += 1
        if self._id:
            share = round(100.0 * min(self._done / self._steps, 1.0), 1)
            identity = self._id
            _try(lambda: update_progress_artifact(identity, share, one_line(description)))

    def _create(self) -> None:
        made = create_progress_artifact(0.0, key=self._key, description="started")
        self._id = made if isinstance(made, UUID) else None


def tell_nightly(configuration: Configuration, run: runs.Run) -> None:
    """Show a nightly run's account and tables."""
    day = run.started_at[:10]
    text = scrub(nightly_text(configuration, run))
    _try(lambda: create_markdown_artifact(text, key=NIGHTLY, description=run.outcome))
    _try(
        lambda: create_table_artifact(
            scrub(sources_table(configuration, run)), key=f"{NIGHTLY}-sources", description=f"What came in on {day}"
        )
    )
    if rejected := rejected_table(configuration, run):
        _try(
            lambda: create_table_artifact(
                scrub(rejected), key=f"{NIGHTLY}-rejected", description=f"What was rejected on {day}, by rule"
            )
        )


def mark_dead(flow_run: str | None) -> None:
    """Mark a run that died without a word as crashed: its server takes it to be running for ever."""

    def mark() -> None:
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(UUID(flow_run), Crashed(message="it died; the next run did its work"), force=True)

    if flow_run:
        _try(mark)


def tell_release(configuration: Configuration, folder: Path, told: str) -> None:
    """Show a release's account."""
    text = scrub(release_text(configuration, folder, told))
    _try(lambda: create_markdown_artifact(text, key=RELEASE, description=folder.name))


def tell_backfill(done: dict[str, str]) -> None:
    """Show what became of each month."""
    table = [{"month": month, "release": told} for month, told in done.items()]
    _try(lambda: create_table_artifact(scrub(table), key="zicht-backfill", description=f"{len(done)} months"))


def _try(create: Callable[[], object]) -> None:
    """A server that does not take what a run says of itself must not fail the run."""
    try:
        create()
    except Exception as error:  # noqa: BLE001
        get_logger("zicht").warning("the server did not take an artifact (%s)", type(error).__name__)
