"""Run the pipeline without Prefect on homes of zicht in temporary folders."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from connectors.codelists.codebook import load_codebook
from connectors.codelists.layouts import load_layouts
from connectors.codelists.no_names import load_no_names
from connectors.ingest import Received, receive
from connectors.landing import Landing
from connectors.pseudonym import Pseudonymiser
from connectors.source import Context
from connectors.storage.receipts import COUNTED, QUARANTINED
from flows.runtime.configuration import Configuration, load_configuration
from flows.runtime.runs import new_run, next_run
from flows.runtime.seeds import seeds_folder
from flows.warehouse import build, inputs, retention, versions

KEY = "k" * 32
TOML = """
home = "home"
pseudonym_key_env = "ZICHT_TEST_KEY"
[sources.fier]
kind = "chat"
path = "inbox/fier"
[sources.coding]
kind = "coding"
path = "inbox/coding"
"""


@contextmanager
def own_key() -> Iterator[None]:
    """Use the tests' own key instead of the key that a folder's `zicht.toml` names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Configuration, "pseudonym_key", lambda configuration: KEY.encode())
        yield


def new_home(folder: Path, patch: pytest.MonkeyPatch, toml: str = TOML) -> Configuration:
    """Make a home with an empty inbox for each source, make it the configured one, and return its configuration."""
    for source in ("fier", "coding"):
        (folder / "inbox" / source).mkdir(parents=True, exist_ok=True)
    (folder / "zicht.toml").write_text(toml)
    patch.setenv("ZICHT_TEST_KEY", KEY)
    patch.setenv("ZICHT_CONFIG", str(folder / "zicht.toml"))
    return load_configuration()


def load(folder: Path) -> Configuration:
    """Return the configuration of a folder's `zicht.toml`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZICHT_CONFIG", str(folder / "zicht.toml"))
        return load_configuration()


def take_in_folder(folder: Path, approving: bool = False) -> list[Received]:
    """Take in everything new from all sources of a folder's `zicht.toml`.

    With `approving`, a person approves all that goes to quarantine. Random worlds hold much that the gate doubts.
    """
    configuration = load(folder)
    landing, seeds = Landing(configuration.landing), seeds_folder(configuration)
    codebook, layouts = load_codebook(seeds / "codebook.csv"), load_layouts(seeds)
    with own_key():
        erased = retention.erased(configuration)

    def context(name: str) -> Context:
        return Context(
            codebook,
            layouts,
            Pseudonymiser(KEY.encode(), load_no_names(seeds / "no_names.csv")),
            erased,
            retention.kept_from(configuration, name),
        )

    received = [receive(configuration.source(name), landing, context(name)) for name in configuration.settings.sources]
    for receipt in [one for name in landing.sources() for one in landing.all_receipts(name)] if approving else ():
        if receipt.state == QUARANTINED:
            landing.decide(receipt, COUNTED, "beheer", receipt.received_at, "it is as it was drawn")
    return received


class Warehouse:
    """The figures that a run on a folder published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        home = load(folder).home
        self._files = {file: os.path.realpath(home / file) for file in versions.EXPORTS}

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query of the marts."""
        return self._rows("warehouse.duckdb", sql, values)

    def persons(self, sql: str) -> list[tuple[Any, ...]]:
        """Return all rows of a query of single persons."""
        return self._rows("persons.duckdb", sql, ())

    def _rows(self, file: str, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with duckdb.connect(self._files[file], read_only=True) as connection:
            return connection.execute(sql, list(values)).fetchall()

    def frame(self, sql: str, values: Sequence[Any] = ()) -> pd.DataFrame:
        """Return the answer to a query as a release asks for it."""
        return versions.frame(load(self.folder), sql, values)


def erase(configuration: Configuration) -> None:
    """Remove erased persons from the deliveries, as every build does first."""
    with own_key():
        retention.erase(configuration, next_run(configuration))


def quiet(what: str, detail: str) -> None:
    """Report no step of a command."""


def know_the_code(patch: pytest.MonkeyPatch) -> None:
    """Let builds skip the unit tests of the SQL. Other tests run them, and they take most of a first night."""
    build_all = build.build

    def build_known(configuration: Configuration, *, is_new_code: bool, progress: Callable[[str], None]) -> Any:
        return build_all(configuration, is_new_code=False, progress=progress)

    patch.setattr(build, "build", build_known)


def run_folder(folder: Path, progress: Callable[[str], None] = lambda node: None, approving: bool = False) -> Warehouse:
    """Run the pipeline on a folder with a `zicht.toml`: take in, build, test, publish."""
    take_in_folder(folder, approving)
    configuration = load(folder)
    erase(configuration)
    built = build.build(configuration, is_new_code=False, progress=progress)
    build.publish(configuration, built, new_run().id, inputs.input_hash(configuration), progress)
    return Warehouse(folder)
