"""Serve the demo's chat platform: its records over HTTP on loopback, in pages, behind a bearer token."""

import hmac
import json
from bisect import bisect_left
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


class ChatServer(ThreadingHTTPServer):
    """An HTTP server of records on loopback, in the order of their last change.

    Args:
        records: The records to serve.
        token: The bearer token that clients must send.
        port: The port on loopback. Port 0 takes a free one.
    """

    def __init__(self, records: Sequence[Mapping[str, Any]], token: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.records = sorted(records, key=lambda one: (_utc(one["updated_at"]), one["conversation_id"] or ""))
        self.moments = [_utc(record["updated_at"]) for record in self.records]
        self.token = token

    def page(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Return one page of the listing.

        Args:
            parameters: The query parameters `limit`, `updated_since` and `cursor`. All are optional. The cursor is the
                place of the first record, because the records never change.

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
        start = int(parameters.get("cursor", 0))
        if "updated_since" in parameters:
            start = max(start, bisect_left(self.moments, _utc(parameters["updated_since"])))
        end = start + limit
        return {"items": self.records[start:end], "next_cursor": str(end) if end < len(self.records) else None}


def _utc(text: str) -> str:
    """Return a moment as text that sorts in the order of time."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without offset")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


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
