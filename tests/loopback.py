"""Real servers on loopback: one that sends exactly the bytes of a test, a platform's API on top of it, and a mail
server.
"""

import json
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urlsplit

from aiosmtpd.controller import Controller


@dataclass(frozen=True)
class Request:
    """One request of a client. Header names are in lower case."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


def read_request(stream: BinaryIO) -> Request | None:
    """Return the next request of a connection, or None if there is none."""
    line = stream.readline().decode()
    if not line:
        return None
    headers = {}
    while (header := stream.readline().decode().strip()) != "":
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    target = urlsplit(line.split()[1])
    return Request(
        target.path, dict(parse_qsl(target.query)), headers, stream.read(int(headers.get("content-length", 0)))
    )


class Loopback:
    """A server that sends the bytes (or pieces of bytes) of `answer` for each request and then closes the connection.

    A piece that is None resets the connection.
    """

    def __init__(self, answer: Callable[[Request], bytes | Iterable[bytes]], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        requests = self.requests

        class Handler(StreamRequestHandler):
            def setup(self) -> None:
                if tls:
                    self.request = tls.wrap_socket(self.request, server_side=True)
                super().setup()

            def handle(self) -> None:
                request = read_request(self.rfile)
                if request is None:
                    return  # the client connected and sent nothing
                requests.append(request)
                pieces = answer(request)
                try:
                    for piece in [pieces] if isinstance(pieces, bytes) else pieces:
                        if piece is None:
                            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                            return
                        self.wfile.write(piece)
                        self.wfile.flush()
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the client closed the connection

        class Server(ThreadingTCPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                if not isinstance(sys.exception(), OSError):  # the client hangs up or does not trust the certificate
                    super().handle_error(request, client_address)

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Loopback":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


def head(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "Connection: close", "", ""]).encode()


def reply(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer whose Content-Length is correct."""
    return head(status, f"Content-Length: {len(body)}", *headers) + body


def page(items: Any, cursor: Any = None) -> bytes:
    return json.dumps({"items": items, "next_cursor": cursor}).encode()


class Platform:
    """The API of a chat platform over a list of records. A test may change the list between and during requests.

    A cursor is opaque to clients. Here it is the key of the last record that was sent. With `by_offset` it is the
    number of records that were sent: a record that moves while pages are read then shifts the records after it.
    The answer with the record `cut_at` is cut.
    """

    def __init__(
        self,
        records: list[dict[str, Any]],
        page_size: int = 500,
        *,
        by_offset: bool = False,
        newest_first: bool = False,
        cut_at: str | None = None,
    ) -> None:
        self.records = records
        self.page_size = page_size
        self.by_offset = by_offset
        self.newest_first = newest_first
        self.cut_at = cut_at
        self.before_each_page: Callable[[], None] = lambda: None

    def __call__(self, request: Request) -> bytes:
        whole = reply(page(*self.page(request)), "Content-Type: application/json")
        return whole[:-20] if self.cut_at and json.dumps(self.cut_at).encode() in whole else whole

    def page(self, request: Request) -> tuple[list[dict[str, Any]], str | None]:
        """Return the records of one page, and the cursor of the next page (None after the last)."""
        self.before_each_page()
        since = request.query.get("updated_since")
        keys = ((self._key(record), number) for number, record in enumerate(self.records))
        keyed = sorted(keys, reverse=self.newest_first)
        found = [
            (key, self.records[number])
            for key, number in keyed
            if since is None or datetime.fromisoformat(key[0]) >= datetime.fromisoformat(since)
        ]
        cursor = json.loads(request.query.get("cursor", "null"))
        sent = [key for key, _ in found if cursor and not self.by_offset and self._is_sent(key, tuple(cursor))]
        start = (cursor or 0) if self.by_offset else len(sent)
        given = found[start : start + self.page_size]
        end = start + len(given)
        following = json.dumps(end if self.by_offset else given[-1][0]) if end < len(found) else None
        return [record for _, record in given], following

    def _is_sent(self, key: tuple[str, str], cursor: tuple[str, str]) -> bool:
        return key >= cursor if self.newest_first else key <= cursor

    @staticmethod
    def _key(record: dict[str, Any]) -> tuple[str, str]:
        return record["updated_at"], record["conversation_id"]


class Mails:
    """A mail server that keeps the texts of the mails that it received."""

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
