"""The files of a release in the tools that others open them with: LibreOffice, Frictionless, SHACL."""

import copy
import csv
import importlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import openpyxl
import pytest
from release_samples import FACTS, RELEASE, RULES, SPECS, WORDS, publish

from flows.release.content import Content, build
from flows.release.figures import last_prints
from flows.release.render.tables import COUNT, tables

pytestmark = pytest.mark.full

SHAPES = Path(__file__).parent.parent / "fixtures" / "dcat_ap_nl_shapes.ttl"
MANDATORY = [
    *("dct:title", "dct:description", "dct:identifier", "dct:creator", "dct:publisher"),
    *("dcat:contactPoint", "dcat:theme", "dct:accessRights"),
]


def program(name: str, package: str) -> str:
    found = shutil.which(name)
    if not found:
        pytest.fail(f"{name} is missing; apt-get install --no-install-recommends {package}")
    return found


def module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        pytest.fail(f"{name} is missing; pip install --no-deps --require-hashes -r requirements-full.lock")


@pytest.fixture(scope="module")
def content(demo_warehouse: Any) -> Content:
    """The release of the demo."""
    return build(demo_warehouse.frame, RULES, FACTS, last_prints([]), date.min)


@pytest.fixture(scope="module")
def folder(content: Content, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("release") / RELEASE, content)


# --- LibreOffice


@pytest.fixture(scope="module")
def convert(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder with the workbook as LibreOffice converts it."""
    home = tmp_path_factory.mktemp("office")

    def converted(to: str) -> Path:
        office = program("soffice", "libreoffice-calc")
        command = [office, f"-env:UserInstallation={home.as_uri()}", "--headless", "--convert-to", to]
        command += ["--outdir", str(home), str(folder / "monitor.xlsx")]
        subprocess.run(command, check=True, capture_output=True, timeout=300, env={**os.environ, "HOME": str(home)})
        return home

    return converted


def test_libreoffice_reads_the_values_that_openpyxl_reads(folder: Path, convert: Callable[[str], Path]) -> None:
    every_sheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
    home = convert(every_sheet)
    book = openpyxl.load_workbook(folder / "monitor.xlsx")
    for sheet in book.worksheets:
        with (home / f"monitor-{sheet.title}.csv").open(encoding="utf-8", newline="") as stream:
            read = [[number(text) for text in row] for row in csv.reader(stream)]
        assert read == [[number(str(value)) for value in row] for row in sheet.iter_rows(values_only=True)]


def number(text: str) -> str | float:
    """A cell as a number where it is one; 91.2% is 0.912."""
    digits = text.removesuffix("%")
    try:
        return float(digits) if digits == text else round(float(digits) / 100, 6)
    except ValueError:
        return text


def test_libreoffice_prints_every_sheet_with_its_title_and_mark(
    content: Content, folder: Path, convert: Callable[[str], Path]
) -> None:
    printed = convert("pdf") / "monitor.pdf"
    read = subprocess.run(
        [program("pdftotext", "poppler-utils"), "-layout", printed, "-"], check=True, capture_output=True, text=True
    )
    heads = [page.strip().splitlines()[0].strip() for page in read.stdout.split("\f") if page.strip()]
    assert all(head.endswith("FICTITIOUS") for head in heads)
    assert {f"{table.title} FICTITIOUS" for table in tables(content, SPECS, WORDS["nl"])} < set(heads)
    assert not [error for error in ("#REF!", "#NAME?", "#VALUE!", "Err:") if error in read.stdout]


# --- What stands in the files


@pytest.mark.parametrize("language", WORDS)
def test_headers_of_a_table_differ(content: Content, language: str) -> None:
    for table in tables(content, SPECS, WORDS[language]):
        headers = [column.header for column in table.columns]
        assert len(set(headers)) == len(headers), table.title


def test_every_count_of_the_chat_in_the_workbook_is_rounded(content: Content, folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "monitor.xlsx")
    sheets = [sheet for sheet in book.worksheets if sheet.title.startswith("Tabel")]
    for sheet, table in zip(sheets, tables(content, SPECS, WORDS["nl"]), strict=True):
        if table.spec.mart not in ("indicators", "funnel"):
            continue
        for row in sheet.iter_rows(min_row=2, values_only=True):
            shown = [n for n, column in zip(row, table.columns, strict=True) if column.kind == COUNT and n != "[c]"]
            assert all(n == "[x]" or n % 5 == 0 for n in shown), table.title


# --- Frictionless


def test_frictionless_finds_the_data_as_they_are_described(folder: Path) -> None:
    frictionless = module("frictionless")
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["name", "type", "message"])
    assert report.stats["tasks"] == 7
    assert {task.name: task.stats["rows"] for task in report.tasks}["indicators"] > 100


@pytest.mark.parametrize(
    ("found", "instead", "error"),
    [
        (",285,", ",much,", "type-error"),
        ("\nchat,visitor,", "\n,visitor,", "constraint-error"),
        (",285,", ",290,", "hash-count"),
    ],
)
def test_frictionless_finds_what_was_changed(
    folder: Path, tmp_path: Path, found: str, instead: str, error: str
) -> None:
    frictionless = module("frictionless")
    changed = shutil.copytree(folder, tmp_path / "changed")
    file = changed / "data" / "indicators.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(found, instead, 1), encoding="utf-8")
    report = frictionless.validate(str(changed / "datapackage.json"))
    assert error in {row[0] for row in report.flatten(["type"])}


# --- DCAT


def conforms(record: dict[str, Any]) -> tuple[bool, str]:
    rdflib, pyshacl = module("rdflib"), module("pyshacl")
    graph = rdflib.Graph().parse(data=json.dumps(record), format="json-ld")
    valid, _, text = pyshacl.validate(graph, shacl_graph=str(SHAPES), shacl_graph_format="turtle")
    return valid, text


@pytest.fixture(scope="module")
def record(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "dcat.jsonld").read_text(encoding="utf-8"))


def test_the_record_meets_the_profile(record: dict[str, Any]) -> None:
    valid, text = conforms(record)
    assert valid, text


@pytest.mark.parametrize(
    "place",
    [
        *((name,) for name in MANDATORY),
        *(("dcat:distribution", 0, name) for name in ("dcat:accessURL", "dct:license")),
        ("dct:creator", "foaf:name"),
    ],
)
def test_a_record_without_a_mandatory_property_is_refused(record: dict[str, Any], place: tuple[Any, ...]) -> None:
    less = inner = copy.deepcopy(record)
    for name in place[:-1]:
        inner = inner[name]
    del inner[place[-1]]
    assert not conforms(less)[0]
