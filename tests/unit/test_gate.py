"""A delivery that does not mean what it seems to mean goes to quarantine, and counts only after a person's approval."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from samples import NAME, Inbox, a_coding, a_record, coding_bytes, ndjson, problem_in, registry_bytes

from connectors.gate import unlike_before
from connectors.ingest import Received
from connectors.storage.receipts import COUNTED, QUARANTINED, WITHDRAWN

BROKEN = {"started_at": "gisteren"}


def records(count: int, first: int = 1, **changes: Any) -> list[dict[str, Any]]:
    return [a_record(number, **changes) for number in range(first, first + count)]


def faults(inbox: Inbox) -> str:
    return inbox.landing.all_receipts(NAME)[-1].faults


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (records(27) + records(3, 28, **BROKEN), ""),
        (
            records(26) + records(3, 27, **BROKEN),
            "3 of 29 records that cannot be read (started_at not_rfc3339 3 times, first at line 27)",
        ),
        (records(2) + records(2, 3, **BROKEN), ""),
        ([None], "nothing that can be read in 1 records (record unreadable_record 1 times, first at item 1)"),
        (records(999, tags=["anders"]), ""),
        (records(1000, tags=["anders"]), "no flagged conversation among 1000, where 20 were expected"),
    ],
    ids=["10 %", "over 10 %", "two", "nothing", "few unflagged", "many unflagged"],
)
def test_of_a_first_export_it_is_judged_what_can_be_read_and_is_flagged(
    tmp_path: Path, content: list[Any], fault: str
) -> None:
    inbox = Inbox(tmp_path, "chat")
    inbox.put("a.jsonl", ndjson(*content) if content != [None] else b"[null]")
    received = inbox.receive()
    assert (faults(inbox), received.deliveries) == (fault, 0 if fault else 1)
    assert [problem_in(line).found for line in received.problems] == ([fault] if fault else [])
    assert inbox.receive() == Received(NAME, problems=received.problems)


def test_nights_without_a_flag_are_judged_together_by_the_share_of_their_platform(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "chat")
    for night in range(8):
        tags = ["mensenhandel"] if night < 2 else ["mh"]
        inbox.put(f"{night}.jsonl", ndjson(*records(25, night * 50, tags=tags), *records(25, night * 50 + 25, tags=[])))
        inbox.receive()
    states = [receipt.state for receipt in inbox.landing.all_receipts(NAME)]
    assert states == [COUNTED, COUNTED, *[QUARANTINED] * 6]  # 25 expected in one night


@pytest.mark.parametrize(
    ("kind", "name", "first", "second", "fault"),
    [
        (
            "coding",
            "c.csv",
            coding_bytes(*map(a_coding, range(10))),
            coding_bytes(*map(a_coding, range(4))),
            "only 4 of the 10 records that this path held before",
        ),
        ("coding", "c.csv", coding_bytes(*map(a_coding, range(10))), coding_bytes(*map(a_coding, range(5, 30))), ""),
        (
            "coding",
            "c.csv",
            coding_bytes(*map(a_coding, range(10))),
            coding_bytes(*map(a_coding, range(20, 40))),
            "only 0 of the 10 records that this path held before",
        ),
        (
            "comensha",
            "r.xlsx",
            registry_bytes(["Seksuele uitbuiting", 5, 6], ["Totaal", 9, 9]),
            registry_bytes(["Totaal", 9, ""]),
            "only 1 of the 4 records that this path held before",
        ),
    ],
    ids=["rows", "half", "others", "registry"],
)
def test_a_newer_content_of_a_path_that_lost_most_of_it_waits_and_the_older_one_counts(
    tmp_path: Path, kind: str, name: str, first: bytes, second: bytes, fault: str
) -> None:
    inbox = Inbox(tmp_path, kind)
    for content in (first, second):
        inbox.put(name, content)
        inbox.receive()
    assert faults(inbox) == fault
    assert [receipt.sequence for receipt in inbox.landing.receipts(NAME)] == ([1] if fault else [1, 2])


def test_a_newer_content_replaces_what_waits_and_an_approved_one_counts_in_its_place(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "coding")
    for rows in (10, 3, 4, 9):
        inbox.put("c.csv", coding_bytes(*map(a_coding, range(rows))))
        inbox.receive()
        if rows == 3:
            [waits] = inbox.landing.quarantined(NAME)
    assert inbox.landing.quarantined(NAME) == []
    inbox.landing.decide(waits, COUNTED, "beheer", "2021-03-01T00:00:00+00:00", "a new round")
    assert [receipt.sequence for receipt in inbox.landing.receipts(NAME)] == [1, 2, 4]
    again = inbox.landing.receipts(NAME)[1]
    assert again == replace(waits, state=COUNTED, decided=again.decided) and again.decided["by"] == "beheer"


def test_what_was_approved_is_not_held_again_when_it_is_read_otherwise(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "chat")
    inbox.put("a.jsonl", ndjson(*records(1000, tags=[])))
    inbox.receive()
    inbox.landing.decide(*inbox.landing.quarantined(NAME), COUNTED, "beheer", "2021-03-01", "no trafficking here")
    inbox.source = replace(inbox.source, timezone="Europe/Amsterdam")
    assert inbox.receive() == Received(NAME, deliveries=1, rows=1000)


@pytest.mark.parametrize(("known", "deleted", "hides"), [(50, 10, 0), (49, 10, 10), (20, 9, 0)])
def test_many_deletions_at_once_hide_and_wait(tmp_path: Path, known: int, deleted: int, hides: int) -> None:
    inbox = Inbox(tmp_path, "chat")
    inbox.put("a.jsonl", ndjson(*records(known)))
    inbox.receive()
    inbox.put("b.jsonl", ndjson(*records(deleted, deleted=True), *records(5, 900)))
    inbox.receive()
    receipt = inbox.landing.all_receipts(NAME)[-1]
    assert (receipt.hides, receipt.state) == (hides, QUARANTINED if hides else COUNTED)
    hidden = inbox.landing.rows(NAME, "hidden_conversations", [receipt.delivery], ["conversation_id"])
    assert len([*hidden]) == hides


@pytest.mark.parametrize("copied", [False, True], ids=["again", "from another path"])
def test_a_content_that_is_known_is_judged_by_what_its_path_holds_now(tmp_path: Path, copied: bool) -> None:
    inbox = Inbox(tmp_path, "coding")
    few, many = (coding_bytes(*map(a_coding, range(rows))) for rows in (3, 100))
    inbox.put("a.csv" if copied else "b.csv", few)
    inbox.receive()
    inbox.put("b.csv", many)
    assert inbox.receive().problems == []
    inbox.put("b.csv", few)
    assert [problem_in(line).found for line in inbox.receive().problems] == [
        "only 3 of the 100 records that this path held before"
    ]


def test_what_was_withdrawn_stays_out_when_it_is_read_otherwise(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "chat")
    inbox.put("a.jsonl", ndjson(*records(5)))
    inbox.receive()
    inbox.landing.decide(*inbox.landing.receipts(NAME), WITHDRAWN, "beheer", "2021-03-01", "the wrong year")
    inbox.source = replace(inbox.source, timezone="Europe/Amsterdam")
    assert inbox.receive() == Received(NAME)
    assert inbox.landing.receipts(NAME) == []


def test_a_mass_deletion_waits_for_a_person_whatever_replaces_it(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "chat")
    for content in (records(40), records(20, deleted=True), records(10, 100)):
        inbox.put("a.jsonl", ndjson(*content))
        inbox.receive()
    assert [receipt.hides for receipt in inbox.landing.quarantined(NAME)] == [20]


def test_an_export_that_grows_counts_each_conversation_once_and_an_approval_ends_the_doubt(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "chat")
    for night in range(30):
        inbox.put("all.jsonl", ndjson(*records(40 + night, tags=[])))
        assert inbox.receive().problems == []
    inbox.put("more.jsonl", ndjson(*records(1000, 1000, tags=[])))
    inbox.receive()
    inbox.landing.decide(*inbox.landing.quarantined(NAME), COUNTED, "beheer", "2021-03-01", "no trafficking here")
    inbox.put("new.jsonl", ndjson(*records(100, 5000, tags=[])))
    assert inbox.receive().problems == []


def test_few_known_among_many_deletions_are_no_mass_deletion(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "chat")
    inbox.put("a.jsonl", ndjson(*records(4)))
    inbox.receive()
    inbox.put("b.jsonl", ndjson(*records(10, 4, deleted=True)))
    assert inbox.receive().problems == []


WEEK = [50, 44, 57, 48, 52, 46, 53]  # conversations of some ordinary weeks


def after_weeks(folder: Path, *weeks: int, late: int = 0) -> str:
    """Return what is unlike before, after exports of weeks of which each begins where the one before ended.

    The last one came `late` days too late.
    """
    inbox, today = Inbox(folder, "chat"), datetime.now(UTC)
    for number, count in enumerate(weeks):
        started_at = today - timedelta(days=7 * (len(weeks) - number - 1) + (late if number == len(weeks) - 1 else 0))
        inbox.put(f"{number}.jsonl", ndjson(*records(count, 1000 * number, started_at=f"{started_at:%FT%TZ}")))
        inbox.receive()
        [receipt] = [one for one in inbox.landing.receipts(NAME) if one.file == f"{number}.jsonl"]
        came = started_at + timedelta(days=1 + late * (number == len(weeks) - 1))
        inbox.landing.accept(replace(receipt, received_at=came.isoformat()))
    return unlike_before(inbox.landing.receipts(NAME))


@pytest.mark.parametrize(
    ("weeks", "found"),
    [
        ((*WEEK, 41), ""),
        ((*WEEK, 15), "15 conversations in 7 days, where 44 to 57 were usual"),
        ((*WEEK, 120), "120 conversations in 7 days, where 44 to 57 were usual"),
        ((*WEEK[:5], 15), ""),
    ],
    ids=["usual", "few", "many", "first deliveries"],
)
def test_a_week_with_far_fewer_or_more_conversations_counts_and_is_unlike_before(
    tmp_path: Path, weeks: tuple[int, ...], found: str
) -> None:
    assert after_weeks(tmp_path, *weeks) == found


def test_an_export_that_ends_too_early_is_unlike_before(tmp_path: Path) -> None:
    expected = "the newest conversation started 6 days before it came, where at most 1 were usual"
    assert after_weeks(tmp_path, *WEEK, 5, late=5) == expected


def test_a_backfill_is_not_unlike_before(tmp_path: Path) -> None:
    assert after_weeks(tmp_path, *WEEK, 50) == ""
    inbox = Inbox(tmp_path, "chat")
    inbox.put("old.jsonl", ndjson(*records(500, 90_000, started_at="2012-01-01T00:00:00Z")))
    assert inbox.receive().rows == 500
    assert unlike_before(inbox.landing.receipts(NAME)) == ""
