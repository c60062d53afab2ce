"""What must not be kept any more: erased on a platform, on request, or past its term. Deliveries are rewritten without
it before anything is built of them; each removal leaves a receipt, whose keyed marks keep the erased out for good."""

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
from connectors.landing import Change, Landing, Receipt, write_durably
from connectors.pseudonym import Pseudonymiser
from connectors.purge import Gone, changes, deleted_ids, persons_rows
from connectors.tombstones import Erased
from flows.runtime.configuration import Configuration
from flows.runtime.runs import Run
from flows.runtime.schema import ChatSource, CodingSource

DONE = "removed.json"  # below the landing: what has been taken out of it


@dataclass(frozen=True)
class Removal:
    """The receipt of one removal: in which run, the marks of who was erased, from when each source is kept, and how
    many rows went, by source and table."""

    run: str
    at: str
    marks: list[str]
    kept_from: dict[str, str]
    rows: dict[str, dict[str, int]] = field(default_factory=dict)


def removals(configuration: Configuration) -> list[Removal]:
    """All receipts, the oldest first."""
    paths = sorted(configuration.removals.glob("*.json"))
    return [Removal(**json.loads(path.read_text(encoding="utf-8"))) for path in paths]


def erased(configuration: Configuration) -> Erased:
    """Everybody who was ever erased.

    Raises:
        SettingsProblem: somebody was, and the pseudonym key is missing.
    """
    marks = {mark for removal in removals(configuration) for mark in removal.marks}
    return Erased(marks, Pseudonymiser(configuration.pseudonym_key()) if marks else None)


def kept_from(configuration: Configuration, source: str) -> datetime | None:
    """The moment from which a source's rows are kept: the first of January, `keep_years` whole years ago. None where
    all are, or where a legal hold forbids their removal."""
    section = configuration.settings.sources.get(source)
    if not isinstance(section, ChatSource | CodingSource) or section.keep_years is None or section.legal_hold:
        return None
    now = today(configuration)
    return now.replace(now.year - section.keep_years, 1, 1, 0, 0, 0, 0)


def next_removal(configuration: Configuration, source: str) -> str | None:
    """What goes next of a source, and when; None where it has no term."""
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
    """Now, in the configured calendar."""
    return datetime.now(ZoneInfo(configuration.settings.timezone))


def forget(configuration: Configuration, run: Run, requested: str | None = None) -> None:
    """Take out of the deliveries whom a platform erased since the last time, the `gesprek_id` that is requested, and
    what is past its term; note in the run how many rows went.

    Raises:
        SettingsProblem: somebody was erased, and the pseudonym key is missing.
    """
    landing = Landing(configuration.landing)
    receipts = {name: landing.receipts(name) for name in landing.sources()}
    terms = {name: moment for name in receipts if (moment := kept_from(configuration, name))}
    known = {mark for removal in removals(configuration) for mark in removal.marks}
    before = _done(landing)
    ids = {requested} if requested else set()
    for name, of_source in receipts.items():
        fresh = [one.delivery for one in of_source if one.sequence > before["sequence"].get(name, 0)]
        ids |= deleted_ids(landing, name, fresh)
    done: dict[str, Any] = {
        "marks": _digest(known),
        "kept_from": {name: moment.isoformat() for name, moment in terms.items()},
        "sequence": {name: of_source[-1].sequence for name, of_source in receipts.items() if of_source},
    }
    # Other marks than were taken out: a removal was interrupted, or an older copy of the landing was put back.
    is_older = before["marks"] != done["marks"]
    if ids or is_older or before["kept_from"] != done["kept_from"]:
        everybody = Erased(known, Pseudonymiser(configuration.pseudonym_key()) if known or ids else None)
        marks = {everybody.mark(one) for one in ids} - known
        work, rows = _work(landing, receipts, _gone(ids, everybody if is_older and known else None), terms)
        if marks or rows:
            # The receipt comes first: whom it marks stays out, whenever this is interrupted.
            _keep(configuration, Removal(run.id, run.started_at, sorted(marks), done["kept_from"], rows))
        if rows:
            # Releases that wait for approval were made of what is gone.
            shutil.rmtree(configuration.previews, ignore_errors=True)
            # So do their rows on Spark; `zicht build spark` makes its tables again.
            for copies in (configuration.spark / "tables", configuration.spark / "scratch"):
                if copies.exists():
                    shutil.rmtree(copies)
        for place in work:
            landing.rewrite(*place)
        run.removed = rows
        done["marks"] = _digest(known | marks)
    if done != before:
        write_durably(landing.root / DONE, json.dumps(done, indent=1, sort_keys=True) + "\n")


Work = list[tuple[str, str, str, Change]]


def _work(
    landing: Landing, receipts: dict[str, list[Receipt]], gone: Gone, terms: dict[str, datetime]
) -> tuple[Work, dict[str, dict[str, int]]]:
    """What has to be rewritten, and the rows about somebody that go with it, by source and table."""
    work: Work = []
    rows: dict[str, Counter[str]] = {}
    for name, of_source in receipts.items():
        for delivery in dict.fromkeys(receipt.delivery for receipt in of_source):
            for table, change in changes(landing, name, of_source[0].kind, delivery, gone, terms.get(name)).items():
                pairs = [persons_rows(*pair) for pair in landing.changed(name, table, delivery, change)]
                if pairs:
                    work.append((name, table, delivery, change))
                if sum(pairs):
                    rows.setdefault(name, Counter())[table] += sum(pairs)
    return work, {name: dict(sorted(tables.items())) for name, tables in rows.items()}


def _gone(ids: set[str], others: Erased | None) -> Gone:
    wanted = sorted(ids)

    def gone(shortened: pa.Array, beginning: str) -> pa.BooleanArray:
        own = [one.removeprefix(beginning) for one in wanted if one.startswith(beginning)]
        found = pc.is_in(shortened, pa.array(own, pa.string()))
        if others is None:
            return found
        are_others = [one is not None and f"{beginning}{one}" in others for one in shortened.to_pylist()]
        return pc.or_(found, pa.array(are_others, pa.bool_()))

    return gone


def taken_out(configuration: Configuration) -> list[Any]:
    """Names what was taken out of the deliveries so far: a digest of marks, and from when each source is kept."""
    done = _done(Landing(configuration.landing))
    return [done["marks"], done["kept_from"]]


def all_kept_from(configuration: Configuration) -> date:
    """Return the first day from which every source has all its rows; older ones were forgotten at the end of a term."""
    kept_from = _done(Landing(configuration.landing))["kept_from"].values()
    return max((datetime.fromisoformat(moment).date() for moment in kept_from), default=date.min)


def last_removal(configuration: Configuration) -> str:
    """The run that last took rows out of the deliveries; blank before the first. Older versions hold them still."""
    return max((removal.run for removal in removals(configuration) if removal.rows), default="")


def _digest(marks: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(marks)).encode()).hexdigest()


def _keep(configuration: Configuration, removal: Removal) -> None:
    configuration.removals.mkdir(parents=True, exist_ok=True)
    path = configuration.removals / f"{removal.run}.json"
    write_durably(path, json.dumps(asdict(removal), indent=1, sort_keys=True) + "\n")


def _done(landing: Landing) -> dict[str, Any]:
    path = landing.root / DONE
    if path.exists():
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    return {"marks": _digest(()), "kept_from": {}, "sequence": {}}
