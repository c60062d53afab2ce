"""Receive one source into the landing, from its files or over HTTP. Skip what is already known."""

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path

import pyarrow as pa

from connectors.catalogue import KINDS
from connectors.chat.conversations import HIDDEN
from connectors.chat.incremental import Changes, Mark, known_identities
from connectors.errors import SourceProblem, printable, unforeseen
from connectors.gate import Judged, lost
from connectors.landing import Landing
from connectors.source import NOT_HONOURED, Context, Item, Rows, Source, SourceFile
from connectors.storage.durable_files import Incoming
from connectors.storage.receipts import COUNTED, QUARANTINED, WITHDRAWN, Receipt
from connectors.transport.document import downloaded
from connectors.transport.folder import Digests, check_type, list_files, unchanged_while_read

Progress = Callable[[int], None]

IN_QUARANTINE = "it is in quarantine and does not count"

# Threads that read records compete for the Python interpreter. Reading the files in turns is faster.
_IN_TURNS = threading.Lock()


@dataclass
class Received:
    """The result of one pull of one source: its counts and its problems.

    Attributes:
        deliveries: Accepted deliveries.
        rows: New rows, in all tables.
        rejected: New rejections.
        problems: One line for each file, or listing, that could not be read completely.
        reading: A digest of the settings of the reading, or an empty text if the source could not be read at all.
    """

    source: str
    deliveries: int = 0
    rows: int = 0
    rejected: int = 0
    problems: list[str] = field(default_factory=list)
    reading: str = field(default="", compare=False)

    def add(self, receipt: Receipt, *, is_known: bool = False) -> None:
        """Count one delivery.

        Args:
            receipt: The receipt of the delivery.
            is_known: Whether the same bytes were received earlier under another name. They then add no rows.
        """
        self.deliveries += 1
        if not is_known:
            self.rows += sum(receipt.rows.values())
            self.rejected += receipt.rejected


def receive(source: Source, landing: Landing, context: Context, progress: Progress = lambda rows: None) -> Received:
    """Receive the new data of one source.

    A file that cannot be read becomes a problem in the result. The other files are still received.

    Args:
        source: The configured source.
        landing: Where the deliveries are stored.
        context: What the readers need, such as the codebook and the pseudonym key.
        progress: Called about every 10,000 rows, with the number of rows of the current delivery so far.

    Returns:
        The counts and the problems of this pull.

    Raises:
        SourceProblem: If the source as a whole cannot be read, or if its earlier deliveries were pseudonymised with
            another key.
    """
    pull = _Pull(source, landing, context, progress)
    if any(receipt.key_id != context.key_id for receipt in pull.receipts):
        raise SourceProblem(
            source.name,
            found="a pseudonym key other than the one of earlier deliveries",
            expected="the same key: with another, every returning visitor counts as a new person",
            do="Give zicht the key that was used before.",
        )
    if source.url and source.kind == "chat":
        pull.listing()
    elif source.url:
        pull.document()
    elif source.path:
        pull.files(source.path)
    return pull.received


def how_to_decide(receipt: Receipt) -> str:
    """Return what a person can do about a delivery in quarantine."""
    return f'If it is right: zicht approve {receipt.delivery[:12]} --reason "…". If not, deliver it again.'


