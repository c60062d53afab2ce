"""What an organisation runs: a Prefect server, a process worker, and a chat platform that a test can block."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import requests
from loopback import Platform, Request, reply
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from flows.runtime.configuration import ROOT

BIN = Path(sys.executable).parent
TOKEN = "token-that-a-Secret-block-holds"
Found = TypeVar("Found")


def wait_for(what: Callable[[], Found | None], seconds: float = 90) -> Found:
    """Return the first thing that `what` finds. Fail if it finds nothing in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.3)
    raise AssertionError(f"not within {seconds} seconds")


class HeldPlatform:
    """A platform that answers requests with its token, and waits while it is on hold."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        self.platform = Platform(records)
        self.go = Event()
        self.go.set()
        self.waiting = Event()

    def __call__(self, request: Request) -> bytes:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return reply(b"", status="401 Unauthorized")
        if not self.go.is_set():
            self.waiting.set()
            self.go.wait(120)
        return self.platform(request)

    def hold(self) -> None:
        self.waiting.clear()
        self.go.clear()


class Organisation:
    """A server and a worker on loopback with their own files, and the commands of a data engineer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.api = f"http://127.0.0.1:{self._port}/api"
        self.environment = {
            **os.environ,
            "PREFECT_API_URL": self.api,
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "DO_NOT_TRACK": "1",
            "ZICHT_CONFIG": str(folder / "zicht.toml"),
            "ZICHT_TEST_KEY": "k" * 32,
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "PWD": str(ROOT),
        }
        self._session = requests.Session()
        # A server on SQLite answers 503 while another process writes. Prefect's own client retries too.
        patience = Retry(9, status_forcelist=[503], allowed_methods=None, backoff_factor=0.1)
        self._session.mount("http://", HTTPAdapter(max_retries=patience))
        self._server: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None

    def start_server(self) -> None:
        place = ["--host", "127.0.0.1", "--port", str(self._port)]
        self._server = self._start("server", [BIN / "prefect", "server", "start", *place])
        wait_for(self._is_up)

    def stop_server(self) -> None:
        assert self._server
        self._server.terminate()
        self._server.wait(60)

    def start_worker(self) -> None:
        options = ["--pool", "zicht", "--type", "process"]
        self._worker = self._start("worker", [BIN / "prefect", "worker", "start", *options])

    def kill_worker(self) -> None:
        """Kill the worker and everything that it runs, as when its machine loses power."""
        assert self._worker
        processes = [self._worker.pid, *children_of(self._worker.pid)]
        for process in processes:
            os.kill(process, signal.SIGKILL)
        self._worker.wait(60)

    def stop(self) -> None:
        for process in (self._worker, self._server):
            if process and process.poll() is None:
                process.terminate()
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:  # a worker waits for its runs
                    process.kill()
                    process.wait()

    def prefect(self, *arguments: str) -> str:
        ended = self._run(ROOT, BIN / "prefect", "--no-prompt", *arguments)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def zicht(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run(self.folder, BIN / "zicht", *arguments)

    def _run(self, folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=folder, env=self.environment, capture_output=True, text=True)

    def ask(self, path: str, content: Any = None, **criteria: Any) -> Any:
        """Post criteria to the server's API and return its answer."""
        return self._answer("post", path, json=content or criteria)

    def look_up(self, path: str) -> Any:
        """Return what the server's API holds under a path."""
        return self._answer("get", path)

    def _answer(self, method: str, path: str, **options: Any) -> Any:
        answer = self._session.request(method, f"{self.api}/{path}", timeout=30, **options)
        answer.raise_for_status()
        return answer.json()

    def start_run(self, deployment: str, **parameters: str) -> str:
        """Start a run now and return its id."""
        path = f"{self._place_of(deployment)}/create_flow_run"
        run: str = self.ask(path, parameters=parameters, state={"type": "SCHEDULED"})["id"]
        return run

    def have_it_fire(self, deployment: str, seconds: int) -> None:
        """Add a schedule to a deployment. It fires in a few seconds, and then once an hour."""
        anchor = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        interval = {"interval": 3600, "anchor_date": anchor, "timezone": "UTC"}
        self.ask(f"{self._place_of(deployment)}/schedules", [{"active": True, "schedule": interval}])

    def state_of(self, run: str) -> tuple[str, str]:
        state = self.look_up(f"flow_runs/{run}")["state"]
        return state["type"], state["name"]

    def wait_for_end(self, run: str, seconds: float = 90) -> tuple[str, str]:
        """Wait until a run ends, and return the type and name of its last state."""
        ended = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
        return wait_for(lambda: state if (state := self.state_of(run))[0] in ended else None, seconds)

    def scheduled_runs(self) -> list[dict[str, Any]]:
        """Return the nightly runs that their schedule has started, oldest first."""
        runs: list[dict[str, Any]] = self.ask(
            "flow_runs/filter", flows={"name": {"any_": ["nightly"]}}, sort="EXPECTED_START_TIME_ASC"
        )
        return [run for run in runs if run["auto_scheduled"] and run["state_type"] != "SCHEDULED"]

    def _place_of(self, deployment: str) -> str:
        return f"deployments/{self.look_up(f'deployments/name/{deployment}/{deployment}')['id']}"

    def _start(self, name: str, command: list[Any]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)

    def _is_up(self) -> bool:
        try:
            return requests.get(f"{self.api}/health", timeout=1).ok
        except requests.RequestException:
            return False


def children_of(process: int) -> list[int]:
    """Return all processes that a process started, and their descendants."""
    listed = Path(f"/proc/{process}/task").glob("*/children")
    children = [int(child) for path in listed for child in path.read_text().split()]
    return [*children, *(grandchild for child in children for grandchild in children_of(child))]
