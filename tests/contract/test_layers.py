"""Who may know whom: the layers of the code and of the models."""

import ast
import os
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from flows.runtime.configuration import DBT_PROJECT, ROOT

LAYERS = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate", "seed"},
    "marts": {"intermediate", "marts", "seed"},
}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    os.environ["ZICHT_DBT_DATABASE"] = str(tmp_path_factory.mktemp("dbt") / "none.duckdb")
    os.environ["ZICHT_DBT_TARGET"] = str(tmp_path_factory.mktemp("target"))
    places = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    outcome = dbtRunner().invoke(["--quiet", "--log-level-file", "none", "--no-write-json", "parse", *places])
    assert outcome.success, outcome.exception
    return outcome.result


def layer(manifest: Any, unique_id: str) -> str:
    kind = unique_id.split(".")[0]
    return manifest.nodes[unique_id].fqn[1] if kind == "model" else kind


def test_models_depend_only_on_the_layers_below(manifest: Any) -> None:
    wrong = [
        (node.name, other)
        for node in manifest.nodes.values()
        if node.resource_type == "model"
        for other in node.depends_on.nodes
        if layer(manifest, other) not in LAYERS[layer(manifest, node.unique_id)]
    ]
    assert wrong == []


def test_every_model_states_its_grain_and_describes_every_column(manifest: Any) -> None:
    models = [node for node in manifest.nodes.values() if node.resource_type == "model"]
    assert len(models) > 20
    for model in models:
        assert model.description and model.columns, model.name
        assert all(column.description for column in model.columns.values()), model.name
        if layer(manifest, model.unique_id) != "staging":
            assert "Grain - " in model.description, model.name


def test_every_model_above_staging_tests_its_key(manifest: Any) -> None:
    tested = {
        node.attached_node
        for node in manifest.nodes.values()
        if node.resource_type == "test" and node.name.startswith("unique_combination")
    }
    models = [node.unique_id for node in manifest.nodes.values() if node.resource_type == "model"]
    assert [name for name in models if layer(manifest, name) != "staging" and name not in tested] == []


def test_marts_have_enforced_contracts(manifest: Any) -> None:
    marts = [node for node in manifest.nodes.values() if node.fqn[1:2] == ["marts"] and node.resource_type == "model"]
    assert marts
    assert all(mart.contract.enforced for mart in marts)


# A room may import itself and the rooms before it; the flows and commands on top may import all.
ROOMS = ("connectors", "flows.runtime", "flows.warehouse", "flows.release", "flows.operations", "flows")
WINGS = {"chat", "coding", "registries"}
SOURCES = sorted(path for folder in ("connectors", "flows") for path in (ROOT / folder).rglob("*.py"))


def imports_of(path: Path) -> set[str]:
    """The modules that a file imports, with dots."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room_of(module: str) -> int | None:
    """The place of the room that a module or a name in one stands in; None outside of the house."""
    within = [place for place, room in enumerate(ROOMS) if module == room or module.startswith(f"{room}.")]
    return within[0] if within else None


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_nothing_imports_upwards(path: Path) -> None:
    own = room_of(name_of(path))
    assert own is not None
    assert [name for name in imports_of(path) if (room := room_of(name)) is not None and room > own] == []


@pytest.mark.parametrize("path", sorted((ROOT / "connectors").rglob("*.py")), ids=relative)
def test_connectors_know_no_orchestrator_and_no_other_wing(path: Path) -> None:
    assert not {name.partition(".")[0] for name in imports_of(path)} & {"prefect", "dbt", "flows", "demo"}
    wing = path.parent.name
    if wing in WINGS:
        others = tuple(f"connectors.{other}." for other in WINGS - {wing})
        assert [name for name in imports_of(path) if name.startswith(others)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "flows" / "release").rglob("*.py")), ids=relative)
def test_the_release_knows_no_orchestrator(path: Path) -> None:
    assert not {name.partition(".")[0] for name in imports_of(path)} & {"prefect", "dbt", "requests"}


def test_only_the_settings_read_the_environment() -> None:
    reads = ("os.environ.get", "os.getenv", "os.environ[")
    paths = [*SOURCES, *(ROOT / "demo").rglob("*.py")]
    readers = [relative(path) for path in paths if any(word in path.read_text(encoding="utf-8") for word in reads)]
    assert readers == ["flows/runtime/configuration.py"]
