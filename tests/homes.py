"""Run the pipeline without Prefect on homes of zicht in temporary folders."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.codelists.codebook import load_codebook
from connectors.codelists.layouts import load_layouts
from connectors.codelists.no_names import load_no_names
from connectors.ingest import Received, receive
from connectors.landing import Landing
from connectors.pseudonym import Pseudonymiser
from connectors.source import Context
from flows.runtime.configuration import SEEDS, Configuration, load_configuration
from flows.runtime.runs import new_run, next_run
from flows.warehouse import build, retention

KEY = "k" * 32


@contextmanager
def own_key() -> Iterator[None]:
    """Use the tests' own key instead of the key that a folder's `zicht.toml` names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Configuration, "pseudonym_key", lambda configuration: KEY.encode())
        yield


def load(folder: Path) -> Configuration:
    """Return the configuration of a folder's `zicht.toml`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZICHT_CONFIG", str(folder / "zicht.toml"))
        return load_configuration()


def take_in_folder(folder: Path) -> list[Received]:
    """Take in everything new from all sources of a folder's `zicht.toml`."""
    configuration = load(folder)
    landing, codebook, layouts = (
        Landing(configuration.landing),
        load_codebook(SEEDS / "codebook.csv"),
        load_layouts(SEEDS),
    )
    with own_key():
        erased = retention.erased(configuration)

    def context(name: str) -> Context:
        return Context(
            codebook,
            layouts,
            Pseudonymiser(KEY.encode(), load_no_names(SEEDS / "no_names.csv")),
            erased,
            retention.kept_from(configuration, name),
        )

    return [receive(configuration.source(name), landing, context(name)) for name in configuration.settings.sources]


class Warehouse:
    """The figures that a run on a folder published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = os.path.realpath(load(folder).home / "warehouse.duckdb")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with duckdb.connect(self._file, read_only=True) as connection:
            return connection.execute(sql, list(values)).fetchall()


def forget(configuration: Configuration) -> None:
    """Remove erased persons from the deliveries, as every build does first."""
    with own_key():
        retention.forget(configuration, next_run(configuration))


def know_the_code(patch: pytest.MonkeyPatch) -> None:
    """Let builds skip the unit tests of the SQL. Other tests run them, and they take most of a first night."""
    build_all = build.build

    def build_known(configuration: Configuration, *, is_new_code: bool, progress: Callable[[str], None]) -> Any:
        return build_all(configuration, is_new_code=False, progress=progress)

    patch.setattr(build, "build", build_known)


def run_folder(folder: Path, progress: Callable[[str], None] = lambda node: None) -> Warehouse:
    """Run the pipeline on a folder with a `zicht.toml`: take in, build, test, publish."""
    take_in_folder(folder)
    configuration = load(folder)
    forget(configuration)
    built = build.build(configuration, is_new_code=False, progress=progress)
    build.publish(configuration, built, new_run().id, build.input_hash(configuration), progress)
    return Warehouse(folder)
