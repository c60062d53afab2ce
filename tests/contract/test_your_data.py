"""docs/your-data.md: its blocks are written into a folder, and zicht finds what the page says."""

import csv
import re
from pathlib import Path

import pytest
from homes import KEY
from samples import workbook_bytes
from typer.testing import CliRunner

from flows.cli import app
from flows.runtime.configuration import ROOT, SettingsProblem, load_configuration
from flows.runtime.seeds import check_seeds

PAGE = (ROOT / "docs" / "your-data.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w./-]+)`:\n\n```\w+\n(.+?)```", PAGE, flags=re.DOTALL | re.MULTILINE))
OVERVIEW, FAULT = re.findall(r"```text\n(.+?)```", PAGE, flags=re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".xlsx":
            path.write_bytes(workbook_bytes({"Blad1": list(csv.reader(content.splitlines(), delimiter=";"))}))
        else:
            path.write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZICHT_PSEUDONYM_KEY", KEY)
    return tmp_path


def found(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*words])
    return result.exit_code, "\n".join(line.rstrip() for line in result.output.splitlines())


def test_every_example_is_read_as_the_page_says(folder: Path) -> None:
    code, text = found("sources", "check")
    assert (code, OVERVIEW.strip() in text) == (0, True), text


def test_names_of_nobody_are_counted_as_the_page_says(folder: Path) -> None:
    _, text = found("sources", "check", "lokaal")
    assert re.search(r"^nobody +2 ", text, flags=re.MULTILINE), text


def test_a_row_of_ones_own_with_a_fault_is_named_as_the_page_says(folder: Path) -> None:
    path = folder / "my-seeds" / "population_conditions.csv"
    path.write_text(path.read_text().replace("minor", "minr"))
    with pytest.raises(SettingsProblem) as problem:
        check_seeds(load_configuration())
    assert str(problem.value).replace(f"{folder}/", "") == FAULT.strip()
