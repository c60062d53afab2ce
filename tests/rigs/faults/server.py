"""A chat platform with faults that keeps its own truth: its records, the requests it got, and who received a secret."""

import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from loopback import Platform, Request, page, reply

Record = dict[str, Any]
Pieces = bytes | Iterable[bytes | None]
# (conversation, last change, whether erased, tags) identify a version of a record.
Version = tuple[str, str, bool, tuple[str, ...]]

TOKEN = "token-that-nobody-else-may-see"


def version(record: Record) -> Version:
    tags = () if record["deleted"] else tuple(record["tags"])
    return record["conversation_id"], record["updated_at"], record["deleted"], tags


class Sink:
    """Another host. It keeps every byte that it receives and answers as a platform would."""

    def __init__(self) -> None:
        self.received = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "Sink":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.received += connection.recv(1 << 16)
                connection.sendall(reply(page([])))


@dataclass(frozen=True)
class Fault:
    """One fault, as data."""

    name: str
    # Returns what is sent in place of a good body, from that body and the sink's address.
    answer: Callable[[bytes, str], Pieces] | None = None
    change: Callable[["FaultyPlatform"], None] | None = None  # of the platform, before a page is made


@dataclass
class FaultyPlatform:
    """A platform whose n-th requested page has the faults `faults[n]`, one for each request, and is good afterwards.

    Changes last until the platform is `mended`.
    """

    platform: Platform
    sink: str = ""
    faults: dict[int, list[Fault]] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)
    # Returns the items and cursor of a good page, if a fault has changed how pages are made.
    paging: Callable[[Request], tuple[list[Record], str | None]] | None = None
    asked: Counter[str] = field(default_factory=Counter)
    versions: set[Version] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.note()

    def note(self) -> None:
        """Remember every version of a record that has ever existed."""
        self.versions |= self.truth()

    def truth(self) -> set[Version]:
        """Return the current versions."""
        return {version(record) for record in self.platform.records}

    def edit(self, number: int, updated_at: str, **changes: Any) -> None:
        """Change a record of the platform."""
        self.platform.records[number] = {**self.platform.records[number], "updated_at": updated_at, **changes}
        self.note()

    def add(self, record: Record) -> None:
        self.platform.records.append(record)
        self.note()

    def begin(self, faults: dict[int, list[Fault]]) -> None:
        """Start a new pull with these faults."""
        self.faults = faults
        self.asked.clear()

    def mended(self) -> None:
        """Remove all faults and their lasting changes."""
        self.begin({})
        self.headers, self.paging = [], None

    def __call__(self, request: Request) -> Pieces:
        cursor = request.query.get("cursor", "")
        self.asked[cursor] += 1
        number = list(self.asked).index(cursor)
        waiting = self.faults.get(number, [])
        while waiting:
            fault = waiting.pop(0)
            if fault.change:
                fault.change(self)
            if fault.answer:
                return fault.answer(body(*self.items(request)), self.sink)
        try:
            content = page(*self.items(request))
        except (ValueError, TypeError):
            return reply(b"{}", status="400 No such cursor")
        return reply(content, "Content-Type: application/json", *self.headers)

    def items(self, request: Request) -> tuple[list[Record], str | None]:
        """Return the items of a page and the cursor of the next one."""
        return (self.paging or self.platform.page)(request)


def body(items: list[Record], following: str | None) -> bytes:
    """Return a good page. Its letters are not escaped, and a cut can go through one."""
    return json.dumps({"items": items, "next_cursor": following}, ensure_ascii=False).encode()
