"""What one pull brings: nothing twice, nothing half, and nothing lost when the platform changes its mind."""

import errno
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import InvalidOperation
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import Loopback, Platform, page, reply
from samples import (
    KEY,
    NAME,
    Inbox,
    a_coding,
    a_context,
    a_figure,
    a_record,
    coding_bytes,
    glotip_bytes,
    ndjson,
    problem_in,
    problem_of,
    registry_bytes,
)

from connectors import ingest
from connectors.coding import codings
from connectors.ingest import Received
from connectors.pseudonym import Pseudonymiser
from connectors.source import Context, Item

Serve = Callable[..., Inbox]  # the fixture `serve`


def ids(inbox: Inbox) -> list[str]:
    return [row["conversation_id"] for row in inbox.rows("conversations")]


def at(day: int, second: float = 0) -> str:
    moment = datetime(2021, 1, 1, tzinfo=UTC) + timedelta(days=day, seconds=second)
    return moment.isoformat().replace("+00:00", "Z")


def test_a_first_pull_lands_all_pages_as_one_delivery(serve: Serve) -> None:
    inbox = serve(Platform([a_record(number) for number in range(7)], page_size=3))
    assert inbox.receive() == Received(NAME, deliveries=1, rows=7)
    assert len(inbox.requests) == 3
    assert ids(inbox) == [f"C-{number}" for number in range(7)]


def test_a_platform_is_asked_with_the_sources_token(serve: Serve) -> None:
    inbox = serve(Platform([a_record()]), token="token-of-the-source")
    inbox.receive()
    assert inbox.requests[0].headers["authorization"] == "Bearer token-of-the-source"


def test_a_second_pull_asks_from_a_week_before_the_last_change(serve: Serve) -> None:
    inbox = serve(Platform([a_record(updated_at="2021-01-20T10:00:00.900Z")]))
    inbox.receive()
    inbox.receive()
    assert [request.query.get("updated_since") for request in inbox.requests] == [None, "2021-01-13T10:00:00Z"]


def test_a_changed_record_makes_a_delivery_of_its_own(serve: Serve) -> None:
    platform = Platform([a_record(number, updated_at=at(number)) for number in range(5)])
    inbox = serve(platform)
    inbox.receive()
    platform.records[3] = a_record(3, tags=[], updated_at=at(3))
    assert inbox.receive() == Received(NAME, deliveries=1, rows=1)
    assert inbox.rows("conversations")[-1]["tags"] == []


ONE, SEVEN = [a_record(1)], [a_record(number) for number in range(7)]
IN_OVERLAP = [a_record(1, updated_at=at(0, 0.25)), a_record(2, updated_at=at(7, 0.75))]
NO_CLOCK, BEFORE_1970 = ([a_record(1, updated_at=f"{year}-01-01T00:00:00Z")] for year in ("0001", "1969"))
WITH_FINDING, BROKEN = [a_record(1, language="Nederlands")], a_record(2, started_at="gisteren")
# What a platform lists first and in the next night, and what the second pull lands: new rows, new rejections.
NIGHTS: dict[str, tuple[list[Any], list[Any], int, int]] = {
    "nothing new": (SEVEN, SEVEN, 0, 0),
    "another nickname": (ONE, [a_record(1, nickname="anders")], 1, 0),
    "another connection": (ONE, [a_record(1, connection_group="anders")], 1, 0),
    "a deletion": (ONE, [a_record(1, deleted=True)], 1, 0),
    "a field that is dropped": ([a_record(1, transcript="one")], [a_record(1, transcript="two")], 0, 0),
    "first second of the overlap": (IN_OVERLAP, IN_OVERLAP, 0, 0),
    "late": ([a_record(1, updated_at=at(30))], [a_record(1, updated_at=at(30)), a_record(2, updated_at=at(24))], 1, 0),
    "no clock": (NO_CLOCK, NO_CLOCK, 0, 0),
    "before 1970": (BEFORE_1970, BEFORE_1970, 0, 0),
    "broken otherwise": ([*ONE, BROKEN], [*ONE, a_record(2, started_at="eergisteren")], 0, 1),
    "a finding beside a kept record": (WITH_FINDING, WITH_FINDING, 0, 0),
}


