"""docs/adding-a-registry.md, followed in a copy of this repository: a new registry takes what stands there, no more."""

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import openpyxl
import pytest

from demo.registries import write_books
from flows.runtime.configuration import ROOT

PAGE = (ROOT / "docs" / "adding-a-registry.md").read_text(encoding="utf-8")
STEP = re.compile(r"\b(?:Append to|Add (?:it )?to) `([\w./]+)`.*?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PRINTED_ROW = re.compile(r"^\| (\d+) ((?:\|[^|\n]*){6})\|$", re.MULTILINE)
COPIED = ("connectors", "flows", "demo", "seeds", "dbt_project", "tests", "pyproject.toml")
SHEET, BOOK = "Table_2", "nrm-2023.xlsx"
HEADER_ROW = 6

# What the workbook's words stand for, said a second time.
MARKS = {"<5": (1.0, 4.0), "-": (0.0, 0.0), "[x]": None}
POPULATIONS = {"Adult (18 or over)": "exploited_as_adult", "Child (17 or under)": "exploited_as_child"}
SEXES = {"Female": "_female", "Male": "_male", "Total": ""}


class Step(NamedTuple):
    """One block of the page: what to add, and where."""

    path: str
    language: str
    content: str


STEPS = [Step(*found) for found in STEP.findall(PAGE)]
CATALOGUE, COUNTRY = "connectors/catalogue.py", "seeds/registries.csv"
SEEDS = [step.path for step in STEPS if step.path.startswith("seeds/")]
DESCRIPTION = [path for path in SEEDS if Path(path).stem.startswith("registry_")]
WORDS = [path for path in SEEDS if path not in DESCRIPTION]


def follow(house: Path, *paths: str) -> None:
    """Do the page's steps on these paths, or all."""
    for step in STEPS:
        path = house / step.path
        if step.path == "zicht.toml" or (paths and not step.path.startswith(paths)):
            continue
        if step.language == "diff":
            lines = step.content.splitlines()
            before, after = ("\n".join(line[1:] for line in lines if line[0] in signs) for signs in (" -", " +"))
            assert path.read_text().count(before) == 1
            path.write_text(path.read_text().replace(before, after))
        else:
            path.write_text(path.read_text(encoding="utf-8") + step.content, encoding="utf-8")


def printed() -> dict[int, list[str]]:
    """The rows of the page's workbook."""
    return {int(row): [cell.strip() for cell in cells.split("|")[1:]] for row, cells in PRINTED_ROW.findall(PAGE)}


def write_book(path: Path, **changes: str) -> None:
    """The page's workbook; `C8="other"` changes a cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    for row, cells in printed().items():
        for column, cell in enumerate(cells, start=1):
            if cell:
                sheet.cell(row, column, int(cell) if cell.isdigit() else cell)
    for place, cell in changes.items():
        sheet[place] = cell
    book.save(path)


def copy_house(folder: Path) -> Path:
    house = folder / "house"
    house.mkdir()
    for name in COPIED:
        ignored = shutil.ignore_patterns("__pycache__", "target", "logs", ".*")
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, house / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, house / name)
    return house


def call(house: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in a folder, with the code of the copy."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("ZICHT_")}
    surroundings |= {"PYTHONPATH": os.pathsep.join([str(house), str(house / "tests")]), "COLUMNS": "400"}
    return subprocess.run([sys.executable, *arguments], cwd=folder, env=surroundings, capture_output=True, text=True)


def zicht(house: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return call(house, folder, "-c", "from flows.cli import main; main()", *arguments)


def proposed(output: str) -> dict[str, list[list[str]]]:
    """The rows that `zicht sources check` prints, by seed."""
    rows: dict[str, list[list[str]]] = {}
    for seed, lines in re.findall(r"^Add to (seeds/\w+\.csv) .*:\n((?:.+\n)+)", output, flags=re.MULTILINE):
        rows[seed] = list(csv.reader(lines.splitlines()))
    return rows


def rows_of(path: str) -> list[list[str]]:
    """The rows that the page appends to a seed."""
    return list(csv.reader("".join(step.content for step in STEPS if step.path == path).splitlines()))


def expected() -> set[tuple[Any, ...]]:
    """Every figure of the page's workbook: year, population, label, lowest, highest, cell."""
    rows = printed()
    year, group = 0, ""
    figures: set[tuple[Any, ...]] = set()
    for number in (number for number in rows if number > HEADER_ROW):
        year = int(rows[number][0] or year)
        group = rows[number][1] or group
        label = rows[number][2]
        for column, sex in zip("DEF", rows[HEADER_ROW][3:], strict=True):
            cell = rows[number]["ABCDEF".index(column)]
            low_and_high = MARKS[cell] if cell in MARKS else (float(cell), float(cell))
            if low_and_high:
                population = POPULATIONS.get(group, "all") + SEXES[sex]
                name = "total" if label == "Total" else label
                figures.add((year, population, name, *low_and_high, f"{column}{number}"))
    return figures


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of this repository, before anything was added."""
    return copy_house(tmp_path)


def test_the_recipe_takes_one_name_and_rows() -> None:
    assert {step.path for step in STEPS} == {CATALOGUE, "zicht.toml", *SEEDS}
    assert len(STEPS) == len({step.path for step in STEPS}) == 10
    [change] = [step.content for step in STEPS if step.path == CATALOGUE]
    assert [line[0] for line in change.splitlines()] == ["-", "+"]


def test_checking_the_workbook_prints_the_rows_that_it_lacks(house: Path, tmp_path: Path) -> None:
    write_book(tmp_path / BOOK)
    undescribed = zicht(house, tmp_path, "sources", "check", BOOK, "--kind", "nrm")
    assert undescribed.returncode == 1
    rows = proposed(undescribed.stdout)
    assert {seed: len(lines) for seed, lines in rows.items()} == {
        "seeds/registry_editions.csv": 1,
        "seeds/registry_tables.csv": 1,
        "seeds/registry_columns.csv": 6,
    }
    assert rows["seeds/registry_columns.csv"][:2] == [
        ["nrm", "nrm_2023", "table_1", "Year", "reference_year", "yes", "no"],
        ["nrm", "nrm_2023", "table_1", "Age at exploitation", "category", "yes", "no"],
    ]

    follow(house, *DESCRIPTION)
    crosswalk = rows_of("seeds/crosswalk.csv")
    headers = zicht(house, tmp_path, "sources", "check", BOOK)
    sexes = [row[:3] for row in crosswalk if row[1] == "sex"]
    assert [row[:3] for row in proposed(headers.stdout)["seeds/crosswalk.csv"]] == sexes

    with (house / "seeds" / "crosswalk.csv").open("a") as seed:
        seed.writelines(",".join(row) + "\n" for row in crosswalk if row[1] == "sex")
    labels = zicht(house, tmp_path, "sources", "check", BOOK)
    others = [row[:3] for row in crosswalk if row[1] != "sex"]
    assert sorted(row[:3] for row in proposed(labels.stdout)["seeds/crosswalk.csv"]) == sorted(others)


def test_a_workbook_whose_rows_are_there_is_shown_cell_by_cell(house: Path, tmp_path: Path) -> None:
    follow(house, *SEEDS)
    write_book(tmp_path / BOOK)
    checked = zicht(house, tmp_path, "sources", "check", BOOK)
    assert checked.returncode == 0, checked.stdout
    assert "63 cells read, 0 findings. Nothing was loaded." in checked.stdout
    assert "sheet Table_2, table_name referrals, unit notification, variable form" in checked.stdout
    assert re.search(r"^E9 +<5 +2022 .* Sexual +Male +1 +4$", checked.stdout, flags=re.MULTILINE)
    # A registry that the catalogue does not name is no kind of source.
    (tmp_path / "zicht.toml").write_text(TOML)
    assert "sources.nrm has no kind that zicht knows" in zicht(house, tmp_path, "status").stderr


TAKE_IN = """
from pathlib import Path
from homes import take_in_folder

for received in take_in_folder(Path.cwd()):
    print(received.source, received.deliveries, *received.problems)
"""
TOML = 'home = "var"\n' + "".join(step.content for step in STEPS if step.path == "zicht.toml")


def test_a_label_that_is_not_known_stops_its_registry_alone(house: Path, tmp_path: Path) -> None:
    follow(house)
    write_book(tmp_path / "inbox" / "nrm" / BOOK, C8="Debt bondage")
    write_books(tmp_path / "inbox")
    (tmp_path / "zicht.toml").write_text(TOML + '[sources.ckm]\nkind = "ckm"\npath = "inbox/ckm"\n')
    taken = call(house, tmp_path, "-c", TAKE_IN)
    assert taken.stdout.splitlines() == [
        f"nrm 0 nrm: {BOOK}, sheet Table_2, cell C8: found a label of form that is not known, "
        "expected the labels of nrm in seeds/crosswalk.csv. "
        "Add its row: `zicht sources check` on this file prints it ready to paste.",
        "ckm 2",
    ], taken.stderr
    checked = zicht(house, tmp_path, "sources", "check", f"inbox/nrm/{BOOK}")
    assert proposed(checked.stdout) == {"seeds/crosswalk.csv": [["nrm", "form", "Debt bondage", "", "", "?", "?", ""]]}


@pytest.mark.full
def test_what_holds_for_every_kind_and_every_layer_holds_for_the_new_one(house: Path) -> None:
    follow(house)
    tests = ["tests/contract/test_every_kind.py", "tests/contract/test_layers.py"]
    tested = call(house, house, "-m", "pytest", "-p", "no:cacheprovider", *tests, "-k", "nrm or layers")
    assert tested.returncode == 0, tested.stdout
    [passed] = re.findall(r"(\d+) passed", tested.stdout)
    assert int(passed) > 20


RUN = "from pathlib import Path; from homes import run_folder; run_folder(Path.cwd())"


@pytest.mark.full
def test_a_registry_without_a_country_is_not_published(house: Path, tmp_path: Path) -> None:
    follow(house, CATALOGUE, *(path for path in SEEDS if path != COUNTRY))
    write_book(tmp_path / "inbox" / "nrm" / BOOK)
    (tmp_path / "zicht.toml").write_text(TOML)
    run = call(house, tmp_path, "-c", RUN)
    assert "model registry_counts: error" in run.stderr
    assert not (tmp_path / "var" / "warehouse.duckdb").exists()


@pytest.mark.full
def test_the_figures_of_the_new_registry_are_published_with_their_cells(house: Path, tmp_path: Path) -> None:
    follow(house)
    write_book(tmp_path / "inbox" / "nrm" / BOOK)
    (tmp_path / "zicht.toml").write_text(TOML)
    run = call(house, tmp_path, "-c", RUN)
    assert run.returncode == 0, run.stderr
    with duckdb.connect(os.path.realpath(tmp_path / "var" / "warehouse.duckdb"), read_only=True) as warehouse:
        counts = warehouse.sql(
            "select reference_year, population, category, value_low, value_high, cell from marts.registry_counts"
        ).fetchall()
        assert set(counts) == expected() and len(counts) == len(expected()) == 62
        assert warehouse.sql(
            "select distinct publisher, edition, unit, country, source_file, sheet, is_current "
            "from marts.registry_counts"
        ).fetchall() == [("nrm", "national referral mechanism 2023", "notification", "GBR", BOOK, SHEET, True)]
        # A combination is a part of all, and nobody's form.
        assert warehouse.sql(
            "select distinct source_label, harmonised_category, relation from marts.figures "
            "where publisher = 'nrm' and harmonised_category in ('total', 'labour') order by all"
        ).fetchall() == [
            ("Labour", "labour", "narrower"),
            ("Labour & Criminal", "total", "narrower"),
            ("Sexual, Labour & Domestic", "total", "narrower"),
            ("total", "total", "exact"),
        ]
        # Of all totals one contradicts its parts.
        assert warehouse.sql("select location, field, rule from marts.rejected").fetchall() == [
            ("Table_2!F12", "category", "total_differs_from_parts")
        ]
    with duckdb.connect(os.path.realpath(tmp_path / "var" / "persons.duckdb"), read_only=True) as persons:
        assert persons.sql(
            "select dimension, count(*) from intermediate.int_registry_totals group by dimension order by dimension"
        ).fetchall() == [("category", 12), ("population", 6)]
