"""Deliveries on disk: whole, typed, named by content, and counted only with a receipt."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from samples import NAME, Inbox, a_record, ndjson, problem_in, problem_of

from connectors import landing as landing_module
from connectors.catalogue import TABLES
from connectors.landing import Landing
from connectors.source import REJECTED, Rejection, Row
from connectors.storage import durable_files
from connectors.storage.durable_files import write_durably
from connectors.storage.receipts import Receipt

TABLE = {"numbers": pa.schema([("n", pa.int64())])}


def a_receipt(sequence: int = 1, delivery: str = "d1") -> Receipt:
    return Receipt(
        sequence, NAME, "chat", "a.jsonl", delivery, "c", "k", "2021-01-01T00:00:00+00:00", {"numbers": 1}, 0
    )


def write(landing: Landing, *numbers: int, delivery: str = "d1") -> None:
    with landing.incoming(NAME, TABLE) as incoming:
        for number in numbers:
            incoming.write(Row("numbers", {"n": number}))
        landing.place(NAME, incoming, delivery)


@contextmanager
def full_disk(free: int) -> Iterator[None]:
    """No file of this process may grow beyond `free` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_source_never_received_has_an_empty_typed_table(tmp_path: Path) -> None:
    Landing(tmp_path).prepare(TABLES)
    for table, schema in {**TABLES, "rejected": REJECTED}.items():
        found = pq.read_table(tmp_path / "_none" / table / "none.parquet")
        assert (found.num_rows, found.schema.equals(schema)) == (0, True)


def test_preparing_twice_writes_nothing(tmp_path: Path) -> None:
    Landing(tmp_path).prepare(TABLES)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    Landing(tmp_path).prepare(TABLES)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_table_of_an_older_shape_is_made_anew(tmp_path: Path) -> None:
    Landing(tmp_path).prepare(TABLE)
    newer = {"numbers": pa.schema([("n", pa.int64()), ("more", pa.string())])}
    Landing(tmp_path).prepare(newer)
    assert pq.read_schema(tmp_path / "_none" / "numbers" / "none.parquet").names == ["n", "more"]


def test_what_an_interrupted_run_left_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / NAME / ".incoming").mkdir(parents=True)
    (tmp_path / NAME / ".incoming" / "numbers.parquet").write_bytes(b"half")
    Landing(tmp_path).prepare(TABLE)
    assert not (tmp_path / NAME / ".incoming").exists()


def test_rows_in_are_rows_out_over_many_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (durable_files, landing_module):
        monkeypatch.setattr(module, "BATCH_ROWS", 3)
    write(Landing(tmp_path), *range(10))
    rows = Landing(tmp_path).rows(NAME, "numbers", ["d1"], ["n"])
    assert [row["n"] for row in rows] == list(range(10))


def test_a_table_without_rows_has_no_file(tmp_path: Path) -> None:
    with Landing(tmp_path).incoming(NAME, TABLE) as incoming:
        incoming.write(Rejection("row 1", "n", "not_a_number"))
        Landing(tmp_path).place(NAME, incoming, "d1")
    assert list((tmp_path / NAME / "rejected").glob("d1.parquet"))
    assert not list((tmp_path / NAME / "numbers").glob("d1.parquet"))


def test_what_is_not_placed_leaves_nothing(tmp_path: Path) -> None:
    with Landing(tmp_path).incoming(NAME, TABLE) as incoming:
        incoming.write(Row("numbers", {"n": 1}))
        incoming.finish()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write(Landing(tmp_path / folder), *range(1000))
    one, two = sorted(tmp_path.glob("*/*/numbers/d1.parquet"))
    assert one.read_bytes() == two.read_bytes()


def test_receipts_come_back_in_the_order_of_acceptance(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    for sequence in (2, 10, 1):
        landing.accept(a_receipt(sequence, f"d{sequence}"))
    assert landing.receipts(NAME) == [a_receipt(1, "d1"), a_receipt(2, "d2"), a_receipt(10, "d10")]


def test_there_are_no_receipts_of_an_unknown_source(tmp_path: Path) -> None:
    assert Landing(tmp_path).receipts("nobody") == []


def test_a_receipt_holds_counts_names_and_hashes_only(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "chat")
    inbox.put("a.jsonl", ndjson(a_record(1), None))
    inbox.receive()
    [receipt] = inbox.landing.receipts(NAME)
    told = asdict(receipt)
    assert (told.pop("rows"), told.pop("rejected")) == ({"conversations": 1}, 1)
    assert datetime.fromisoformat(told.pop("received_at")) <= datetime.now(UTC)
    assert len(told.pop("content")) == 64 and len(told.pop("delivery")) == 32 and len(told.pop("key_id")) == 16
    assert len(told.pop("reading")) == 16
    assert told == {
        "sequence": 1,
        "source": NAME,
        "kind": "chat",
        "file": "a.jsonl",
        "updated_through": None,
        "not_honoured": 0,
        "state": "counted",
        "faults": "",
        "decided": {},
        "live": 1,
        "flagged": 1,
        "newest": "2020-06-15T10:00:00+00:00",
        "newer": 0,
        "is_cut": False,
        "hides": 0,
    }


@pytest.mark.parametrize("free", [0, 4, 2000])
def test_a_full_disk_leaves_nothing_that_counts_and_the_next_run_goes_on(tmp_path: Path, free: int) -> None:
    inbox = Inbox(tmp_path, "chat")
    inbox.put("a.jsonl", ndjson(*[a_record(number, tags=[os.urandom(20).hex()]) for number in range(300)]))
    with full_disk(free):
        [line] = inbox.receive().problems
    problem = problem_in(line)
    assert (problem.found, problem.expected) == ("File too large", "a folder that can be written")
    assert inbox.landed() == {}
    assert inbox.receive().rows == 300


def test_half_a_receipt_does_not_count(tmp_path: Path) -> None:
    with full_disk(10):
        problem = problem_of(Landing(tmp_path).accept, a_receipt())
    assert problem.expected == "a folder that can be written"
    assert Landing(tmp_path).receipts(NAME) == []


def test_rows_without_a_receipt_are_written_again(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "chat")
    inbox.put("a.jsonl", ndjson(a_record(1)))
    inbox.receive()
    before = inbox.landed()
    [receipt] = (inbox.landing.root / NAME / "receipts").iterdir()
    receipt.unlink()
    assert inbox.rows("conversations") == []
    assert inbox.receive().deliveries == 1
    assert {name for name in before if name.endswith(".parquet")} <= inbox.landed().keys()
    assert len(inbox.landing.receipts(NAME)) == 1


def test_a_small_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_durably(path, "old")
    with full_disk(1), pytest.raises(OSError):
        write_durably(path, "newer and longer")
    assert path.read_text() == "old"
    write_durably(path, "new")
    assert path.read_text() == "new"
