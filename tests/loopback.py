"""Real servers on loopback: one that sends exactly the bytes a test wants, the platform's API on top of it, and one for
mail."""

import json
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiosmtpd.controller import Controller


@dataclass(frozen=True)
class Request:
    """What a client asked; header names in lower case."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Loopback:
    """Answers each request with the bytes (or pieces of bytes) that `answer` gives, and hangs up."""

    def __init__(self, answer: Callable[[Request], bytes | Iterable[bytes]]) -> None:
        self.requests: list[Request] = []
        requests = self.requests

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                line = self.rfile.readline().decode()
                headers = {}
                while (header := self.rfile.readline().decode().strip()) != "":
                    name, _, value = header.partition(":")
                    headers[name.lower()] = value.strip()
                target = urlsplit(line.split()[1])
                body = self.rfile.read(int(headers.get("content-length", 0)))
                request = Request(target.path, dict(parse_qsl(target.query)), headers, body)
                requests.append(request)
                pieces = answer(request)
                try:
                    for piece in [pieces] if isinstance(pieces, bytes) else pieces:
                        self.wfile.write(piece)
                        self.wfile.flush()
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the client has seen enough

        self._server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Loopback":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


def head(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "Connection: close", "", ""]).encode()


def reply(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """An answer with its true length."""
    return head(status, f"Content-Length: {len(body)}", *headers) + body


def page(items: Any, cursor: Any = None) -> bytes:
    return json.dumps({"items": items, "next_cursor": cursor}).encode()


class Platform:
    """The API of a chat platform over a list of records, which a test may change between (and during) requests."""

    def __init__(self, records: list[dict[str, Any]], page_size: int = 500) -> None:
        self.records = records
        self.page_size = page_size
        self.before_each_page: Callable[[], None] = lambda: None

    def __call__(self, request: Request) -> bytes:
        self.before_each_page()
        since = request.query.get("updated_since")
        # The cursor is the key of the last record that was given: opaque to clients.
        after = tuple(json.loads(request.query["cursor"])) if "cursor" in request.query else ()
        keyed = sorted((self._key(record), number) for number, record in enumerate(self.records))
        found = [
            (key, self.records[number])
            for key, number in keyed
            if key > after and (since is None or datetime.fromisoformat(key[0]) >= datetime.fromisoformat(since))
        ]
        given = found[: self.page_size]
        cursor = json.dumps(given[-1][0]) if len(found) > len(given) else None
        return reply(page([record for _, record in given], cursor), "Content-Type: application/json")

    @staticmethod
    def _key(record: dict[str, Any]) -> tuple[str, str]:
        return record["updated_at"], record["conversation_id"]


class Mails:
    """A mail server, and the texts of what it received."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.texts.append(envelope.content.decode())
        return "250 taken"

    def __enter__(self) -> "Mails":
        self._controller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._controller.stop()
