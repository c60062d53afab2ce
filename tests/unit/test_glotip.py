"""UNODC's workbook: its layout or none, its counts as intervals, nothing summed and nothing left out."""

import io
import random
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.worksheet.worksheet import Worksheet
from samples import (
    GLOTIP_HEADER,
    NAME,
    Inbox,
    a_figure,
    glotip_bytes,
    peak_of,
    problem_of,
    read,
    rows_of,
    rules_of,
    with_sheets,
    workbook_bytes,
)

from connectors.registries.numbers import other_unit, read_count

NOTES = [["Notes", "Date of issue: 30/05/2023"], ["30/05/2023"]]


def figures_of(folder: Path, *rows: list[Any], **options: Any) -> list[dict[str, Any]]:
    return rows_of(read(folder, "glotip", "g.xlsx", glotip_bytes(*rows, **options)), "figures")


def test_one_row_becomes_one_figure_with_its_place(tmp_path: Path) -> None:
    assert figures_of(tmp_path, a_figure("1,334"), notes=NOTES) == [
        {
            "edition": "2023-05-30",
            "iso3": "NLD",
            "country": "Netherlands",
            "indicator": "Detected trafficking victims",
            "dimension": "Total",
            "category": "Total",
            "sex": "Total",
            "age": "Total",
            "reference_year": 2019,
            "value_low": 1334,
            "value_high": 1334,
            "value": 1334,
            "sheet": "data_glotip_1",
            "cell": "L4",
        }
    ]


@pytest.mark.parametrize(
    ("notes", "edition"), [([], ("undated", "L2")), ([["UNODC"], [None, datetime(2024, 12, 11)]], ("2024-12-11", "L4"))]
)
def test_a_date_cell_above_the_header_is_the_edition(tmp_path: Path, notes: Any, edition: tuple[str, str]) -> None:
    [figure] = figures_of(tmp_path, a_figure(5), notes=notes)
    assert (figure["edition"], figure["cell"]) == edition


@pytest.mark.parametrize(
    ("text", "count"),
    [
        *(("0", 0), ("984", 984), ("12,345,678", 12345678), ("9" * 12, 10**12 - 1)),
        *((f"1{mark}334", 1334) for mark in (",", ".", " ", "\u00a0", "\u2009", "\u202f")),
    ],
)
def test_counts_are_read_with_every_mark_of_thousands(text: str, count: int) -> None:
    assert read_count(text) == count


NO_NUMBERS = ["1,33", "1,3345", "1,334.5", "1,334 567", "13,34", ",334", "1.5", "1e3", "<6", "< 5", "-5", "five", "١٢"]
WITH_MORE = ["", "9" * 13, "9" * 5000, "1,334*", "1,334¹", "1,000,000,000,000,000"]


@pytest.mark.parametrize("text", [*NO_NUMBERS, *WITH_MORE])
def test_what_is_no_count_is_not_guessed(text: str) -> None:
    assert read_count(text) is None


@given(st.integers(0, 10**12 - 1), st.sampled_from(["", ",", ".", " ", "\u00a0"]))
def test_every_count_is_read_back(count: int, mark: str) -> None:
    assert read_count(f"{count:,}".replace(",", mark)) == count


@given(st.text())
def test_no_text_makes_the_reader_fail(text: str) -> None:
    assert 0 <= (read_count(text) or 0) < 10**12
    assert other_unit(text) in (True, False)


def test_below_five_is_an_interval_without_a_value(tmp_path: Path) -> None:
    [figure] = figures_of(tmp_path, a_figure("<5"))
    assert (figure["value_low"], figure["value_high"], figure["value"]) == (0, 4, None)


@pytest.mark.parametrize("blank", [None, "", " ", ".", "x", "X"])
def test_unknown_is_no_row_and_no_finding(tmp_path: Path, blank: Any) -> None:
    assert read(tmp_path, "glotip", "g.xlsx", glotip_bytes(a_figure(blank))) == []


def test_numbers_and_text_are_the_same(tmp_path: Path) -> None:
    rows = [a_figure(952), a_figure("952", Year="2019"), a_figure(" 952 ", Year=2019.0)]
    assert [figure["value"] for figure in figures_of(tmp_path, *rows)] == [952, 952, 952]


