"""Store deliveries on disk, as Parquet files named by their content and receipts that say whether they count.

    <root>/<source>/<table>/<delivery>.parquet      the rows
    <root>/<source>/rejected/<delivery>.parquet     what was rejected, without its values
    <root>/<source>/receipts/<sequence>-<delivery>.json
    <root>/<source>/digests.json                    digests of the files that were read

The Parquet files are immutable. Only a removal of personal data replaces one (`Landing.rewrite`). The receipt is
written last. Rows without a receipt do not count, and the next attempt writes the same files again. Without
`digests.json`, the files of the source are read again.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.errors import SourceProblem
from connectors.source import REJECTED
from connectors.storage.durable_files import BATCH_ROWS, Incoming, put, sync_names, write_json, writing
from connectors.storage.receipts import COUNTED, QUARANTINED, WITHDRAWN, Receipt

# A function that returns the new version of a batch of a table. It returns the same object if nothing changes.
Change = Callable[[pa.RecordBatch], pa.RecordBatch]

DIGESTS = "digests.json"
NOTHING_RECEIVED = "_none"  # the folder of the empty, typed tables


def files_of(table: str) -> str:
    """Return the pattern of the files of a table in all sources, relative to the landing.

    Earlier versions landed the figures of registries in tables such as `comensha_figures`. Their files are files of
    `registry_figures`. dbt has the same pattern (dbt_project/models/staging/registries/_registries.yml).
    """
    return f"*/{'*_figures' if table == 'registry_figures' else table}/*.parquet"


class Landing:
    """All deliveries below one root folder.

    `source`, `table` and `delivery` are names: of a source in `zicht.toml`, a landing table, and the rows of a receipt.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self, tables: Mapping[str, pa.Schema]) -> None:
        """Remove what an interrupted run left, and write an empty, typed file for every table.

        Args:
            tables: The schema of each table, by table name.
        """
        for leftover in self.root.glob("*/.incoming"):
            shutil.rmtree(leftover)
        for table, schema in {**tables, "rejected": REJECTED}.items():
            path = self.root / NOTHING_RECEIVED / table / "none.parquet"
            if not path.exists() or not pq.read_schema(path).equals(schema):
                path.parent.mkdir(parents=True, exist_ok=True)
                pq.write_table(schema.empty_table(), path.with_suffix(".tmp"))
                put(path.with_suffix(".tmp"), path)

    def receipts(self, source: str) -> list[Receipt]:
        """Return the receipts of a source's deliveries that count, in the order of their arrival."""
        return [receipt for receipt in self.all_receipts(source) if receipt.state == COUNTED]

    def all_receipts(self, source: str) -> list[Receipt]:
        """Return all receipts of a source, also those in quarantine and the withdrawn ones, in the order of arrival."""
        paths = sorted((self.root / source / "receipts").glob("*.json"))
        return [Receipt(**json.loads(path.read_text())) for path in paths]

    def quarantined(self, source: str) -> list[Receipt]:
        """Return the receipts of a source that wait for a decision.

        A newer content of the same path replaces them, unless they hide conversations, which only a person can end.
        """
        receipts = [receipt for receipt in self.all_receipts(source) if receipt.state != WITHDRAWN]
        newest = {receipt.path: receipt for receipt in receipts}
        held = [receipt for receipt in receipts if receipt.state == QUARANTINED]
        return [receipt for receipt in held if receipt.hides or newest[receipt.path] is receipt]

    def decide(self, receipt: Receipt, state: str, by: str, at: str, reason: str) -> None:
        """Write a person's decision into a receipt.

        Args:
            receipt: The receipt.
            state: `counted` or `withdrawn`.
            by: The user who decided.
            at: The moment, in ISO format.
            reason: Why.

        Raises:
            SourceProblem: If the disk cannot be written.
        """
        self.accept(replace(receipt, state=state, decided={"by": by, "at": at, "reason": reason}))

    def key_ids(self) -> set[str]:
        """Return the ids of the pseudonym keys that were used in this landing.

        One receipt of each source is enough, because all receipts of a source have the same key.
        """
        folders = [self.root / source / "receipts" for source in self.sources()]
        latest = [max(folder.glob("*.json"), default=None) for folder in folders]
        return {json.loads(path.read_text())["key_id"] for path in latest if path} - {""}

    def digests(self, source: str) -> dict[str, str]:
        """Return the digests that `keep_digests` stored last.

        Returns:
            The SHA-256 of each file, by the state of the file. The dict is empty if the stored digests are missing or
            damaged, because the files can be read again.

        Example:
            `{"2049 131 5120 1609459200000000000 1609459200000000000": "9f86d0..."}`
        """
        try:
            return dict(json.loads((self.root / source / DIGESTS).read_text()))
        except (FileNotFoundError, ValueError):
            return {}

    def keep_digests(self, source: str, digests: dict[str, str]) -> None:
        """Store the digests of a source's files, so that the next run need not read unchanged files again.

        These digests replace the ones that were stored before.

        Args:
            digests: The SHA-256 of each file. The key is the state of the file: its device, inode, size and dates, as
                connectors/transport/folder.py writes them.

        Raises:
            SourceProblem: If the file of digests cannot be written.
        """
        with writing(self.root / source):
            write_json(self.root / source / DIGESTS, digests)

    def rows(self, source: str, table: str, deliveries: list[str], columns: list[str]) -> Iterator[dict[str, Any]]:
        """Yield some columns of a source's deliveries, one row at a time.

        Yields:
            One dict for each row, by column name.

        Raises:
            SourceProblem: If a file is damaged.
        """
        for delivery in deliveries:
            for batch in self.batches(source, table, delivery, columns):
                yield from batch.to_pylist()

    def batches(
        self, source: str, table: str, delivery: str, columns: list[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield one table of a delivery, in batches. Yield nothing if the delivery has no rows for the table.

        Args:
            columns: The names of the columns to read, or None for all columns.

        Yields:
            Record batches of at most `BATCH_ROWS` rows.

        Raises:
            SourceProblem: If the file is damaged.
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

    def sources(self) -> list[str]:
        """Return the names of all sources that ever delivered, sorted."""
        return sorted(path.parent.name for path in self.root.glob("*/receipts"))

    def rewrite(self, source: str, table: str, delivery: str, change: Change) -> None:
        """Replace one table of a delivery by its changed version.

        The replacement is atomic. After any crash, either the old file or the new file is there.

        Args:
            change: The change to apply to each batch.

        Raises:
            SourceProblem: If the file is damaged, or the disk cannot be written.
        """
        path = self._path(source, table, delivery)
        with self._aside(source) as folder, writing(folder):
            written = folder / path.name
            with pq.ParquetWriter(written, pq.read_schema(path), compression="zstd") as writer:
                for batch in self.batches(source, table, delivery):
                    writer.write_batch(change(batch))
            put(written, path)

    def accept(self, receipt: Receipt) -> None:
        """Write the receipt of a delivery. From then on the delivery counts, unless its state is another.

        Raises:
            SourceProblem: If the disk cannot be written.
        """
        folder = self.root / receipt.source / "receipts"
        with writing(folder):
            write_json(folder / f"{receipt.sequence:08d}-{receipt.delivery}.json", asdict(receipt))
            sync_names(folder, self.root)

    @contextmanager
    def incoming(self, source: str, tables: Mapping[str, pa.Schema]) -> Iterator[Incoming]:
        """Open a writer for one delivery, in a temporary folder.

        On leaving, everything is removed that `place` has not moved.

        Args:
            tables: The schema of each table, by table name.

        Yields:
            The writer.

        Raises:
            SourceProblem: If the disk cannot be written.
        """
        with self._aside(source) as folder, closing(Incoming(folder, tables)) as writer:
            yield writer

    @contextmanager
    def _aside(self, source: str) -> Iterator[Path]:
        """Create an empty folder beside the source's tables. On leaving, remove it with its contents."""
        folder = self.root / source / ".incoming"
        shutil.rmtree(folder, ignore_errors=True)
        with writing(folder):
            folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def place(self, source: str, incoming: Incoming, delivery: str) -> None:
        """Complete the written tables and move them to their final names.

        Args:
            incoming: The writer of the delivery.

        Raises:
            SourceProblem: If the disk cannot be written.
        """
        incoming.finish()
        with writing(self.root / source):
            for table, written in incoming.files.items():
                path = self._path(source, table, delivery)
                path.parent.mkdir(parents=True, exist_ok=True)
                put(written, path)
                sync_names(path.parent, self.root)

    def _path(self, source: str, table: str, delivery: str) -> Path:
        return self.root / source / table / f"{delivery}.parquet"
