"""Find the new records of a platform's listing, even if the listing changes while it is read or is cut off."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from connectors.chat import conversations
from connectors.chat.dotted import with_dotted
from connectors.errors import SourceProblem
from connectors.landing import Landing
from connectors.source import Context, Item, Rejection, Row, Source
from connectors.transport.listing import Listing

# A platform is read again from this long before the last known change. Its clock may be wrong by more than a day, and
# records of the same moment may arrive late. A week of conversations is only a few pages.
OVERLAP = timedelta(days=7)
# A page is barren if it has no pair of id and moment that is new in this reading. A listing that continues after this
# many barren pages in a row is taken to have no end. A boundary second, or a listing that moves, repeats one or two
# pages. Ten pages hold up to 2,000 records, and cost seconds.
BARREN_PAGES = 10
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
IDENTITY_BYTES = 16


@dataclass(frozen=True)
class Mark:
    """How far a platform has been read.

    Attributes:
        through: The moment up to which it has been read. The epoch: all of it is still to be read.
        is_cut: Whether the listing was cut off there. The next pull then starts at the mark itself, because a week of
            overlap could take it longer than the time that a pull has.
    """

    through: datetime = EPOCH
    is_cut: bool = False


class Changes:
    """The new records of one pull. `delivery`, `mark` and `problem` are valid only after all `items` were read.

    Args:
        source: The configured source. It must have a `url`.
        context: What the reader needs besides the bytes. It must have a pseudonymiser.
        before: How far the platform was read before.
        known: The identities of all records that the platform gave before. The pull adds the new ones to this set.

    Attributes:
        problem: The problem that cut a reading of the listing, or None. What was read until then is kept.
    """

    def __init__(self, source: Source, context: Context, before: Mark, known: set[bytes]) -> None:
        self.problem: SourceProblem | None = None
        self._source = source
        self._context = context
        self._listing = Listing(source)
        self._before = before
        self._newest = before.through
        self._known = known
        self._clocks = [datetime.now(UTC)]
        self._digest = hashlib.sha256()
        self._records = 0
        self._has_moved = False
        self._order = _Order()
        self._id, self._moment = (source.columns.get(field, field) for field in ("conversation_id", "updated_at"))

    def items(self) -> Iterator[Item]:
        """Yield the new records, with their findings.

        A record that changes while the pages are read moves to the end of the listing. If the cursor counts records,
        the records behind it move up, and the reading misses one of them. The record that moved appears in two
        versions. In that case the listing is read a second time. It is also read a second time, then with the overlap,
        at the end of a listing that an earlier pull read only in part.

        Yields:
            Rows and rejections.

        Raises:
            SourceProblem: If nothing of the listing can be read, or if it is empty although the platform gave records
                before. A problem after the first page is not raised, but kept in `problem`.
        """
        yield from self._reading(has_overlap=not self._before.is_cut)
        if not self.problem and (self._has_moved or self._before.is_cut):
            known = len(self._known)
            yield from self._reading(has_overlap=True)
            self._has_moved = self._has_moved and (self.problem is not None or len(self._known) > known)
        if self.problem and not self._records:
            raise self.problem
        if not self._records and self._before.through > EPOCH:
            raise SourceProblem(
                f"{self._source.name}: conversations",
                found="no conversation at all",
                expected="at least the last one known",
                do="Ask its operator; what was received earlier is kept.",
            )

    @property
    def delivery(self) -> str:
        """Return the name of the new records: a digest of their identities and of the mark (32 hex digits)."""
        digest = self._digest.copy()
        if self.mark.is_cut:
            digest.update(str(self.mark.through).encode())
        return digest.hexdigest()[:32]

    @property
    def mark(self) -> Mark:
        """Return how far the platform has now been read.

        If the listing still moved during its last reading, the mark stays where it was before this pull. The next pull
        then reads the same period again. If the listing was cut off, the mark moves to the last record that was read,
        but only if the order of the records proves that all older ones came before. If no record could be read, the
        mark is the epoch, and the next pull asks for all records. The mark never passes our clock or the platform's
        clock. A record with a date in the future would otherwise push the mark past records that are still to come.
        """
        before = self._before.through
        if self.problem and self._order.is_proved and not self._listing.is_counted:
            return Mark(max(before, min(*self._clocks, self._order.last)), is_cut=True)
        if self.problem or self._has_moved:
            return Mark(before, self._before.is_cut)
        return Mark(min(*self._clocks, self._newest))

    def _reading(self, *, has_overlap: bool) -> Iterator[Item]:
        where = f"{self._source.name}: conversations"
        self._order = _Order()
        locations = self._locations(self._since(has_overlap=has_overlap))
        for rows, rejections in conversations.read_records(self._source, where, locations, self._context):
            self._order.add(rows["updated_at"])
            new: set[str] = set()  # locations of new records; findings at the same location belong to them
            items: list[Item] = [Row(conversations.TABLE, values) for values in rows.to_pylist()]
            for item in [*items, *rejections]:
                location = item.values["location"] if isinstance(item, Row) else item.location
                identity = _identity(item)
                if identity and identity not in self._known:
                    new.add(location)
                    self._note(item, identity)
                    yield item
                elif not identity and location in new:
                    yield item

    def _note(self, item: Item, identity: bytes) -> None:
        self._known.add(identity)
        self._digest.update(identity)
        if isinstance(item, Row) and item.values["updated_at"]:
            self._newest = max(self._newest, item.values["updated_at"])

    def _locations(self, since: datetime | None) -> Iterator[tuple[str, object]]:
        self._has_moved = True  # until the end of the listing is seen
        ids: set[str] = set()
        versions: set[bytes] = set()  # of records with an id; an id with two versions has moved
        seen: set[bytes] = set()
        pages = barren = 0
        try:
            for page in self._listing.pages(since):
                if barren == BARREN_PAGES:
                    raise self._without_end()
                pages += 1
                self._clocks += [page.sent_at] if page.sent_at else []
                before = len(seen)
                for record in page.records:
                    self._records += 1
                    keys = with_dotted(record, [name for name in (self._id, self._moment) if "." in name])
                    key = self._key(keys)
                    if isinstance(keys, dict) and isinstance(keys.get(self._id), str | int):
                        ids.add(str(keys[self._id]))
                        versions.add(key)
                    seen.add(key)
                    yield f"item {self._records}", record
                barren = barren + 1 if len(seen) == before else 0
            self._has_moved = pages > 1 and len(ids) < len(versions)
        except SourceProblem as problem:
            place = f", page {pages + 1}" if pages else ""
            self.problem = SourceProblem(
                problem.where + place, found=problem.found, expected=problem.expected, do=problem.do
            )

    def _key(self, record: Any) -> bytes:
        """Return a digest that identifies a record within one reading.

        It is made from the id and the moment of the record, or from the whole record if one of them is missing.
        """
        values = [record.get(name) for name in (self._id, self._moment)] if isinstance(record, dict) else [None]
        return _short(values if all(isinstance(value, str | int) for value in values) else record)

    def _without_end(self) -> SourceProblem:
        return SourceProblem(
            f"{self._source.name}: conversations",
            found=f"{BARREN_PAGES} pages in a row that bring nothing new",
            expected=f"new records or the listing's end (a {self._source.shape.next} that is null)",
            do="Ask its operator why it does not end; what was received earlier is kept, and the next run tries again.",
        )

    def _since(self, *, has_overlap: bool) -> datetime | None:
        """Return the moment since which changes are requested, or None for all records."""
        if self._before.through == EPOCH:
            return None
        return self._before.through - (OVERLAP if has_overlap else timedelta())


class _Order:
    """The order of the moments of some records, in which they came."""

    def __init__(self) -> None:
        self.first: datetime | None = None
        self.last = EPOCH
        self._is_rising = True

    @property
    def is_proved(self) -> bool:
        """Whether no record came after one that changed later. One moment alone proves nothing."""
        return self._is_rising and self.first is not None and self.first < self.last

    def add(self, moments: pa.TimestampArray) -> None:
        for moment in moments.drop_null().to_pylist():
            self.first = self.first or moment
            self._is_rising = self._is_rising and moment >= self.last
            self.last = moment


def known_identities(landing: Landing, source: str, deliveries: list[str]) -> set[bytes]:
    """Return the identities of all records of some deliveries, including the rejected records.

    Args:
        landing: Where the deliveries are stored.
        source: The name of the platform's source.
        deliveries: The names of the deliveries to read.

    Returns:
        Digests of `IDENTITY_BYTES` bytes.
    """
    known: set[bytes] = set()
    columns = ["conversation_id", "updated_at", "is_deleted", "canonical_json"]
    columns += ["nickname_pseudonym", "connection_pseudonym"]
    for values in landing.rows(source, conversations.TABLE, deliveries, columns):
        known.add(_identity(Row(conversations.TABLE, values)))
    for values in landing.rows(source, "rejected", deliveries, ["fingerprint"]):
        known.add(_identity(Rejection("", "", "", values["fingerprint"])))
    return known


def _identity(item: Item) -> bytes:
    """Return a digest that stays the same when a record is served again.

    Return no bytes for a finding about a record that is kept.
    """
    if isinstance(item, Rejection):
        return _short(item.fingerprint) if item.fingerprint else b""
    values: dict[str, Any] = item.values
    if values["is_deleted"]:
        return _short([values["conversation_id"], values["updated_at"] and values["updated_at"].isoformat()])
    return _short([values["canonical_json"], values.get("nickname_pseudonym"), values.get("connection_pseudonym")])


def _short(parts: Any) -> bytes:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=IDENTITY_BYTES).digest()
