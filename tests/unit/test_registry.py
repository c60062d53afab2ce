"""A registry's workbook by its layout: each figure read right with its cell, or the file refused with a place."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.formatting.rule import CellIsRule, Rule
from openpyxl.styles import Font
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.workbook import Workbook
from samples import CODEBOOK, layouts_of, problem_of, rows_of, rules_of

from connectors.codelists.layouts import Layouts
from connectors.registries.reader import KIND
from connectors.source import Context, Item, Source, SourceFile

TITLE = ["Het beeld van 2020"]
[FIGURES] = KIND.tables


COLUMNS = [
    "comensha,wide,forms,Vorm,category,no,no",
    "comensha,wide,forms,{reference_year},value,no,no",
    "comensha,wide,forms,% {reference_year},percent,no,yes",
    "comensha,wide,months,Jaar,reference_year,no,no",
    "comensha,wide,months,{month},value,no,no",
    "comensha,wide,months,Totaal,value,no,no",
    "comensha,long,reporters,Jaar,reference_year,yes,no",
    "comensha,long,reporters,Aanmelder,category,no,no",
    "comensha,long,reporters,Aantal,value,no,no",
    "comensha,long,reporters,Toelichting,nothing,no,yes",
    "comensha,stacked,sexes,Vorm,category,no,no",
    "comensha,stacked,sexes,{reference_year} / {sex},value,no,no",
]
MARKS = ("-,count,0,0", "<5,count,1,4", "x,unknown,,", ".,unknown,,")
CROSSWALK = [
    *(f"comensha,form,{label},exact," for label in ("Seksuele uitbuiting,,,sexual", "Criminele uitbuiting,,,criminal")),
    *(f"comensha,reporter,{label},exact," for label in ("NP,,,police", "ISZW,,2021,labour", "NLA,2022,,labour")),
    *(f"comensha,sex,{label},exact," for label in ("Vrouw,,,female", "Man,,,male", "Totaal,,,total")),
    "comensha,form,Totaal,,,total,exact,",
]


def layouts(**changes: list[str]) -> Layouts:
    """Three editions: one wide by year and by month, one with a long table, and one with stacked headers."""
    seeds = {
        "registry_editions": [
            "comensha,comensha,het beeld van 2020,Het beeld van 2020,wide,,2021-10-18,",
            "comensha,comensha,het beeld van 2021,Het beeld van 2021,long,2021,2022-10-18,",
            "comensha,comensha,het beeld van 2022,Het beeld van 2022,stacked,2022,2023-10-18,",
        ],
        "registry_tables": [
            "comensha,wide,forms,1,victim,all,form,,no",
            "comensha,wide,months,1,victim,all,total,total,no",
            "comensha,long,reporters,1,notification,all,reporter,,no",
            "comensha,stacked,sexes,2,victim,all,form,,no",
        ],
        "registry_columns": COLUMNS,
        "registry_marks": [f"comensha,,{mark}" for mark in MARKS],
        "crosswalk": CROSSWALK,
    }
    return layouts_of(**{**seeds, **changes})


def book(*sheets: Sequence[Sequence[Any]]) -> Workbook:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for number, rows in enumerate(sheets, start=1):
        sheet = workbook.create_sheet(f"Blad{number}")
        for row in rows:
            sheet.append(list(row))
    return workbook


FORMS = [TITLE, [], ["Vorm", 2019, 2020], ["Seksuele uitbuiting", 716, "1.013"], ["Criminele uitbuiting", 195, "<5"]]
MONTHS = [["Jaar", "jan", "mrt.", "Totaal"], [2020, 80, "-", 80]]
LONG = [
    ["Het beeld van 2021"],
    ["Jaar", "Aanmelder", "Aantal"],
    [2020, "NP", 490],
    [None, "ISZW", 33],
    [2021, "NP", 310],
]
STACKED = [
    ["Het beeld van 2022"],
    ["Vorm", 2021, None, 2022, None],
    [None, "Man", "Vrouw", "Man", "Vrouw"],
    ["Seksuele uitbuiting", 1, 2, 3, 4],
]


def items(folder: Path, workbook: Workbook | bytes, known: Layouts | None = None) -> list[Item]:
    if isinstance(workbook, bytes):
        (folder / "w.xlsx").write_bytes(workbook)
    else:
        workbook.save(folder / "w.xlsx")
    source = Source("register", "comensha", path=folder)
    return list(KIND.read_file(source, SourceFile(folder / "w.xlsx", "w.xlsx"), Context(CODEBOOK, known or layouts())))


def figures(folder: Path, workbook: Workbook, *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(row[field] for field in fields) for row in rows_of(items(folder, workbook), FIGURES)]


def refused(folder: Path, workbook: Workbook, known: Layouts | None = None) -> tuple[str, str]:
    """(the place, such as `Blad1!C4`, what was found there)."""
    problem = problem_of(items, folder, workbook, known)
    place = problem.where.removeprefix("register: w.xlsx, ").removeprefix("sheet ")
    return place.replace(", cell ", "!"), problem.found


STRANGE = "a column that the layout does not describe"


def test_a_combination_of_forms_is_a_part_of_the_total_under_its_own_name(tmp_path: Path) -> None:
    known = layouts(crosswalk=[*CROSSWALK, "comensha,form,Seksueel en crimineel,,,total,narrower,"])
    workbook = book([*FORMS, ["Seksueel en crimineel", 7, 8], ["Totaal", 918, 1025]], MONTHS)
    read = rows_of(items(tmp_path, workbook, known), FIGURES)
    labels = [row["category"] for row in read if row["sheet"] == "Blad1" and row["reference_year"] == 2020]
    assert labels == ["Seksuele uitbuiting", "Criminele uitbuiting", "Seksueel en crimineel", "total"]


def test_a_figure_has_all_its_keys_and_its_cell(tmp_path: Path) -> None:
    first = rows_of(items(tmp_path, book(FORMS, MONTHS)), FIGURES)[0]
    assert first == {
        "publisher": "comensha",
        "edition": "het beeld van 2020",
        "table_name": "forms",
        "unit": "victim",
        "population": "all",
        "variable": "form",
        "category": "Seksuele uitbuiting",
        "sex": "total",
        "age": "total",
        "reference_year": 2019,
        "month": None,
        "value_low": 716.0,
        "value_high": 716.0,
        "value": 716.0,
        "is_estimate": False,
        "printed": "716",
        "note": None,
        "sheet": "Blad1",
        "cell": "B4",
    }


def forms(*header: Any, rows: Sequence[Sequence[Any]] = ()) -> list[Any]:
    """A sheet with one table of forms."""
    return [TITLE, ["Vorm", *header], *(rows or [["Seksuele uitbuiting", *range(1, len(header) + 1)]])]


def months(*header: Any, row: Sequence[Any]) -> list[Any]:
    return [["Jaar", *header, "Totaal"], row]


WITH_YEAR = ["reference_year", "category", "value"]
BESIDE = [TITLE, ["Vorm", 2019, None, "Jaar", "jan", "Totaal"], ["Seksuele uitbuiting", 7, None, 2020, 8, 8]]
LOWER = [*forms(2019), [None, "Jaar", "jan", "Totaal"], [None, 2020, 5, 5]]
BOUNDS = ["reference_year", "month", "value_low", "value_high", "value", "cell"]
WIDE = [
    (2019, None, 716, 716, 716, "B4"),
    (2020, None, 1013, 1013, 1013, "C4"),
    (2019, None, 195, 195, 195, "B5"),
    (2020, None, 1, 4, None, "C5"),
    (2020, 1, 80, 80, 80, "B2"),
    (2020, 3, 0, 0, 0, "C2"),
    (2020, None, 80, 80, 80, "D2"),
]
TWO_COLUMNS = [["Aanmelder", "Jaar", "Aantal"], ["NP", 2020, 490], [None, 2021, 310], ["NP", None, 5]]
WITH_NOTES = [*FORMS[:4], [], FORMS[4], [], ["Bron: CoMensha"], ["* voorlopig"]]
SEX = ["reference_year", "sex", "value"]
# Workbooks that are read: their sheets, the fields to look at, and what the figures, or only the first one, hold.
READ: dict[str, tuple[list[Any], list[str], list[tuple[Any, ...]]]] = {
    "wide by year and by month": ([FORMS, MONTHS], BOUNDS, WIDE),
    "a block label holds until the next": (
        [LONG],
        WITH_YEAR,
        [(2020, "NP", 490), (2020, "ISZW", 33), (2021, "NP", 310)],
    ),
    "a block label holds below a row without another": (
        [[LONG[0], *TWO_COLUMNS]],
        WITH_YEAR,
        [(2020, "NP", 490), (2021, "NP", 5)],
    ),
    "stacked headers": ([STACKED], SEX, [(2021, "Man", 1), (2021, "Vrouw", 2), (2022, "Man", 3), (2022, "Vrouw", 4)]),
    "a table anywhere": (
        [[["Inhoud"]], [[], TITLE, [], [], *([None, None, *row] for row in FORMS[2:])], MONTHS],
        ["value", "cell"],
        [(716, "D6")],
    ),
    "side by side": (
        [BESIDE],
        ["table_name", "value", "cell"],
        [("forms", 7, "B3"), ("months", 8, "E3"), ("months", 8, "F3")],
    ),
    "beside and lower": ([LOWER], ["table_name", "value"], [("forms", 1), ("months", 5), ("months", 5)]),
    "marks on labels and headers": (
        [forms("2019*", rows=[["SEKSUELE  uitbuíting ¹", 5]]), MONTHS],
        ["reference_year", "category", "note"],
        [(2019, "Seksuele uitbuiting", "¹ *")],
    ),
    "a date in the header": (
        [months(datetime(2020, 1, 1), row=[2020, 4, 4]), FORMS],
        ["reference_year", "month", "value"],
        [(2020, 1, 4)],
    ),
}


@pytest.mark.parametrize("name", READ)
def test_a_workbook_is_read_by_its_layout(tmp_path: Path, name: str) -> None:
    sheets, fields, expected = READ[name]
    found = figures(tmp_path, book(*sheets), *fields)
    assert (found[:1] if len(expected) == 1 else found) == expected


RAISED = CellRichText("1334", TextBlock(InlineFont(vertAlign="superscript"), "2"))


@pytest.mark.parametrize(
    ("cell", "value", "note"),
    [
        *(
            (f"1.334{space}{mark}", 1334, mark)
            for space, mark in (("", "¹"), ("", "*"), (" ", "(a)"), ("\u00a0", "**"))
        ),
        *((RAISED, 1334, "2"), ("1\u2009334", 1334, None), ("1\u00a0334 **", 1334, "**"), ("\u200b716", 716, None)),
        *((unknown, None, None) for unknown in (None, "x", ".", " ")),
    ],
)
def test_a_cell_is_a_value_with_its_note_or_unknown(tmp_path: Path, cell: Any, value: int | None, note: Any) -> None:
    workbook = book(forms(2019, 2020, rows=[["Seksuele uitbuiting", cell, 5]]), MONTHS)
    assert figures(tmp_path, workbook, "value_low", "value", "note")[0] == (value, value, note)


def test_stacked_headers_that_are_merged_are_read_alike(tmp_path: Path) -> None:
    workbook = book(STACKED)
    for area in ("A2:A3", "B2:C2", "D2:E2"):
        workbook.worksheets[0].merge_cells(area)
    assert figures(tmp_path, workbook, *SEX) == READ["stacked headers"][2]


def test_notes_under_a_table_and_blank_rows_in_it_are_no_figures(tmp_path: Path) -> None:
    assert len(figures(tmp_path, book(WITH_NOTES, MONTHS), "value")) == 7


@pytest.mark.parametrize("cell", [0.835, "83,5%", "83.5 %"])
def test_percentages_are_per_cent(tmp_path: Path, cell: Any) -> None:
    workbook = book([TITLE, ["Vorm", 2019, "% 2019"], ["Seksuele uitbuiting", 5, cell]], MONTHS)
    workbook.worksheets[0]["C3"].number_format = "0.0%"
    assert ("percent", 83.5) in figures(tmp_path, workbook, "unit", "value")


@pytest.mark.parametrize(
    ("cell", "number_format", "rule"),
    [
        *((cell, "General", "not_a_count") for cell in ("n.v.t.", "−12", "(12)", 13.5, 1.334, "1e3")),
        ("=1+1", "General", "formula_without_value"),
        ("#REF!", "General", "error_value"),
        (5, '"<"0', "unknown_format"),
        (1334000, "#,##0,", "unknown_format"),
        *((cell, "General", "not_a_count") for cell in ("0,234", "0.125", "012.345")),
        ("5", '0;0;0;"<5"', "unknown_format"),
    ],
)
def test_what_is_no_count_is_left_out_and_told_with_its_cell(
    tmp_path: Path, cell: Any, number_format: str, rule: str
) -> None:
    workbook = book([TITLE, ["Vorm", 2019, 2020], ["Seksuele uitbuiting", cell, 5]], MONTHS)
    workbook.worksheets[0]["B3"].number_format = number_format
    read = items(tmp_path, workbook)
    assert rules_of(read) == [("Blad1!B3", "value", rule)]
    assert [row["cell"] for row in rows_of(read, FIGURES)][:1] == ["C3"]


def test_hidden_content_is_not_read_but_told(tmp_path: Path) -> None:
    workbook = book(FORMS, MONTHS)
    workbook.worksheets[0].row_dimensions[4].hidden = True
    workbook.create_sheet("Geheim").append([5])
    workbook.worksheets[2].sheet_state = "veryHidden"
    read = items(tmp_path, workbook)
    assert ("Blad1!row 4", "", "hidden_content") in rules_of(read)
    assert ("Geheim", "", "hidden_content") in rules_of(read)
    assert "B4" not in [row["cell"] for row in rows_of(read, FIGURES) if row["sheet"] == "Blad1"]


def test_the_same_figure_again_is_told_and_left_out(tmp_path: Path) -> None:
    read = items(tmp_path, book([*FORMS, FORMS[3]], MONTHS))
    assert ("Blad1!B6", "value", "repeated_figure") in rules_of(read)


ESTIMATES = ["Jaar", "Schatting", "Ondergrens", "Bovengrens"]
NO_TABLE = "no header of table {} (this cell comes nearest)"
DAYS = (datetime(1905, 7, 12), datetime(2019, 3, 1), datetime(2019, 1, 2))
ANOTHER_YEAR = "a year other than that of its row or column"
# Workbooks that are refused: their sheets, the cell, and what was found in it.
REFUSED: list[tuple[list[list[Any]], str, str]] = [
    ([forms(2019, "Extra"), MONTHS], "Blad1!C2", STRANGE),
    ([forms(2019, None), MONTHS], "Blad1!C2", STRANGE),
    ([forms("2023/24"), MONTHS], "Blad1!B2", NO_TABLE.format("forms")),
    ([forms("Vorm", 2019), MONTHS], "Blad1!B2", "the header Vorm twice"),
    ([forms(2019, 2019), MONTHS], "Blad1!C2", "the header {reference_year} twice"),
    ([forms(2021, "2021*"), MONTHS], "Blad1!C2", "the header {reference_year} twice"),
    ([forms("2021", 2020, 2021), MONTHS], "Blad1!D2", "the header {reference_year} twice"),
    ([forms("Seksuele uitbuiting", rows=[[2019, 1], [2020, 2]]), MONTHS], "Blad1!B2", NO_TABLE.format("forms")),
    # A column of another table is not one of this table.
    ([forms(2019, None, "Regio", 2020, rows=[["Seksuele uitbuiting", 1, None, "N", 12]]), MONTHS], "Blad1!D2", STRANGE),
    ([[*STACKED[:2], [None, "Man", "Vrouw", "Man", "Vrouwen"], STACKED[3]]], "Blad1!E3", STRANGE),
    # A day is no year, and a day within a month is no month.
    *(([forms(2018, day), MONTHS], "Blad1!C2", STRANGE) for day in DAYS),
    ([FORMS, months("jan", datetime(1900, 1, 3), row=[2020, 4, 4, 8])], "Blad2!C1", STRANGE),
    ([FORMS, months(datetime(2020, 1, 1), row=[2019, 4, 4])], "Blad2!B1", ANOTHER_YEAR),
    ([forms(2031), MONTHS], "Blad1!B3", "a year after that of publication"),
    ([forms(2019, rows=[["Loverboys", 1]]), MONTHS], "Blad1!A3", "a label of form that is not known"),
    # A label holds in its years only.
    ([[*LONG[:2], [2021, "NLA", 5]]], "Blad1!B3", "a label of reporter that is not known"),
    ([[TITLE, ["Soort", 2019], ["Seksuele uitbuiting", 1]], MONTHS], "Blad1!A2", NO_TABLE.format("forms")),
    # Of a table that is missing, the nearest cell outside the others is named.
    ([FORMS, [["Jaren", "eerste", "Som"], [2020, 40, 40]]], "Blad2!A1", NO_TABLE.format("months")),
    ([[*FORMS, ["Seksuele uitbuiting", 717, 1013]], MONTHS], "Blad1!B6", "another figure for the same key as Blad1!B4"),
    ([FORMS, [["Het beeld van 2021"], *MONTHS]], "Blad2!A1", "titles of several editions"),
    *(
        ([[[title], *FORMS[1:]], MONTHS], "Blad1!A1", "another title")
        for title in ("Het beeld van 2025", "Het beeld van 20201")
    ),
    ([[["Jaarverslag"], *FORMS[1:]], MONTHS], "the first 12 rows of every sheet", "no title"),
]


@pytest.mark.parametrize(("sheets", "place", "found"), REFUSED)
def test_what_the_layout_does_not_describe_stops_the_file_at_its_cell(
    tmp_path: Path, sheets: list[list[Any]], place: str, found: str
) -> None:
    assert refused(tmp_path, book(*sheets)) == (place, found)


def test_another_estimate_with_the_same_bounds_stops_the_file(tmp_path: Path) -> None:
    rows = [TITLE, ESTIMATES, *([2015, estimate, 5000, 7500] for estimate in (6250, 6000))]
    assert refused(tmp_path, book(rows), estimates()) == ("Blad1!B4", "another figure for the same key as Blad1!B3")


@pytest.mark.parametrize(
    ("sheet", "expected", "do"),
    [
        (
            forms(2019, "Extra"),
            "the columns of table forms in layout wide",
            "Add its row to seeds/registry_columns.csv: ",
        ),
        (forms(2019, rows=[["Loverboys", 1]]), "the labels of comensha in seeds/crosswalk.csv", "Add its row: "),
        (FORMS, "Jaar | {month} | Totaal", "Describe the layout in seeds/registry_tables.csv and registry_columns"),
    ],
)
def test_a_refusal_says_which_rows_to_add(tmp_path: Path, sheet: list[Any], expected: str, do: str) -> None:
    problem = problem_of(items, tmp_path, book(sheet, *([] if sheet is FORMS else [MONTHS])))
    assert problem.expected == expected and problem.do.startswith(do) and "`zicht sources check`" in problem.do


def correction(printed: str) -> Layouts:
    row = f"comensha,het beeld van 2020,Blad1,B4,value,{printed},718,print error"
    return layouts(registry_corrections=[row])


def test_a_known_error_is_corrected_and_says_so(tmp_path: Path) -> None:
    [first, *_] = rows_of(items(tmp_path, book(FORMS, MONTHS), correction("716")), FIGURES)
    assert (first["value"], first["note"]) == (718, "corrected")


def test_a_correction_that_is_no_longer_needed_stops_the_file(tmp_path: Path) -> None:
    workbook = book(FORMS, MONTHS)
    assert refused(tmp_path, workbook, correction("700")) == ("Blad1!B4", "a value other than the one to correct")


def estimates() -> Layouts:
    feeds = ("reference_year", "value", "value_low", "value_high")
    return layouts(
        registry_tables=["comensha,wide,estimates,1,estimate,all,total,total,yes"],
        registry_columns=[
            f"comensha,wide,estimates,{header},{field},no,no" for header, field in zip(ESTIMATES, feeds, strict=True)
        ],
    )


def test_an_estimate_has_its_bounds_or_is_left_out(tmp_path: Path) -> None:
    rows = [TITLE, ESTIMATES, [2015, "6.250", "5.000", "7.500"], [2016, 3000], [2017, 5000, "circa 4000", 6000]]
    read = items(tmp_path, book(rows), estimates())
    figures = rows_of(read, FIGURES)
    assert [(row["value_low"], row["value_high"], row["value"], row["is_estimate"]) for row in figures] == [
        (5000, 7500, 6250, True),
        (3000, 3000, 3000, True),
    ]
    assert rules_of(read) == [("Blad1!C5", "value_low", "not_a_count")]


# --- Tables with gaps, and what stands beside, above and below them


@pytest.mark.parametrize("is_hidden", [False, True])
def test_a_column_that_is_blank_or_hidden_does_not_end_a_table(tmp_path: Path, is_hidden: bool) -> None:
    gap = 8 if is_hidden else None
    workbook = book([TITLE, ["Vorm", 2018, gap and 2017, 2019], ["Seksuele uitbuiting", 1, gap, 3]], MONTHS)
    workbook.worksheets[0].column_dimensions["C"].hidden = is_hidden
    assert figures(tmp_path, workbook, "reference_year", "value")[:2] == [(2018, 1), (2019, 3)]


def test_an_optional_column_after_a_blank_one_is_read(tmp_path: Path) -> None:
    known = layouts(registry_columns=[*COLUMNS, "comensha,long,reporters,%,percent,no,yes"])
    rows = [LONG[0], ["Jaar", "Aanmelder", "Aantal", None, "%"], [2020, "NP", 490, None, 81]]
    read = rows_of(items(tmp_path, book(rows), known), FIGURES)
    assert [(row["unit"], row["value"]) for row in read] == [("notification", 490), ("percent", 81)]


OTHER = (["Regio", "Zaken"], ["Noord", 12])


def test_numbers_in_no_table_are_told(tmp_path: Path) -> None:
    beside = [*FORMS[:2], *([*row, None, *other] for row, other in zip(FORMS[2:4], OTHER, strict=True))]
    above = [TITLE, *OTHER, *FORMS[2:]]
    for rows, column in ((beside, "F"), (above, "B")):
        read = items(tmp_path, book(rows, MONTHS))
        assert (f"Blad1!column {column}", "", "number_not_described") in rules_of(read)
        assert len(rows_of(read, FIGURES)) > 3


def test_a_number_below_the_labels_is_told_but_the_mark_of_a_note_is_not(tmp_path: Path) -> None:
    below = [*LONG, [], ["1", None, "Exclusief minderjarigen"], ["Noord", 12]]
    assert rules_of(items(tmp_path, book(below))) == [("Blad1!B8", "", "number_not_described")]


# --- Values that nobody can be sure of


@pytest.mark.parametrize("is_whole", [False, True])
def test_what_is_struck_out_is_told(tmp_path: Path, is_whole: bool) -> None:
    workbook = book(FORMS, MONTHS)
    cell = workbook.worksheets[0]["B4"]
    if is_whole:
        cell.font = Font(strike=True)
    else:
        cell.value = CellRichText(TextBlock(InlineFont(strike=True), "716"), "718")
    assert ("Blad1!B4", "value", "struck_out") in rules_of(items(tmp_path, workbook))


def test_a_value_over_two_rows_is_told_for_both(tmp_path: Path) -> None:
    workbook = book(FORMS, MONTHS)
    workbook.worksheets[0].merge_cells("B4:B5")
    read = rules_of(items(tmp_path, workbook))
    assert [place for place, _, rule in read if rule == "merged_value"] == ["Blad1!B4", "Blad1!B5"]


def test_a_bare_share_is_told_where_no_other_shows_what_is_meant(tmp_path: Path) -> None:
    for second, expected in ((0.3, 0), (30, 2), ("0,3%", 1)):
        rows = [TITLE, ["Vorm", "% 2019", 2019], ["Seksuele uitbuiting", 0.6, 5], ["Criminele uitbuiting", second, 5]]
        read = items(tmp_path, book(rows, MONTHS))
        shares = [row for row in rows_of(read, FIGURES) if row["unit"] == "percent"]
        told = [rule for _, _, rule in rules_of(read)]
        assert (len(shares), told.count("share_or_percentage")) == (expected, 2 - expected)


@pytest.mark.parametrize("bounds", [("7.500", "5.000"), ("5.000", "6.000"), ("6.500", "7.000")])
def test_an_estimate_outside_its_bounds_is_told(tmp_path: Path, bounds: tuple[str, str]) -> None:
    rows = [TITLE, ESTIMATES, [2015, "6.250", *bounds]]
    read = items(tmp_path, book(rows), estimates())
    assert rules_of(read) == [("Blad1!B3", "value", "outside_its_bounds")]


# --- Years, months and blocks that do not hold


@pytest.mark.parametrize("trouble", ["hidden", "error", "struck out", "heading"])
def test_rows_below_a_block_label_that_cannot_be_read_are_told(tmp_path: Path, trouble: str) -> None:
    heading = [["2021, zie noot"]] if trouble == "heading" else []
    year = None if heading else 2021
    workbook = book([*LONG[:4], *heading, [year, "NP", 310], [None, "NLA", 7]])
    sheet = workbook.worksheets[0]
    if trouble == "hidden":
        sheet.row_dimensions[5].hidden = True
    elif trouble == "error":
        sheet["A5"] = "#REF!"
    elif trouble == "struck out":
        sheet["A5"].font = Font(strike=True)
    read = items(tmp_path, workbook)
    assert {row["reference_year"] for row in rows_of(read, FIGURES)} == {2020}
    assert (f"Blad1!A{7 if heading else 6}", "reference_year", "no_label") in rules_of(read)


# --- Workbooks that show something else than they hold


def with_parts(workbook: Workbook, **changes: Callable[[str], str]) -> bytes:
    """A workbook with changed parts. The names of the parts are `sheet` and `styles`."""
    stream, changed = io.BytesIO(), io.BytesIO()
    workbook.save(stream)
    paths = {"xl/worksheets/sheet1.xml": "sheet", "xl/styles.xml": "styles"}
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(changed, "w") as new:
        for path in old.namelist():
            change = changes.get(paths.get(path, ""), lambda text: text)
            new.writestr(path, change(old.read(path).decode()))
    return changed.getvalue()


PLAIN = [TITLE, ["Vorm", 2019, 2020], ["Seksuele uitbuiting", 3, 12], ["Totaal", 9, 20]]
MASKS = [
    (CellIsRule(operator="lessThan", formula=["5"]), [(1, 4, None), (12, 12, 12)], []),
    (CellIsRule(operator="between", formula=["1", "4"]), [(1, 4, None), (12, 12, 12)], []),
    (CellIsRule(operator="greaterThan", formula=["50"]), [(3, 3, 3), (12, 12, 12)], []),
    (Rule(type="expression", formula=["B3<5"]), [], ["Blad1!B3", "Blad1!C3"]),
    (CellIsRule(operator="lessThan", formula=["$H$1"]), [], ["Blad1!B3", "Blad1!C3"]),
]


@pytest.mark.parametrize(("rule", "intervals", "told"), MASKS)
def test_a_conditional_format_that_hides_small_counts_is_read_as_shown_or_told(
    tmp_path: Path, rule: Rule, intervals: list[Any], told: list[str]
) -> None:
    workbook = book(PLAIN, MONTHS)
    rule.dxf = DifferentialStyle(numFmt=NumberFormat(numFmtId=200, formatCode='"<5"'))
    workbook.worksheets[0].conditional_formatting.add("B3:C3", rule)
    found = items(tmp_path, workbook)
    rows = [row for row in rows_of(found, FIGURES) if row["cell"] in ("B3", "C3") and row["sheet"] == "Blad1"]
    assert [(row["value_low"], row["value_high"], row["value"]) for row in rows] == intervals
    assert rules_of(found) == [(place, "value", "unknown_format") for place in told]


@pytest.mark.parametrize("height", ['ht="0" customHeight="1"', 'ht="0.2"', 'customHeight="1"', 'hidden="true"'])
def test_a_row_of_no_height_is_hidden(tmp_path: Path, height: str) -> None:
    rows = [*PLAIN[:3], PLAIN[2], PLAIN[3]]
    content = with_parts(book(rows, MONTHS), sheet=lambda text: text.replace('<row r="3"', f'<row r="3" {height}'))
    found = items(tmp_path, content)
    assert rules_of(found) == [("Blad1!row 3", "", "hidden_content")]
    assert "B4" in [row["cell"] for row in rows_of(found, FIGURES)]


def test_a_column_of_no_width_is_hidden(tmp_path: Path) -> None:
    cols = '<cols><col min="3" max="3" width="0" customWidth="1"/></cols><sheetData>'
    content = with_parts(book(PLAIN, MONTHS), sheet=lambda text: text.replace("<sheetData>", cols))
    assert rules_of(items(tmp_path, content)) == [("Blad1!column C", "", "hidden_content")]


ODD = {
    "a fill without a pattern": {"styles": lambda text: text.replace("<fill>", "<fill/><fill>", 1)},
    "an unknown family of fonts": {"styles": lambda text: text.replace('<family val="2" />', '<family val="34" />')},
    "an unknown pane": {"sheet": lambda text: text.replace("<selection ", '<pane state="melted"/><selection ')},
    "an unknown validation": {
        "sheet": lambda text: text.replace(
            "</sheetData>", '</sheetData><dataValidations><dataValidation type="odd" sqref="A1"/></dataValidations>'
        )
    },
}


@pytest.mark.parametrize("changes", ODD.values(), ids=ODD)
def test_what_no_figure_depends_on_is_read_past(tmp_path: Path, changes: dict[str, Callable[[str], str]]) -> None:
    plain, odd = with_parts(book(PLAIN, MONTHS)), with_parts(book(PLAIN, MONTHS), **changes)
    assert odd != plain
    assert items(tmp_path, odd) == items(tmp_path, plain) != []


def test_a_formula_that_shows_an_empty_text_is_blank(tmp_path: Path) -> None:
    cell = '<c r="B3" t="str"><f>IF(1,"",3)</f><v></v></c>'
    content = with_parts(book(PLAIN, MONTHS), sheet=lambda text: re.sub(r'<c r="B3".*?</c>', lambda _: cell, text))
    found = items(tmp_path, content)
    assert rules_of(found) == []
    [row] = [row for row in rows_of(found, FIGURES) if row["cell"] == "B3" and row["sheet"] == "Blad1"]
    assert row["value"] is None


def test_an_escaped_carriage_return_is_a_line_break(tmp_path: Path) -> None:
    rows = [*PLAIN[:2], ["Seksuele_x000D_\nuitbuiting_x000D_", "3_x000D_", 12], PLAIN[3]]
    assert figures(tmp_path, book(rows, MONTHS), "category", "value") == figures(
        tmp_path, book(PLAIN, MONTHS), "category", "value"
    )


UNITS = ["x 1 000", "x 1000", "(x 1.000)", "x duizend", "in thousands", "procent", "%", "per 100.000", "in %"]


@pytest.mark.parametrize("unit", UNITS)
def test_a_row_of_another_unit_stops_the_table_at_the_unit(tmp_path: Path, unit: str) -> None:
    workbook = book([*PLAIN[:2], [None, unit, unit], *PLAIN[2:]], MONTHS)
    problem = problem_of(items, tmp_path, workbook)
    assert problem.where.endswith("sheet Blad1, cell B3") and problem.found == "another unit than plain counts"


@pytest.mark.parametrize("title", ["Slachtoffers (x 1 000)", "Slachtoffers per 100.000 inwoners", "Slachtoffers, in %"])
def test_a_title_of_another_unit_stops_the_table(tmp_path: Path, title: str) -> None:
    problem = problem_of(items, tmp_path, book([TITLE, [title], *PLAIN[1:]], MONTHS))
    assert problem.where.endswith("sheet Blad1, cell A2") and problem.found == "another unit than plain counts"


def test_percentages_in_their_own_column_and_notes_are_no_other_unit(tmp_path: Path) -> None:
    rows = [TITLE, ["Vorm", 2019, "% 2019"], ["Seksuele uitbuiting", 5, "83,5 %"], [None, None, "%"]]
    rows += [["Dit is 12 procent meer dan in 2018, of 3 per 100.000 inwoners."]]
    assert ("percent", 83.5) in figures(tmp_path, book(rows, MONTHS), "unit", "value")