class _Pull:
    """One pull of one source: what it needs, the receipts so far, and the result so far."""

    def __init__(self, source: Source, landing: Landing, context: Context, progress: Progress) -> None:
        self.receipts = landing.all_receipts(source.name)
        self._source = source
        self._kind = KINDS[source.kind]
        self._reading = hashlib.sha256(self._kind.reading(source, context).encode()).hexdigest()[:16]
        self.received = Received(source.name, reading=self._reading)
        self._landing = landing
        self._context = context
        self._progress = progress
        newest = max((receipt.newest for receipt in self._counted()), default="")
        self._newest = datetime.fromisoformat(newest) if newest else None

    def files(self, root: Path) -> None:
        """Receive the files below the source's folder, or its only file. A faulty file does not stop the others."""
        files = list_files(self._source.name, root)
        names = Counter(file.name for file in files)
        digests = Digests(self._landing.digests(self._source.name))
        for file in files:
            where = f"{self._source.name}: {file.name}"
            try:
                if names[file.name] > 1:
                    raise SourceProblem(
                        where,
                        found="another file whose name differs only in how its letters are written",
                        expected="names that differ",
                        do="Rename one, or take out the older one.",
                    )
                check_type(self._source.name, file, self._kind.suffixes)
                self._file(root if root.is_dir() else root.parent, file, digests)
            except SourceProblem as problem:
                self.received.problems.append(str(problem))
            except OSError:  # the disk failed, not this file
                raise
            except Exception as error:  # noqa: BLE001 - one faulty file must not stop the others
                self.received.problems.append(f"{printable(where, limit=300)}: {unforeseen(error)}.")
        if digests.now != digests.before:
            self._landing.keep_digests(self._source.name, digests.now)

    def document(self) -> None:
        """Receive the file at the source's address. New content under the same name is a new delivery."""
        with downloaded(self._source) as file:
            self._file(file.path.parent, file, Digests({}))

    def listing(self) -> None:
        """Receive a platform's changes, as many pages as can be read.

        If a setting changed the meaning of the records, the listing is read from its start.
        """
        pulls = [pull for pull in self.receipts if pull.updated_through and pull.state != QUARANTINED]
        pulls = [*takewhile(lambda pull: pull.reading == self._reading, reversed(pulls))]
        counted = [pull for pull in pulls if pull.state == COUNTED]
        marks = [datetime.fromisoformat(pull.updated_through or "") for pull in counted]
        before = Mark(max(marks), counted[0].is_cut) if counted else Mark()
        known = known_identities(self._landing, self._source.name, [pull.delivery for pull in pulls])
        changes = Changes(self._source, self._context, before, known)
        with self._landing.incoming(self._source.name, self._kind.tables) as incoming:
            judged = self._write(incoming, changes.items())
            self.received.problems += [str(changes.problem)] if changes.problem else []
            mark, delivery = changes.mark, changes.delivery
            if not incoming.rows and mark == before:
                return
            held = [pull for pull in self.receipts if pull.state == QUARANTINED and pull.reading == self._reading]
            if same := next((pull for pull in held if pull.delivery == delivery), None):
                self._report(same)
                return
            name = f"conversations#{delivery[:12]}"
            through = mark.through.isoformat()
            receipt = replace(self._receipt(name, delivery, delivery), updated_through=through, is_cut=mark.is_cut)
            receipt = self._place(receipt, incoming, judged)
            receipt = self._settled(receipt, receipt.faults)
        self._accept(receipt)

    def _file(self, root: Path, file: SourceFile, digests: Digests) -> None:
        source = self._source
        with unchanged_while_read(source.name, root, file, digests) as content:
            settings = self._kind.reading(source, self._context)
            delivery = hashlib.sha256(f"{content}\n{settings}".encode()).hexdigest()[:32]
            newest = next((receipt for receipt in reversed(self.receipts) if receipt.file == file.name), None)
            if newest and newest.delivery == delivery:
                self._report(newest)
                return
            receipt = self._receipt(file.name, delivery, content)
            same = next((one for one in reversed(self.receipts) if one.delivery == delivery), None)
            if same:
                receipt = replace(same, sequence=receipt.sequence, file=file.name, received_at=receipt.received_at)
            else:
                with self._landing.incoming(source.name, self._kind.tables) as incoming:
                    with _IN_TURNS:
                        judged = self._write(incoming, self._kind.read_file(source, file, self._context))
                    receipt = self._place(receipt, incoming, judged)
            fault = lost(source, self._kind, self._landing, receipt, self._counted())
            receipt = self._settled(receipt, "; ".join(filter(None, (receipt.faults, fault))))
        self._accept(receipt, is_known=same is not None)

    def _write(self, incoming: Incoming, items: Iterator[Item | Rows]) -> Judged:
        judged = Judged(self._source, self._kind, self._newest)
        reported = written = 0
        for item in items:
            incoming.write(item)
            judged.add(item)
            written += len(item.values) if isinstance(item, Rows) else 1
            if written - reported >= 10_000:
                reported = written
                self._progress(reported)
        return judged

    def _place(self, receipt: Receipt, incoming: Incoming, judged: Judged) -> Receipt:
        """Judge what was written, move it into the landing, and return its receipt with all counts."""
        faults, hidden = judged.verdict(self._landing, receipt.path, self._counted())
        counts = dict(sorted(incoming.rows.items()))
        if hidden:
            incoming.write(Rows(HIDDEN, pa.RecordBatch.from_pydict({"conversation_id": hidden})))
        self._landing.place(self._source.name, incoming, receipt.delivery)
        return replace(
            receipt,
            rejected=counts.pop("rejected", 0),
            rows=counts,
            not_honoured=incoming.not_honoured,
            faults=faults,
            live=judged.live,
            flagged=judged.flagged if self._source.kind == "chat" else None,
            newest=judged.newest.isoformat() if judged.newest else "",
            newer=judged.newer,
            hides=len(hidden),
        )

    def _counted(self) -> list[Receipt]:
        return [receipt for receipt in self.receipts if receipt.state == COUNTED]

    def _settled(self, receipt: Receipt, faults: str) -> Receipt:
        """Return a receipt with its state. A person's decision holds for the content, however it is read later."""
        for one in reversed(self.receipts):
            if one.content == receipt.content and one.decided:
                return replace(receipt, faults=faults, state=one.state, decided=one.decided)
        return replace(receipt, faults=faults, state=QUARANTINED if faults else COUNTED)

    def _report(self, receipt: Receipt) -> None:
        """Report what is wrong with a delivery for as long as it is."""
        if receipt.state != WITHDRAWN:
            self._check_honoured(receipt)
        if receipt.state == QUARANTINED:
            problem = SourceProblem(
                f"{self._source.name}: {receipt.file}",
                found=receipt.faults,
                expected=f"a delivery that means what it seems to mean; {IN_QUARANTINE}",
                do=how_to_decide(receipt),
            )
            self.received.problems.append(str(problem))

    def _check_honoured(self, receipt: Receipt) -> None:
        """Report deletions that could not be read: somebody asked to be forgotten."""
        if receipt.not_honoured:
            problem = SourceProblem(
                f"{self._source.name}: {receipt.file}",
                found=f"{receipt.not_honoured} records that may be deletions and cannot be read ({NOT_HONOURED})",
                expected="an id, and true or false in the field deleted",
                do="See marts.rejected; ask the platform to deliver them again, or use `zicht erase`.",
            )
            self.received.problems.append(str(problem))

    def _receipt(self, file: str, delivery: str, content: str) -> Receipt:
        return Receipt(
            sequence=self.receipts[-1].sequence + 1 if self.receipts else 1,
            source=self._source.name,
            kind=self._source.kind,
            file=file,
            delivery=delivery,
            content=content,
            key_id=self._context.key_id,
            received_at=datetime.now(UTC).isoformat(timespec="seconds"),
            rows={},
            rejected=0,
            reading=self._reading,
        )

    def _accept(self, receipt: Receipt, *, is_known: bool = False) -> None:
        """Write the receipt last: from then on the delivery counts, or waits in quarantine."""
        self._landing.accept(receipt)
        self.receipts.append(receipt)
        if receipt.state == COUNTED:
            self.received.add(receipt, is_known=is_known)
        self._report(receipt)
