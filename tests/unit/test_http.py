"""A platform over HTTP: only whole pages count, only the configured server sees the token, and nothing waits for ever.

Servers are real and on loopback; waiting is written down instead of done.
"""

import gzip
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import Loopback, Request, head, page, reply
from samples import a_record, problem_of

from connectors.errors import SourceProblem
from connectors.source import Source
from connectors.transport import http
from connectors.transport.http import ATTEMPTS, LONGEST_WAIT_SECONDS, retry_after
from connectors.transport.listing import Listing

TOKEN = "token-that-nobody-else-may-see"
BODY = page([a_record(number) for number in range(5)])
OPERATOR = "Ask its operator; what was received earlier is kept, and the next run tries again."
LOGIN_PAGE = b"<!doctype html><html><body>Log in</body></html>"


class Pull:
    """What one reading of a listing did: the records, the waits asked for, the problem, the requests."""

    def __init__(self, url: str, since: datetime | None = None) -> None:
        self.sleeps: list[float] = []
        self.records: list[Any] = []
        self.problem: SourceProblem | None = None
        self.requests: list[Request] = []
        listing = Listing(Source("bron", "chat", url=url, token=TOKEN), sleep=self.sleeps.append)
        try:
            for found in listing.pages(since):
                self.records += found.records
        except SourceProblem as problem:
            self.problem = problem

    @property
    def found(self) -> str:
        return self.problem.found if self.problem else ""


def scripted(*answers: bytes) -> Callable[[Request], bytes]:
    """One answer a request; the last one for ever."""
    remaining = iter(answers)
    last = answers[-1]
    return lambda request: next(remaining, last)


def pulled(*answers: bytes, since: datetime | None = None) -> Pull:
    """Read a listing from a server that gives these answers, the last one for ever."""
    with Loopback(scripted(*answers)) as server:
        pull = Pull(server.url, since)
    pull.requests = server.requests
    return pull


def busy(wait: str | None = None, status: str = "503 Busy") -> bytes:
    return reply(b"", *([] if wait is None else [f"Retry-After: {wait}"]), status=status)


def attempts(found: str) -> str:
    return f"{found} ({ATTEMPTS} attempts)"


def test_pages_are_read_to_the_last_cursor() -> None:
    pages = {"": ([1, 2], "a b&c"), "a b&c": ([3], "é"), "é": ([], None)}
    with Loopback(lambda request: reply(page(*pages[request.query.get("cursor", "")]))) as server:
        assert Pull(server.url).records == [1, 2, 3]
    assert [request.path for request in server.requests] == ["/conversations"] * 3
    assert [request.query["limit"] for request in server.requests] == ["200"] * 3


def test_updated_since_is_sent_with_every_page_and_left_out_at_first() -> None:
    pages = (reply(page([], "x")), reply(page([])))
    asked = [*pulled(*pages, since=datetime(2021, 1, 1, tzinfo=UTC)).requests, *pulled(*pages).requests]
    assert [request.query.get("updated_since") for request in asked] == ["2021-01-01T00:00:00Z"] * 2 + [None] * 2


def test_the_address_may_have_a_path() -> None:
    with Loopback(scripted(reply(page([])))) as server:
        Pull(server.url + "/api/v2/")
    assert server.requests[0].path == "/api/v2/conversations"


@pytest.mark.parametrize(
    ("date", "clock"),
    [
        ("Wed, 30 Dec 2020 23:59:59 GMT", datetime(2020, 12, 30, 23, 59, 59, tzinfo=UTC)),
        ("Wed, 30 Dec 2020 18:59:59 -0500", datetime(2020, 12, 30, 23, 59, 59, tzinfo=UTC)),
        *((text, None) for text in ("", "yesterday", "Fri, 31 Dec 9999 23:59:59 -2359")),
        ("Wed, 99 Dec 2020 25:61:61 GMT", None),
    ],
)
def test_the_servers_clock_comes_with_a_page_unless_it_tells_no_time(date: str, clock: datetime | None) -> None:
    with Loopback(scripted(reply(page([]), f"Date: {date}"))) as server:
        [found] = Listing(Source("bron", "chat", url=server.url)).pages(None)
    assert found.sent_at == clock
    assert found.sent_at is None or found.sent_at.utcoffset() == timedelta(0)


def test_the_token_goes_to_the_configured_server_and_into_no_message() -> None:
    pull = pulled(busy(status="401 Unauthorized"))
    assert pull.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in str(pull.problem)


def test_without_a_token_none_is_sent() -> None:
    with Loopback(scripted(reply(page([])))) as server:
        list(Listing(Source("bron", "chat", url=server.url)).pages(None))
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_refused_and_nothing_follows_them(status: int) -> None:
    with (
        Loopback(scripted(reply(BODY))) as sink,
        Loopback(scripted(reply(b"", f"Location: {sink.url}/conversations", status=f"{status} Elsewhere"))) as server,
    ):
        pull = Pull(server.url)
    assert pull.found == f"a redirect (status {status})"
    assert pull.problem and pull.problem.do == "Put the final address in `url` of [sources.bron]."
    assert (len(server.requests), len(sink.requests)) == (1, 0)