@pytest.mark.parametrize(
    ("cell", "rejection"),
    [
        ({"txtVALUE": "about 5"}, ("data_glotip_1!L2", "txtVALUE", "not_a_count")),
        ({"txtVALUE": "9" * 30}, ("data_glotip_1!L2", "txtVALUE", "not_a_count")),
        ({"txtVALUE": 2.5}, ("data_glotip_1!L2", "txtVALUE", "not_a_count")),
        ({"txtVALUE": 1.334}, ("data_glotip_1!L2", "txtVALUE", "not_a_count")),
        ({"Year": "2019/20"}, ("data_glotip_1!J2", "Year", "not_a_year")),
        ({"Year": None}, ("data_glotip_1!J2", "Year", "not_a_year")),
        ({"Year": 19}, ("data_glotip_1!J2", "Year", "not_a_year")),
    ],
)
def test_a_row_that_breaks_a_rule_is_lost_alone_and_told(tmp_path: Path, cell: dict[str, Any], rejection: Any) -> None:
    content = glotip_bytes(a_figure(**{"value": 1, **{"txtVALUE": 1}, **cell}), a_figure(7))
    items = read(tmp_path, "glotip", "g.xlsx", content)
    assert rules_of(items) == [rejection]
    assert [figure["value"] for figure in rows_of(items, "figures")] == [7]


@pytest.mark.parametrize(
    ("shown", "meant"),
    [("CÃ´te d'Ivoire", "Côte d'Ivoire"), ("TÃ¼rkiye", "Türkiye"), ("Côte d'Ivoire", "Côte d'Ivoire")],
)
def test_mojibake_is_mended_and_right_text_left_alone(tmp_path: Path, shown: str, meant: str) -> None:
    assert figures_of(tmp_path, a_figure(5, Country=shown))[0]["country"] == meant


def test_conflicting_rows_of_one_key_are_all_kept(tmp_path: Path) -> None:
    rows = [a_figure(value, Category="Other forms", Year=2017) for value in (10, "<5", 12, 10)]
    figures = figures_of(tmp_path, *rows)
    assert [(figure["value"], figure["cell"]) for figure in figures] == [
        (10, "L2"),
        (None, "L3"),
        (12, "L4"),
        (10, "L5"),
    ]


def test_all_countries_are_landed(tmp_path: Path) -> None:
    rows = [a_figure(5, Iso3_code=code) for code in ("NLD", "BEL", "NAM")]
    assert [figure["iso3"] for figure in figures_of(tmp_path, *rows)] == ["NLD", "BEL", "NAM"]


def test_blank_rows_keep_the_places(tmp_path: Path) -> None:
    figures = figures_of(tmp_path, a_figure(1), [], [None] * 13, a_figure(2))
    assert [figure["cell"] for figure in figures] == ["L2", "L5"]


def test_columns_may_stand_in_another_order(tmp_path: Path) -> None:
    content = workbook_bytes(
        {"x": [["Iso3_code", *reversed(GLOTIP_HEADER[1:])], ["NLD", *reversed(a_figure("1,334")[1:])]]}
    )
    [figure] = rows_of(read(tmp_path, "glotip", "g.xlsx", content), "figures")
    assert (figure["value"], figure["cell"]) == (1334, "C2")


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ([*GLOTIP_HEADER, "Confidence"], "other columns (missing: none missing; unknown: Confidence)"),
        (GLOTIP_HEADER[:-1], "other columns (missing: Source; unknown: none unknown)"),
        (
            [name.replace("txtVALUE", "VALUE") for name in GLOTIP_HEADER],
            "other columns (missing: txtVALUE; unknown: VALUE)",
        ),
        ([*GLOTIP_HEADER, "Age"], "other columns (missing: none missing; unknown: none unknown)"),
        ([*GLOTIP_HEADER, "two\nlines" * 200], r"other columns (missing: none missing; unknown: two\nlines"),
    ],
    ids=["extra", "missing", "renamed", "twice", "hostile"],
)
def test_another_layout_stops_the_source_and_names_the_columns(tmp_path: Path, header: list[str], found: str) -> None:
    content = workbook_bytes({"data": [["note"], header, a_figure(5)]})
    problem = problem_of(read, tmp_path, "glotip", "g.xlsx", content)
    assert (problem.where, problem.found[: len(found)]) == ("bron: g.xlsx, sheet data, row 2", found)
    assert str(problem).isprintable() and len(str(problem)) <= 1000


def test_a_workbook_without_the_header_is_refused(tmp_path: Path) -> None:
    content = workbook_bytes({"x": [["note"]] * 7 + [GLOTIP_HEADER, a_figure(5)], "y": [["Iso3"], ["NLD"]]})
    problem = problem_of(read, tmp_path, "glotip", "g.xlsx", content)
    assert problem.found == "no header with Iso3_code in the first 6 rows of any sheet"