@pytest.mark.parametrize("night", NIGHTS)
def test_a_second_pull_lands_what_is_new_and_nothing_else(serve: Serve, night: str) -> None:
    first, second, rows, rejected = NIGHTS[night]
    platform = Platform(first, page_size=3)
    inbox = serve(platform)
    inbox.receive()
    before = inbox.landed()
    platform.records = second
    news = Received(NAME, deliveries=1, rows=rows, rejected=rejected) if rows + rejected else Received(NAME)
    assert inbox.receive() == news
    assert (inbox.landed() == before) == (news == Received(NAME))
    assert not rows or ids(inbox)[-1] == second[-1]["conversation_id"]
    assert inbox.receive() == Received(NAME)


def test_a_record_dated_in_2999_does_not_push_the_mark(serve: Serve) -> None:
    platform = Platform([a_record(1, updated_at="2999-01-01T00:00:00Z")])
    inbox = serve(platform)
    inbox.receive()
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    platform.records.append(a_record(2, updated_at=now))
    assert inbox.receive().rows == 1
    assert inbox.receive() == Received(NAME)
    assert ids(inbox) == ["C-2"] and inbox.rejected() == [("item 1", "updated_at", "out_of_range")]


def test_a_server_whose_clock_is_behind_keeps_the_mark_back(serve: Serve) -> None:
    answer = reply(page([a_record(1, updated_at="2021-06-01T00:00:00Z")]), "Date: Fri, 01 Jan 2021 00:00:00 GMT")
    inbox = serve(lambda request: answer)
    inbox.receive()
    inbox.receive()
    assert inbox.requests[1].query["updated_since"] == "2020-12-25T00:00:00Z"


def test_a_broken_record_served_every_night_is_landed_once(serve: Serve) -> None:
    platform = Platform([a_record(1), a_record(2, started_at="gisteren")])
    inbox = serve(platform)
    assert inbox.receive() == Received(NAME, deliveries=1, rows=1, rejected=1)
    assert inbox.receive() == Received(NAME)
    platform.records.append(a_record(3))
    assert inbox.receive() == Received(NAME, deliveries=1, rows=1)
    assert inbox.rejected() == [("item 2", "started_at", "not_rfc3339")]


def test_where_every_record_is_broken_all_are_asked_for_again(serve: Serve) -> None:
    platform = Platform([a_record(number, started_at="gisteren", updated_at=at(number)) for number in range(3)])
    inbox = serve(platform)
    [held] = inbox.receive().problems
    assert "nothing that can be read in 3 records" in held
    before = inbox.landed()
    assert inbox.receive() == Received(NAME, problems=[held])
    assert inbox.landed() == before
    platform.records = [a_record(number, updated_at=at(number)) for number in range(3)]
    assert inbox.receive() == Received(NAME, deliveries=1, rows=3)


def test_a_platform_that_overlooks_updated_since_adds_nothing_of_its_past(serve: Serve) -> None:
    everything = page([a_record(number, updated_at=at(number * 30)) for number in range(3)])
    inbox = serve(lambda request: reply(everything))
    inbox.receive()
    before = inbox.landed()
    assert inbox.receive() == Received(NAME)
    assert inbox.landed() == before


@pytest.mark.parametrize(
    ("first", "second", "rows", "rejected"),
    [
        ([a_record(1), a_record(1)], [a_record(1), a_record(2)], 2, 0),
        ([a_record(1), BROKEN], [BROKEN, None, None], 1, 2),
    ],
)
def test_a_record_that_comes_twice_in_one_listing_is_landed_once(
    serve: Serve, first: list[Any], second: list[Any], rows: int, rejected: int
) -> None:
    pages = {"": (first, "next"), "next": (second, None)}
    inbox = serve(lambda request: reply(page(*pages[request.query.get("cursor", "")])))
    assert inbox.receive() == Received(NAME, deliveries=1, rows=rows, rejected=rejected)
    assert (len(ids(inbox)), len(inbox.rejected())) == (rows, rejected)


