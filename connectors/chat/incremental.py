"""What a platform's listing has that is new, also where it moves while its pages are read."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.chat import conversations
from connectors.errors import SourceProblem
from connectors.landing import Landing
from connectors.source import Context, Item, Rejection, Row, Source
from connectors.transport.http import Listing

# How far before the last known change a platform is read again: its clock may be wrong by a day and more, and records
# of one moment may arrive late. A week of conversations is a few pages.
OVERLAP = timedelta(days=7)
# After so many pages in a row without an id and moment unseen in this reading, a listing that goes on has no end. A
# boundary second or a listing that moves repeats a page or two; ten hold up to 2,000 records, and cost seconds.
BARREN_PAGES = 10
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
IDENTITY_BYTES = 16


class Changes:
    """The new records of one pull; `delivery`, `through` and `problem` hold once all `items` were taken.

    `through` is the moment up to which the platform was read before, `known` the identities of all that it gave.
    """

    def __init__(self, source: Source, context: Context, through: datetime | None, known: set[bytes]) -> None:
        assert source.url is not None
        self.problem: SourceProblem | None = None
        self._source = source
        self._context = context
        self._listing = Listing(source.name, source.url, source.token, source.ca_file)
        self._before = through
        self._newest = through
        self._known = known
        self._clocks = [datetime.now(UTC)]
        self._digest = hashlib.sha256()
        self._records = 0
        self._has_moved = False
        self._id, self._moment = (source.columns.get(field, field) for field in ("conversation_id", "updated_at"))

    def items(self) -> Iterator[Item]:
        """The new records, with their findings.

        A record that changes while pages are read moves to the end, and where a cursor counts records, those after it
        move up: one is overlooked. The record that moved comes twice, and then the listing is read once more.

        Raises:
            SourceProblem: the listing cannot be read to its end, has no end, or is empty although the platform gave
                records before.
        """
        yield from self._reading()
        if not self._records and self._before and self._before > EPOCH:
            raise SourceProblem(
                f"{self._source.name}: conversations",
                found="no conversation at all",
                expected="at least the last one known",
                do="Ask who runs it; what was received earlier is kept.",
            )
        if not self._has_moved:
            return
        try:
            known = len(self._known)
            yield from self._reading()
            self._has_moved = self._has_moved and len(self._known) > known
        except SourceProblem as problem:
            self.problem = problem

    @property
    def delivery(self) -> str:
        """The name of what is new."""
        return self._digest.hexdigest()[:32]

    @property
    def through(self) -> datetime:
        """The moment up to which the platform has been read now.

        A listing that moved to the last is read again from where it was read now. A record dated in the future must not
        push the mark past what is still to come: no clock may be passed. Where no record could be read, all are asked
        for again.
        """
        if self._has_moved:
            return self._before or EPOCH
        return min(*self._clocks, self._newest or EPOCH)

    def _reading(self) -> Iterator[Item]:
        kept: str | None = None  # where the last record that is new stood; findings beside it belong to it
        where = f"{self._source.name}: conversations"
        for item in conversations.read_records(self._source, where, self._locations(), self._context):
            location = item.values["location"] if isinstance(item, Row) else item.location
            if identity := _identity(item):
                kept = None if identity in self._known else location
                self._note(item, identity)
            if location == kept:
                yield item

    def _note(self, item: Item, identity: bytes) -> None:
        if identity in self._known:
            return
        self._known.add(identity)
        self._digest.update(identity)
        if isinstance(item, Row):
            self._newest = max(self._newest or item.values["updated_at"], item.values["updated_at"])

    def _locations(self) -> Iterator[tuple[str, object]]:
        self._has_moved = True  # until its end was seen
        ids: Counter[str] = Counter()
        seen: set[bytes] = set()
        pages = barren = 0
        for page in self._listing.pages(self._since()):
            if barren == BARREN_PAGES:
                raise self._without_end(pages)
            pages += 1
            self._clocks += [page.sent_at] if page.sent_at else []
            before = len(seen)
            for record in page.records:
                self._records += 1
                if isinstance(record, dict) and isinstance(record.get(self._id), str):
                    ids[record[self._id]] += 1
                seen.add(self._key(record))
                yield f"item {self._records}", record
            barren = barren + 1 if len(seen) == before else 0
        self._has_moved = pages > 1 and len(ids) < ids.total()

    def _key(self, record: Any) -> bytes:
        """What makes a record another one within a reading: its id and moment, or all of one that lacks either."""
        values = [record.get(name) for name in (self._id, self._moment)] if isinstance(record, dict) else [None]
        return _short(values if all(isinstance(value, str) for value in values) else record)

    def _without_end(self, pages: int) -> SourceProblem:
        return SourceProblem(
            f"{self._source.name}: conversations, page {pages}",
            found=f"{BARREN_PAGES} pages in a row that bring nothing new",
            expected="new records or the listing's end (a next_cursor that is null)",
            do="Ask who runs it why it does not end; what was received earlier is kept and the next run tries again.",
        )

    def _since(self) -> str | None:
        """From when changes are asked for, in whole seconds; None is from the first."""
        if self._before is None:
            return None
        return (max(self._before, EPOCH) - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")


def known_identities(landing: Landing, source: str, deliveries: list[str]) -> set[bytes]:
    """The identities of all records of these deliveries, also of those that were rejected."""
    known: set[bytes] = set()
    columns = ["conversation_id", "updated_at", "is_deleted", "canonical_json"]
    columns += ["nickname_pseudonym", "connection_pseudonym"]
    for values in landing.rows(source, conversations.TABLE, deliveries, columns):
        known.add(_identity(Row(conversations.TABLE, values)))
    for values in landing.rows(source, "rejected", deliveries, ["fingerprint"]):
        known.add(_identity(Rejection("", "", "", values["fingerprint"])))
    return known


def _identity(item: Item) -> bytes:
    """What makes a record the same when it is served again; nothing for a finding beside a record that is kept."""
    if isinstance(item, Rejection):
        return _short(item.fingerprint) if item.fingerprint else b""
    values: dict[str, Any] = item.values
    if values["is_deleted"]:
        return _short([values["conversation_id"], values["updated_at"].isoformat()])
    return _short([values["canonical_json"], values.get("nickname_pseudonym"), values.get("connection_pseudonym")])


def _short(parts: Any) -> bytes:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=IDENTITY_BYTES).digest()
