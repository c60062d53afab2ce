"""Workbooks from outside: damaged, disguised and hostile ones are refused in one line, others are read as they are."""

import io
import random
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from samples import (
    CODING_HEADER,
    a_coding,
    a_figure,
    glotip_bytes,
    problem_of,
    read,
    registry_bytes,
    with_sheets,
    workbook_bytes,
)

from connectors.errors import SourceProblem
from connectors.formats import workbook
from connectors.formats.cells import address
from connectors.formats.workbook import read_sheets
from connectors.source import SourceFile

ROWS = [["a", "b"], [1, 2.5], [None, "x"]]
CONTENT = workbook_bytes({"een": ROWS})


def cells_of(folder: Path, content: bytes) -> dict[str, dict[str, Any]]:
    """The values of a workbook, by sheet and address."""
    (folder / "w.xlsx").write_bytes(content)
    sheets = read_sheets("bron", SourceFile(folder / "w.xlsx", "w.xlsx"))
    return {one.title: {address(place): raw.value for place, raw in one.cells.items()} for one in sheets}


def repacked(content: bytes, change: dict[str, bytes]) -> bytes:
    """The same archive with some parts replaced or added."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *change]):
            new.writestr(name, change[name] if name in change else old.read(name))
    return stream.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
XML = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


def test_cells_have_the_addresses_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    assert cells_of(tmp_path, workbook_bytes({"een": ROWS, "twee": []})) == {
        "een": {"A1": "a", "B1": "b", "A2": 1, "B2": 2.5, "B3": "x"},
        "twee": {},
    }


def test_rows_and_cells_without_addresses_follow_each_other(tmp_path: Path) -> None:
    sparse = XML % b'<row r="4"><c r="B4"><v>7</v></c><c><v>8</v></c></row><row><c><v>9</v></c></row>'
    assert cells_of(tmp_path, repacked(CONTENT, {SHEET: sparse}))["een"] == {"B4": 7, "C4": 8, "A5": 9}


def test_a_sheet_that_lies_about_its_size_is_read_whole(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(CONTENT)) as archive:
        lie = archive.read(SHEET).replace(b'<dimension ref="A1:B3"', b'<dimension ref="A1:A1"')
    assert len(cells_of(tmp_path, repacked(CONTENT, {SHEET: lie}))["een"]) == 5


def test_formulas_have_the_value_they_were_saved_with_or_none(tmp_path: Path) -> None:
    cells = b'<c r="A1"><f>6*7</f><v>42</v></c><c r="B1"><f>6*7</f></c><c r="C1" t="str"><f>""</f><v></v></c>'
    content = repacked(CONTENT, {SHEET: XML % (b'<row r="1">' + cells + b"</row>")})
    assert cells_of(tmp_path, content) == {"een": {"A1": 42, "B1": None}}


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000
ARCHIVE = io.BytesIO()
with zipfile.ZipFile(ARCHIVE, "w") as other_archive:
    other_archive.writestr("hello.txt", "hello")


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"PK\x03\x04", random.Random(1).randbytes(5000), OLE, b"<html></html>", b"a;b\n1;2\n"),
        ARCHIVE.getvalue(),
        *(CONTENT[: int(len(CONTENT) * kept)] for kept in (0.1, 0.5, 0.9, 0.99)),
    ],
    ids=["empty", "zip start", "random", "password or old .xls", "web page", "csv", "another archive", *"1599"],
)
def test_what_is_no_whole_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    problem = problem_of(cells_of, tmp_path, content)
    assert problem.found == "no readable workbook" and problem.expected == "an .xlsx file without a password"


def test_a_damaged_workbook_is_refused_or_read_but_never_an_unforeseen_error(tmp_path: Path) -> None:
    content = workbook_bytes({"een": [[number, f"text {number}"] for number in range(100)]})
    chance = random.Random(2)
    refused = 0
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(chance.choice([1, 3, 10])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            cells_of(tmp_path, bytes(damaged))
        except (SourceProblem, OSError):  # an error of the system is told by `unchanged_while_read`
            refused += 1
    assert refused > 200


SECRET = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file://%s">]>' % str(Path(__file__)).encode()
ROW = XML % b'<row r="1">%s</row>'


@pytest.mark.parametrize(
    "sheet",
    [
        ROW % b'<c r="A1"><v>abc</v></c>',
        ROW % b'<c r="A1" t="s"><v>99999</v></c>',
        ROW % b'<c r="A1" t="d"><v>gisteren</v></c>',
        ROW % b'<c r="1A"><v>1</v></c>',
        SECRET + ROW % b'<c r="A1" t="inlineStr"><is><t>&e;</t></is></c>',
    ],
    ids=["no number", "no such text", "no date", "no place", "entity of a file"],
)
def test_a_cell_that_cannot_be_refuses_the_workbook(tmp_path: Path, sheet: bytes) -> None:
    assert problem_of(cells_of, tmp_path, repacked(CONTENT, {SHEET: sheet})).found == "no readable workbook"


def test_a_row_number_beyond_every_sheet_does_not_keep_us_counting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "LAST_ROW", 1000)
    far = XML % b'<row r="999999999999"><c r="A999999999999"><v>7</v></c></row>'
    assert problem_of(cells_of, tmp_path, repacked(CONTENT, {SHEET: far})).found == "no readable workbook"


def test_a_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    bomb = repacked(CONTENT, {SHEET: XML % (b" " * (64 << 20))})
    assert len(bomb) < 200_000
    problem = problem_of(cells_of, tmp_path, bomb)
    assert problem.found.endswith(" KiB that unpack to 64 MiB")
    assert problem.expected == "at most 200 times as much and 256 MiB"


@pytest.mark.parametrize(
    "row",
    [
        b'<row r="9"><c r="A9"><v>abc</v></c></row>',
        b'<row r="9"><c r="A9" t="s"><v>99999</v></c></row>',
        b'<row r="9"><c r="A9"',
    ],
    ids=["no number", "no such text", "no XML"],
)
@pytest.mark.parametrize("kind", ["coding", "glotip", "comensha"])
def test_damage_in_a_later_row_refuses_the_file_for_every_kind(tmp_path: Path, kind: str, row: bytes) -> None:
    contents = {
        "coding": workbook_bytes({"een": [CODING_HEADER, a_coding()]}),
        "glotip": glotip_bytes(a_figure(5)),
        "comensha": registry_bytes(["Totaal", 9, 10]),
    }
    damaged = with_sheets(contents[kind], lambda sheet: sheet.replace(b"</sheetData>", row + b"</sheetData>"))
    problem = problem_of(read, tmp_path, kind, "w.xlsx", damaged)
    assert (problem.where, problem.found) == ("bron: w.xlsx", "no readable workbook")


def test_hidden_sheets_and_charts_do_not_disturb(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append([1])
    chart = BarChart()
    chart.add_data(Reference(book.worksheets[0], min_col=1, min_row=1))
    book.create_chartsheet("grafiek").add_chart(chart)
    book.create_sheet("verborgen").sheet_state = "veryHidden"
    stream = io.BytesIO()
    book.save(stream)
    assert list(cells_of(tmp_path, stream.getvalue())) == ["Sheet", "verborgen"]


def test_a_workbook_of_too_many_cells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_CELLS", 4)
    assert problem_of(cells_of, tmp_path, CONTENT).found == "more than 4 filled cells"
