"""Remove rows that must not be kept: erased on a platform, erased on request, or past their term.

The deliveries are rewritten without these rows before anything is built from them. Each erasure leaves a receipt. The
keyed marks in the receipts (tombstones) keep erased conversations out for good.
"""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import printable
from connectors.landing import Change, Landing
from connectors.pseudonym import Pseudonymiser, Tombstones
from connectors.purge import IsErased, changes, deleted_ids, hidden_ids, persons_rows
from connectors.storage.durable_files import write_json
from connectors.storage.receipts import COUNTED, Receipt
from flows.runtime.configuration import Configuration
from flows.runtime.runs import Run
from flows.runtime.source_schema import ChatSource, CodingSource

DONE = "removed.json"  # below the landing: what has been removed from it


@dataclass(frozen=True)
class Erasure:
    """The receipt of one erasure.

    Attributes:
        run: The id of the run that removed the rows.
        at: The start of that run, in ISO format.
        marks: The keyed marks of the conversations that this run erased.
        kept_from: The moment from which rows are kept, in ISO format, by source.
        rows: The number of removed rows, by source and table.
    """

    run: str
    at: str
    marks: list[str]
    kept_from: dict[str, str]
    rows: dict[str, dict[str, int]] = field(default_factory=dict)


def erasures(configuration: Configuration) -> list[Erasure]:
    """Return the receipts of all erasures, oldest first."""
    paths = sorted(configuration.erasures.glob("*.json"))
    return [Erasure(**json.loads(path.read_text(encoding="utf-8"))) for path in paths]


def erased(configuration: Configuration) -> Tombstones:
    """Return all conversations that were ever erased.

    Raises:
        SettingsProblem: Somebody was erased, and the pseudonym key is missing.
    """
    marks = {mark for erasure in erasures(configuration) for mark in erasure.marks}
    return Tombstones(marks, Pseudonymiser(configuration.pseudonym_key()) if marks else None)


def kept_from(configuration: Configuration, source: str) -> datetime | None:
    """Return the moment from which the rows of a source are kept.

    It is the first of January, `keep_years` years before the current year, in the configured time zone. It is None if
    all rows are kept, or if a legal hold forbids their erasure.
    """
    section = configuration.settings.sources.get(source)
    if not isinstance(section, ChatSource | CodingSource) or section.keep_years is None or section.legal_hold:
        return None
    now = today(configuration)
    return now.replace(now.year - section.keep_years, 1, 1, 0, 0, 0, 0)


def next_removal(configuration: Configuration, source: str) -> str | None:
    """Return which rows of a source are removed next, and when.

    Returns:
        A text such as `2015 goes on 2027-01-01`, or the reason of a legal hold; None if the source has no term.
    """
    section = configuration.settings.sources[source]
    if not isinstance(section, ChatSource | CodingSource):
        return None
    if section.legal_hold:
        return f"held: {printable(section.legal_hold)}"
    if section.keep_years is None:
        return None
    year = today(configuration).year
    return f"{year - section.keep_years} goes on {year + 1}-01-01"


def today(configuration: Configuration) -> datetime:
    """Return the current moment in the configured time zone."""
    return datetime.now(ZoneInfo(configuration.settings.timezone))


