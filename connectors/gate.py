"""Judge a delivery before it counts: does it mean what it seems to mean?

A delivery that breaks a rule goes to quarantine. Its rows are landed, but they do not count until a person approves it.
Deliveries that are only unlike those before count, and are reported.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
from scipy import special

from connectors.chat import conversations
from connectors.chat.blocks import SCHEMA
from connectors.landing import Landing
from connectors.source import PAST_RETENTION, Item, Kind, Rejection, Rows, Source
from connectors.storage.receipts import Receipt

MOST_REJECTED, FEWEST_REJECTED = 0.1, 3  # share and number of records that may be rejected whole
LEAST_KEPT, FEWEST_LOST = 0.5, 3  # share of the rows of a path that its newer content keeps; fewer lost rows are usual
MOST_DELETED, FEWEST_DELETIONS = 0.2, 10  # share of the known conversations; number of deletions
MOST_UNFLAGGED = 20  # as many flagged conversations are expected, and none comes: by chance once in 500 million times
# The share of flagged conversations on a platform that has delivered fewer than ENOUGH: that of the report's platforms.
USUAL_SHARE, ENOUGH = 0.02, 50
CAUSES = 3  # that a message names
# The newest conversations are compared with those of earlier weeks, or of longer stretches if deliveries are rarer.
DAYS, MOST_STRETCHES, FEWEST_STRETCHES = 7, 10, 5
# Holidays and seasons are not chance: a volume may be so much smaller than the smallest before. With CHANCE it gives a
# source about one false warning a year (tests/rigs/deliveries/test_volumes.py draws years).
USUAL_CHANGE, CHANCE = 0.85, 0.001
KNOWN_FIGURE = "value_low"  # of a registry; blank where the figure is unknown


class Judged:
    """What the gate must know of one delivery. `add` sees every item while the delivery is written.

    Args:
        source: The configured source.
        kind: How the source is read.
        newest: When the newest conversation known so far started, if there is one.

    Attributes:
        accepted: The number of records that were read.
        live: The number of conversations that are not deleted.
        flagged: How many of them are flagged.
        newer: How many of them started after the newest one known so far.
        newest: When the newest conversation started, of these and those known so far.
        deleted: The ids of the conversations that the platform erased.
    """

    def __init__(self, source: Source, kind: Kind, newest: datetime | None) -> None:
        self.accepted = self.live = self.flagged = self.newer = 0
        self.newest = self._known_newest = newest
        self.deleted: set[str] = set()
        self._source = source
        self._kind = kind
        self._causes: Counter[tuple[str, str]] = Counter()
        self._places: dict[tuple[str, str], str] = {}

    def add(self, item: Item | Rows) -> None:
        """Count one item of the delivery."""
        if isinstance(item, Rejection):
            if self._kind.loses_record(item) and item.rule != PAST_RETENTION:
                cause = (item.field, item.rule)
                self._causes[cause] += 1
                self._places.setdefault(cause, item.location)
        elif isinstance(item, Rows):
            self._conversations(item.values)
        elif item.table == conversations.TABLE:
            self._conversations(pa.RecordBatch.from_pylist([item.values], schema=SCHEMA))
        elif item.table == self._kind.main:
            self.accepted += 1

    def _conversations(self, batch: pa.RecordBatch) -> None:
        live = batch.filter(pc.invert(batch["is_deleted"]))
        tags = live["tags"]
        flags = pa.array(self._source.flag_tags, pa.string())
        has_flag = pc.list_parent_indices(tags).filter(pc.is_in(tags.flatten(), flags))
        self.accepted += len(batch)
        self.live += len(live)
        self.flagged += len(has_flag.unique())
        if newest := pc.max(live["started_at"]).as_py():
            self.newest = max(self.newest or newest, newest)
        if self._known_newest:
            self.newer += pc.sum(pc.greater(live["started_at"], self._known_newest)).as_py() or 0
        self.deleted.update(batch.filter(batch["is_deleted"])["conversation_id"].to_pylist())

    def verdict(self, landing: Landing, path: str, counted: Sequence[Receipt]) -> tuple[str, list[str]]:
        """Judge the delivery by itself. What its path lost is judged by `lost`.

        Args:
            landing: Where the earlier deliveries are stored.
            path: The path of the delivery within its source, or an empty text for a listing.
            counted: The receipts of the source that count, oldest first.

        Returns:
            The rules that the delivery breaks, with their numbers, and the ids of the conversations that a mass
            deletion erases. They are hidden at once, and erased once a person has approved the delivery. The text is
            empty for a delivery that counts, and the list for an ordinary number of deletions.
        """
        known = self._known(landing, counted)
        erased = len(self.deleted & known)
        is_mass = erased >= FEWEST_DELETIONS and erased > MOST_DELETED * len(known)
        mass = f"deletions of {erased} of the {len(known)} conversations known so far" if is_mass else ""
        # Those not known yet are hidden as well: a live copy of them may come later.
        hidden = sorted(self.deleted) if is_mass else []
        found = (self._rejected(is_file=bool(path)), self._unflagged(counted, path), mass)
        return "; ".join(filter(None, found)), hidden

    def _rejected(self, *, is_file: bool) -> str:
        """Judge what was rejected whole. A pull of a listing can consist of a single record that is broken."""
        rejected = self._causes.total()
        read = self.accepted + rejected
        if not self.accepted and rejected >= (1 if is_file else FEWEST_REJECTED):
            return f"nothing that can be read in {read} records{self._named_causes()}"
        if rejected >= FEWEST_REJECTED and rejected > MOST_REJECTED * read:
            return f"{rejected} of {read} records that cannot be read{self._named_causes()}"
        return ""

    def _named_causes(self) -> str:
        most = sorted(self._causes.items(), key=lambda one: (-one[1], one[0]))[:CAUSES]
        named = [
            f"{field or 'record'} {rule} {n} times, first at {self._places[field, rule]}" for (field, rule), n in most
        ]
        return f" ({'; '.join(named)})"

    def _unflagged(self, counted: Sequence[Receipt], path: str) -> str:
        """Judge all deliveries since the last flag or approval together, as small ones alone expect few flags."""
        if self._kind.main != conversations.TABLE or self.flagged or not self.live:
            return ""
        contents = {receipt.path or receipt.sequence: receipt for receipt in counted if receipt.flagged is not None}
        contents.pop(path, None)
        chats = sorted(contents.values(), key=lambda receipt: receipt.sequence)
        last = max((number for number, one in enumerate(chats, start=1) if one.flagged or one.decided), default=0)
        known = sum(receipt.live for receipt in chats[:last])
        share = sum(receipt.flagged or 0 for receipt in chats[:last]) / known if known >= ENOUGH else USUAL_SHARE
        live = self.live + sum(receipt.live for receipt in chats[last:])
        if live * share < MOST_UNFLAGGED:
            return ""
        return f"no flagged conversation among {live}, where {live * share:.0f} were expected"

    def _known(self, landing: Landing, counted: Sequence[Receipt]) -> set[str]:
        """Return the ids of the conversations landed earlier, or none if the number of deletions is ordinary."""
        if len(self.deleted) < FEWEST_DELETIONS:
            return set()
        deliveries = [*dict.fromkeys(receipt.delivery for receipt in counted)]
        rows = landing.rows(self._source.name, conversations.TABLE, deliveries, ["conversation_id"])
        return {row["conversation_id"] for row in rows}


def lost(source: Source, kind: Kind, landing: Landing, receipt: Receipt, counted: Sequence[Receipt]) -> str:
    """Return how much a newer content of a path lost, if it lost most of what the path held, or an empty text.

    Args:
        source: The configured source.
        kind: How the source is read.
        landing: Where both contents are stored.
        receipt: The receipt of the newer content.
        counted: The receipts of the source that count, oldest first.
    """
    before = next((one for one in reversed(counted) if receipt.path and one.file == receipt.path), None)
    # Of an ordinary chat export, what the newer content lacks still counts.
    if before is None or (kind.main == conversations.TABLE and not source.snapshot):
        return ""
    held, ids = (_ids(source, kind, landing, one.delivery) for one in (before, receipt))
    kept = len(held & ids if kind.identity else ids)
    if len(held) - kept < FEWEST_LOST or kept >= LEAST_KEPT * len(held):
        return ""
    return f"only {kept} of the {len(held)} records that this path held before"


def _ids(source: Source, kind: Kind, landing: Landing, delivery: str) -> set[str | int]:
    """Return the ids of the records of a delivery. Known figures of a registry are only numbered."""
    column = kind.identity or KNOWN_FIGURE
    rows = enumerate(landing.rows(source.name, kind.main, [delivery], [column]))
    return {row[column] if kind.identity else number for number, row in rows if row[column] is not None}


def unlike_before(receipts: Sequence[Receipt]) -> str:
    """Return how the newest deliveries of a platform differ from those before, or an empty text.

    Their number of conversations is unlike before if chance alone (the tail of a Poisson distribution) would hardly
    make it so much smaller than the smallest of earlier stretches of time, or larger than the largest. Their span is
    unlike before if they end so much earlier than usual that conversations must be missing. First deliveries have
    nothing before them, and deliveries without newer conversations (backfills) change nothing.

    Args:
        receipts: The receipts of the source that count, oldest first.

    Example:
        `"12 conversations in 7 days, where 40 to 66 were usual"`
    """
    dated = [receipt for receipt in receipts if receipt.newest]
    steps = [(one, (_day(one.newest) - _day(before.newest)).days) for before, one in pairwise(dated)]
    stretches: list[tuple[int, int]] = []  # conversations and days, newest first
    n = days = 0
    for receipt, passed in reversed(steps):
        n, days = n + receipt.newer, days + passed
        if days >= DAYS:
            stretches.append((n, days))
            n = days = 0
    if len(stretches) <= FEWEST_STRETCHES:
        return ""
    (n, days), *before = stretches[: MOST_STRETCHES + 1]
    rates = [some / passed for some, passed in before]
    low, high = min(rates), max(rates)
    few, many = special.pdtr(n, low * USUAL_CHANGE * days), special.pdtrc(n - 1, high / USUAL_CHANGE * days)
    if few < CHANCE or (n and many < CHANCE):
        return f"{n} conversations in {days} days, where {low * days:.0f} to {high * days:.0f} were usual"
    *earlier, delay = [(_day(one.received_at) - _day(one.newest)).days for one, passed in steps if passed]
    longest = max(earlier[-DAYS * MOST_STRETCHES :])
    if special.pdtr(0, low * USUAL_CHANGE * max(0, delay - longest)) < CHANCE:
        return f"the newest conversation started {delay} days before it came, where at most {longest} were usual"
    return ""


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).date()
