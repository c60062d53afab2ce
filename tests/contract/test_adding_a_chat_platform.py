"""docs/adding-a-chat-platform.md, run against servers that answer as the platforms' public documentation says.

The platforms give transcripts and addresses, which must not be read.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from homes import KEY
from loopback import Loopback, Request, reply
from samples import a_context
from typer.testing import CliRunner

from connectors.ingest import Received, receive
from connectors.landing import Landing
from flows.cli import app
from flows.runtime.configuration import ROOT, load_configuration

PAGE = (ROOT / "docs" / "adding-a-chat-platform.md").read_text(encoding="utf-8")
BLOCKS = {
    name: block
    for block in re.findall(r"```toml\n(\[sources\..+?)```", PAGE, flags=re.DOTALL)
    for name in tomllib.loads(block)["sources"]
}
[SCRIPT] = re.findall(r"```python\n(.+?)```", PAGE, flags=re.DOTALL)
START = datetime(2021, 1, 1, 12, tzinfo=UTC)
CANARY = "kanarie-7431"
Answer = Callable[[Request], bytes]


def moment(number: int) -> datetime:
    return START + timedelta(days=number)


def tags(number: int) -> list[str]:
    return ["Mensenhandel"] if number % 2 else ["wonen"]


def as_json(body: Any) -> bytes:
    return reply(json.dumps(body).encode(), "Content-Type: application/json")


class Intercom:
    """The newest first, in pages with a cursor. There is no parameter for changes."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, request: Request) -> bytes:
        assert request.path == "/conversations" and request.headers["authorization"] == "Bearer token-of-intercom"
        assert set(request.query) <= {"per_page", "starting_after"}
        count = 2  # a page is smaller than was asked for
        start = int(request.query.get("starting_after", "Wz0").removeprefix("Wz"))
        found = [self.conversation(number) for number in reversed(range(self.size))][start : start + count]
        pages: dict[str, Any] = {"type": "pages", "per_page": count}
        if start + count < self.size:
            pages["next"] = {"per_page": count, "starting_after": f"Wz{start + count}"}
        return as_json({"type": "conversation.list", "conversations": found, "pages": pages})

    @staticmethod
    def conversation(number: int) -> dict[str, Any]:
        at = int(moment(number).timestamp())
        author = {"type": "user", "name": f"verzonnen{number}", "email": CANARY}
        marks = {"type": "tag.list", "tags": [{"type": "tag", "id": "7", "name": tag} for tag in tags(number)]}
        source = {"body": CANARY, "author": author}
        return {"id": str(number), "created_at": at, "updated_at": at, "source": source, "tags": marks}


class Zendesk:
    """In the order of the last change. The next page is an address, and its first record was the last one before."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.url = ""

    def __call__(self, request: Request) -> bytes:
        assert request.path == "/api/v2/chat/incremental/chats" and request.query["fields"] == "chats(*)"
        since = int(request.query.get("start_time", 0))
        numbers = [number for number in range(self.size) if moment(number).timestamp() >= since][:3]
        end = int(moment(numbers[-1]).timestamp()) if numbers else since
        following = f"{self.url}{request.path}?{urlencode({**request.query, 'start_time': end})}"
        chats = [self.chat(number) for number in numbers]
        return as_json({"chats": chats, "count": len(chats), "end_time": end, "next_page": following})

    @staticmethod
    def chat(number: int) -> dict[str, Any]:
        at = moment(number).isoformat()
        visitor = {"name": f"verzonnen{number}", "email": CANARY}
        history = [{"type": "chat.msg", "msg": CANARY}]
        return {
            **{"id": f"2101.{number}", "timestamp": at, "update_timestamp": at},
            **{"visitor": visitor, "tags": tags(number), "history": history},
        }


class RocketChat:
    """In pages by offset, with two headers."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, request: Request) -> bytes:
        assert (request.headers["x-auth-token"], request.headers["x-user-id"]) == ("token-of-rocket", "robot")
        start = int(request.query["offset"])
        rooms = [self.room(number) for number in range(self.size)][start : start + 2]
        return as_json({"rooms": rooms, "count": len(rooms), "offset": start, "total": self.size, "success": True})

    @staticmethod
    def room(number: int) -> dict[str, Any]:
        at = moment(number).isoformat().replace("+00:00", ".000Z")
        visitor = {"username": f"verzonnen{number}", "token": CANARY}
        return {"_id": f"R{number}", "v": visitor, "ts": at, "_updatedAt": at, "tags": tags(number), "topic": CANARY}


