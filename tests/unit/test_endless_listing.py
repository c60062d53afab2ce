"""A listing that never ends is a problem within seconds; one that repeats itself now and then is read to its end."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from loopback import Loopback, Request, page, reply
from samples import NAME, Inbox, a_record

from connectors.chat import incremental
from connectors.chat.incremental import BARREN_PAGES
from connectors.errors import SourceProblem
from connectors.ingest import Received
from connectors.transport.http import ATTEMPTS, Listing

Pages = list[list[Any]]

DAY = "2021-01-{:02}T12:00:00Z"
SOUND: Pages = [
    [a_record(n, updated_at=DAY.format(n + 1)), a_record(n + 1, updated_at=DAY.format(n + 2))] for n in (0, 2, 4)
]
BROKEN = a_record(5, conversation_id=5)

# What the n-th page after the sound ones holds.
WITHOUT_END: dict[str, Callable[[int], list[Any]]] = {
    "empty pages": lambda number: [],
    "the last record": lambda number: SOUND[-1][-1:],
    "the first page": lambda number: SOUND[0],
    "three pages in a circle": lambda number: SOUND[number % 3],
    "a record with a remark that changes": lambda number: [{**SOUND[-1][-1], "remark": number}],
    "a record that cannot be read": lambda number: [BROKEN],
    "no records": lambda number: [None, 7],
}
KNOWN_FOR_LONG: Pages = [[a_record(number)] for number in range(2 * BARREN_PAGES)]
# A record of an earlier page comes again: something has moved, and the listing is read once more.
MOVED: Pages = [*SOUND, SOUND[0][:1]]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries do not sleep."""
    monkeypatch.setattr(incremental, "Listing", partial(Listing, sleep=lambda seconds: None))


class Scripted:
    """A platform whose pages a test writes down: some, then an end or pages of `more` for ever, each with a new cursor.

    `from_reading` is the reading from which there are more; asked for ever, it says so.
    """

    def __init__(
        self, pages: Pages, more: Callable[[int], list[Any]] | None = None, *, from_reading: int = 1, drops: int = 0
    ) -> None:
        self.pages, self.more, self.from_reading, self.drops = pages, more, from_reading, drops
        self.readings = self.asked = 0

    def __call__(self, request: Request) -> bytes:
        number = int(request.query.get("cursor", 0))
        self.asked = self.asked + 1 if number else 1
        self.readings += number == 0
        if self.asked > 4 * BARREN_PAGES:
            return reply(b"", status="418 Asked for ever")
        if number and self.readings > 1 and self.drops:
            self.drops -= 1
            return b""
        has_more = self.more and self.readings >= self.from_reading
        following = str(number + 1) if has_more or number + 1 < len(self.pages) else None
        if number < len(self.pages):
            return reply(page(self.pages[number], following))
        assert self.more
        return reply(page(self.more(number - len(self.pages)), following))


def mark(inbox: Inbox) -> str | None:
    """Up to when the platform was read."""
    return max((receipt.updated_through or "" for receipt in inbox.landing.receipts(NAME)), default=None)


def ids(inbox: Inbox) -> set[str]:
    return {row["conversation_id"] for row in inbox.rows("conversations")}


@pytest.mark.parametrize("earlier", [[], SOUND[:2]], ids=["first pull", "later pull"])
@pytest.mark.parametrize("kind", WITHOUT_END)
def test_a_listing_without_end_is_refused_and_read_once_it_is_sound(kind: str, earlier: Pages, tmp_path: Path) -> None:
    server = Scripted(earlier or [[]])
    with Loopback(server) as loopback:
        inbox = Inbox(tmp_path, "chat", loopback.url)
        inbox.receive()
        before = mark(inbox), inbox.landed()
        server.pages, server.more = SOUND, WITHOUT_END[kind]
        with pytest.raises(SourceProblem, match=f"found {BARREN_PAGES} pages in a row"):
            inbox.receive()
        assert (mark(inbox), inbox.landed()) == before
        server.more = None
        assert inbox.receive() == Received(NAME, deliveries=1, rows=6 - sum(map(len, earlier)))
    assert ids(inbox) == {f"C-{number}" for number in range(6)}


def test_what_is_said_of_a_listing_without_end_is_one_line(tmp_path: Path) -> None:
    with (
        Loopback(Scripted(SOUND, WITHOUT_END["empty pages"])) as server,
        pytest.raises(SourceProblem) as refused,
    ):
        Inbox(tmp_path, "chat", server.url).receive()
    assert str(refused.value) == (
        f"bron: conversations, page {len(SOUND) + BARREN_PAGES}: found {BARREN_PAGES} pages in a row that bring "
        "nothing new, expected new records or the listing's end (a next_cursor that is null). Ask who runs it why it "
        "does not end; what was received earlier is kept and the next run tries again."
    )