def write_large(path: Path, count: int) -> None:
    """A workbook as large as the published one, with shared texts as spreadsheet programs write them."""
    chance = random.Random(3)
    with xlsxwriter.Workbook(path, {"constant_memory": False}) as book:
        sheet = book.add_worksheet("data_glotip_1")
        for number, row in enumerate([*NOTES, GLOTIP_HEADER]):
            sheet.write_row(number, 0, row)
        for number in range(3, count + 3):
            country = chance.randrange(200)
            value = chance.choice(["<5", "", f"{chance.randrange(5000):,}", chance.randrange(900)])
            places = {"Iso3_code": f"C{country:03}", "Country": f"Country of invention {country}"}
            figure = a_figure(value, Year=2003 + number % 20, Category=f"Category {number % 40}", **places)
            sheet.write_row(number, 0, figure)


@pytest.mark.full
def test_a_workbook_as_large_as_the_published_one_needs_little_memory(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "glotip")
    write_large(inbox.folder / "g.xlsx", 46_556)
    rows, megabytes = peak_of("glotip", tmp_path)
    assert 30_000 < rows < 46_556
    assert megabytes < 400


def test_the_same_figure_in_two_editions_is_landed_under_each(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "glotip")
    inbox.put("2022.xlsx", glotip_bytes(a_figure(952), notes=[["30/05/2022"]]))
    inbox.put("2023.xlsx", glotip_bytes(a_figure(952), notes=[["30/05/2023"]]))
    inbox.receive()
    assert [figure["edition"] for figure in inbox.rows("figures")] == ["2022-05-30", "2023-05-30"]
    assert len(inbox.landing.receipts(NAME)) == 2


def changed(content: bytes, change: Callable[[Worksheet], None]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    change(book.worksheets[0])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def put(value: Any, number_format: str = "General") -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        sheet["L2"], sheet["L2"].number_format = value, number_format

    return change


def merge(sheet: Worksheet) -> None:
    sheet.merge_cells("L2:L3")


def hide(sheet: Worksheet) -> None:
    sheet.row_dimensions[2].hidden = True


RAISED = CellRichText("1334", TextBlock(InlineFont(vertAlign="superscript"), "2"))
SEVEN = ("L3", 7, 7)


@pytest.mark.parametrize(
    ("change", "found", "figures"),
    [
        (put("=5"), [("data_glotip_1!L2", "txtVALUE", "formula_without_value")], [SEVEN]),
        (put(3, '[<5]"<5";0'), [("data_glotip_1!L2", "txtVALUE", "unknown_format")], [SEVEN]),
        (put(3, '"<5"'), [], [("L2", 0, 4), SEVEN]),
        (put("0,234"), [("data_glotip_1!L2", "txtVALUE", "not_a_count")], [SEVEN]),
        (put(RAISED), [], [("L2", 1334, 1334), SEVEN]),
        (merge, [(f"data_glotip_1!L{row}", "txtVALUE", "merged_value") for row in (2, 3)], []),
        (hide, [("data_glotip_1!row 2", "", "hidden_content")], [SEVEN]),
    ],
)
def test_a_figure_is_read_as_a_person_sees_it(
    tmp_path: Path, change: Callable[[Worksheet], None], found: Any, figures: Any
) -> None:
    items = read(tmp_path, "glotip", "g.xlsx", changed(glotip_bytes(a_figure(5), a_figure(7)), change))
    assert rules_of(items) == found
    assert [(row["cell"], row["value_low"], row["value_high"]) for row in rows_of(items, "figures")] == figures


def test_rows_count_by_the_addresses_of_their_cells(tmp_path: Path) -> None:
    content = glotip_bytes(a_figure(1), a_figure(2), a_figure(3))
    numbers = {b"2": b"4", b"3": b"3", b"4": b"2"}
    turned = with_sheets(content, lambda sheet: re.sub(rb'(?<=<row r=")[2-4]', lambda found: numbers[found[0]], sheet))
    assert turned != content
    assert read(tmp_path, "glotip", "g.xlsx", turned) == read(tmp_path, "glotip", "g.xlsx", content)


def test_a_row_of_another_unit_is_left_out(tmp_path: Path) -> None:
    rows = [a_figure(5, **{"Unit of measurement": "Rate per 100,000 population"}), a_figure(7)]
    items = read(tmp_path, "glotip", "g.xlsx", glotip_bytes(*rows))
    assert rules_of(items) == [("data_glotip_1!K2", "Unit of measurement", "other_unit")]
    assert [row["value"] for row in rows_of(items, "figures")] == [7]
