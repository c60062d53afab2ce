"""The Prefect server of a command: no proxy is asked for one on loopback, and one that is left over is ended. Processes
and requests are real."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import getproxies, proxy_bypass

import httpx
import pytest
from loopback import Loopback, reply
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.runtime import prefect_server

# A command that starts a server, says its number, and goes on.
COMMAND = """
import os, subprocess, sys, time
from pathlib import Path
from flows.runtime.prefect_server import mark
os.environ.update(mark(Path(sys.argv[1])))
variables = {**os.environ, "PREFECT__SERVER_EPHEMERAL": sys.argv[2]}
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], env=variables).pid, flush=True)
time.sleep(300)
"""


class Started:
    """A command and the server that it started."""

    def __init__(self, home: Path, is_server: str) -> None:
        self.command = subprocess.Popen(
            [sys.executable, "-c", COMMAND, str(home), is_server], stdout=subprocess.PIPE, text=True
        )
        assert self.command.stdout
        self.server = int(self.command.stdout.readline())
        self._handle = os.pidfd_open(self.server)

    def kill_the_command(self) -> None:
        self.command.kill()
        self.command.wait()

    def goes_on(self) -> bool:
        """Whether the server goes on; one that was killed has a moment to end."""
        return not select.select([self._handle], [], [], 1.0)[0]

    def end(self) -> None:
        if self.command.poll() is None:
            self.kill_the_command()
        if self.goes_on():
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        os.close(self._handle)


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    all_started: list[Started] = []

    def starting(home: Path, is_server: str) -> Started:
        all_started.append(Started(home, is_server))
        return all_started[-1]

    yield starting
    for started in all_started:
        started.end()


@pytest.mark.parametrize(
    ("home", "is_server", "is_killed", "goes_on"),
    [
        *(("home", "1", True, False), ("home", "1", False, True)),
        *(("another", "1", True, True), ("another home", "1", True, True), ("home", "0", True, True)),
    ],
)
def test_only_a_server_of_this_home_whose_command_was_killed_is_ended(
    start: Callable[..., Started], tmp_path: Path, home: str, is_server: str, is_killed: bool, goes_on: bool
) -> None:
    started = start(tmp_path / home, is_server)
    if is_killed:
        started.kill_the_command()
    assert started.goes_on()
    prefect_server.end_left_over(Path("home"))
    prefect_server.end_left_over(tmp_path / "home")
    assert started.goes_on() == goes_on


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of a kind that is not installed, for everything but one other host."""
    proxy = "socks5://127.0.0.1:9"
    for name, value in {
        "HTTP_PROXY": proxy,
        "HTTPS_PROXY": proxy,
        "ALL_PROXY": proxy,
        "NO_PROXY": "example.org",
    }.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.lower(), value)


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize("url", ["", *(f"http://{host}:4200/api" for host in ("127.0.0.1", "LOCALHOST", "[::1]"))])
def test_no_proxy_is_asked_for_a_server_on_loopback(url: str) -> None:
    with temporary_settings({PREFECT_API_URL: url}) if url else temporary_settings(restore_defaults={PREFECT_API_URL}):
        prefect_server.ask_no_proxy_on_loopback()
    with Loopback(lambda request: reply(b"here")) as served:
        assert httpx.get(served.url).text == "here"
    assert proxy_bypass("127.0.0.1:4200")  # as websockets asks


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize("url", ["https://prefect.example.com/api", "http://127.0.0.1.example.com/api"])
def test_a_server_elsewhere_is_asked_through_the_proxy(url: str) -> None:
    before = getproxies()
    with temporary_settings({PREFECT_API_URL: url}):
        prefect_server.ask_no_proxy_on_loopback()
        assert prefect_server.failed(ValueError("CANARY")).endswith("(ValueError); look at PREFECT_API_URL.")
    assert getproxies() == before and not proxy_bypass("prefect.example.com")