@pytest.mark.parametrize("kind", WITHOUT_END)
def test_a_second_reading_without_end_keeps_the_first_and_its_mark_stays(kind: str, tmp_path: Path) -> None:
    server = Scripted(MOVED, WITHOUT_END[kind], from_reading=2)
    with Loopback(server) as loopback:
        inbox = Inbox(tmp_path, "chat", loopback.url)
        received = inbox.receive()
        assert (received.deliveries, received.rows) == (1, 6)
        assert f"found {BARREN_PAGES} pages in a row" in received.problems[0]
        assert mark(inbox) == "1970-01-01T00:00:00+00:00"
        server.pages, server.more = [*SOUND, [a_record(6, updated_at=DAY.format(7))]], None
        assert inbox.receive() == Received(NAME, deliveries=1, rows=1)
    assert mark(inbox) == "2021-01-07T12:00:00+00:00"


@pytest.mark.parametrize("repeated", [[], SOUND[0][:1], SOUND[0]], ids=["empty", "one record", "a page"])
def test_a_listing_that_repeats_itself_for_less_long_is_read(repeated: list[Any], tmp_path: Path) -> None:
    """Also twice, and at its end: what counts is how many come in a row."""
    pages = [SOUND[0], *[repeated] * (BARREN_PAGES - 1), SOUND[1], *[repeated] * (BARREN_PAGES - 1), SOUND[2], repeated]
    with Loopback(Scripted(pages)) as server:
        inbox = Inbox(tmp_path, "chat", server.url)
        assert inbox.receive() == Received(NAME, deliveries=1, rows=6)
        assert inbox.receive() == Received(NAME)


def test_a_listing_that_ends_at_last_is_read(tmp_path: Path) -> None:
    with Loopback(Scripted([*SOUND, *[[]] * BARREN_PAGES])) as server:
        assert Inbox(tmp_path, "chat", server.url).receive().rows == 6


def test_many_pages_of_what_earlier_pulls_brought_are_read(tmp_path: Path) -> None:
    """The overlap of a week may be long, and what is known from earlier nights is new in this reading."""
    with Loopback(Scripted(KNOWN_FOR_LONG)) as server:
        inbox = Inbox(tmp_path, "chat", server.url)
        assert inbox.receive().rows == len(KNOWN_FOR_LONG)
        assert inbox.receive() == Received(NAME)


def test_a_second_reading_may_be_long_and_bring_nothing_that_the_first_did_not(tmp_path: Path) -> None:
    server = Scripted([*KNOWN_FOR_LONG, KNOWN_FOR_LONG[0]])
    with Loopback(server) as loopback:
        assert Inbox(tmp_path, "chat", loopback.url).receive() == Received(NAME, deliveries=1, rows=len(KNOWN_FOR_LONG))
    assert server.readings == 2


def test_every_version_of_a_record_is_something_new(tmp_path: Path) -> None:
    pages = [[a_record(0, updated_at=DAY.format(n + 1))] for n in range(2 * BARREN_PAGES)]
    with Loopback(Scripted(pages)) as server:
        assert Inbox(tmp_path, "chat", server.url).receive().rows == len(pages)


def test_records_whose_ids_cannot_be_read_are_told_apart(tmp_path: Path) -> None:
    pages: Pages = [SOUND[0], *([a_record(n, conversation_id=n)] for n in range(2 * BARREN_PAGES))]
    with Loopback(Scripted(pages)) as server:
        assert Inbox(tmp_path, "chat", server.url).receive().rejected == 2 * BARREN_PAGES


def test_ids_and_moments_are_found_under_the_platforms_own_names(tmp_path: Path) -> None:
    pages = [
        [a_record(n, conversation_id=..., updated_at=..., nr=f"C-{n}", at=DAY.format(1))]
        for n in range(BARREN_PAGES + 5)
    ]
    more = lambda number: [{**pages[0][0], "remark": number}]  # noqa: E731
    with Loopback(Scripted(pages, more)) as server:
        inbox = Inbox(tmp_path, "chat", server.url, conversation_id="nr", updated_at="at")
        with pytest.raises(SourceProblem, match=f"page {len(pages) + BARREN_PAGES}: found"):
            inbox.receive()


def test_a_second_reading_has_the_same_attempts_as_the_first(tmp_path: Path) -> None:
    server = Scripted(MOVED, drops=ATTEMPTS - 1)
    with Loopback(server) as loopback:
        inbox = Inbox(tmp_path, "chat", loopback.url)
        assert inbox.receive() == Received(NAME, deliveries=1, rows=6)
    assert (server.drops, server.readings) == (0, 2)
    assert mark(inbox) == "2021-01-06T12:00:00+00:00"
