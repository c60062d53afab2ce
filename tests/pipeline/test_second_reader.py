"""Another library finds in the demo's workbooks what we read there: cell by cell, and behind the figures that are
published."""

import random
import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openpyxl.utils.cell import coordinate_to_tuple
from python_calamine import CalamineWorkbook
from samples import REGISTRIES

from connectors.formats.cells import Cell, read_grids
from connectors.formats.workbook import read_sheets
from connectors.source import SourceFile

Cells = dict[tuple[int, int], Any]
HIDDEN = "Hulpblad"


@pytest.fixture(scope="module")
def inbox(demo_warehouse: Any) -> Path:
    return demo_warehouse.folder / "inbox"


@cache
def second_reading(path: Path) -> dict[str, Cells]:
    """Sheet, and of every place that holds something the value; of a date without its midnight."""
    with CalamineWorkbook.from_path(path) as book:
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
        return {name: placed(enumerate(rows, start=1)) for name, rows in sheets.items()}


def placed(rows: Iterable[tuple[int, Iterable[Any]]]) -> Cells:
    return {
        (row, column): value.date() if isinstance(value, datetime) else value
        for row, values in rows
        for column, value in enumerate(values, start=1)
        if value not in ("", None)
    }


def test_every_cell_is_the_same(inbox: Path) -> None:
    n_cells = 0
    for path in sorted(inbox.rglob("*.xlsx")):
        theirs, names = second_reading(path), set[str]()
        for sheet in read_sheets("bron", SourceFile(path, path.name)):
            ours = {place: _plain(raw.value) for place, raw in sheet.cells.items()}
            assert ours == theirs[sheet.title], (path.name, sheet.title)
            names.add(sheet.title)
            n_cells += len(ours)
        assert names == theirs.keys()
    assert n_cells > 3000


def _plain(value: Any) -> Any:
    """A value as the other library gives it: a date without its midnight, and a text without its runs."""
    if isinstance(value, tuple):
        return "".join(run.text for run in value)
    return value.date() if isinstance(value, datetime) else value


def test_what_is_shown_is_in_the_file(inbox: Path) -> None:
    paths = [path for name in REGISTRIES for path in sorted((inbox / name).iterdir())]
    for path in paths:
        theirs = second_reading(path)
        for grid in read_grids("bron", SourceFile(path, path.name)):
            expected = {} if grid.sheet == HIDDEN else theirs[grid.sheet]
            assert grid.cells.keys() == expected.keys(), (path.name, grid.sheet)
            different = [place for place, cell in grid.cells.items() if not shows(cell, expected[place])]
            assert different == [], (path.name, grid.sheet)
    assert len(paths) == 16


def shows(cell: Cell, value: Any) -> bool:
    """Whether a cell shows a value: a date, a number under its format, a text with its footnote marks."""
    if cell.moment:
        return cell.moment == value
    if cell.number is not None:
        return float(cell.number) == pytest.approx(value * 100 if "%" in cell.text else value)
    return "".join(f"{cell.text}{cell.note}".split()) == "".join(str(value).split())


# --- Published figures

COLUMNS = "publisher, unit, source_file, sheet, cell, note, is_estimate, value_low, value_high, value"
N_FIGURES = 200


def test_figures_picked_at_random_open_at_their_cell(demo_warehouse: Any, inbox: Path) -> None:
    figures = demo_warehouse.rows(f"select {COLUMNS} from marts.registry_counts order by all")
    for figure in random.Random(N_FIGURES).sample(figures, N_FIGURES):
        publisher, unit, file, sheet, cell, note, is_estimate, *interval = figure
        folder = "glotip" if publisher == "UNODC" else publisher
        printed = second_reading(inbox / folder / file)[sheet][coordinate_to_tuple(cell)]
        read = interval_of(printed, unit, (note or "").split(), least=0 if publisher == "UNODC" else 1)
        if is_estimate:  # its bounds stand in cells of their own
            assert interval[2] == read[2] and interval[0] <= interval[2] <= interval[1], figure
        else:
            assert interval == list(read), (figure, printed)


def interval_of(printed: Any, unit: str, marks: list[str], least: int) -> tuple[float, float, float | None]:
    """(lowest, highest, exact) of what the demo prints, and of nothing else."""
    if isinstance(printed, float):
        number = round(printed * 100, 1) if unit == "percent" else printed
        return number, number, number
    text = printed.strip()
    for mark in marks:
        text = text.removesuffix(mark).strip()
    if text == "<5":
        return least, 4, None
    if text == "-":
        return 0, 0, 0
    share = re.fullmatch(r"(\d+),(\d)%", text)
    count = re.fullmatch(r"\d+|\d{1,3}[., \u2009]\d{3}", text)
    assert share if unit == "percent" else count, printed
    number = float(f"{share[1]}.{share[2]}") if share else float(re.sub(r"\D", "", text))
    return number, number, number
