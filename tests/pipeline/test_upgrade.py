"""A home of an earlier version, in which each registry had a landing table of its own, gives the same figures."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import homes
import pytest
from samples import coding_bytes, table_bytes

from connectors.chat.conversations import FIELDS
from connectors.landing import Landing
from flows.operations import drift
from flows.operations.maintenance import rebuild
from flows.runtime import runs
from flows.runtime.configuration import Configuration, load_configuration
from flows.warehouse import build

EARLIER = Path(__file__).parents[1] / "fixtures" / "earlier_home.zip"
KINDS = {"fier": "chat", "coding": "coding", "comensha": "comensha", "rapporteur": "rapporteur"}
REGISTRIES = ("comensha", "rapporteur")
FINGERPRINT = "d71d5734d622039c"  # pragma: allowlist secret - of the layouts with which the home was made


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configuration]:
    """The home and inbox of 30 November 2026. C-1 and C-2 were erased. Nothing was built from it yet."""
    with zipfile.ZipFile(EARLIER) as earlier:
        earlier.extractall(tmp_path)
    for name in ("landing", "removals"):
        shutil.move(tmp_path / name, tmp_path / "home" / name)
    for name, content in (("fier", table_bytes(FIELDS)), ("coding", coding_bytes())):
        (tmp_path / "inbox" / name).mkdir()
        (tmp_path / "inbox" / name / "0.csv").write_bytes(content)
    sections = (f'[sources.{name}]\nkind = "{kind}"\npath = "inbox/{name}"\n' for name, kind in KINDS.items())
    (tmp_path / "zicht.toml").write_text(
        "\n".join(['home = "home"', 'pseudonym_key_env = "ZICHT_TEST_KEY"', *sections])
    )
    monkeypatch.setenv("ZICHT_TEST_KEY", homes.KEY)
    monkeypatch.setenv("ZICHT_CONFIG", str(tmp_path / "zicht.toml"))
    homes.know_the_code(monkeypatch)
    yield load_configuration()


def quiet(what: str, detail: str) -> None:
    pass


def renew(configuration: Configuration) -> runs.Run:
    run = runs.next_run(configuration)
    build.renew(configuration, run, quiet)
    runs.record(configuration, run)
    return run


def assert_same_figures(configuration: Configuration) -> None:
    """The figures are those that the earlier version published, and the erased persons are not counted."""
    folder = configuration.file.parent
    before: list[list[Any]] = json.loads((folder / "registry_counts.json").read_text())
    warehouse = homes.Warehouse(folder)
    assert [
        [*row] for row in warehouse.rows("select columns(*)::varchar from marts.registry_counts order by all")
    ] == before
    assert warehouse.rows("select distinct n from marts.volumes where source = 'fier'") == [(1,)]


def tables(configuration: Configuration) -> list[str]:
    return sorted({path.parent.name for path in configuration.landing.glob("*/*_figures/*.parquet")})


def test_figures_of_an_earlier_home_count_once_also_when_they_are_read_again(
    home: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild(home, quiet)  # reads no workbook
    assert_same_figures(home)
    assert not renew(home).changed

    # After a change of the layouts, the same workbooks are read again, into the new table.
    load = homes.load_layouts
    monkeypatch.setattr(homes, "load_layouts", lambda folder: replace(load(folder), fingerprint="later"))
    received = {one.source: one.deliveries for one in homes.take_in_folder(home.file.parent)}
    assert [received[name] for name in REGISTRIES] == [2, 2]
    assert tables(home) == ["comensha_figures", "rapporteur_figures", "registry_figures"]
    assert renew(home).changed
    assert_same_figures(home)
    homes.take_in_folder(home.file.parent)
    assert not renew(home).changed


def test_a_known_workbook_of_an_earlier_version_is_no_new_delivery(home: Configuration, monkeypatch: Any) -> None:
    # Rows that were added to the layouts since then, or another way of reading, have all workbooks read again.
    monkeypatch.setattr("connectors.registries.reader.READING", "")
    load, landing = homes.load_layouts, Landing(home.landing)
    monkeypatch.setattr(homes, "load_layouts", lambda folder: replace(load(folder), fingerprint=FINGERPRINT))
    before = [landing.receipts(name) for name in REGISTRIES]
    homes.take_in_folder(home.file.parent)
    assert [landing.receipts(name) for name in REGISTRIES] == before
    assert tables(home) == ["comensha_figures", "rapporteur_figures"]


def test_conversations_that_can_no_longer_be_read_again_are_counted(home: Configuration) -> None:
    def drifting() -> dict[str, str]:
        received = {one.source: {"reading": one.reading} for one in homes.take_in_folder(home.file.parent)}
        renew(home)
        run = runs.Run("1", "", sources=received)
        drift.note(home, run)
        found: dict[str, str] = run.sources["fier"]["drifting"]
        return found

    assert "fier: 1 conversations were read with other settings" in drifting()["older reading"]
    current = "select gesprek_id from intermediate.int_conversations_current"
    [(gesprek_id,)] = homes.Warehouse(home.file.parent).persons(current)
    moment = "2020-05-01T10:00:00Z"
    cells = [gesprek_id.removeprefix("fier:"), "", "", moment, "", "nl", "mensenhandel", moment, ""]
    with (home.file.parent / "inbox" / "fier" / "0.csv").open("a") as export:
        export.write(";".join(cells) + "\n")
    assert drifting() == {}
