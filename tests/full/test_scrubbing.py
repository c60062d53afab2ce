"""Nothing that is said of a failing run holds a person's value or a secret, wherever it is said: output, logs, records,
the Prefect server's database, mails and webhooks. Without the scrubber the same search finds them."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from canaries import Canaries, contents_below
from forced_failures import FAILURES
from loopback import Loopback, Mails, reply
from organisation import Organisation

pytestmark = pytest.mark.full

PLAYER = Path(__file__).parents[1] / "forced_failures.py"
TOML = """
home = "home"
pseudonym_key_env = "ZICHT_TEST_KEY"
fictitious = true

[mail]
sender = "zicht@example.org"
port = {port}

[alerts]
mail_to = ["engineer@example.org"]
webhook_url = "{url}/{webhook}"
ping_url = "http://127.0.0.1:9/{ping}"

[sources.fier]
kind = "chat"
url = "http://127.0.0.1:9"
token_env = "ZICHT_TEST_TOKEN"
"""


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    made = Organisation(tmp_path_factory.mktemp("organisation"))
    made.start_server()
    yield made
    made.stop()


class Play:
    """One performance of all failures, and what can be found of it."""

    def __init__(self, organisation: Organisation, folder: Path, *options: str) -> None:
        secret = Canaries()
        self.secrets = {name: secret(name) for name in ("key", "token", "webhook", "ping")}
        with Mails() as mails, Loopback(lambda request: reply(b"")) as webhook:
            names = [f"s{place}" for place in range(len(FAILURES))]
            sources = "".join(f'\n[sources.{name}]\nkind = "coding"\npath = "{name}"\n' for name in names)
            toml = TOML.format(port=mails.port, url=webhook.url, **self.secrets) + sources
            (folder / "zicht.toml").write_text(toml)
            environment = {
                **organisation.environment,
                "ZICHT_CONFIG": str(folder / "zicht.toml"),
                "ZICHT_TEST_KEY": self.secrets["key"],
                "ZICHT_TEST_TOKEN": self.secrets["token"],
                "PYTHONPATH": str(PLAYER.parent),
                # Everything is logged, by whomever, and sent to the server.
                "PREFECT_LOGGING_LEVEL": "DEBUG",
                "PREFECT_LOGGING_ROOT_LEVEL": "DEBUG",
                "PREFECT_LOGGING_EXTRA_LOGGERS": "urllib3,dbt,duckdb,x",
            }
            ended = subprocess.run(
                [sys.executable, PLAYER, folder / "words.json", *options],
                cwd=folder,
                env=environment,
                input=json.dumps(self.secrets),
                capture_output=True,
                text=True,
            )
            assert ended.returncode == 0, ended.stdout + ended.stderr
            self.bodies = [request.body for request in webhook.requests]
            self.mails = [text.encode() for text in mails.texts]
        played = json.loads((folder / "words.json").read_text())
        (folder / "words.json").unlink()
        self.forced: int = played["forced"]
        self.canaries = Canaries({**played["words"], **secret.labels})
        self.said = [ended.stdout.encode(), ended.stderr.encode()]
        self.home = list(contents_below(folder / "home"))
        self.server = list(contents_below(organisation.folder))
        for database in organisation.folder.rglob("prefect.db"):
            with sqlite3.connect(database) as connection:
                self.server += [line.encode() for line in connection.iterdump()]

    def found(self, contents: list[bytes]) -> set[str]:
        return set().union(*map(self.canaries.found_in, contents))


@pytest.fixture(scope="module")
def play(organisation: Organisation, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Play]:
    return lambda *options: Play(organisation, tmp_path_factory.mktemp("play"), *options)


def test_no_forced_failure_says_a_value_or_a_secret(
    play: Callable[..., Play], record_property: Callable[[str, object], None]
) -> None:
    played = play()
    hits = played.found([*played.said, *played.home, *played.server, *played.bodies, *played.mails])
    # They did fail, and were reported everywhere.
    assert b"an unforeseen ConversionException" in b"".join(played.said)
    for place in (played.home, played.server, played.bodies, played.mails):
        assert b"unforeseen" in b"".join(place)
    for failed in (b"model cast: error", b"test accepted_values_tested_label__a: fail"):
        assert failed in b"".join(played.home)
    assert b"dbt spoke" in b"".join(played.server)
    record_property(
        "canaries", f"{len(hits)} hits of {len(played.canaries.labels)} canaries in {played.forced} forced failures"
    )
    assert hits == set()


def test_without_the_scrubber_the_search_finds_them_everywhere(play: Callable[..., Play]) -> None:
    played = play("bare")
    logged = {"duckdb cast", "duckdb key", "pandas cast", "pydantic", "log of dbt", "log of x"}
    assert logged <= played.found(played.server)
    assert {"duckdb cast", "pandas column", "token", "key"} <= played.found(played.home)
    assert {"duckdb cast", "key"} <= played.found(played.said)
    assert {"duckdb csv", "pydantic"} <= played.found(played.bodies)
    assert {"duckdb csv", "pydantic"} <= played.found(played.mails)
