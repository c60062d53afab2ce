"""Serve the demo's chat platform: its records over HTTP on loopback, in pages, behind a bearer token."""

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

# The moment of a record's last change (UTC), its id, and its number, which separates records that are otherwise equal.
Key = tuple[str, str, int]


class ChatServer(ThreadingHTTPServer):
    """An HTTP server of records on loopback, in the order of their last change.

    Args:
        records: The records to serve.
        token: The bearer token that clients must send.
        port: The port on loopback. Port 0 takes a free one.
    """

    def __init__(self, records: Sequence[Mapping[str, Any]], token: str, port: int = 0) -> None:
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
        """Return one page of the listing.

        Args:
            parameters: The query parameters `limit`, `updated_since` and `cursor`. All are optional.

        Returns:
            The page, as the platform sends it.

        Raises:
            ValueError: If a parameter is not valid.

        Example:
            `{"items": [{"conversation_id": "F-0000001", ...}], "next_cursor": None}`
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
    """Return a moment as text that sorts in the order of time."""
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
        """Log nothing. The parameters of requests are private."""


def serve(folder: Path, started: Callable[[dict[str, int], int], None]) -> None:
    """Write the demo below a folder, and serve its platform on a free port until interrupted.

    Args:
        folder: The folder of the demo.
        started: Called with the number of records of each source, and the port.

    Raises:
        FileExistsError: If the folder has a `zicht.toml` that is not the demo's.
    """
    # The server takes the port before `zicht.toml` names it, so no other process can take it in between.
    with ChatServer(fier_records(), "") as server:
        written = write_demo(folder, served=True, port=server.server_port)
        server.token = (folder / "demo.token").read_text(encoding="utf-8").strip()
        started(written, server.server_port)
        with suppress(KeyboardInterrupt):
            server.serve_forever()
