"""Rows of one's own for the seeds count in the warehouse, and a fault in them stops a run before it reads anything."""

from collections.abc import Iterator
from pathlib import Path

import homes
import pytest
from samples import a_coding, a_record, coding_bytes, ndjson, put

from flows.nightly import nightly
from flows.runtime import permissions
from flows.runtime.configuration import SEEDS, Configuration
from flows.warehouse.inputs import input_hash

OWN = {
    "no_names": ["Klant *"],
    "populations": ["relatives,Naasten,Relatives"],
    "population_conditions": ["relatives,role,tolk"],
    "codebook": ["role,single,rol,77,Tolk,Interpreter,tolk"],
}


def write(folder: Path, name: str, *lines: str) -> None:
    header = (SEEDS / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
    put(folder / "my-seeds", f"{name}.csv", "\n".join([header, *lines, ""]).encode())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configuration]:
    """Two conversations of `Klant 7`, one of which is coded with a role of one's own."""
    for name, lines in OWN.items():
        write(tmp_path, name, *lines)
    configuration = homes.new_home(tmp_path, monkeypatch, f'seeds = "my-seeds"\n{homes.TOML}')
    put(tmp_path / "inbox" / "fier", "a.jsonl", ndjson(*(a_record(number, nickname="Klant 7") for number in (1, 2))))
    put(tmp_path / "inbox" / "coding", "a.csv", coding_bytes(a_coding(1, rol="Tolk"), a_coding(2, rol="1")))
    yield configuration


def test_own_codes_populations_and_names_count(home: Configuration) -> None:
    warehouse = homes.run_folder(home.file.parent)
    found = warehouse.rows(
        "select population, category, n from marts.indicators where period_type = 'year' and variable = 'role' "
        "and n > 0 and population in ('relatives', 'victims', 'visitors') order by all"
    )
    assert found == [
        ("relatives", "tolk", 1),
        ("victims", "victim", 1),
        ("visitors", "tolk", 1),  # `Klant 7` names nobody, so these are two visitors
        ("visitors", "victim", 1),
    ]


def test_own_rows_change_what_a_warehouse_is_built_from(home: Configuration) -> None:
    before = input_hash(home)
    write(home.file.parent, "no_names", "Klant *", "Cliënt")
    assert input_hash(home) != before


def test_a_fault_stops_the_night_before_anything_is_read(home: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "keep_private", lambda: None)  # it would hold for all later tests of this process
    write(home.file.parent, "population_conditions", "relatives,role,tolkk")
    state = nightly(return_state=True)
    assert state.is_failed() and "population_conditions.csv, line 2: variable, category: found" in str(state.message)
    assert not home.landing.exists()
