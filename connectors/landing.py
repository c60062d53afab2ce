"""Deliveries on disk: immutable Parquet files named by their content, and the receipts that make them count.

    <root>/<source>/<table>/<delivery>.parquet      the rows
    <root>/<source>/rejected/<delivery>.parquet     what was rejected, without its values
    <root>/<source>/receipts/<sequence>-<delivery>.json
    <root>/<source>/digests.json                    of the files that were read; without it they are read again

A receipt is written last: rows without one do not count, and the next attempt writes the same files again.
"""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.errors import SourceProblem
from connectors.source import REJECTED, Item, Row, Rows

# One batch of a table as it is to be; the same object where nothing changes.
Change = Callable[[pa.RecordBatch], pa.RecordBatch]

BATCH_ROWS = 5_000
DIGESTS = "digests.json"
NOTHING_RECEIVED = "_none"  # the folder of the empty, typed tables


@dataclass(frozen=True)
class Receipt:
    """That one delivery was accepted: from where, when, how much.

    `delivery` names the rows, `content` the bytes they were read from, `file` where people know them;
    `updated_through` (HTTP only) is the moment up to which the platform has been read.
    """

    sequence: int
    source: str
    kind: str
    file: str
    delivery: str
    content: str
    key_id: str
    received_at: str
    rows: dict[str, int]
    rejected: int
    updated_through: str | None = None


