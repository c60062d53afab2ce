"""The demo's chat platform: its records over HTTP on loopback, in pages, behind a bearer token."""

import base64
import binascii
import hmac
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from demo.inbox import fier_records, write_demo

DEFAULT_LIMIT = 500
MOST = 1000

# When a record was last changed (UTC), its id, and its place among its equals.
Key = tuple[str, str, int]


class ChatServer(ThreadingHTTPServer):
    """Serves records in the order of their last change."""

    def __init__(self, records: Sequence[Mapping[str, Any]], token: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        keyed = [
            ((_utc(str(record["updated_at"])), str(record["conversation_id"] or ""), number), record)
            for number, record in enumerate(records)
        ]
        keyed.sort(key=lambda pair: pair[0])
        self.keys: list[Key] = [key for key, _ in keyed]
        self.records = [record for _, record in keyed]
        self.token = token

    def page(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """One page of the listing.

        Raises:
            ValueError: a parameter makes no sense.
        """
        limit = min(int(parameters.get("limit", DEFAULT_LIMIT)), MOST)
        if limit < 1:
            raise ValueError("limit")
        start = 0
        if "updated_since" in parameters:
            start = bisect_left(self.keys, (_utc(parameters["updated_since"]), "", 0))
        if "cursor" in parameters:
            start = max(start, bisect_right(self.keys, _key(parameters["cursor"])))
        end = start + limit
        following = _cursor(self.keys[end - 1]) if end < len(self.keys) else None
        return {"items": self.records[start:end], "next_cursor": following}


def _utc(text: str) -> str:
    """A moment as text that sorts as time does."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without offset")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _key(cursor: str) -> Key:
    try:
        updated_at, conversation_id, number = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (binascii.Error, TypeError) as error:
        raise ValueError("cursor") from error
    return str(updated_at), str(conversation_id), int(number)


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.server.token}".encode()):
            self._answer(401, {"error": "a bearer token is needed"})
        elif address.path != "/conversations":
            self._answer(404, {"error": "there is only /conversations"})
        else:
            parameters = {name: values[-1] for name, values in parse_qs(address.query).items()}
            try:
                self._answer(200, self.server.page(parameters))
            except ValueError:
                self._answer(400, {"error": "a parameter makes no sense"})

    def _answer(self, status: int, body: Mapping[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged: their parameters are nobody's business."""


def make_server(records: Sequence[Mapping[str, Any]], token: str, port: int = 0) -> ChatServer:
    """A server of these records on loopback; port 0 takes a free one."""
    return ChatServer(records, token, port)


def serve(folder: Path, started: Callable[[dict[str, int], int], None]) -> None:
    """Write the demo below a folder with its platform on a free port, and serve that until interrupted.

    `started` is called with the number of records of each source, and the port.

    Raises:
        FileExistsError: the folder has a `zicht.toml` that is not the demo's.
    """
    # The port is taken before `zicht.toml` names it: nobody else gets it in between.
    with make_server(fier_records(), "") as server:
        written = write_demo(folder, served=True, port=server.server_port)
        server.token = (folder / "demo.token").read_text(encoding="utf-8").strip()
        started(written, server.server_port)
        with suppress(KeyboardInterrupt):
            server.serve_forever()