def test_proxies_and_netrc_of_the_environment_have_no_effect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Loopback(scripted(reply(b""))) as sink, Loopback(scripted(reply(BODY))) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, sink.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        assert len(Pull(server.url).records) == 5
    assert sink.requests == []
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("status", "expected", "do"),
    [
        *((status, "that the token is accepted", "Renew the token of [sources.bron].") for status in (401, 403)),
        *((status, "status 200", OPERATOR) for status in (400, 404, 418, 204, 501)),
    ],
)
@pytest.mark.parametrize("first", [[], [reply(page([1], "next"))]], ids=["first page", "later page"])
def test_another_status_is_a_problem_at_once(first: list[bytes], status: int, expected: str, do: str) -> None:
    pull = pulled(*first, reply(b"{}", status=f"{status} Whatever"))
    assert pull.problem and pull.problem.found == f"status {status}"
    assert (pull.problem.expected, pull.problem.do) == (expected, do)
    assert (len(pull.requests), pull.sleeps) == (len(first) + 1, [])


@pytest.mark.parametrize("status", ["429 Slow Down", "500 Oops", "502 Bad", "503 Busy", "504 Late"])
def test_a_passing_fault_is_tried_again(status: str) -> None:
    pull = pulled(busy(status=status), busy(status=status), reply(BODY))
    assert (len(pull.records), pull.problem, pull.sleeps) == (5, None, [1.0, 2.0])


def test_a_page_is_asked_for_at_most_five_times() -> None:
    pull = pulled(busy())
    assert len(pull.requests) == ATTEMPTS <= 5
    assert sum(pull.sleeps) <= LONGEST_WAIT_SECONDS
    assert pull.found == attempts("status 503")


def test_every_page_has_its_own_attempts() -> None:
    assert pulled(busy(), busy(), reply(page([1], "a")), busy(), busy(), busy(), reply(page([2]))).records == [1, 2]


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("status", ["429 Slow Down", "503 Busy"])
@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        *(([text], 0.0) for text in ("0", in_seconds(-1000), "Wed, 21 Oct 2015 07:28:00 GMT")),
        *((texts, 1.0) for texts in (["-5"], ["soon"], [""], ["1.5"], ["7", "9"])),
        ([" 120 "], 120.0),
    ],
)
def test_retry_after_is_honoured_or_overlooked(status: str, headers: list[str], wait: float) -> None:
    told = [f"Retry-After: {text}" for text in headers]
    pull = pulled(reply(b"", *told, status=status), reply(BODY))
    assert (pull.problem, len(pull.records), pull.sleeps) == (None, 5, [wait])


def test_a_date_to_come_is_waited_for() -> None:
    [wait] = pulled(busy(in_seconds(60)), reply(BODY)).sleeps
    assert 50 < wait <= 60


@pytest.mark.parametrize("text", ["301", "86400", "1" + "0" * 12, "9" * 400, "Fri, 31 Dec 2999 23:59:59 GMT"])
def test_a_wait_beyond_five_minutes_ends_the_pull_at_once(text: str) -> None:
    pull = pulled(busy(text, status="429 Slow Down"))
    assert pull.found.startswith("status 429, and to wait ")
    assert (len(pull.requests), pull.sleeps) == (1, [])


words = st.sampled_from(
    ["Mon,", "01", "Jan", "2020", "0001", "99999", "00:00:00", "12:", "GMT", "+0000", "-9999", "-", ","]
)


@given(st.text(max_size=20) | st.lists(words, max_size=8).map(" ".join))
def test_no_retry_after_raises_or_gives_a_negative_wait(text: str) -> None:
    wait = retry_after(text)
    assert wait is None or wait >= 0


CHUNK = 64
FRAMINGS: dict[str, Callable[[bytes], bytes]] = {
    "length": lambda body: reply(body),
    "chunked": lambda body: head("200 OK", "Transfer-Encoding: chunked") + chunked(body),
    "until closed": lambda body: head("200 OK") + body,
    "gzip with length": lambda body: reply(gzip.compress(body), "Content-Encoding: gzip"),
    "gzip until closed": lambda body: head("200 OK", "Content-Encoding: gzip") + gzip.compress(body),
    "HTTP/1.0": lambda body: (head("200 OK") + body).replace(b"HTTP/1.1", b"HTTP/1.0"),
}