def erase(configuration: Configuration, run: Run, requested: str | None = None) -> None:
    """Remove from the deliveries all rows that must not be kept.

    These are the conversations that a platform erased since the last time, the requested one, and the rows past their
    term. If rows are removed, previews of releases and Spark's tables below home are removed too. The number of removed
    rows is written into `run.removed`.

    Args:
        configuration: The configuration with home.
        run: The record of the run.
        requested: The `gesprek_id` to remove on request.

    Raises:
        SettingsProblem: Somebody was erased, and the pseudonym key is missing.
    """
    landing = Landing(configuration.landing)
    receipts = {name: landing.all_receipts(name) for name in landing.sources()}
    terms = {name: moment for name in receipts if (moment := kept_from(configuration, name))}
    known = {mark for erasure in erasures(configuration) for mark in erasure.marks}
    before = _done(landing)
    ids = {requested} if requested else set()
    for name, of_source in receipts.items():
        fresh = [one for one in of_source if one.sequence > before["sequence"].get(name, 0)]
        ids |= deleted_ids(landing, name, [one.delivery for one in fresh if not one.hides])
        # Of a mass deletion, the conversations stay hidden until a person has approved it.
        ids |= hidden_ids(landing, name, [one.delivery for one in of_source if one.hides and one.state == COUNTED])
    done: dict[str, Any] = {
        "marks": _digest(known),
        "kept_from": {name: moment.isoformat() for name, moment in terms.items()},
        "sequence": {name: of_source[-1].sequence for name, of_source in receipts.items() if of_source},
    }
    # The marks can differ from the erased ones if an erasure was interrupted or an older landing was restored.
    is_older = before["marks"] != done["marks"]
    if ids or is_older or before["kept_from"] != done["kept_from"]:
        tombstones = Tombstones(known, Pseudonymiser(configuration.pseudonym_key()) if known or ids else None)
        marks = {tombstones.mark(one) for one in ids} - known
        plan, rows = _plan(landing, receipts, _is_erased(ids, tombstones if is_older and known else None), terms)
        if marks or rows:
            # Write the receipt first. Its marks keep conversations out even if the next steps are interrupted.
            erasure = Erasure(run.id, run.started_at, sorted(marks), done["kept_from"], rows)
            write_json(configuration.erasures / f"{run.id}.json", asdict(erasure))
        if rows:
            # Releases that wait for approval were built from the removed rows.
            shutil.rmtree(configuration.previews, ignore_errors=True)
            # Spark's tables hold the removed rows too. `zicht rebuild --engine spark` builds them again.
            for copies in (configuration.spark / "tables", configuration.spark / "scratch"):
                if copies.exists():
                    shutil.rmtree(copies)
        for place in plan:
            landing.rewrite(*place)
        run.removed = rows
        done["marks"] = _digest(known | marks)
    if done != before:
        write_json(landing.root / DONE, done)


Plan = list[tuple[str, str, str, Change]]


def _plan(
    landing: Landing, receipts: dict[str, list[Receipt]], is_erased: IsErased, terms: dict[str, datetime]
) -> tuple[Plan, dict[str, dict[str, int]]]:
    """Return the tables to rewrite, and the number of removed rows about persons by source and table."""
    plan: Plan = []
    rows: dict[str, Counter[str]] = {}
    for name, of_source in receipts.items():
        for delivery in dict.fromkeys(receipt.delivery for receipt in of_source):
            for table, change in changes(
                landing, name, of_source[0].kind, delivery, is_erased, terms.get(name)
            ).items():
                removed = [
                    persons_rows(batch, after)
                    for batch in landing.batches(name, table, delivery)
                    if (after := change(batch)) is not batch
                ]
                if removed:
                    plan.append((name, table, delivery, change))
                if sum(removed):
                    rows.setdefault(name, Counter())[table] += sum(removed)
    return plan, {name: dict(sorted(tables.items())) for name, tables in rows.items()}


def _is_erased(ids: set[str], others: Tombstones | None) -> IsErased:
    wanted = sorted(ids)

    def is_erased(shortened: pa.Array, beginning: str) -> pa.BooleanArray:
        own = [one.removeprefix(beginning) for one in wanted if one.startswith(beginning)]
        found = pc.is_in(shortened, pa.array(own, pa.string()))
        if others is None:
            return found
        are_others = [one is not None and f"{beginning}{one}" in others for one in shortened.to_pylist()]
        return pc.or_(found, pa.array(are_others, pa.bool_()))

    return is_erased


def erasure_digest(configuration: Configuration) -> list[Any]:
    """Return a description of everything that was erased from the deliveries so far.

    Returns:
        A list with two items: a digest of all marks, and the moment from which rows are kept, by source.

    Example:
        `["9f86d0...", {"fier": "2020-01-01T00:00:00+01:00"}]`
    """
    done = _done(Landing(configuration.landing))
    return [done["marks"], done["kept_from"]]


def all_kept_from(configuration: Configuration) -> date:
    """Return the first day from which every source still has all its rows.

    Older rows were removed at the end of their term. The day is `date.min` if no source has a term.
    """
    kept_from = _done(Landing(configuration.landing))["kept_from"].values()
    return max((datetime.fromisoformat(moment).date() for moment in kept_from), default=date.min)


def last_erasure(configuration: Configuration) -> str:
    """Return the id of the run that last removed rows from the deliveries.

    The id is empty before the first erasure. Versions older than this run still contain these rows.
    """
    return max((erasure.run for erasure in erasures(configuration) if erasure.rows), default="")


def _digest(marks: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(marks)).encode()).hexdigest()


def _done(landing: Landing) -> dict[str, Any]:
    path = landing.root / DONE
    if path.exists():
        return dict(json.loads(path.read_text(encoding="utf-8")))
    return {"marks": _digest(()), "kept_from": {}, "sequence": {}}
