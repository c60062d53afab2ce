"""Write files that survive a crash: synced to disk, complete under their final name, or not there."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.errors import SourceProblem
from connectors.source import NOT_HONOURED, REJECTED, Item, Rejection, Row, Rows

BATCH_ROWS = 5_000


class Incoming:
    """A writer for the rows and rejections of one delivery.

    It writes in batches, so memory use does not grow with the delivery.

    Attributes:
        files: The path of each file that was started, by table name.
        rows: The number of rows written, by table name. Rejections count under `rejected`.
        not_honoured: The number of records that may be deletions and could not be read.
    """

    def __init__(self, folder: Path, tables: Mapping[str, pa.Schema]) -> None:
        self._folder = folder
        self._schemas = {**tables, "rejected": REJECTED}
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._batches: dict[str, list[dict[str, Any]]] = {table: [] for table in self._schemas}
        self.files: dict[str, Path] = {}
        self.rows: Counter[str] = Counter()
        self.not_honoured = 0

    def write(self, item: Item | Rows) -> None:
        if isinstance(item, Rows):
            self._flush(item.table)
            self._write(item.table, item.values)
            self.rows[item.table] += len(item.values)
            return
        table, values = (item.table, item.values) if isinstance(item, Row) else ("rejected", asdict(item))
        self.not_honoured += isinstance(item, Rejection) and item.rule == NOT_HONOURED
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
        with writing(self._folder):
            if table not in self._writers:
                self.files[table] = self._folder / f"{table}.parquet"
                self._writers[table] = pq.ParquetWriter(self.files[table], self._schemas[table], compression="zstd")
            self._writers[table].write_batch(batch)

    def finish(self) -> None:
        """Write the rows that are still in memory, and close the files.

        Raises:
            SourceProblem: If the disk cannot be written.
        """
        for table in self._batches:
            self._flush(table)
        self.close()

    def close(self) -> None:
        while self._writers:
            with writing(self._folder):
                self._writers.popitem()[1].close()


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Raise a SourceProblem about the disk, to separate a full disk from a source that cannot be read."""
    try:
        yield
    except OSError as error:
        raise SourceProblem(
            str(folder),
            found=os.strerror(error.errno) if error.errno else type(error).__name__,
            expected="a folder that can be written",
            do="Make room on the disk, or give zicht the right to write; earlier deliveries are kept.",
        ) from None


def sync(path: Path) -> None:
    """Flush a file or folder to disk (fsync)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_names(folder: Path, root: Path) -> None:
    """Flush the names in a folder and in all folders above it, up to the parent of `root`.

    Any of them may be new. If a crash lost the folder of the rows but kept the receipt, the receipt would still count.
    """
    while folder != root.parent:
        sync(folder)
        folder = folder.parent
    sync(folder)


def write_durably(path: Path, text: str) -> None:
    """Write a small file atomically. After any crash, either the old file or the complete new file is there.

    Args:
        path: The path of the file. Its folder is created if it is missing.
        text: The new content of the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text)
    put(temporary, path)


def put(written: Path, path: Path) -> None:
    """Move a written file to its final name, and flush both. A file that has this name is replaced in one step."""
    sync(written)
    written.rename(path)
    sync(path.parent)


def write_json(path: Path, content: Any) -> None:
    """Write a small JSON file as `write_durably` does, with sorted keys, so that equal contents give equal bytes."""
    write_durably(path, json.dumps(content, indent=1, sort_keys=True) + "\n")
