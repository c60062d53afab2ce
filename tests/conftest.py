"""What tests of several kinds share: runs of the pipeline without Prefect."""

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests
from loopback import Mails

from connectors import folder
from connectors.codebook import load_codebook
from connectors.intake import Received, receive
from connectors.landing import Landing
from connectors.layouts import load_layouts
from connectors.pseudonym import Pseudonymiser
from connectors.source import Context
from demo.inbox import write_demo
from flows import erasure, warehouse
from flows.runs import new_run, next_run
from flows.settings import SEEDS, Configuration, load_configuration

KEY = "k" * 32


@pytest.fixture(scope="session", autouse=True)
def nobody_is_still_writing() -> Iterator[None]:
    """What a test has just delivered is finished; nobody waits to see whether it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "SETTLED_SECONDS", 0.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def everybody_has_the_key() -> Iterator[None]:
    """The tests' own key, where a folder's `zicht.toml` names none."""
    asked = Configuration.pseudonym_key

    def key(configuration: Configuration) -> bytes:
        named = configuration.settings
        if named.pseudonym_key_env or named.pseudonym_key_file or named.pseudonym_key_block:
            return asked(configuration)
        return KEY.encode()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Configuration, "pseudonym_key", key)
        yield


def load(folder: Path) -> Configuration:
    """The configuration of a folder's `zicht.toml`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZICHT_CONFIG", str(folder / "zicht.toml"))
        return load_configuration()


def take_in_folder(folder: Path) -> list[Received]:
    """Take in what all sources of a folder's `zicht.toml` have that is new."""
    configuration = load(folder)
    landing, codebook, layouts = (
        Landing(configuration.landing),
        load_codebook(SEEDS / "codebook.csv"),
        load_layouts(SEEDS),
    )
    erased = erasure.erased(configuration)

    def context(name: str) -> Context:
        return Context(codebook, layouts, Pseudonymiser(KEY.encode()), erased, erasure.kept_from(configuration, name))

    return [receive(configuration.source(name), landing, context(name)) for name in configuration.settings.sources]


class Warehouse:
    """The figures that a run on a folder published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = os.path.realpath(load(folder).home / "warehouse.duckdb")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with duckdb.connect(self._file, read_only=True) as connection:
            return connection.execute(sql, list(values)).fetchall()


def run_folder(folder: Path) -> Warehouse:
    """Run the pipeline on a folder with a `zicht.toml`: take in, build, test, publish."""
    take_in_folder(folder)
    configuration = load(folder)
    erasure.forget(configuration, next_run(configuration))
    warehouse.build(configuration, is_new_code=False, progress=lambda node: None)
    warehouse.publish(configuration, new_run().id, warehouse.input_hash(configuration))
    return Warehouse(folder)


@pytest.fixture(scope="session")
def take_in() -> Callable[[Path], list[Received]]:
    """Take in a folder's deliveries without building."""
    return take_in_folder


@pytest.fixture(scope="session")
def run_pipeline() -> Callable[[Path], Warehouse]:
    """Run the whole pipeline on a folder."""
    return run_folder


@pytest.fixture(scope="session")
def demo_warehouse(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Warehouse:
    """The figures of the demo, built once for all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "demo"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            folder.mkdir()
            write_demo(folder, served=False)
            run_folder(folder)
    return Warehouse(folder)


@pytest.fixture
def mails() -> Iterator[Mails]:
    """A real mail server on loopback."""
    with Mails() as server:
        yield server


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A standing Prefect server on loopback: started once, so that each command need not start its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path_factory.mktemp("prefect")
    environment = {**os.environ, "PREFECT_HOME": str(home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    command = [
        str(Path(sys.executable).with_name("prefect")),
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
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
