"""Deliveries in any order make the same warehouse: what the build reads is the same, and so is what it makes of it."""

import gzip
import itertools
import json
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from promises import cases
from samples import (
    a_coding,
    a_context,
    a_figure,
    a_record,
    coding_bytes,
    glotip_bytes,
    ndjson,
    registry_bytes,
    table_bytes,
    workbook_bytes,
)

from connectors.ingest import receive
from connectors.landing import Landing
from connectors.source import Source
from connectors.storage import durable_files
from rigs.faults.counting import input_hash

KINDS = {"fier": "chat", "csg": "chat", "coding": "coding", "comensha": "comensha", "glotip": "glotip"}
Note = Callable[[str, object], None]
Delivery = tuple[str, str, bytes]  # (source, name, content)


def chat_csv(*numbers: int) -> bytes:
    header = ["conversation_id", "nickname", "started_at", "tags", "updated_at", "deleted"]
    rows = [[{**a_record(number), "tags": "mensenhandel"}[name] for name in header] for number in numbers]
    return table_bytes(header, *rows)


def codings(*numbers: int, **cells: str) -> bytes:
    return coding_bytes(*(a_coding(number, **cells) for number in numbers))


def sheet(*numbers: int) -> bytes:
    header = ["gesprek_id", "gecodeerd_op", "mensenhandel", "dubbel_van"]
    return workbook_bytes({"Blad1": [header, *([f"fier:C-{number}", "2021-02-01", 1, None] for number in numbers)]})


LATER = {"updated_at": "2021-02-01T00:00:00Z"}
TIED = {"tags": ["anders"]}
# New bytes under a name, an older version and a deletion that come in any order, and the same bytes under two names.
FIVE: list[Delivery] = [
    ("fier", "a.jsonl", ndjson(a_record(1), a_record(2), a_record(3, **LATER))),
    ("fier", "a.jsonl", ndjson(a_record(1, **TIED), a_record(2, deleted=True), a_record(3), a_record(4, tags=5))),
    ("csg", "b.csv", chat_csv(1, 2)),
    ("coding", "c.csv", codings(1, 3, rol="1")),
    ("coding", "b.csv", codings(1, 3, rol="1")),
]
TWENTY: list[Delivery] = [
    *FIVE,
    ("fier", "b.jsonl.gz", gzip.compress(ndjson(a_record(5), a_record(1, **LATER)), mtime=0)),
    ("fier", "c.json", json.dumps([a_record(6), None, a_record(2, **LATER)]).encode()),
    ("fier", "map/a.jsonl", ndjson(a_record(7), a_record(8))),
    ("fier", "map/b.jsonl", ndjson(a_record(7), a_record(8))),
    ("fier", "a.jsonl", ndjson(a_record(1, nickname="anders"))),
    ("csg", "b.csv", chat_csv(2, 3)),
    ("csg", "a.csv", chat_csv(2, 3)),
    ("csg", "c.csv", chat_csv(4)),
    ("coding", "d.csv", codings(1, 2, rol="2")),
    ("coding", "e.xlsx", sheet(5, 6)),
    ("coding", "f.csv", codings(9, dubbel_van="fier:C-1")),
    ("comensha", "a.xlsx", registry_bytes(["Totaal", 5, 6])),
    ("comensha", "b.xlsx", registry_bytes(["Totaal", "1.334", "<5"])),
    ("glotip", "a.xlsx", glotip_bytes(a_figure(5))),
    ("glotip", "b.xlsx", glotip_bytes(a_figure("1,334"), a_figure("x"))),
]


@pytest.fixture(autouse=True)
def on_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a crash would leave is tested elsewhere; thousands of deliveries need not be forced to disk."""
    monkeypatch.setattr(durable_files, "sync", lambda path: None)


def taken_in(order: Sequence[Delivery]) -> str:
    """The hash of what a build would read, once these deliveries were taken in, one a night."""
    with tempfile.TemporaryDirectory() as folder:
        landing = Landing(Path(folder) / "landing")
        for source, name, content in order:
            path = Path(folder) / "inbox" / source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            place = Path(folder) / "inbox" / source
            received = receive(Source(source, KINDS[source], path=place), landing, a_context())
            assert (received.deliveries, received.problems) == (1, [])
        return input_hash(landing, KINDS)


def shuffled(deliveries: Sequence[Delivery], orders: int) -> Iterator[list[Delivery]]:
    for seed in range(orders):
        yield random.Random(seed).sample(deliveries, len(deliveries))


@pytest.mark.full
def test_all_120_orders_of_five_deliveries_are_read_alike(record_property: Note) -> None:
    assert len({taken_in(order) for order in itertools.permutations(FIVE)}) == 1
    record_property("orders", "one hash over all 120 orders of five deliveries")


def test_some_orders_of_twenty_deliveries_are_read_alike() -> None:
    assert len(TWENTY) == 20
    assert len({taken_in(order) for order in shuffled(TWENTY, 5)}) == 1


@pytest.mark.full
def test_many_orders_of_twenty_deliveries_are_read_alike(record_property: Note) -> None:
    orders = cases(30, 200)
    assert len({taken_in(order) for order in shuffled(TWENTY, orders)}) == 1
    record_property("orders", f"one over {orders} random orders of twenty")


def test_a_delivery_that_is_left_out_is_read_otherwise() -> None:
    """The hash sees each of them, but for the same bytes under a name that sorts later."""
    whole = taken_in(TWENTY)
    same = [number for number in range(20) if taken_in(TWENTY[:number] + TWENTY[number + 1 :]) == whole]
    assert [TWENTY[number][1] for number in same] == ["c.csv", "map/b.jsonl", "b.csv"]
