"""What a removal takes out of each table of a delivery, and how many rows about somebody go with it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from samples import NAME, Inbox, a_coding, a_record, coding_bytes, ndjson

from connectors.chat import conversations
from connectors.landing import Change
from connectors.purge import changes, deleted_ids, has_live, persons_rows
from connectors.storage.durable_files import BATCH_ROWS

GONE = {"updated_at": "2021-02-01T00:00:00Z", "deleted": True}
KEPT_FROM = datetime(2021, 1, 1, tzinfo=UTC)


def gone(*ids: str) -> Any:
    return lambda found, beginning: pc.is_in(
        pc.binary_join_element_wise(beginning, found, ""), pa.array(ids, pa.string())
    )


def deliver(folder: Path, kind: str, *contents: bytes) -> tuple[Inbox, list[str]]:
    """An inbox that took in some files, and their deliveries."""
    inbox = Inbox(folder, kind)
    for number, content in enumerate(contents):
        inbox.put(f"{number}.{'jsonl' if kind == 'chat' else 'csv'}", content)
    received = inbox.receive()
    assert received.problems == []
    return inbox, [receipt.delivery for receipt in inbox.landing.receipts(NAME)]


def found_changes(
    inbox: Inbox, kind: str, delivery: str, *ids: str, kept_from: datetime | None = None
) -> dict[str, Change]:
    return changes(inbox.landing, NAME, kind, delivery, gone(*ids), kept_from)


def left(inbox: Inbox, delivery: str, table: str, made: dict[str, Change]) -> list[dict[str, Any]]:
    """The rows of a table after its change, if there is one."""
    batches = inbox.landing.batches(NAME, table, delivery)
    return [row for batch in batches for row in (made[table](batch) if made else batch).to_pylist()]


def conversation_ids(
    folder: Path, *records: Any, ids: tuple[str, ...] = (), kept_from: datetime | None = None
) -> list[str]:
    """The conversations that are left of one delivery of a platform."""
    inbox, [delivery] = deliver(folder, "chat", ndjson(*records))
    made = found_changes(inbox, "chat", delivery, *ids, kept_from=kept_from)
    assert list(made) in ([], ["conversations"])
    return [row["conversation_id"] for row in left(inbox, delivery, conversations.TABLE, made)]


def test_a_conversation_is_live_unless_any_delivery_erases_it(tmp_path: Path) -> None:
    inbox, [first, second, third] = deliver(
        *(tmp_path, "chat", ndjson(a_record(1)), ndjson({"conversation_id": "C-1", **GONE}), ndjson(a_record(2)))
    )
    assert has_live(inbox.landing, NAME, [first])
    assert has_live(inbox.landing, NAME, [first, second, third])
    assert not has_live(inbox.landing, NAME, [first, second])
    assert not has_live(inbox.landing, NAME, [second, first])
    assert not has_live(inbox.landing, NAME, [])


def test_whom_a_platform_erased_is_told_with_its_source_of_the_deliveries_asked_for(tmp_path: Path) -> None:
    inbox, [first, second] = deliver(
        *(tmp_path, "chat", ndjson(a_record(1), {"conversation_id": "C-2", **GONE})),
        ndjson({"conversation_id": "C-1", **GONE}, a_record(3)),
    )
    assert deleted_ids(inbox.landing, NAME, [first]) == {"bron:C-2"}
    assert deleted_ids(inbox.landing, NAME, [second]) == {"bron:C-1"}
    assert deleted_ids(inbox.landing, NAME, [first, second]) == {"bron:C-1", "bron:C-2"}
    assert deleted_ids(inbox.landing, NAME, []) == set()


def test_of_a_chat_the_forgotten_and_the_erased_go(tmp_path: Path) -> None:
    records = (a_record(1), a_record(2), {"conversation_id": "C-3", **GONE}, a_record(4))
    assert conversation_ids(tmp_path, *records, ids=("bron:C-1", "C-2", "fier:C-2", "bron:C-22")) == ["C-2", "C-4"]


def test_of_a_chat_what_began_before_its_term_goes(tmp_path: Path) -> None:
    moments = (
        "2020-12-31T23:59:59.999999Z",
        "2021-01-01T00:00:00Z",
        "2021-01-01T00:59:59+01:00",
        "2022-01-01T00:00:00Z",
    )
    records = [a_record(number, started_at=moment, ended_at=None) for number, moment in enumerate(moments)]
    assert conversation_ids(tmp_path / "a", *records, kept_from=KEPT_FROM) == ["C-1", "C-3"]
    assert conversation_ids(tmp_path / "b", *records, ids=("bron:C-1",), kept_from=KEPT_FROM) == ["C-3"]
    assert conversation_ids(tmp_path / "c", *records) == ["C-0", "C-1", "C-2", "C-3"]


def test_of_a_chat_in_which_nothing_changes_there_is_nothing_to_take_out(tmp_path: Path) -> None:
    inbox, [delivery] = deliver(tmp_path, "chat", ndjson(a_record(1)))
    assert found_changes(inbox, "chat", delivery, "bron:C-2", kept_from=datetime(2019, 1, 1, tzinfo=UTC)) == {}


def altered(inbox: Inbox, table: str, delivery: str, change: Change) -> list[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """The batches that a change alters, before and after."""
    pairs = [(batch, change(batch)) for batch in inbox.landing.batches(NAME, table, delivery)]
    return [(before, after) for before, after in pairs if after is not before]


def test_a_batch_in_which_nothing_changes_stays_as_it_is(tmp_path: Path) -> None:
    records = [a_record(number) for number in range(BATCH_ROWS + 1)]
    inbox, [delivery] = deliver(tmp_path, "chat", ndjson(*records))
    [change] = found_changes(inbox, "chat", delivery, f"bron:C-{BATCH_ROWS}").values()
    first, second = inbox.landing.batches(NAME, conversations.TABLE, delivery)
    assert change(first) is first
    [(before, after)] = altered(inbox, conversations.TABLE, delivery, change)
    assert before == second and len(after) == 0


def test_a_registry_holds_nobody() -> None:
    assert changes(None, NAME, "comensha", "0" * 16, gone("bron:C-1"), KEPT_FROM) == {}  # type: ignore[arg-type]


CODINGS = coding_bytes(
    a_coding(1, rol="1", leeftijd="oud", gecodeerd_op="2020-12-31"),
    a_coding(2, rol="1", vorm_seks="1", leeftijd="oud", dubbel_van="fier:C-1", gecodeerd_op="2021-01-01"),
    a_coding(3, rol="2", leeftijd="oud", gecodeerd_op="2021-01-02"),
    a_coding(3, rol="3", leeftijd="oud", gecodeerd_op="2021-01-03"),
)


def codings(folder: Path, *ids: str, kept_from: datetime | None = None) -> dict[str, list[Any]]:
    """What is left of one delivery of codings: by table, what names its rows."""
    inbox, [delivery] = deliver(folder, "coding", CODINGS)
    made = found_changes(inbox, "coding", delivery, *ids, kept_from=kept_from)
    # Rows that are taken up again need the ids of the codings: these go last.
    tables = ["coding_values", "rejected", "codings"]
    assert list(made) in ([], tables)
    rows = {table: left(inbox, delivery, table, made) for table in tables}
    return {
        "coding_values": [(row["row_number"], row["column_name"]) for row in rows["coding_values"]],
        "rejected": [(row["location"], row["field"]) for row in rows["rejected"]],
        "codings": [(row["row_number"], row["gesprek_id"], row["duplicate_of"]) for row in rows["codings"]],
    }


def test_of_codings_everything_about_the_forgotten_goes_and_nobody_is_joined_to_them(tmp_path: Path) -> None:
    everything = codings(tmp_path / "a")
    numbers = [number for number, _, _ in everything["codings"]]
    assert [one[1:] for one in everything["codings"]] == [
        ("fier:C-1", None),
        ("fier:C-2", "fier:C-1"),
        ("fier:C-3", None),
        ("fier:C-3", None),
    ]
    assert [number for number, _ in everything["coding_values"]] == [numbers[place] for place in (0, 1, 1, 2, 3)]
    assert len(everything["rejected"]) == 4

    without = codings(tmp_path / "b", "fier:C-1")
    assert without["codings"] == [
        (numbers[1], "fier:C-2", None),
        (numbers[2], "fier:C-3", None),
        (numbers[3], "fier:C-3", None),
    ]
    assert without["coding_values"] == everything["coding_values"][1:]
    assert without["rejected"] == everything["rejected"][1:]

    twice = codings(tmp_path / "c", "fier:C-3")
    assert twice["codings"] == everything["codings"][:2]
    assert twice["coding_values"] == everything["coding_values"][:3]
    assert twice["rejected"] == everything["rejected"][:2]


def test_of_codings_what_was_coded_before_its_term_goes(tmp_path: Path) -> None:
    everything, late = codings(tmp_path / "a"), codings(tmp_path / "b", kept_from=KEPT_FROM)
    # The conversation itself may be kept: to which one this belongs stays.
    assert late == {table: rows[1:] for table, rows in everything.items()}
    both = codings(tmp_path / "c", "fier:C-3", kept_from=KEPT_FROM)
    assert both == {
        "coding_values": everything["coding_values"][1:3],
        "rejected": everything["rejected"][1:2],
        "codings": everything["codings"][1:2],
    }


def test_only_to_the_forgotten_nobody_is_joined(tmp_path: Path) -> None:
    duplicates = {2: "fier:C-1", 3: "", 4: "fier:C-5", 5: "fier:C-1"}
    rows = [a_coding(number, dubbel_van=other) for number, other in duplicates.items()]
    inbox, [delivery] = deliver(tmp_path, "coding", coding_bytes(*rows))
    made = found_changes(inbox, "coding", delivery, "fier:C-1")
    assert [row["duplicate_of"] for row in left(inbox, delivery, "codings", made)] == [*(None, None, "fier:C-5", None)]
    [pair] = altered(inbox, "codings", delivery, made["codings"])
    assert persons_rows(*pair) == 2
    assert pair[1].schema == pair[0].schema


def test_a_removal_that_was_interrupted_finds_the_rest(tmp_path: Path) -> None:
    inbox, [delivery] = deliver(tmp_path, "coding", CODINGS)
    made = found_changes(inbox, "coding", delivery, "fier:C-1")
    inbox.landing.rewrite(NAME, "coding_values", delivery, made["coding_values"])
    again = found_changes(inbox, "coding", delivery, "fier:C-1")
    rows = {
        table: sum(persons_rows(*pair) for pair in altered(inbox, table, delivery, change))
        for table, change in again.items()
    }
    assert rows == {"coding_values": 0, "rejected": 1, "codings": 1}


def test_of_codings_in_which_nothing_changes_there_is_nothing_to_take_out(tmp_path: Path) -> None:
    inbox, [delivery] = deliver(tmp_path, "coding", CODINGS)
    assert found_changes(inbox, "coding", delivery, "fier:C-9") == {}


# --- How many rows about somebody went


def batch(**columns: list[Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(columns)


@pytest.mark.parametrize(
    ("before", "after", "rows"),
    [
        (batch(a=[1, 2, 3]), batch(a=[2]), 2),
        (batch(a=[1, 2, 3]), batch(a=pa.array([], pa.int64())), 3),
        (batch(a=[1, 2, 3]), batch(a=[1, None, 4]), 2),
        (batch(a=[1, 2]), batch(a=[1, 2]), 0),
        # That somebody was erased is no row about somebody.
        (batch(is_deleted=[False, True, True]), batch(is_deleted=[False]), 0),
        (batch(is_deleted=[False, True, False]), batch(is_deleted=[False]), 1),
        (batch(is_deleted=[False, False]), batch(is_deleted=pa.array([], pa.bool_())), 2),
    ],
)
def test_rows_about_somebody_that_went_or_changed_are_counted(
    before: pa.RecordBatch, after: pa.RecordBatch, rows: int
) -> None:
    assert persons_rows(before, after) == rows
