"""What tests of several kinds share: one run of the pipeline without Prefect."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.codebook import load_codebook
from connectors.intake import Received, receive
from connectors.landing import Landing
from connectors.pseudonym import Pseudonymiser
from connectors.source import Context
from flows import warehouse
from flows.runs import new_run
from flows.settings import SEEDS, Configuration, load_configuration


class Warehouse:
    """The figures that one run published."""

    def __init__(self, configuration: Configuration, received: list[Received]) -> None:
        self.received = received
        self._file = os.path.realpath(configuration.home / "warehouse.duckdb")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with duckdb.connect(self._file, read_only=True) as connection:
            return connection.execute(sql).fetchall()


def receive_all(folder: Path) -> tuple[Configuration, list[Received]]:
    """Take in what all sources of a folder's `zicht.toml` have that is new."""
    os.environ["ZICHT_CONFIG"] = str(folder / "zicht.toml")
    configuration = load_configuration()
    context = Context(codebook=load_codebook(SEEDS / "codebook.csv"), pseudonymise=Pseudonymiser(configuration.pseudonym_key()))
    landing = Landing(configuration.landing)
    return configuration, [
        receive(configuration.source(name), landing, context) for name in configuration.settings.sources
    ]


def build_and_publish(configuration: Configuration, received: list[Received]) -> Warehouse:
    """Build what was taken in and make it current."""
    warehouse.build(configuration, with_unit_tests=False, progress=lambda node: None)
    warehouse.publish(configuration, new_run().id, warehouse.input_hash(configuration))
    return Warehouse(configuration, received)


@pytest.fixture
def take_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], tuple[Configuration, list[Received]]]:
    """Take in a folder's deliveries without building."""
    monkeypatch.setenv("ZICHT_CONFIG", "")
    monkeypatch.setenv("ZICHT_PSEUDONYM_KEY", "k" * 32)
    return receive_all


@pytest.fixture
def run_pipeline(take_in: Callable[[Path], tuple[Configuration, list[Received]]]) -> Callable[[Path], Warehouse]:
    """Run the pipeline on a folder with a `zicht.toml`: take in, build, test, publish."""
    return lambda folder: build_and_publish(*take_in(folder))