def moving(platform: Platform, *moves: int) -> None:
    """Before each page after the first, one of these records changes and so moves to the end."""
    pending = iter([None, *moves])

    def move() -> None:
        if (number := next(pending, None)) is not None:
            platform.records[number] = a_record(number, tags=["later"], updated_at=at(200 + number))

    platform.before_each_page = move


def test_a_record_that_moves_while_pages_are_read_hides_no_other(serve: Serve) -> None:
    """C-0 leaves the first page, C-2 moves onto it, and the second page starts with C-3."""
    platform = Platform([a_record(number, updated_at=at(number * 10)) for number in range(6)], 2, by_offset=True)
    moving(platform, 0)
    inbox = serve(platform)
    assert inbox.receive() == Received(NAME, deliveries=1, rows=7)
    assert inbox.receive() == Received(NAME)
    assert sorted(set(ids(inbox))) == [f"C-{number}" for number in range(6)]


def test_also_a_record_that_is_rejected_hides_no_other_when_it_moves(serve: Serve) -> None:
    platform = Platform([a_record(number, updated_at=at(number * 10)) for number in range(6)], 2, by_offset=True)
    platform.records[0]["started_at"] = "gisteren"
    moves = iter([None, a_record(0, started_at="gisteren", updated_at=at(200))])

    def move() -> None:
        if record := next(moves, None):
            platform.records[0] = record

    platform.before_each_page = move
    inbox = serve(platform)
    assert (inbox.receive().rows, len(inbox.rejected())) == (5, 2)


def test_a_listing_that_moves_whenever_it_is_read_is_read_from_the_same_place_next_time(serve: Serve) -> None:
    platform = Platform([a_record(number, updated_at=at(number * 10)) for number in range(8)], 2, by_offset=True)
    moving(platform, 0, 1, 2, 3, 4, 5, 6)
    inbox = serve(platform)
    inbox.receive()
    assert inbox.landing.receipts(NAME)[0].updated_through == "1970-01-01T00:00:00+00:00"
    platform.before_each_page = lambda: None
    inbox.receive()
    asked = len(inbox.requests)
    assert inbox.receive() == Received(NAME)
    assert {row["conversation_id"] for row in inbox.rows("conversations")} == {f"C-{number}" for number in range(8)}
    assert "updated_since" in inbox.requests[asked].query


def test_a_listing_that_stands_still_is_read_once(serve: Serve) -> None:
    inbox = serve(Platform([a_record(number) for number in range(7)], 3, by_offset=True))
    inbox.receive()
    assert len(inbox.requests) == 3


def test_a_platform_that_always_tells_every_version_is_read_on_from_its_last_change(serve: Serve) -> None:
    versions = [a_record(number % 3, tags=[str(number)], updated_at=at(number * 10)) for number in range(9)]
    inbox = serve(Platform(versions, 4))
    assert inbox.receive().rows == 9
    assert inbox.landing.receipts(NAME)[0].updated_through == "2021-03-22T00:00:00+00:00"


def test_a_second_reading_that_fails_leaves_the_first_and_its_mark_stays(serve: Serve) -> None:
    platform = Platform([a_record(number, updated_at=at(number * 10)) for number in range(6)], 2, by_offset=True)
    moving(platform, 0)
    inbox = serve(lambda request: platform(request) if len(inbox.requests) <= 3 else reply(b"<html>"))
    received = inbox.receive()
    assert (received.deliveries, received.rows) == (1, 6)
    assert problem_in(received.problems[0]).found.startswith("an answer that is no whole JSON (")
    assert inbox.landing.receipts(NAME)[0].updated_through == "1970-01-01T00:00:00+00:00"


def test_an_empty_listing_after_a_full_one_is_told_and_deletes_nothing(serve: Serve) -> None:
    platform = Platform([a_record(1)])
    inbox = serve(platform)
    inbox.receive()
    platform.records = []
    problem = problem_of(inbox.receive)
    assert (problem.found, problem.expected) == ("no conversation at all", "at least the last one known")
    assert ids(inbox) == ["C-1"]


def test_a_platform_that_had_nothing_yet_may_have_nothing(serve: Serve) -> None:
    assert serve(Platform([])).receive() == Received(NAME)


