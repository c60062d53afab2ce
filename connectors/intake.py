"""One source, from its files or its HTTP listing into the landing; what is known already is passed over."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from connectors import chat
from connectors.catalogue import KINDS
from connectors.errors import SourceProblem
from connectors.files import list_files, standing_still
from connectors.http import Document, Listing
from connectors.landing import Incoming, Landing, Receipt, now
from connectors.source import Context, Item, Rejection, Row, Source, SourceFile

# How far before the last known change a platform is read again: its clock may be wrong by a day and more, and records
# of one moment may arrive late. A week of conversations is one page.
OVERLAP = timedelta(days=7)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Progress = Callable[[int], None]


@dataclass
class Received:
    """What one pull of one source brought."""

    source: str
    deliveries: int = 0
    rows: int = 0
    rejected: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, receipt: Receipt, *, is_known: bool = False) -> None:
        """Count a delivery in; bytes that are known already under another name bring no rows."""
        self.deliveries += 1
        if not is_known:
            self.rows += sum(receipt.rows.values())
            self.rejected += receipt.rejected


def receive(source: Source, landing: Landing, context: Context, progress: Progress = lambda rows: None) -> Received:
    """Take in what a source has that is new. A file that cannot be read is a problem; the others are taken.

    Raises:
        SourceProblem: the source as a whole cannot be read, or was pseudonymised with another key before.
    """
    receipts = landing.receipts(source.name)
    if any(receipt.key_id != context.key_id for receipt in receipts):
        raise SourceProblem(
            source.name,
            found="a pseudonym key other than the one of earlier deliveries",
            expected="the same key: with another, every returning visitor counts as a new person",
            do="Give zicht the key that was used before.",
        )
    received = Received(source.name)
    if source.url and source.kind != "chat":
        _receive_document(source, landing, context, receipts, received, progress)
    elif source.url:
        _receive_listing(source, landing, context, receipts, received, progress)
    elif source.path:
        for file in list_files(source.name, source.path):
            try:
                _receive_file(source, file, landing, context, receipts, received, progress)
            except SourceProblem as problem:
                received.problems.append(str(problem))
    return received


def _receive_file(
    source: Source,
    file: SourceFile,
    landing: Landing,
    context: Context,
    receipts: list[Receipt],
    received: Received,
    progress: Progress,
) -> None:
    kind = KINDS[source.kind]
    if not file.name.lower().endswith(kind.suffixes):
        raise SourceProblem(
            f"{source.name}: {file.name}",
            found="a file of another type",
            expected=f"one of {' '.join(kind.suffixes)}",
            do="Take it out of the folder, or deliver it in one of these types.",
        )
    assert source.path is not None
    root = source.path if source.path.is_dir() else source.path.parent
    with standing_still(source.name, root, file) as content:
        delivery = hashlib.sha256(f"{content}\n{kind.reading(source, context)}".encode()).hexdigest()[:32]
        newest = next((receipt for receipt in reversed(receipts) if receipt.file == file.name), None)
        if newest and newest.delivery == delivery:
            return
        if same := next((receipt for receipt in receipts if receipt.delivery == delivery), None):
            rows, rejected = same.rows, same.rejected
        else:
            with landing.incoming(source.name, kind.tables) as incoming:
                _write(incoming, kind.read_file(source, file, context), progress)
                landing.place(source.name, incoming, delivery)
                rows, rejected = _counts(incoming)
    receipt = Receipt(
        sequence=receipts[-1].sequence + 1 if receipts else 1,
        source=source.name,
        kind=source.kind,
        file=file.name,
        delivery=delivery,
        content=content,
        key_id=context.key_id,
        received_at=now(),
        rows=rows,
        rejected=rejected,
    )
    landing.accept(receipt)
    receipts.append(receipt)
    received.add(receipt, is_known=same is not None)


def _receive_document(
    source: Source,
    landing: Landing,
    context: Context,
    receipts: list[Receipt],
    received: Received,
    progress: Progress,
) -> None:
    """Take in a file from its address; new content under the same name is a new delivery."""
    assert source.url is not None
    content = Document(source.name, source.url, source.token).content()
    with TemporaryDirectory(prefix="zicht-") as folder:
        name = PurePosixPath(unquote(urlsplit(source.url).path)).stem or "workbook"
        path = Path(folder) / f"{name}.xlsx"
        path.write_bytes(content)
        _receive_file(
            replace(source, path=path), SourceFile(path, path.name), landing, context, receipts, received, progress
        )


def _receive_listing(
    source: Source,
    landing: Landing,
    context: Context,
    receipts: list[Receipt],
    received: Received,
    progress: Progress,
) -> None:
    """Read a platform's changes. All pages or nothing: half a listing would move the mark past what was not read."""
    assert source.url is not None
    pulls = [receipt for receipt in receipts if receipt.updated_through]
    through = max((datetime.fromisoformat(pull.updated_through or "") for pull in pulls), default=None)
    # Whole seconds, as the platform is asked: what it gives must be what is known.
    since = (max(through, EPOCH) - OVERLAP).replace(microsecond=0) if through else None
    known = _known(source.name, landing, [pull.delivery for pull in pulls], since)
    listing = Listing(source.name, source.url, source.token)
    clocks: list[datetime] = [datetime.now(UTC)]

    def records() -> Iterator[tuple[str, object]]:
        number = 0
        for page in listing.pages(since.strftime("%Y-%m-%dT%H:%M:%SZ") if since else None):
            clocks.extend([page.sent_at] if page.sent_at else [])
            for record in page.records:
                number += 1
                yield f"item {number}", record

    digest = hashlib.sha256()
    newest = through
    with landing.incoming(source.name, KINDS[source.kind].tables) as incoming:
        items = chat.read_records(source, f"{source.name}: conversations", records(), context)
        for item in _new(items, known):
            digest.update(_identity(item).encode() + b"\n")
            _write(incoming, iter([item]), progress)
            if isinstance(item, Row):
                newest = max(newest or item.values["updated_at"], item.values["updated_at"])
        if not incoming.rows:
            return
        delivery = digest.hexdigest()[:32]
        if any(pull.delivery == delivery for pull in pulls):
            return  # a platform that overlooks `updated_since` sends all that is old again
        landing.place(source.name, incoming, delivery)
        rows, rejected = _counts(incoming)
    receipt = Receipt(
        sequence=receipts[-1].sequence + 1 if receipts else 1,
        source=source.name,
        kind=source.kind,
        file=f"conversations#{delivery[:12]}",
        delivery=delivery,
        content=delivery,
        key_id=context.key_id,
        received_at=now(),
        rows=rows,
        rejected=rejected,
        # A record dated in the future must not push the mark past what is still to come: no clock may be passed. Where
        # no record could be read, all are asked for again.
        updated_through=min(*clocks, newest or EPOCH).isoformat(),
    )
    landing.accept(receipt)
    received.add(receipt)


