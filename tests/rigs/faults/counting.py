"""Return what the build reads of a landing: the deliveries that count, chosen by the real dbt model."""

import hashlib
from collections.abc import Iterable

import duckdb
import pyarrow as pa

from connectors.landing import Landing
from flows.runtime.configuration import DBT_PROJECT

MODEL = (DBT_PROJECT / "models" / "intermediate" / "int_deliveries_current.sql").read_text(encoding="utf-8")
RECEIPTS = "{{ ref('stg_landing__receipts') }}"
SHAPE = pa.schema(
    [
        *((name, pa.string()) for name in ("source_id", "kind", "file_name", "delivery_id", "content_hash")),
        ("sequence_number", pa.int64()),
        ("reading", pa.string()),
        ("is_snapshot", pa.bool_()),
    ]
)
CONNECTION = duckdb.connect()


def counting(landing: Landing, sources: Iterable[str]) -> list[tuple[str, str, str, str]]:
    """Return (source, file, delivery, content) of each delivery that counts, sorted."""
    receipts = [receipt for source in sources for receipt in landing.receipts(source)]
    contents = {(receipt.source, receipt.delivery): receipt.content for receipt in receipts}
    assert RECEIPTS in MODEL
    rows = [
        (r.source, r.kind, r.file, r.delivery, r.content, r.sequence, r.reading, r.kind == "coding") for r in receipts
    ]
    table = pa.Table.from_pylist([dict(zip(SHAPE.names, row, strict=True)) for row in rows], schema=SHAPE)
    CONNECTION.register("receipts_read", table)
    found = CONNECTION.execute(MODEL.replace(RECEIPTS, "receipts_read")).fetchall()
    return sorted((source, file, delivery, contents[source, delivery]) for source, _, delivery, file, *_ in found)


def input_hash(landing: Landing, sources: Iterable[str]) -> str:
    """Return one hash of everything that the build reads: the deliveries that count, their names, and their bytes."""
    digest = hashlib.sha256()
    for source, file, delivery, content in counting(landing, sources):
        digest.update(repr((source, file, delivery, content)).encode())
        for path in sorted((landing.root / source).glob(f"*/{delivery}.parquet")):
            digest.update(path.parent.name.encode() + path.read_bytes())
    return digest.hexdigest()