def test_pages_before_a_cut_are_kept_and_the_next_pull_goes_on_from_them(serve: Serve) -> None:
    platform = Platform([a_record(number, updated_at=at(number * 10)) for number in range(9)], 2, cut_at="C-5")
    inbox = serve(platform)
    received = inbox.receive()
    assert (received.deliveries, received.rows) == (1, 4)
    problem = problem_in(received.problems[0])
    assert problem.found.startswith("no whole answer (") and problem.where.endswith(", page 3")
    [receipt] = inbox.landing.receipts(NAME)
    assert (receipt.updated_through, receipt.is_cut) == ("2021-01-31T00:00:00+00:00", True)
    platform.cut_at = None
    asked = len(inbox.requests)
    assert inbox.receive() == Received(NAME, deliveries=1, rows=5)
    starts = [request.query["updated_since"] for request in inbox.requests[asked:] if "cursor" not in request.query]
    assert starts == [at(30), at(23)]  # the mark itself, then a week before it
    assert inbox.receive() == Received(NAME)


def test_a_listing_that_is_cut_night_after_night_is_read_in_the_end(serve: Serve) -> None:
    """Also where a week of overlap holds more than one pull can read."""
    platform = Platform([a_record(number, updated_at=at(number)) for number in range(12)], 2)
    inbox = serve(platform)
    for last, rows in (("C-3", 2), ("C-3", 1), ("C-7", 3), ("C-7", 1), ("C-11", 3), (None, 2)):
        platform.cut_at = last
        received = inbox.receive()
        assert (received.rows, len(received.problems)) == (rows, int(last is not None))
    assert sorted(ids(inbox)) == sorted(f"C-{number}" for number in range(12))
    assert inbox.receive() == Received(NAME)


def test_a_cut_within_the_overlap_does_not_hide_what_is_new(serve: Serve) -> None:
    """The night of the cut brings nothing new. Its receipt says that the next one starts at the mark."""
    platform = Platform([a_record(number, updated_at=at(number)) for number in range(12)], 2)
    inbox = serve(platform)
    inbox.receive()
    platform.cut_at = "C-9"
    assert inbox.receive().rows == 0
    platform.records.append(a_record(12, updated_at=at(12)))
    received = inbox.receive()
    assert (received.rows, len(received.problems)) == (1, 1)
    platform.cut_at = None
    assert inbox.receive().problems == []
    assert [receipt.is_cut for receipt in inbox.landing.receipts(NAME)] == [False, True, True, False]


OLDEST_FIRST = [a_record(number, updated_at=at(number * 10)) for number in range(6)]
AT_ONCE = [a_record(number, updated_at=at(10)) for number in range(6)]


@pytest.mark.parametrize(
    ("records", "options", "last"),
    [(OLDEST_FIRST, {"newest_first": True}, "C-0"), (AT_ONCE, {}, "C-5"), (OLDEST_FIRST, {"by_offset": True}, "C-5")],
    ids=["newest first", "one moment", "a cursor that counts"],
)
def test_the_mark_of_a_cut_pull_stays_where_older_records_may_be_left(
    records: list[Any], options: dict[str, bool], last: str, serve: Serve
) -> None:
    platform = Platform(records, 2, cut_at=last, **options)
    inbox = serve(platform)
    assert inbox.receive().rows == 4
    assert inbox.landing.receipts(NAME)[0].updated_through == "1970-01-01T00:00:00+00:00"
    platform.cut_at = None
    assert inbox.receive() == Received(NAME, deliveries=1, rows=2)


def test_conversations_without_tags_over_http_are_refused(serve: Serve) -> None:
    inbox = serve(Platform([a_record(1, tags=...)]))
    assert problem_of(inbox.receive).found == "1 conversations without the field tags"
    assert inbox.landed() == {}


def test_mapped_names_are_read_over_http(serve: Serve) -> None:
    record = a_record(1, tags=..., labels=["mensenhandel"])
    inbox = serve(Platform([record]), tags="labels")
    inbox.receive()
    assert inbox.rows("conversations")[0]["tags"] == ["mensenhandel"]


edits = st.lists(
    st.tuples(st.integers(0, 11), st.sampled_from(["change", "delete", "late", "nothing"]), st.booleans()), max_size=12
)


