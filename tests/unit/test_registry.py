"""A registry's workbook by its layout: each figure read right with its cell, or the file refused with a place."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.workbook import Workbook
from samples import CODEBOOK, rows_of, rules_of

from connectors.codelists.layouts import Layouts
from connectors.errors import SourceProblem
from connectors.registries.reader import KIND
from connectors.source import Context, Item, Source, SourceFile

TITLE = ["Het beeld van 2020"]


def seed(header: str, *rows: str) -> list[dict[str, str]]:
    return [dict(zip(header.split(","), row.split(","), strict=True)) for row in rows]


def layouts(**changes: list[dict[str, str]]) -> Layouts:
    """Two editions: one wide by year and by month, one with long tables and stacked headers."""
    rows = {
        "registry_editions": seed(
            "kind,publisher,edition,title,layout,reference_year,published_on,note",
            "comensha,comensha,het beeld van 2020,Het beeld van 2020,wide,,2021-10-18,",
            "comensha,comensha,het beeld van 2021,Het beeld van 2021,long,2021,2022-10-18,",
            "comensha,comensha,het beeld van 2022,Het beeld van 2022,stacked,2022,2023-10-18,",
        ),
        "registry_tables": seed(
            "kind,layout,table_name,header_rows,unit,population,variable,category,is_estimate",
            "comensha,wide,forms,1,victim,all,form,,no",
            "comensha,wide,months,1,victim,all,total,total,no",
            "comensha,long,reporters,1,notification,all,reporter,,no",
            "comensha,stacked,sexes,2,victim,all,form,,no",
        ),
        "registry_columns": seed(
            "kind,layout,table_name,header,feeds,is_block_label,is_optional",
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
        ),
        "registry_totals": [],
        "registry_marks": seed(
            "kind,layout,mark,meaning,value_low,value_high",
            "comensha,,-,count,0,0",
            "comensha,,<5,count,1,4",
            "comensha,,x,unknown,,",
            "comensha,,.,unknown,,",
        ),
        "registry_corrections": [],
        "crosswalk": seed(
            "source,dimension,source_label,valid_from,valid_to,category,relation,note",
            "comensha,form,Seksuele uitbuiting,,,sexual,exact,",
            "comensha,form,Criminele uitbuiting,,,criminal,exact,",
            "comensha,form,Totaal,,,total,exact,",
            "comensha,reporter,NP,,,police,exact,",
            "comensha,reporter,ISZW,,2021,labour_inspectorate,exact,",
            "comensha,reporter,NLA,2022,,labour_inspectorate,exact,",
            "comensha,sex,Vrouw,,,female,exact,",
            "comensha,sex,Man,,,male,exact,",
            "comensha,sex,Totaal,,,total,exact,",
        ),
        **changes,
    }
    return Layouts(rows, "test")


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


def items(folder: Path, workbook: Workbook, known: Layouts | None = None) -> list[Item]:
    workbook.save(folder / "w.xlsx")
    source = Source("register", "comensha", path=folder)
    return list(KIND.read_file(source, SourceFile(folder / "w.xlsx", "w.xlsx"), Context(CODEBOOK, known or layouts())))


def figures(folder: Path, workbook: Workbook, *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(row[field] for field in fields) for row in rows_of(items(folder, workbook), "registry_figures")]


def problem(folder: Path, workbook: Workbook, known: Layouts | None = None) -> str:
    with pytest.raises(SourceProblem) as raised:
        items(folder, workbook, known)
    return str(raised.value)


def test_a_combination_of_forms_is_a_part_of_the_total_under_its_own_name(tmp_path: Path) -> None:
    rows = [*layouts().rows["crosswalk"]]
    rows += [{**rows[0], "source_label": "Seksueel en crimineel", "category": "total", "relation": "narrower"}]
    workbook = book([*FORMS, ["Seksueel en crimineel", 7, 8], ["Totaal", 918, 1025]], MONTHS)
    read = rows_of(items(tmp_path, workbook, layouts(crosswalk=rows)), "registry_figures")
    labels = [row["category"] for row in read if row["sheet"] == "Blad1" and row["reference_year"] == 2020]
    assert labels == ["Seksuele uitbuiting", "Criminele uitbuiting", "Seksueel en crimineel", "total"]


def test_a_figure_has_all_its_keys_and_its_cell(tmp_path: Path) -> None:
    first = rows_of(items(tmp_path, book(FORMS, MONTHS)), "registry_figures")[0]
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


def test_tables_wide_by_year_and_by_month_are_read(tmp_path: Path) -> None:
    assert figures(
        tmp_path, book(FORMS, MONTHS), "reference_year", "month", "value_low", "value_high", "value", "cell"
    ) == [
        (2019, None, 716, 716, 716, "B4"),
        (2020, None, 1013, 1013, 1013, "C4"),
        (2019, None, 195, 195, 195, "B5"),
        (2020, None, 1, 4, None, "C5"),
        (2020, 1, 80, 80, 80, "B2"),
        (2020, 3, 0, 0, 0, "C2"),
        (2020, None, 80, 80, 80, "D2"),
    ]


def test_a_block_label_holds_until_the_next(tmp_path: Path) -> None:
    read = figures(tmp_path, book(LONG), "reference_year", "category", "value")
    assert read == [(2020, "NP", 490), (2020, "ISZW", 33), (2021, "NP", 310)]


@pytest.mark.parametrize("is_merged", [True, False])
def test_stacked_headers_are_read_whether_merged_or_not(tmp_path: Path, is_merged: bool) -> None:
    workbook = book(STACKED)
    if is_merged:
        for area in ("A2:A3", "B2:C2", "D2:E2"):
            workbook.worksheets[0].merge_cells(area)
    read = figures(tmp_path, workbook, "reference_year", "sex", "value")
    assert read == [(2021, "Man", 1), (2021, "Vrouw", 2), (2022, "Man", 3), (2022, "Vrouw", 4)]


def test_a_table_is_found_wherever_it_stands(tmp_path: Path) -> None:
    moved = [[], TITLE, [], [], *([None, None, *row] for row in FORMS[2:])]
    assert figures(tmp_path, book([["Inhoud"]], MONTHS, moved), "value", "cell")[3:4] == [(716, "D6")]


def test_two_tables_side_by_side_are_read(tmp_path: Path) -> None:
    rows = [TITLE, ["Vorm", 2019, None, "Jaar", "jan", "Totaal"], ["Seksuele uitbuiting", 7, None, 2020, 8, 8]]
    assert figures(tmp_path, book(rows), "table_name", "value", "cell") == [
        ("forms", 7, "B3"),
        ("months", 8, "E3"),
        ("months", 8, "F3"),
    ]


@pytest.mark.parametrize(
    ("cell", "value", "note"),
    [
        ("1.334¹", 1334, "¹"),
        ("1.334*", 1334, "*"),
        ("1.334 (a)", 1334, "(a)"),
        ("1\u2009334", 1334, None),
        ("1\u00a0334 **", 1334, "**"),
        (CellRichText("1334", TextBlock(InlineFont(vertAlign="superscript"), "2")), 1334, "2"),
    ],
)
def test_a_footnote_mark_is_kept_as_a_note(tmp_path: Path, cell: Any, value: int, note: str | None) -> None:
    rows = [TITLE, ["Vorm", 2019], ["Seksuele uitbuiting", cell]]
    assert figures(tmp_path, book(rows, MONTHS), "value", "note")[0] == (value, note)


def test_marks_on_labels_and_headers_are_notes(tmp_path: Path) -> None:
    rows = [TITLE, ["Vorm", "2019*"], ["SEKSUELE  uitbuíting ¹", 5]]
    read = figures(tmp_path, book(rows, MONTHS), "reference_year", "category", "note")
    assert read[0] == (2019, "Seksuele uitbuiting", "¹ *")


@pytest.mark.parametrize("cell", [0.835, "83,5%", "83.5 %"])
def test_percentages_are_per_cent(tmp_path: Path, cell: Any) -> None:
    workbook = book([TITLE, ["Vorm", 2019, "% 2019"], ["Seksuele uitbuiting", 5, cell]], MONTHS)
    workbook.worksheets[0]["C3"].number_format = "0.0%"
    assert ("percent", 83.5) in figures(tmp_path, workbook, "unit", "value")


@pytest.mark.parametrize("cell", [None, "x", ".", " "])
def test_unknown_is_landed_without_a_value(tmp_path: Path, cell: Any) -> None:
    rows = [TITLE, ["Vorm", 2019, 2020], ["Seksuele uitbuiting", cell, 5]]
    assert figures(tmp_path, book(rows, MONTHS), "value_low", "value")[0] == (None, None)


@pytest.mark.parametrize(
    ("cell", "number_format", "rule"),
    [
        ("n.v.t.", "General", "not_a_count"),
        ("−12", "General", "not_a_count"),
        ("(12)", "General", "not_a_count"),
        (13.5, "General", "not_a_count"),
        (1.334, "General", "not_a_count"),
        ("1e3", "General", "not_a_count"),
        ("=1+1", "General", "formula_without_value"),
        ("#REF!", "General", "error_value"),
        (5, '"<"0', "unknown_format"),
        (1334000, "#,##0,", "unknown_format"),
    ],
)
def test_what_is_no_count_is_left_out_and_told_with_its_cell(
    tmp_path: Path, cell: Any, number_format: str, rule: str
) -> None:
    workbook = book([TITLE, ["Vorm", 2019, 2020], ["Seksuele uitbuiting", cell, 5]], MONTHS)
    workbook.worksheets[0]["B3"].number_format = number_format
    read = items(tmp_path, workbook)
    assert rules_of(read) == [("Blad1!B3", "value", rule)]
    assert [row["cell"] for row in rows_of(read, "registry_figures")][:1] == ["C3"]


def test_a_date_in_the_header_is_a_month_and_its_year(tmp_path: Path) -> None:
    rows = [["Jaar", datetime(2020, 1, 1), "Totaal"], [2020, 4, 4]]
    assert (2020, 1, 4) in figures(tmp_path, book(FORMS, rows), "reference_year", "month", "value")


def test_hidden_content_is_not_read_but_told(tmp_path: Path) -> None:
    workbook = book(FORMS, MONTHS)
    workbook.worksheets[0].row_dimensions[4].hidden = True
    workbook.create_sheet("Geheim").append([5])
    workbook.worksheets[2].sheet_state = "veryHidden"
    read = items(tmp_path, workbook)
    assert ("Blad1!row 4", "", "hidden_content") in rules_of(read)
    assert ("Geheim", "", "hidden_content") in rules_of(read)
    assert "B4" not in [row["cell"] for row in rows_of(read, "registry_figures") if row["sheet"] == "Blad1"]


def test_notes_under_a_table_and_blank_rows_in_it_are_no_figures(tmp_path: Path) -> None:
    rows = [*FORMS[:4], [], FORMS[4], [], ["Bron: CoMensha"], ["* voorlopig"]]
    assert len(figures(tmp_path, book(rows, MONTHS), "value")) == 7


def test_the_same_figure_again_is_told_and_left_out(tmp_path: Path) -> None:
    read = items(tmp_path, book([*FORMS, FORMS[3]], MONTHS))
    assert ("Blad1!B6", "value", "repeated_figure") in rules_of(read)


def test_another_figure_for_the_same_stops_the_file(tmp_path: Path) -> None:
    text = problem(tmp_path, book([*FORMS, ["Seksuele uitbuiting", 717, 1013]], MONTHS))
    assert "sheet Blad1, cell B6: found another figure for what Blad1!B4 tells" in text


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([TITLE, ["Vorm", 2019, "Extra"], ["Seksuele uitbuiting", 1, 2]], "cell C2"),
        ([TITLE, ["Vorm", 2019, None], ["Seksuele uitbuiting", 1, 2]], "cell C2"),
        ([TITLE, ["Vorm", "Vorm", 2019], ["Seksuele uitbuiting", "Seksuele uitbuiting", 2]], "cell B2"),
        ([TITLE, ["Vorm", 2019], ["Loverboys", 1]], "cell A3"),
        ([TITLE, ["Soort", 2019], ["Seksuele uitbuiting", 1]], "cell A2"),
        ([TITLE, ["Vorm", "2023/24"], ["Seksuele uitbuiting", 1]], "cell B2"),
        ([TITLE, ["Vorm", 2031], ["Seksuele uitbuiting", 1]], "cell B3"),
        ([TITLE, ["Vorm", 2019, 2019], ["Seksuele uitbuiting", 1, 2]], "cell C2"),
        ([TITLE, ["Vorm", "Seksuele uitbuiting"], [2019, 1], [2020, 2]], "cell B2"),
    ],
)
def test_what_the_layout_does_not_tell_stops_the_file_at_its_cell(
    tmp_path: Path, rows: list[list[Any]], place: str
) -> None:
    assert f"register: w.xlsx, sheet Blad1, {place}: found " in problem(tmp_path, book(rows, MONTHS))


@pytest.mark.parametrize("title", ["Jaarverslag", "Het beeld van 2025", "Het beeld van 20201"])
def test_an_edition_that_is_not_described_stops_the_file(tmp_path: Path, title: str) -> None:
    assert "expected the title of one edition" in problem(tmp_path, book([[title], *FORMS[1:]], MONTHS))


def test_titles_of_two_editions_stop_the_file(tmp_path: Path) -> None:
    text = problem(tmp_path, book(FORMS, [["Het beeld van 2021"], *MONTHS]))
    assert "found titles of several editions" in text


def test_a_label_holds_in_its_years_only(tmp_path: Path) -> None:
    rows = [*LONG[:2], [2021, "NLA", 5]]
    assert "sheet Blad1, cell B3: found a label of reporter" in problem(tmp_path, book(rows))


def correction(printed: str) -> Layouts:
    row = seed(
        "kind,edition,sheet,cell,field,printed,corrected,reason",
        f"comensha,het beeld van 2020,Blad1,B4,value,{printed},718,print error",
    )
    return layouts(registry_corrections=row)


def test_a_known_error_is_corrected_and_says_so(tmp_path: Path) -> None:
    [first, *_] = rows_of(items(tmp_path, book(FORMS, MONTHS), correction("716")), "registry_figures")
    assert (first["value"], first["note"]) == (718, "corrected")


def test_a_correction_that_is_no_longer_needed_stops_the_file(tmp_path: Path) -> None:
    text = problem(tmp_path, book(FORMS, MONTHS), correction("700"))
    assert "sheet Blad1, cell B4: found another print than the one to correct" in text


def estimates() -> Layouts:
    table = seed(
        "kind,layout,table_name,header_rows,unit,population,variable,category,is_estimate",
        "comensha,wide,estimates,1,estimate,all,total,total,yes",
    )
    columns = seed(
        "kind,layout,table_name,header,feeds,is_block_label,is_optional",
        "comensha,wide,estimates,Jaar,reference_year,no,no",
        "comensha,wide,estimates,Schatting,value,no,no",
        "comensha,wide,estimates,Ondergrens,value_low,no,no",
        "comensha,wide,estimates,Bovengrens,value_high,no,no",
    )
    return layouts(registry_tables=table, registry_columns=columns)


def test_an_estimate_has_its_bounds_or_is_left_out(tmp_path: Path) -> None:
    rows = [
        TITLE,
        ["Jaar", "Schatting", "Ondergrens", "Bovengrens"],
        [2015, "6.250", "5.000", "7.500"],
        [2016, 3000],
        [2017, 5000, "circa 4000", 6000],
    ]
    read = items(tmp_path, book(rows), estimates())
    figures = rows_of(read, "registry_figures")
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
    known = layouts()
    share = {**known.rows["registry_columns"][6], "header": "%", "feeds": "percent", "is_optional": "yes"}
    rows = [LONG[0], ["Jaar", "Aanmelder", "Aantal", None, "%"], [2020, "NP", 490, None, 81]]
    read = rows_of(
        items(tmp_path, book(rows), layouts(registry_columns=[*known.rows["registry_columns"], share])),
        "registry_figures",
    )
    assert [(row["unit"], row["value"]) for row in read] == [("notification", 490), ("percent", 81)]


def test_a_table_that_begins_lower_beside_another_does_not_disturb_it(tmp_path: Path) -> None:
    rows = [TITLE, ["Vorm", 2019], ["Seksuele uitbuiting", 1], [None, "Jaar", "jan", "Totaal"], [None, 2020, 5, 5]]
    assert figures(tmp_path, book(rows), "table_name", "value") == [("forms", 1), ("months", 5), ("months", 5)]


OTHER = (["Regio", "Zaken"], ["Noord", 12])


def test_numbers_in_no_table_are_told(tmp_path: Path) -> None:
    beside = [*FORMS[:2], *([*row, None, *other] for row, other in zip(FORMS[2:4], OTHER, strict=True))]
    above = [TITLE, *OTHER, *FORMS[2:]]
    for rows, column in ((beside, "F"), (above, "B")):
        read = items(tmp_path, book(rows, MONTHS))
        assert (f"Blad1!column {column}", "", "number_not_described") in rules_of(read)
        assert len(rows_of(read, "registry_figures")) > 3


def test_a_column_of_another_table_is_not_taken_for_one_of_the_table(tmp_path: Path) -> None:
    rows = [TITLE, ["Vorm", 2019, None, "Regio", 2020], ["Seksuele uitbuiting", 1, None, "Noord", 12]]
    assert "sheet Blad1, cell D2: found a column" in problem(tmp_path, book(rows, MONTHS))


def test_a_number_below_the_labels_is_told_but_the_mark_of_a_note_is_not(tmp_path: Path) -> None:
    below = [*LONG, [], ["1", None, "Exclusief minderjarigen"], ["Noord", 12]]
    assert rules_of(items(tmp_path, book(below))) == [("Blad1!B8", "", "number_not_described")]


@pytest.mark.parametrize(
    ("headers", "place"),
    [([2021, 2021], "C2"), ([2021, "2021*"], "C2"), (["2021", 2020, 2021], "D2")],
)
def test_a_header_that_stands_twice_stops_the_file(tmp_path: Path, headers: list[Any], place: str) -> None:
    rows = [TITLE, ["Vorm", *headers], ["Seksuele uitbuiting", "n.v.t.", 5]]
    assert f"sheet Blad1, cell {place}: found the header" in problem(tmp_path, book(rows, MONTHS))


def test_of_stacked_headers_the_one_that_is_not_described_is_named(tmp_path: Path) -> None:
    rows = [*STACKED[:2], [None, "Man", "Vrouw", "Man", "Vrouwen"], STACKED[3]]
    assert "sheet Blad1, cell E3: found a column" in problem(tmp_path, book(rows))


def test_of_a_table_that_is_missing_the_nearest_cell_outside_the_others_is_named(tmp_path: Path) -> None:
    text = problem(tmp_path, book(FORMS, [["Jaren", "eerste", "Som"], [2020, 40, 40]]))
    assert "sheet Blad2, cell A1: found no header of table months" in text


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
        shares = [row for row in rows_of(read, "registry_figures") if row["unit"] == "percent"]
        told = [rule for _, _, rule in rules_of(read)]
        assert (len(shares), told.count("share_or_percentage")) == (expected, 2 - expected)


@pytest.mark.parametrize("bounds", [("7.500", "5.000"), ("5.000", "6.000"), ("6.500", "7.000")])
def test_an_estimate_outside_its_bounds_is_told(tmp_path: Path, bounds: tuple[str, str]) -> None:
    rows = [TITLE, ["Jaar", "Schatting", "Ondergrens", "Bovengrens"], [2015, "6.250", *bounds]]
    read = items(tmp_path, book(rows), estimates())
    assert rules_of(read) == [("Blad1!B3", "value", "outside_its_bounds")]


def test_another_estimate_with_the_same_bounds_stops_the_file(tmp_path: Path) -> None:
    rows = [TITLE, ["Jaar", "Schatting", "Ondergrens", "Bovengrens"], *([2015, n, 5000, 7500] for n in (6250, 6000))]
    assert "cell B4: found another figure" in problem(tmp_path, book(rows), estimates())


def test_a_blank_without_width_is_no_part_of_a_number(tmp_path: Path) -> None:
    assert figures(tmp_path, book([*FORMS[:3], ["Seksuele uitbuiting", "\u200b716"]], MONTHS), "value")[0] == (716,)


# --- Years, months and blocks that do not hold


@pytest.mark.parametrize("day", [datetime(1905, 7, 12), datetime(2019, 3, 1), datetime(2019, 1, 2)])
def test_a_day_is_no_year(tmp_path: Path, day: datetime) -> None:
    rows = [TITLE, ["Vorm", 2018, day], ["Seksuele uitbuiting", 1, 2]]
    assert "sheet Blad1, cell C2: found a column" in problem(tmp_path, book(rows, MONTHS))


def test_a_day_within_a_month_is_no_month(tmp_path: Path) -> None:
    rows = [["Jaar", "jan", datetime(1900, 1, 3), "Totaal"], [2020, 4, 4, 8]]
    assert "sheet Blad2, cell C1: found a column" in problem(tmp_path, book(FORMS, rows))


def test_a_date_of_another_year_than_its_row_stops_the_file(tmp_path: Path) -> None:
    rows = [["Jaar", datetime(2020, 1, 1), "Totaal"], [2019, 4, 4]]
    assert "sheet Blad2, cell B1: found another year" in problem(tmp_path, book(FORMS, rows))


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
    assert {row["reference_year"] for row in rows_of(read, "registry_figures")} == {2020}
    assert (f"Blad1!A{7 if heading else 6}", "reference_year", "no_label") in rules_of(read)


def test_a_block_label_holds_also_below_a_row_that_has_no_other_label(tmp_path: Path) -> None:
    rows = [["Aanmelder", "Jaar", "Aantal"], ["NP", 2020, 490], [None, 2021, 310], ["NP", None, 5]]
    read = figures(tmp_path, book([LONG[0], *rows]), "reference_year", "category", "value")
    assert read == [(2020, "NP", 490), (2021, "NP", 5)]
