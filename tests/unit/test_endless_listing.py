"""A listing that never ends is a problem within seconds; one that repeats itself now and then is read to its end."""

from collections.abc import Callable
from typing import Any

import pytest
from loopback import Request, page, reply
from samples import NAME, Inbox, a_record, problem_in

from connectors.chat.incremental import BARREN_PAGES
from connectors.ingest import Received
from connectors.transport.http import ATTEMPTS

Pages = list[list[Any]]

DAY = "2021-01-{:02}T12:00:00Z"
NOTHING_NEW = f"{BARREN_PAGES} pages in a row that bring nothing new"
SOUND: Pages = [
    [a_record(n, updated_at=DAY.format(n + 1)), a_record(n + 1, updated_at=DAY.format(n + 2))] for n in (0, 2, 4)
]
BROKEN = a_record(5, conversation_id=5.5)

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
# A record of an earlier page comes again and was changed: it has moved, and the listing is read once more.
MOVED: Pages = [*SOUND, [a_record(0, updated_at=DAY.format(6))]]


Serve = Callable[..., Inbox]


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
def test_what_a_listing_without_end_held_is_kept_and_it_is_read_once_it_is_sound(
    kind: str, earlier: Pages, serve: Serve
) -> None:
    server = Scripted(earlier or [[]])
    inbox = serve(server)
    inbox.receive()
    before = mark(inbox)
    server.pages, server.more = SOUND, WITHOUT_END[kind]
    received = inbox.receive()
    assert received.rows == 6 - sum(map(len, earlier))
    assert problem_in(received.problems[0]).found == NOTHING_NEW
    assert mark(inbox) in (before, "1970-01-01T00:00:00+00:00")  # its cursors count pages
    server.more = None
    assert inbox.receive() == Received(NAME)
    assert ids(inbox) == {f"C-{number}" for number in range(6)}


def test_a_listing_without_end_is_left_at_its_last_page(serve: Serve) -> None:
    problem = problem_in(serve(Scripted(SOUND, WITHOUT_END["empty pages"])).receive().problems[0])
    assert problem.where == f"bron: conversations, page {len(SOUND) + BARREN_PAGES + 1}"
    assert (problem.found, problem.expected) == (
        NOTHING_NEW,
        "new records or the listing's end (a next_cursor that is null)",
    )


@pytest.mark.parametrize("kind", WITHOUT_END)
def test_a_second_reading_without_end_keeps_the_first_and_its_mark_stays(kind: str, serve: Serve) -> None:
    server = Scripted(MOVED, WITHOUT_END[kind], from_reading=2)
    inbox = serve(server)
    received = inbox.receive()
    assert (received.deliveries, received.rows) == (1, 7)
    assert problem_in(received.problems[0]).found == NOTHING_NEW
    assert mark(inbox) == "1970-01-01T00:00:00+00:00"
    server.pages, server.more = [*SOUND, [a_record(6, updated_at=DAY.format(7))]], None
    assert inbox.receive() == Received(NAME, deliveries=1, rows=1)
    assert mark(inbox) == "2021-01-07T12:00:00+00:00"


@pytest.mark.parametrize("repeated", [[], SOUND[0][:1], SOUND[0]], ids=["empty", "one record", "a page"])
def test_a_listing_that_repeats_itself_for_less_long_is_read(repeated: list[Any], serve: Serve) -> None:
    """Also twice, and at its end: what counts is how many come in a row."""
    pages = [SOUND[0], *[repeated] * (BARREN_PAGES - 1), SOUND[1], *[repeated] * (BARREN_PAGES - 1), SOUND[2], repeated]
    inbox = serve(Scripted(pages))
    assert inbox.receive() == Received(NAME, deliveries=1, rows=6)
    assert inbox.receive() == Received(NAME)


TWICE = range(2 * BARREN_PAGES)
SOUND_IF_LONG: dict[str, tuple[Pages, int, int]] = {
    "ends at last": ([*SOUND, *[[]] * BARREN_PAGES], 6, 0),
    "every version of a record": ([[a_record(0, updated_at=DAY.format(n + 1))] for n in TWICE], len(TWICE), 0),
    "ids that cannot be read": (
        [SOUND[0] + [a_record(n) for n in range(90, 290)], *([a_record(n, conversation_id=n + 0.5)] for n in TWICE)],
        202,
        len(TWICE),
    ),
}


@pytest.mark.parametrize("kind", SOUND_IF_LONG)
def test_a_long_listing_that_brings_something_new_is_read(kind: str, serve: Serve) -> None:
    pages, rows, rejected = SOUND_IF_LONG[kind]
    assert serve(Scripted(pages)).receive() == Received(NAME, deliveries=1, rows=rows, rejected=rejected)


def test_many_pages_of_what_earlier_pulls_brought_are_read(serve: Serve) -> None:
    """The overlap of a week may be long, and what is known from earlier nights is new in this reading."""
    inbox = serve(Scripted(KNOWN_FOR_LONG))
    assert inbox.receive().rows == len(KNOWN_FOR_LONG)
    assert inbox.receive() == Received(NAME)


def test_a_second_reading_may_be_long_and_bring_nothing_that_the_first_did_not(serve: Serve) -> None:
    server = Scripted([*KNOWN_FOR_LONG, [a_record(0, updated_at=DAY.format(6))]])
    assert serve(server).receive() == Received(NAME, deliveries=1, rows=len(KNOWN_FOR_LONG) + 1)
    assert server.readings == 2


def test_ids_and_moments_are_found_under_the_platforms_own_names(serve: Serve) -> None:
    pages = [
        [a_record(n, conversation_id=..., updated_at=..., nr=f"C-{n}", at=DAY.format(1))]
        for n in range(BARREN_PAGES + 5)
    ]
    more = lambda number: [{**pages[0][0], "remark": number}]  # noqa: E731
    inbox = serve(Scripted(pages, more), conversation_id="nr", updated_at="at")
    [problem] = inbox.receive().problems
    assert problem_in(problem).where == f"bron: conversations, page {len(pages) + BARREN_PAGES + 1}"


def test_a_second_reading_has_the_same_attempts_as_the_first(serve: Serve) -> None:
    server = Scripted(MOVED, drops=ATTEMPTS - 1)
    inbox = serve(server)
    assert inbox.receive() == Received(NAME, deliveries=1, rows=7)
    assert (server.drops, server.readings) == (0, 2)
    assert mark(inbox) == "2021-01-06T12:00:00+00:00"