@settings(max_examples=25)
@given(edits, st.integers(1, 4))
def test_no_change_is_lost_whatever_happens_between_and_during_pulls(schedule: list[Any], page_size: int) -> None:
    """Records change, are erased or arrive late while pages are read; a last quiet pull must bring the rest."""
    platform = Platform([a_record(number, updated_at=at(0, number)) for number in range(12)], page_size)
    pending = list(schedule)
    ticks = iter(range(1, 1000))

    def edit() -> None:
        while pending:
            number, what, goes_on = pending.pop()
            if what != "nothing":
                moment = at(1 if what == "late" else 2, next(ticks))
                platform.records[number] = a_record(number, tags=[what], updated_at=moment, deleted=what == "delete")
            if not goes_on:
                return

    platform.before_each_page = edit
    with tempfile.TemporaryDirectory() as folder, Loopback(platform) as server:
        inbox = Inbox(Path(folder), "chat", server.url)
        for _ in range(2):
            inbox.receive()
        pending.clear()
        inbox.receive()
        assert inbox.receive() == Received(NAME)
        landed = {(row["conversation_id"], row["updated_at"], row["is_deleted"]) for row in inbox.rows("conversations")}
    for record in platform.records:
        moment = datetime.fromisoformat(record["updated_at"])
        assert (record["conversation_id"], moment, record["deleted"]) in landed


@pytest.mark.parametrize(
    "error", [OverflowError, KeyError, RecursionError, MemoryError, AssertionError, InvalidOperation, ZeroDivisionError]
)
def test_an_unforeseen_error_of_a_file_names_it_and_leaves_the_others_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    read_row = codings.read_row

    def fail(number: int, location: str, cells: Mapping[str, Any], context: Context) -> Iterator[Item]:
        if cells["gesprek_id"] == "fier:C-2":
            raise error("verzonnen2")
        return read_row(number, location, cells, context)

    monkeypatch.setattr(codings, "read_row", fail)
    inbox = Inbox(tmp_path, "coding")
    for number, name in enumerate(("a.csv", "b.csv", "c.csv"), start=1):
        inbox.put(name, coding_bytes(a_coding(number)))
    received = inbox.receive()
    assert [row["gesprek_id"] for row in inbox.rows("codings")] == ["fier:C-1", "fier:C-3"]
    [problem] = received.problems
    said = rf"bron: b\.csv: an unforeseen {error.__name__} at \w+\.py, line \d+; report it as a defect\."
    assert re.fullmatch(said, problem)
    monkeypatch.undo()
    assert inbox.receive().deliveries == 1


def test_a_disk_that_fails_is_not_told_as_an_error_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    inbox = Inbox(tmp_path, "coding")
    inbox.put("a.csv", coding_bytes(a_coding(1)))
    monkeypatch.setattr(inbox.landing, "accept", fail)
    with pytest.raises(OSError):
        inbox.receive()


def test_a_file_saved_again_is_another_delivery_and_the_old_one_stays(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "coding")
    for code in ("1", "2", "1"):
        inbox.put("c.csv", coding_bytes(["fier:C-1", "2021-02-01", "1", "", code, "", ""]))
        inbox.receive()
    first, second, third = inbox.landing.receipts(NAME)
    assert first.delivery == third.delivery != second.delivery
    assert [receipt.sequence for receipt in (first, second, third)] == [1, 2, 3]


def test_a_mapping_that_changes_reads_the_same_bytes_anew(tmp_path: Path) -> None:
    content = ndjson(a_record(1, label="nl", language=...))
    Inbox(tmp_path, "chat").put("a.jsonl", content)
    assert Inbox(tmp_path, "chat").receive().rows == 1
    mapped = Inbox(tmp_path, "chat", language="label")
    assert mapped.receive().rows == 1
    assert [row["language"] for row in mapped.rows("conversations")] == [None, "nl"]


def test_another_pseudonym_key_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "chat")
    inbox.put("a.jsonl", ndjson(a_record(1)))
    inbox.receive()
    before = inbox.landed()
    inbox.put("b.jsonl", ndjson(a_record(2)))
    problem = problem_of(inbox.receive, a_context(b"another key of sixteen bytes"))
    assert problem.found == "a pseudonym key other than the one of earlier deliveries"
    assert inbox.landed() == before


