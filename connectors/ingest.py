"""Receive one source into the landing, from its files or over HTTP. Skip what is already known."""

import hashlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from connectors.catalogue import KINDS
from connectors.chat.incremental import Changes, known_identities
from connectors.errors import SourceProblem, printable, unforeseen
from connectors.landing import Incoming, Landing, Receipt, now
from connectors.source import Context, Item, Rows, Source, SourceFile
from connectors.transport.folder import Digests, list_files, standing_still
from connectors.transport.http import Document

Progress = Callable[[int], None]

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
    """

    source: str
    deliveries: int = 0
    rows: int = 0
    rejected: int = 0
    problems: list[str] = field(default_factory=list)

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
        _receive_files(source, source.path, landing, context, receipts, received, progress)
    return received


def _receive_files(
    source: Source,
    root: Path,
    landing: Landing,
    context: Context,
    receipts: list[Receipt],
    received: Received,
    progress: Progress,
) -> None:
    files = list_files(source.name, root)
    names = Counter(file.name for file in files)
    digests = Digests(landing.digests(source.name))
    for file in files:
        try:
            if names[file.name] > 1:
                raise SourceProblem(
                    f"{source.name}: {file.name}",
                    found="another file whose name differs only in how its letters are written",
                    expected="names that differ",
                    do="Rename one, or take out the older one.",
                )
            _receive_file(source, file, digests, landing, context, receipts, received, progress)
        except SourceProblem as problem:
            received.problems.append(str(problem))
        except OSError:  # the disk failed, not this file
            raise
        except Exception as error:  # noqa: BLE001 - one faulty file must not stop the others
            where = printable(f"{source.name}: {file.name}", limit=300)
            received.problems.append(f"{where}: {unforeseen(error)}.")
    if digests.now != digests.before:
        landing.keep_digests(source.name, digests.now)


def _receive_file(
    source: Source,
    file: SourceFile,
    digests: Digests,
    landing: Landing,
    context: Context,
    receipts: list[Receipt],
    received: Received,
    progress: Progress,
) -> None:
    kind = KINDS[source.kind]
    if file.path.is_dir():
        raise SourceProblem(
            f"{source.name}: {file.name}",
            found="a link to a folder",
            expected="the folder itself",
            do="Put its files there; links out of the folder are not followed.",
        )
    if not file.name.lower().endswith(kind.suffixes):
        raise SourceProblem(
            f"{source.name}: {file.name}",
            found="a file of another type",
            expected=f"one of {' '.join(kind.suffixes)}",
            do="Take it out of the folder, or deliver it in one of these types.",
        )
    assert source.path is not None
    root = source.path if source.path.is_dir() else source.path.parent
    with standing_still(source.name, root, file, digests) as content:
        delivery = hashlib.sha256(f"{content}\n{kind.reading(source, context)}".encode()).hexdigest()[:32]
        newest = next((receipt for receipt in reversed(receipts) if receipt.file == file.name), None)
        if newest and newest.delivery == delivery:
            return
        if same := next((receipt for receipt in receipts if receipt.delivery == delivery), None):
            rows, rejected = same.rows, same.rejected
        else:
            with landing.incoming(source.name, kind.tables) as incoming:
                with _IN_TURNS:
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
    """Receive the file at the source's address. New content under the same name is a new delivery."""
    assert source.url is not None
    content = Document(source.name, source.url, source.token, source.ca_file).content()
    with TemporaryDirectory(prefix="zicht-") as folder:
        name = PurePosixPath(unquote(urlsplit(source.url).path)).stem or "workbook"
        path = Path(folder) / f"{name}.xlsx"
        path.write_bytes(content)
        os.utime(path, (0, 0))  # an old date shows that the file is complete
        file = SourceFile(path, path.name)
        _receive_file(replace(source, path=path), file, Digests({}), landing, context, receipts, received, progress)


def _receive_listing(
    source: Source,
    landing: Landing,
    context: Context,
    receipts: list[Receipt],
    received: Received,
    progress: Progress,
) -> None:
    """Receive a platform's changes: all pages or none.

    Half a listing would move the `updated_through` mark past records that were not read.
    """
    pulls = [receipt for receipt in receipts if receipt.updated_through]
    through = max((datetime.fromisoformat(pull.updated_through or "") for pull in pulls), default=None)
    known = known_identities(landing, source.name, [pull.delivery for pull in pulls])
    changes = Changes(source, context, through, known)
    with landing.incoming(source.name, KINDS[source.kind].tables) as incoming:
        _write(incoming, changes.items(), progress)
        received.problems += [str(changes.problem)] if changes.problem else []
        if not incoming.rows:
            return
        landing.place(source.name, incoming, changes.delivery)
        rows, rejected = _counts(incoming)
    receipt = Receipt(
        sequence=receipts[-1].sequence + 1 if receipts else 1,
        source=source.name,
        kind=source.kind,
        file=f"conversations#{changes.delivery[:12]}",
        delivery=changes.delivery,
        content=changes.delivery,
        key_id=context.key_id,
        received_at=now(),
        rows=rows,
        rejected=rejected,
        updated_through=changes.through.isoformat(),
    )
    landing.accept(receipt)
    received.add(receipt)


def _write(incoming: Incoming, items: Iterator[Item | Rows], progress: Progress) -> None:
    reported = written = 0
    for item in items:
        incoming.write(item)
        written += len(item.values) if isinstance(item, Rows) else 1
        if written - reported >= 10_000:
            reported = written
            progress(reported)


def _counts(incoming: Incoming) -> tuple[dict[str, int], int]:
    rows = dict(sorted(incoming.rows.items()))
    return rows, rows.pop("rejected", 0)
