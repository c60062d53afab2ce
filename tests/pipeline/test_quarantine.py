"""What waits in quarantine does not count, a mass deletion hides at once, and a person decides about both."""

from pathlib import Path

import pytest
from homes import Warehouse, erase, know_the_code, new_home, run_folder, take_in_folder
from samples import a_coding, a_record, coding_bytes, ndjson

from connectors.landing import Landing
from flows.operations import deliveries, maintenance
from flows.runtime.configuration import Configuration
from flows.warehouse import inputs

FLAGGED = (
    "select coalesce(max(n), 0) from marts.funnel where source = 'all' and period_type = 'year' and step = 'flagged'"
)
CODED = "select count(*) from intermediate.int_codings_current"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    """Twenty flagged conversations of 2020, and the codings of ten."""
    know_the_code(monkeypatch)
    configuration = new_home(tmp_path, monkeypatch)
    deliver(configuration, "a.jsonl", *range(20))
    put(configuration, "coding/c.csv", coding_bytes(*(a_coding(number, rol="1") for number in range(10))))
    take_in_folder(tmp_path)
    return configuration


def put(configuration: Configuration, name: str, content: bytes) -> None:
    (configuration.file.parent / "inbox" / name).write_bytes(content)


def deliver(configuration: Configuration, name: str, *numbers: int, **changes: object) -> None:
    put(configuration, f"fier/{name}", ndjson(*(a_record(number, **changes) for number in numbers)))


def waiting(configuration: Configuration, source: str = "fier") -> str:
    [receipt] = Landing(configuration.landing).quarantined(source)
    return receipt.delivery


def flagged(configuration: Configuration) -> int:
    [(n,)] = run_folder(configuration.file.parent).rows(FLAGGED)
    return int(n)


def test_a_mass_deletion_hides_at_once_and_erases_after_approval(home: Configuration) -> None:
    folder = home.file.parent
    deliver(home, "b.jsonl", *range(12), 500, deleted=True)
    take_in_folder(folder)
    # No later live copy revives them, nor one that was not known yet.
    deliver(home, "c.jsonl", *range(12), 500, updated_at="2021-06-01T00:00:00Z")
    assert flagged(home) == 8
    assert Warehouse(folder).persons(CODED) == [(0,)]
    held = waiting(home)
    deliveries.approve(home, held[:12], "they asked for it together")
    erase(home)
    landing = Landing(home.landing)
    ids = landing.rows("fier", "conversations", [one.delivery for one in landing.receipts("fier")], ["conversation_id"])
    assert {row["conversation_id"] for row in ids} == {f"C-{number}" for number in range(12, 20)}
    assert [*landing.rows("fier", "hidden_conversations", [held], ["conversation_id"])] == []


@pytest.mark.full
def test_a_withdrawn_mass_deletion_still_hides(home: Configuration) -> None:
    deliver(home, "b.jsonl", *range(12), deleted=True)
    take_in_folder(home.file.parent)
    deliveries.withdraw(home, waiting(home), "a mistake of the platform")
    assert flagged(home) == 8


@pytest.mark.full
def test_deletions_in_what_waits_for_another_reason_are_honoured(home: Configuration) -> None:
    broken = [a_record(number, started_at="gisteren") for number in range(50, 60)]
    gone = [a_record(number, deleted=True) for number in range(4)]
    put(home, "fier/b.jsonl", ndjson(*broken, *gone))
    take_in_folder(home.file.parent)
    assert waiting(home)
    assert flagged(home) == 16


@pytest.mark.full
def test_who_is_erased_is_taken_out_of_what_waits_and_of_what_was_withdrawn(home: Configuration) -> None:
    deliver(home, "b.jsonl", 90, 91)
    put(home, "coding/c.csv", coding_bytes(a_coding(90, rol="1"), a_coding(91, rol="1")))
    take_in_folder(home.file.parent)
    [last] = [receipt for receipt in Landing(home.landing).receipts("fier") if receipt.file == "b.jsonl"]
    deliveries.withdraw(home, last.delivery, "the wrong year")
    assert waiting(home, "coding")
    removed = maintenance.erase(home, "fier:C-90", lambda *words: None)
    assert removed == {"coding": {"coding_values": 1, "codings": 1}, "fier": {"conversations": 1}}


def test_decisions_in_any_order_give_the_same_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = set()
    for order in (0, 1):
        configuration = new_home(tmp_path / str(order), monkeypatch)
        for rows in (20, 2, 30):
            put(configuration, "coding/c.csv", coding_bytes(*(a_coding(number) for number in range(rows))))
            deliver(configuration, f"{rows}.jsonl", *range(1000 * rows, 1000 * rows + 1000), tags=[])
            take_in_folder(configuration.file.parent)
        landing = Landing(configuration.landing)
        held = [one for one in landing.all_receipts("fier") if one.state == "quarantined"]
        assert len(held) == 3
        for one in held[:: -1 if order else 1]:
            deliveries.approve(configuration, one.delivery, "a platform without flags")
        hashes.add(inputs.input_hash(configuration))
    assert len(hashes) == 1


def test_an_approved_or_withdrawn_delivery_stays_so_and_its_receipt_says_who_decided(home: Configuration) -> None:
    put(home, "coding/c.csv", coding_bytes(a_coding(1)))
    [received] = [one for one in take_in_folder(home.file.parent) if one.source == "coding"]
    held = waiting(home, "coding")
    assert received.problems and held[:12] in received.problems[0]
    with pytest.raises(deliveries.NoDecision, match="no reason"):
        deliveries.approve(home, held, " ")
    with pytest.raises(deliveries.NoDecision, match="no delivery"):
        deliveries.approve(home, "0" * 12, "no such delivery")
    assert "counts from the next run on" in deliveries.approve(home, held[:12], "a new round")
    assert [one.problems for one in take_in_folder(home.file.parent)] == [[], []]
    [*_, receipt] = Landing(home.landing).receipts("coding")
    assert receipt.decided["reason"] == "a new round" and receipt.decided["by"]
    deliveries.withdraw(home, held, "it was not right after all")
    assert [one.problems for one in take_in_folder(home.file.parent)] == [[], []]
    assert [row[6] for row in deliveries.listed(home).rows] == ["counted", "counted", "withdrawn"]