def test_progress_is_told_in_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = Inbox(tmp_path, "chat")
    inbox.put("a.jsonl", ndjson(*map(a_record, range(10_000))))
    told: list[int] = []
    ingest.receive(inbox.source, inbox.landing, a_context(), told.append)
    assert told == [10_000]


def test_receipts_are_read_once_however_many_files_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = Inbox(tmp_path, "chat")
    for number in range(20):
        inbox.put(f"{number}.jsonl", ndjson(a_record(number)))
    assert inbox.receive().deliveries == 20
    assert [receipt.sequence for receipt in inbox.landing.receipts(NAME)] == list(range(1, 21))
    read = []
    opened = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda path, *rest, **named: read.append(path) or opened(path, *rest, **named)
    )
    assert inbox.receive() == Received(NAME)
    assert len([path for path in read if path.parent.name == "receipts"]) == 20


def test_a_deletion_that_cannot_be_read_is_a_problem_until_the_file_is_replaced(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "chat")
    inbox.put("a.jsonl", ndjson(a_record(1), a_record(2, deleted="misschien")))
    for _ in range(2):
        [problem] = inbox.receive().problems
        assert problem_in(problem).where == "bron: a.jsonl"
        assert problem_in(problem).found.startswith("1 records that may be deletions and cannot be read")
    assert inbox.rejected() == [("line 2", "deleted", "deletion_not_honoured")]
    inbox.put("a.jsonl", ndjson(a_record(1), a_record(2, deleted=True)))
    assert inbox.receive().problems == []


def test_a_pulled_deletion_that_cannot_be_read_is_a_problem(serve: Serve) -> None:
    inbox = serve(Platform([a_record(1), a_record(2, deleted="misschien")]))
    assert len(inbox.receive().problems) == 1
    assert inbox.receive() == Received(NAME)


@pytest.mark.parametrize("change", [{"timezone": "Europe/Amsterdam"}, {"columns": {"language": "taal"}}], ids=str)
def test_other_settings_read_files_again_and_pull_from_the_start(
    tmp_path: Path, serve: Serve, change: dict[str, Any]
) -> None:
    files = Inbox(tmp_path / "files", "chat")
    files.put("a.jsonl", ndjson(a_record(1)))
    pulled = serve(Platform([a_record(1, updated_at="2020-01-02T00:00:00Z"), a_record(2)]))
    for inbox, rows in ((files, 1), (pulled, 2)):
        assert inbox.receive().rows == rows
        assert inbox.receive().rows == 0
        inbox.source = replace(inbox.source, **change)
        assert inbox.receive().rows == rows
        assert inbox.receive().rows == 0
        first, second = inbox.landing.receipts(NAME)
        assert first.reading != second.reading


def test_other_names_of_nobody_read_files_again(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "chat")
    inbox.put("a.jsonl", ndjson(a_record(1, nickname="Anoniem")))
    inbox.receive(replace(a_context(), pseudonymise=Pseudonymiser(KEY)))
    inbox.receive()
    assert [row["nickname_pseudonym"] is None for row in inbox.rows("conversations")] == [False, True]


@pytest.mark.parametrize(
    ("kind", "name", "content", "module"),
    [
        ("coding", "c.csv", coding_bytes(a_coding()), "connectors.coding.codings"),
        ("glotip", "g.xlsx", glotip_bytes(a_figure(5)), "connectors.registries.glotip"),
        ("comensha", "r.xlsx", registry_bytes(["Totaal", 9, 10]), "connectors.registries.reader"),
    ],
)
def test_another_way_of_reading_reads_the_same_files_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str, content: bytes, module: str
) -> None:
    inbox = Inbox(tmp_path, kind)
    inbox.put(name, content)
    assert [inbox.receive().deliveries, inbox.receive().deliveries] == [1, 0]
    monkeypatch.setattr(f"{module}.READING", "another")
    assert [inbox.receive().deliveries, inbox.receive().deliveries] == [1, 0]