class Home:
    """A home with one source of the page, whose API is on loopback."""

    def __init__(self, folder: Path, name: str, url: str) -> None:
        block = re.sub(r"https://[a-z.]+", url, BLOCKS[name])
        (folder / "zicht.toml").write_text(f'home = "home"\npseudonym_key_env = "TEST_KEY"\n{block}')
        self.configuration = load_configuration()
        self.source = self.configuration.source(name)
        self.landing = Landing(self.configuration.landing)

    def receive(self) -> Received:
        return receive(self.source, self.landing, a_context())

    def rows(self) -> list[dict[str, Any]]:
        receipts = self.landing.receipts(self.source.name)
        columns = ["conversation_id", "started_at", "updated_at", "tags", "nickname_pseudonym"]
        names = [receipt.delivery for receipt in receipts]
        return list(self.landing.rows(self.source.name, "conversations", names, columns))


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setenv("ZICHT_CONFIG", str(tmp_path / "zicht.toml"))
    for name in ("intercom", "zendesk"):
        monkeypatch.setenv(f"{name.upper()}_TOKEN", f"token-of-{name}")
    return tmp_path


@pytest.mark.parametrize(
    ("platform", "prefix"), [(Intercom(5), ""), (Zendesk(7), "2101.")], ids=["intercom", "zendesk"]
)
def test_a_platform_of_the_page_is_read_with_the_keys_of_the_page(
    platform: Intercom | Zendesk, prefix: str, environment: Path
) -> None:
    name, size = type(platform).__name__.lower(), platform.size
    with Loopback(platform) as server:
        platform.url = server.url
        home = Home(environment, name, server.url)
        checked = CliRunner().invoke(app, ["sources", "check", name, "--csv"])
        assert checked.exit_code == 0 and not home.landing.all_receipts(name)
        assert re.search(rf"conversations,flagged,,{size // 2},", checked.output)
        assert home.receive() == Received(name, deliveries=1, rows=size)
        assert home.receive() == Received(name)  # the next night brings nothing new
        platform.size += 1
        assert home.receive() == Received(name, deliveries=1, rows=1)
    found = {row["conversation_id"]: row for row in home.rows()}
    assert sorted(found) == sorted(f"{prefix}{number}" for number in range(size + 1))
    for number in range(size + 1):
        row = found[f"{prefix}{number}"]
        assert (row["started_at"], row["updated_at"]) == (moment(number), moment(number))
        assert [tag.casefold() for tag in row["tags"]] == [tag.casefold() for tag in tags(number)]
    assert len({row["nickname_pseudonym"] for row in found.values()}) == size + 1
    assert not any(CANARY.encode() in path.read_bytes() for path in environment.rglob("*") if path.is_file())


def test_changes_are_asked_for_in_seconds_since_1970(environment: Path) -> None:
    platform = Zendesk(3)
    with Loopback(platform) as server:
        platform.url = server.url
        home = Home(environment, "zendesk", server.url)
        home.receive()
        asked = len(server.requests)
        home.receive()
    week = moment(2) - timedelta(days=7)
    assert "start_time" not in server.requests[0].query
    assert server.requests[asked].query["start_time"] == str(int(week.timestamp()))


def test_a_next_page_on_another_server_is_not_asked(environment: Path) -> None:
    platform = Zendesk(7)
    with Loopback(platform) as server, Loopback(platform) as other:
        platform.url = other.url
        [problem] = Home(environment, "zendesk", server.url).receive().problems
    assert "found a next page on another server" in problem and other.requests == []


@pytest.mark.parametrize("key", ["items", "next"])
def test_a_misspelt_place_is_a_problem_and_not_an_empty_listing(key: str, environment: Path) -> None:
    with Loopback(Intercom(3)) as server:
        home = Home(environment, "intercom", server.url)
        text = (environment / "zicht.toml").read_text()
        (environment / "zicht.toml").write_text(re.sub(rf'^{key} = "', f'{key} = "x', text, flags=re.MULTILINE))
        checked = CliRunner().invoke(app, ["sources", "check", "intercom"])
    assert checked.exit_code == 1 and "found JSON of another shape" in checked.output
    assert not home.landing.all_receipts("intercom")


def test_the_script_of_the_page_writes_a_file_that_is_read(environment: Path) -> None:
    with Loopback(RocketChat(5)) as server:
        given = {"ROCKET_URL": server.url, "ROCKET_TOKEN": "token-of-rocket", "ROCKET_USER": "robot"}
        subprocess.run([sys.executable, "-c", SCRIPT], cwd=environment, env={**os.environ, **given}, check=True)
    [written] = (environment / "inbox" / "rocket").iterdir()
    os.utime(written, (0, 0))
    home = Home(environment, "rocket", "")
    assert home.receive() == Received("rocket", deliveries=1, rows=5)
    assert sorted(row["conversation_id"] for row in home.rows()) == [f"R{number}" for number in range(5)]
    assert CANARY not in written.read_text() and len(SCRIPT.splitlines()) <= 30
