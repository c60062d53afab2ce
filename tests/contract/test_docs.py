"""Documentation that cannot rot: what it names exists."""

import json
import re
import runpy
import tomllib
from typing import Any, get_args

import pytest
from typer.testing import CliRunner

from connectors.catalogue import TABLES
from flows.cli import app
from flows.runtime.configuration import ROOT, load_configuration
from flows.runtime.schema import Settings
from flows.runtime.source_schema import SourceSection

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_data_dictionary_is_what_the_models_say() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "make_data_dictionary.py"))["page"]()
    assert (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8") == page


@pytest.fixture(scope="module")
def register() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs" / "make_field_register.py"))


def test_the_field_register_is_what_the_connectors_and_models_say(register: dict[str, Any]) -> None:
    assert (ROOT / "docs" / "field-register.md").read_text(encoding="utf-8") == register["page"]()
    # Every field has a purpose, and every purpose a field.
    kept = {(table, field) for table, columns in register["kept"]().items() for field in columns}
    purposes = register["purposes"]()
    assert (kept - purposes.keys(), purposes.keys() - kept) == (set(), set())
    assert all(purpose.strip() for purpose in purposes.values())
    # It knows every landed column.
    for table, schema in TABLES.items():
        documented = {name for column in register["kept"]()[table].values() for name in column.split(", ")}
        assert documented == set(schema.names), table


def test_no_field_of_a_conversation_is_in_the_figures(register: dict[str, Any]) -> None:
    """But for the place of a finding, which names a file and a row."""
    models = register["Models"]()
    columns = [column for column in register["kept"]()["conversations"].values() if column != "location"]
    assert models.holding("conversations", [*columns, "gesprek_id", "person_id"], "intermediate")
    assert models.holding("conversations", [*columns, "gesprek_id", "person_id"], "marts") == []


def test_the_list_of_what_is_installed_is_that_of_the_lock() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_sbom.py"))["sbom"]()
    assert (ROOT / "docs" / "sbom.json").read_text(encoding="utf-8") == made
    listed = {(one["name"], one["version"]) for one in json.loads(made)["components"]}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert len(listed) == len(re.findall(r"^\S+==", lock, flags=re.MULTILINE)) > 100
    assert all(f"{name}=={version} " in lock for name, version in listed)


def test_every_command_is_in_the_readme_and_has_help() -> None:
    for command in [command.name or command.callback.__name__ for command in app.registered_commands]:  # type: ignore[union-attr]
        assert f"`zicht {command}" in README, command
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0


def test_every_make_target_named_in_the_docs_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]:
        named = set(re.findall(r"`?\bmake ([a-z-]+)\b(?=`|\s+#|,)", page.read_text(encoding="utf-8")))
        assert named <= targets, page.name


def test_every_link_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_example_configuration_shows_every_kind_of_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZICHT_CONFIG", str(ROOT / "zicht.example.toml"))
    settings = load_configuration().settings
    [kinds_of_section, _] = get_args(SourceSection)
    assert {type(section) for section in settings.sources.values()} == set(get_args(kinds_of_section))
    example = tomllib.loads((ROOT / "zicht.example.toml").read_text(encoding="utf-8"))
    assert set(example) <= set(Settings.model_fields)


def test_no_file_names_a_package_index() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock and "--index" not in lock
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=\S)", lock.strip()))