def chunked(body: bytes) -> bytes:
    pieces = [body[place : place + CHUNK] for place in range(0, len(body), CHUNK)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_whole_page_is_taken_in_every_framing(framing: str) -> None:
    assert len(pulled(FRAMINGS[framing](BODY)).records) == 5


NOT_WHOLE = re.compile(
    rf"(no whole answer \(\w+\)|an answer that is no whole JSON \(\d+ bytes\)) \({ATTEMPTS} attempts\)"
)


@pytest.mark.parametrize("cuts", [20, pytest.param(100, marks=pytest.mark.full)])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_page_cut_off_anywhere_is_never_taken(framing: str, cuts: int) -> None:
    answer = FRAMINGS[framing](BODY)
    body_at = answer.index(b"\r\n\r\n") + 4
    # The last bytes of a packed or chunked body are its trailer: the JSON before it is whole.
    trailer = {"chunked": 8, "gzip with length": 12, "gzip until closed": 12}.get(framing, 1)
    for cut in itertools.chain([0, 7, body_at - 2], range(body_at, len(answer) - trailer, len(answer) // cuts)):
        pull = pulled(answer[:cut])
        assert (pull.records, len(pull.requests)) == ([], ATTEMPTS), cut
        assert NOT_WHOLE.fullmatch(pull.found)


def test_gzip_cut_with_a_length_that_matches_is_never_taken() -> None:
    packed = gzip.compress(BODY)
    for cut in range(0, len(packed) - 12, 10):
        pull = pulled(reply(packed[:cut], "Content-Encoding: gzip"))
        assert pull.records == [] and pull.problem, cut


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (head("200 OK", f"Content-Length: {len(BODY) + 1}") + BODY, "no whole answer ("),
        (head("200 OK", f"Content-Length: {len(BODY) - 1}") + BODY, "an answer that is no whole JSON ("),
        *((other, "no whole answer (") for other in (b"", b"\x00\xff" * 50, b"SSH-2.0-OpenSSH\r\n")),
        (b"HTTP/1.1 banana\r\n\r\n", "no whole answer ("),
        (
            reply(LOGIN_PAGE, "Content-Type: text/html; charset=utf-8"),
            f"a web page that is no whole JSON ({len(LOGIN_PAGE)} bytes) (",
        ),
    ],
    ids=["length beyond", "length short", "nothing", "no HTTP", "SSH", "no status", "login page"],
)
def test_what_is_no_whole_page_is_never_taken(answer: bytes, found: str) -> None:
    pull = pulled(answer)
    assert pull.records == [] and pull.found.startswith(found)
    assert str(pull.problem).isprintable()


def test_a_page_after_a_cut_one_is_taken_once() -> None:
    pull = pulled(reply(BODY)[:-9], reply(BODY))
    assert (len(pull.records), pull.sleeps) == (5, [1.0])


def test_a_dead_server_is_one_line_that_names_the_address() -> None:
    with Loopback(scripted(b"")) as server:
        pass
    problem = Pull(server.url).problem
    assert problem and problem.where == f"bron: {server.url}"
    assert problem.found == attempts("no whole answer (ConnectionError)")


SHAPES = [[], {}, None, 5, "text", {"items": []}, *({"items": items, "next_cursor": None} for items in ({}, None))]
CURSORS = [{"items": [], "next_cursor": cursor} for cursor in ("", 5, False, [], {}, "\ud800")]
OTHERS = [{"error": "not now"}, {"data": {"items": [], "next_cursor": None}}]


@pytest.mark.parametrize("body", [*SHAPES, *CURSORS, *OTHERS], ids=str)
def test_json_of_another_shape_is_refused(body: Any) -> None:
    pull = pulled(reply(json.dumps(body).encode()))
    assert pull.found == "JSON of another shape"
    assert len(pull.requests) == 1


@pytest.mark.parametrize("cursors", [["a", "a"], ["a", "b", "a"], ["a", "b", "c", "b"]])
def test_a_cursor_that_comes_again_ends_the_pull(cursors: list[str]) -> None:
    pull = pulled(*[reply(page([1], cursor)) for cursor in cursors], reply(page([])))
    assert pull.found == "a cursor that was given before"
    assert len(pull.requests) == len(cursors)


def test_retries_end_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "DEADLINE_SECONDS", 5)
    pull = pulled(busy("4"), busy("200"))
    assert pull.found == "status 503, and to wait 200 seconds (2 attempts)"
    assert (len(pull.requests), pull.sleeps) == (2, [4.0])


def stall(pieces: Iterable[bytes]) -> Callable[[Request], Iterator[bytes]]:
    def answer(request: Request) -> Iterator[bytes]:
        yield from pieces
        threading.Event().wait(2)

    return answer


@pytest.mark.parametrize("pieces", [[], [reply(BODY)[:20]], [reply(BODY)[:-5]]], ids=["nothing", "header", "body"])
def test_a_server_that_falls_silent_is_left_at_the_time_out(
    pieces: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "CONNECT_AND_READ_SECONDS", (0.1, 0.1))
    with Loopback(stall(pieces)) as server:
        pull = Pull(server.url)
    assert NOT_WHOLE.fullmatch(pull.found)
    assert len(server.requests) == ATTEMPTS


def test_the_address_is_shown_without_a_user_name() -> None:
    url = "http://user:s3cret@127.0.0.1:9/x?key=s3cret"  # pragma: allowlist secret
    problem = problem_of(Listing(Source("bron", "chat", url=url, token=TOKEN), sleep=lambda seconds: None).pages, None)
    assert problem.where == "bron: http://127.0.0.1:9/x" and "s3cret" not in str(problem)
