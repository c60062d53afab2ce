"""Draw every fault that a platform may have from a seed. Each family of faults is a function of the dice."""

import gzip
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from loopback import Request, head, page, reply

from rigs.faults.server import Fault, FaultyPlatform, Pieces, Record

Body = Callable[[bytes], Pieces]
PAUSE = 0.03  # seconds between two pieces of a slow server
SILENCE = 3.0  # seconds without any byte; longer than the deadline of a test
FURTHEST = timedelta(hours=40)  # a record that is dated further ahead than two days is rejected


def of_body(name: str, answer: Body) -> Fault:
    """Return a fault that involves no other host."""
    return Fault(name, lambda content, sink: answer(content))


def chunked(content: bytes, size: int = 64) -> bytes:
    pieces = [content[place : place + size] for place in range(0, len(content), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


FRAMINGS: dict[str, Callable[[bytes], bytes]] = {
    "length": reply,
    "chunked": lambda content: head("200 OK", "Transfer-Encoding: chunked") + chunked(content),
    "until closed": lambda content: head("200 OK") + content,
    "gzip, length": lambda content: reply(packed(content), "Content-Encoding: gzip"),
    "gzip, until closed": lambda content: head("200 OK", "Content-Encoding: gzip") + packed(content),
    "HTTP/1.0": lambda content: b"HTTP/1.0 200 OK\r\n\r\n" + content,
}


def cut(dice: random.Random) -> Fault:
    """End the answer too early: at some point, in its head, or one byte before its end."""
    framing = dice.choice(list(FRAMINGS))
    share = dice.choice([dice.random(), dice.random(), dice.random(), 0.0, 0.02, 1.0])
    is_reset = dice.random() < 0.3

    def answer(content: bytes) -> Pieces:
        whole = FRAMINGS[framing](content)
        # A packed or chunked body ends with a trailer: a cut inside the trailer would leave the page whole.
        most = len(whole) - {"chunked": 8, "gzip, length": 12, "gzip, until closed": 12}.get(framing, 1)
        kept = whole[: int(most * share)]
        return [kept, None] if is_reset else kept

    return of_body(f"cut at {share:.2f}, {framing}{', reset' if is_reset else ''}", answer)


def wrong_length(dice: random.Random) -> Fault:
    n = dice.randrange(1, 40)
    kind = dice.choice(["beyond", "short", "negative", "text", "two", "packed and short", "length and chunks"])

    def answer(content: bytes) -> Pieces:
        whole = packed(content)
        answers = {
            "beyond": head("200 OK", f"Content-Length: {len(content) + n}") + content,
            "short": head("200 OK", f"Content-Length: {len(content) - n}") + content,
            "negative": head("200 OK", f"Content-Length: -{n}") + content[:-n],
            "text": head("200 OK", "Content-Length: many") + content[:-n],
            "two": head("200 OK", f"Content-Length: {len(content)}", f"Content-Length: {len(content) - n}") + content,
            "packed and short": reply(whole[: -12 - n], "Content-Encoding: gzip"),
            "length and chunks": head("200 OK", f"Content-Length: {n}", "Transfer-Encoding: chunked")
            + chunked(content)[: -8 - n],
        }
        return answers[kind]

    return of_body(f"length {kind} by {n}", answer)


def damaged(dice: random.Random) -> Fault:
    """Pack the answer wrongly, or change it on the way where the reader can detect it."""
    kind = dice.choice(["flipped gzip", "claims gzip", "unknown packing", "bad chunk", "more after it", "two pages"])
    share = dice.uniform(0.2, 0.9)

    def answer(content: bytes) -> Pieces:
        flipped = bytearray(packed(content))
        flipped[int(len(flipped) * share)] ^= 0x55
        chunks = bytearray(chunked(content))
        chunks[chunks.index(b"\r\n", int(len(chunks) * share / 2)) + 1] = 0x58
        answers = {
            "flipped gzip": reply(bytes(flipped), "Content-Encoding: gzip"),
            "claims gzip": reply(content, "Content-Encoding: gzip"),
            "unknown packing": reply(packed(content), "Content-Encoding: x-zip"),
            "bad chunk": head("200 OK", "Transfer-Encoding: chunked") + bytes(chunks),
            "more after it": reply(content + b"}"),
            "two pages": reply(content * 2),
        }
        return answers[kind]

    return of_body(f"{kind} at {share:.2f}", answer)


BOMB = gzip.compress(b'{"items": [' + b"{}," * (8 << 20) + b'{}], "next_cursor": null}', 1, mtime=0)


def too_much(dice: random.Random) -> Fault:
    kind = dice.choice(["bomb", "headers", "header", "informational"])
    answers: dict[str, Body] = {
        "bomb": lambda content: reply(BOMB, "Content-Encoding: gzip"),
        "headers": lambda content: reply(content, *(f"X-{n}: y" for n in range(200))),
        "header": lambda content: reply(content, "X: " + "y" * 80_000),
        "informational": lambda content: b"HTTP/1.1 100 Continue\r\n\r\n" * 2000 + reply(content),
    }
    return of_body(f"too much: {kind}", answers[kind])


def refusal(dice: random.Random) -> Fault:
    """Answer with a temporary status and any kind of Retry-After."""
    status = dice.choice([429, 429, 500, 502, 503, 503, 504])
    soon, late = (
        format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True) for seconds in (1, 90_000)
    )
    kinds = [[], ["0"], ["1"], ["-5"], ["soon"], [""], ["1.5"], ["86400"], ["1" + "0" * 12], ["9" * 400], ["7", "9"]]
    kinds += [["Wed, 21 Oct 2015 07:28:00 GMT"], [soon], [late], ["Fri, 31 Dec 9999 23:59:59 -2359"], ["\xb2"]]
    waits = dice.choice(kinds)
    answer = reply(b"{}", *(f"Retry-After: {wait}" for wait in waits), status=f"{status} No")
    return of_body(f"status {status}, Retry-After {', '.join(waits)[:32]}", lambda content: answer)


def end(dice: random.Random) -> Fault:
    """Answer with a status that a retry cannot help: the token has expired, or the address is gone."""
    status = dice.choice([401, 403, 400, 404, 410, 204, 206, 418, 501])
    return of_body(f"status {status}", lambda content: reply(content, status=f"{status} No"))


def slow(dice: random.Random) -> Fault:
    """Stop sending, or send only one piece now and then."""
    place = dice.choice(
        ["status line", "header", "headers", "length", "chunk size", "chunks", "until closed", "packed"]
    )
    is_silent = dice.random() < 0.4
    starts = {
        "status line": (b"HTTP/1.1 2", b"0"),
        "header": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        "headers": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        "length": (head("200 OK", "Content-Length: 9999"), b" "),
        "chunk size": (head("200 OK", "Transfer-Encoding: chunked"), b"0"),
        "chunks": (head("200 OK", "Transfer-Encoding: chunked"), b"1\r\n \r\n"),
        "until closed": (head("200 OK"), b" "),
        "packed": (head("200 OK", "Content-Encoding: gzip") + packed(b"")[:10], b"\x00\x00\x00\xff\xff"),
    }
    start, piece = starts[place]

    def answer(content: bytes) -> Iterator[bytes]:
        yield start
        if is_silent:
            time.sleep(SILENCE)
        for _ in range(0 if is_silent else int(SILENCE / PAUSE)):
            time.sleep(PAUSE)
            yield piece

    return of_body(f"{'silent' if is_silent else 'drip'} in {place}", answer)


def redirect(dice: random.Random) -> Fault:
    status = dice.choice([301, 302, 303, 307, 308])
    kinds = ["{sink}/conversations", "{sink}", "//{host}/x", "file:///etc/passwd", "http://[::1", "/conversations", ""]
    kinds += ["http://169.254.169.254/", "http://2130706433/", "gopher://{host}/", "{sink}/?token={{token}}"]
    kind = dice.choice(kinds)
    length = dice.choice([0, 0, 0, 30 << 20])

    def answer(content: bytes, sink: str) -> Pieces:
        location = kind.format(sink=sink, host=sink.removeprefix("http://"))
        start = head(f"{status} Elsewhere", f"Location: {location}", f"Content-Length: {length}")
        return [start, *[bytes(1 << 20)] * (length >> 20)]

    return Fault(f"redirect {status} to {kind}, body of {length >> 20} MiB", answer)


def no_page(dice: random.Random) -> Fault:
    """Answer with status 200 and something that is not a page."""
    kinds: dict[str, bytes] = {
        "login page": reply(b"<!doctype html><html><body>Log in</body></html>", "Content-Type: text/html"),
        "nothing": reply(b""),
        "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
        "garbage": bytes(dice.randrange(256) for _ in range(200)),
        "status in words": b"HTTP/1.1 fine OK\r\n\r\n{}",
        **{
            f"JSON {text}": reply(text.encode())
            for text in ("null", "[]", "{}", '{"items": []}', '{"error": "not now"}', '{"items": {}, "next_cursor": 0}')
        },
    }
    kind = dice.choice(list(kinds))
    return of_body(f"no page: {kind}", lambda content: kinds[kind])


def bad_cursor(dice: random.Random) -> Fault:
    cursor: Any = dice.choice(["", 5, False, [], "\ud800", "again"])
    return of_body(f"cursor {cursor!r}", lambda content: reply(page(json.loads(content)["items"], cursor)))


def listing(dice: random.Random) -> Fault:
    """Ignore the parameters of a request, or never end the listing."""
    kind = dice.choice(["no end", "cursor overlooked", "updated_since overlooked", "empty", "overlapping pages"])

    def change(server: FaultyPlatform) -> None:
        def paging(request: Request) -> tuple[list[Record], str | None]:
            everything = replace(request, query={**request.query, "cursor": "null"})
            unasked = replace(request, query={k: v for k, v in request.query.items() if k != "updated_since"})
            if kind == "no end":
                return server.platform.page(everything)[0], f"page {len(server.asked)}"
            if kind == "cursor overlooked":
                return server.platform.page(everything)
            if kind == "updated_since overlooked":
                return server.platform.page(unasked)
            items, following = server.platform.page(request)
            return ([], None) if kind == "empty" else (server.platform.records[:2] + items, following)

        server.paging = paging

    return Fault(f"listing: {kind}", change=change)


def drift(dice: random.Random) -> Fault:
    """Change, erase or add records, some with an earlier date, before the page is made."""
    edits = [(dice.choice(["change", "erase", "late", "new"]), dice.randrange(1000)) for _ in range(dice.randint(1, 3))]

    def change(server: FaultyPlatform) -> None:
        records = server.platform.records
        for kind, number in edits:
            last = max(datetime.fromisoformat(record["updated_at"]) for record in records)
            after, before = moment(last + timedelta(seconds=number)), moment(last - timedelta(days=2))
            place = number % len(records)
            if kind in ("change", "erase"):
                server.edit(place, after, tags=["later", str(number)], deleted=kind == "erase")
            else:
                name = f"N-{len(server.versions)}"
                server.add({**records[place], "conversation_id": name, "deleted": False} | {"updated_at": after})
                server.platform.records[-1]["updated_at"] = after if kind == "new" else before
                server.note()

    return Fault(f"drift: {', '.join(kind for kind, _ in edits)}", change=change)


def skew(dice: random.Random) -> Fault:
    """Send a wrong clock time, and perhaps date a record in the future."""
    hours = dice.choice([26, -26, 24 * 365 * 40, -24 * 365 * 40])
    date = format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)
    text = dice.choice([date, date, "yesterday", ""])
    is_future = dice.random() < 0.5

    def change(server: FaultyPlatform) -> None:
        server.headers = [f"Date: {text}"]
        if is_future:
            server.edit(0, moment(datetime.now(UTC) + FURTHEST))

    return Fault(f"clock: {text or 'none'}{', record of the future' if is_future else ''}", change=change)


def moment(at: datetime) -> str:
    """Return RFC 3339 text. Its alphabetical order is the order in time."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


FAMILIES: list[Callable[[random.Random], Fault]] = [
    *(cut, cut, cut, wrong_length, damaged, refusal, refusal, drift, redirect, slow),
    *(cut, listing, end, no_page, skew, drift, bad_cursor, too_much, refusal, redirect),
]
# The families that a single file can have too.
OF_A_FILE = [cut, cut, wrong_length, refusal, redirect, slow, end, too_much]


def a_record(number: int, updated_at: str) -> Record:
    """Return a conversation. Its nickname is a secret too."""
    return {
        "conversation_id": f"C-{number}",
        "nickname": f"verzonnen-é-{number}",
        "connection_group": None,
        "started_at": "2021-01-01T12:00:00Z",
        "ended_at": None,
        "language": "nl",
        "tags": ["mensenhandel"],
        "updated_at": updated_at,
        "deleted": False,
    }