def _known(source: str, landing: Landing, deliveries: list[str], since: datetime | None) -> set[str]:
    """The identities of the records that the overlap brings again."""
    known: set[str] = set()
    columns = ["conversation_id", "updated_at", "is_deleted", "canonical_json"]
    columns += ["nickname_pseudonym", "connection_pseudonym"]
    for table in landing.table(source, chat.TABLE, deliveries, columns):
        for values in table.to_pylist():
            if since is None or values["updated_at"] >= since:
                known.add(_identity(Row(chat.TABLE, values)))
    for table in landing.table(source, "rejected", deliveries, ["fingerprint"]):
        known.update(text for text in table["fingerprint"].to_pylist() if text)
    return known


def _identity(item: Item) -> str:
    if isinstance(item, Rejection):
        return item.fingerprint or json.dumps([item.field, item.rule])
    values = item.values
    if values["is_deleted"]:
        return json.dumps([values["conversation_id"], values["updated_at"].isoformat()])
    return json.dumps([values["canonical_json"], values.get("nickname_pseudonym"), values.get("connection_pseudonym")])


def _new(items: Iterator[Item], known: set[str]) -> Iterator[Item]:
    """The items that are not known; a known record's findings go with it."""
    record_is_known: str | None = None
    for item in items:
        location = item.values["location"] if isinstance(item, Row) else item.location
        if isinstance(item, Row) and _identity(item) in known:
            record_is_known = location
        elif location != record_is_known and not (isinstance(item, Rejection) and item.fingerprint in known):
            if isinstance(item, Rejection) and item.fingerprint:
                known.add(item.fingerprint)  # it may come again on a later page
            yield item


def _write(incoming: Incoming, items: Iterator[Item], progress: Progress) -> None:
    for item in items:
        incoming.write(item)
        total = sum(incoming.rows.values())
        if total % 10_000 == 0:
            progress(total)


def _counts(incoming: Incoming) -> tuple[dict[str, int], int]:
    rows = dict(sorted(incoming.rows.items()))
    return rows, rows.pop("rejected", 0)
