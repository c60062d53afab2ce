"""Fixtures that tests of several kinds share: runs of the pipeline without Prefect."""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from homes import Warehouse, load, run_folder
from hypothesis import settings
from loopback import Mails
from promises import cases
from worked_example import write_with_glotip

from connectors.transport import folder
from demo.inbox import write_demo
from flows.runtime.configuration import Configuration

# Every change is tested with the same examples. `make promises` draws new ones.
settings.register_profile("same examples", derandomize=True)
if cases(0, 1) == 0:
    settings.load_profile("same examples")


@pytest.fixture(scope="session", autouse=True)
def nobody_is_still_writing() -> Iterator[None]:
    """Treat every delivered file as complete at once. The real pipeline first waits until a file stops changing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "SETTLED_SECONDS", 0.0)
        yield


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[..., Warehouse]:
    """Return a function that builds the deliveries that `write` puts into a folder, once for all workers."""
    base = tmp_path_factory.getbasetemp()

    def build(name: str, write: Callable[[Path], object]) -> Warehouse:
        folder = (base if worker_id == "master" else base.parent) / name
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                folder.mkdir()
                write(folder)
                run_folder(folder)
        return Warehouse(folder)

    return build


@pytest.fixture(scope="session")
def demo_warehouse(built_once: Callable[..., Warehouse]) -> Warehouse:
    """Return the figures of the demo."""
    return built_once("demo", lambda folder: write_demo(folder, served=False))


@pytest.fixture
def demo_copy(demo_warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    """Return the configuration of a copy of the demo after its run."""
    folder = shutil.copytree(demo_warehouse.folder, tmp_path / "demo", symlinks=True)
    monkeypatch.setenv("ZICHT_CONFIG", str(folder / "zicht.toml"))
    return load(folder)


@pytest.fixture(scope="session")
def worked_example(built_once: Callable[..., Warehouse]) -> Warehouse:
    """Return the figures of the worked example, with a workbook of UNODC added."""
    return built_once("worked_example", write_with_glotip)


@pytest.fixture
def mails() -> Iterator[Mails]:
    """Yield a real mail server on loopback."""
    with Mails() as server:
        yield server


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the API address of a Prefect server on loopback. With it, a command need not start its own server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path_factory.mktemp("prefect")
    environment = {**os.environ, "PREFECT_HOME": str(home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    command = [str(Path(sys.executable).with_name("prefect")), *f"server start --host 127.0.0.1 --port {port}".split()]
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}/api"
    try:
        for _ in range(240):
            try:
                requests.get(f"{url}/health", timeout=1).raise_for_status()
                break
            except requests.RequestException:
                time.sleep(0.5)
        yield url
    finally:
        server.terminate()
        server.wait(30)