class Landing:
    """All deliveries below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self, tables: Mapping[str, pa.Schema]) -> None:
        """Clear away what an interrupted run left, and give every table an empty, typed file."""
        for leftover in self.root.glob("*/.incoming"):
            shutil.rmtree(leftover)
        for table, schema in {**tables, "rejected": REJECTED}.items():
            path = self.root / NOTHING_RECEIVED / table / "none.parquet"
            if not path.exists() or not pq.read_schema(path).equals(schema):
                path.parent.mkdir(parents=True, exist_ok=True)
                pq.write_table(schema.empty_table(), path.with_suffix(".tmp"))
                sync(path.with_suffix(".tmp"))
                path.with_suffix(".tmp").rename(path)

    def receipts(self, source: str) -> list[Receipt]:
        """The receipts of a source in the order in which they were accepted."""
        paths = sorted((self.root / source / "receipts").glob("*.json"))
        return [Receipt(**json.loads(path.read_text())) for path in paths]

    def key_ids(self) -> set[str]:
        """Recognises the keys of the pseudonyms here, one a source: all its receipts have the same."""
        folders = [self.root / source / "receipts" for source in self.sources()]
        latest = [max(folder.glob("*.json"), default=None) for folder in folders]
        return {json.loads(path.read_text())["key_id"] for path in latest if path} - {""}

    def digests(self, source: str) -> dict[str, str]:
        """What `keep_digests` kept last; nothing where that is gone or damaged, as files can be read again."""
        try:
            found: dict[str, str] = json.loads((self.root / source / DIGESTS).read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return found

    def keep_digests(self, source: str, digests: dict[str, str]) -> None:
        """Keep the digests of a source's files until the next time (connectors/transport/folder.py)."""
        folder = self.root / source
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            write_durably(folder / DIGESTS, json.dumps(digests, indent=1, sort_keys=True) + "\n")

    def rows(self, source: str, table: str, deliveries: list[str], columns: list[str]) -> Iterator[dict[str, Any]]:
        """Some columns of a source's deliveries, row by row."""
        for delivery in deliveries:
            for batch in self.batches(source, table, delivery, columns):
                yield from batch.to_pylist()

    def batches(
        self, source: str, table: str, delivery: str, columns: list[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Some columns, or all, of one table of a delivery; nothing where it has no such rows.

        Raises:
            SourceProblem: the file is damaged.
        """
        path = self._path(source, table, delivery)
        if path.exists():
            try:
                with pq.ParquetFile(path) as file:
                    yield from file.iter_batches(BATCH_ROWS, columns=columns)
            except (pa.ArrowException, OSError):
                raise SourceProblem(
                    str(path),
                    found="a damaged file",
                    expected="the rows of a delivery, as they were written",
                    do="Restore it from the backup of the folder landing; nothing was published.",
                ) from None

    def changed(
        self, source: str, table: str, delivery: str, change: Change
    ) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        """The batches of one table of a delivery that a change alters, before and after."""
        for batch in self.batches(source, table, delivery):
            after = change(batch)
            if after is not batch:
                yield batch, after

    def sources(self) -> list[str]:
        """All sources that ever delivered, sorted."""
        return sorted(path.parent.name for path in self.root.glob("*/receipts"))

    def rewrite(self, source: str, table: str, delivery: str, change: Change) -> None:
        """Put a changed table in the place of a delivery's: after any crash the old one or the new one is there."""
        path = self._path(source, table, delivery)
        with self._aside(source) as folder, _writing(folder):
            written = folder / path.name
            with pq.ParquetWriter(written, pq.read_schema(path), compression="zstd") as writer:
                for batch in self.batches(source, table, delivery):
                    writer.write_batch(change(batch))
            sync(written)
            written.rename(path)
            sync(path.parent)

    def accept(self, receipt: Receipt) -> None:
        """Make a delivery count."""
        folder = self.root / receipt.source / "receipts"
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{receipt.sequence:08d}-{receipt.delivery}.json"
            write_durably(path, json.dumps(asdict(receipt), indent=1, sort_keys=True) + "\n")
            self._sync_names(folder)

    @contextmanager
    def incoming(self, source: str, tables: Mapping[str, pa.Schema]) -> Iterator["Incoming"]:
        """Write one delivery aside; nothing of it stays unless it is placed."""
        with self._aside(source) as folder:
            writer = Incoming(folder, tables)
            try:
                yield writer
            finally:
                writer.close()

    @contextmanager
    def _aside(self, source: str) -> Iterator[Path]:
        """An empty folder beside a source's tables; nothing that stays in it is kept."""
        folder = self.root / source / ".incoming"
        shutil.rmtree(folder, ignore_errors=True)
        with _writing(folder):
            folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def place(self, source: str, incoming: "Incoming", delivery: str) -> None:
        """Move the written tables to their final names."""
        incoming.finish()
        with _writing(self.root / source):
            for table, written in incoming.files.items():
                path = self._path(source, table, delivery)
                path.parent.mkdir(parents=True, exist_ok=True)
                sync(written)
                written.rename(path)
                self._sync_names(path.parent)

    def _sync_names(self, folder: Path) -> None:
        """A folder may be new, and so may be those above it: a receipt that outlived its rows' folder would count."""
        while folder != self.root.parent:
            sync(folder)
            folder = folder.parent
        sync(folder)

    def _path(self, source: str, table: str, delivery: str) -> Path:
        return self.root / source / table / f"{delivery}.parquet"


class Incoming:
    """Rows and rejections on their way to disk, batch by batch, so that memory does not grow with a delivery."""

    def __init__(self, folder: Path, tables: Mapping[str, pa.Schema]) -> None:
        self._folder = folder
        self._schemas = {**tables, "rejected": REJECTED}
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._batches: dict[str, list[dict[str, Any]]] = {table: [] for table in self._schemas}
        self.files: dict[str, Path] = {}
        self.rows: Counter[str] = Counter()

    def write(self, item: Item | Rows) -> None:
        if isinstance(item, Rows):
            self._flush(item.table)
            self._write(item.table, item.values)
            self.rows[item.table] += len(item.values)
            return
        table, values = (item.table, item.values) if isinstance(item, Row) else ("rejected", asdict(item))
        batch = self._batches[table]
        batch.append(values)
        self.rows[table] += 1
        if len(batch) >= BATCH_ROWS:
            self._flush(table)

    def _flush(self, table: str) -> None:
        batch, self._batches[table] = self._batches[table], []
        if batch:
            self._write(table, pa.RecordBatch.from_pylist(batch, schema=self._schemas[table]))

    def _write(self, table: str, batch: pa.RecordBatch) -> None:
        with _writing(self._folder):
            if table not in self._writers:
                self.files[table] = self._folder / f"{table}.parquet"
                self._writers[table] = pq.ParquetWriter(self.files[table], self._schemas[table], compression="zstd")
            self._writers[table].write_batch(batch)

    def finish(self) -> None:
        """Write what is still in memory and complete the files."""
        for table in self._batches:
            self._flush(table)
        self.close()

    def close(self) -> None:
        while self._writers:
            with _writing(self._folder):
                self._writers.popitem()[1].close()


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Tell a full disk apart from a source that cannot be read."""
    try:
        yield
    except OSError as error:
        raise SourceProblem(
            str(folder),
            found=os.strerror(error.errno) if error.errno else type(error).__name__,
            expected="a folder that can be written",
            do="Make room on the disk, or give zicht the right to write; earlier deliveries are kept.",
        ) from None


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def sync(path: Path) -> None:
    """Have the kernel write a file or folder out."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, text: str) -> None:
    """Write a small file so that after any crash the old one or the whole new one is there."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text)
    sync(temporary)
    temporary.rename(path)
    sync(path.parent)
