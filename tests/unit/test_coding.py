"""The researchers' coding: codes and labels, what counts as missing, and what is rejected without being kept."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.worksheet.worksheet import Worksheet
from samples import (
    CODEBOOK,
    CODING_HEADER,
    a_coding,
    a_context,
    coding_bytes,
    problem_of,
    read,
    rows_of,
    rules_of,
    spss_bytes,
    table_bytes,
    with_sheets,
    workbook_bytes,
)

from connectors.coding.codings import read_cell, read_file, read_row
from connectors.pseudonym import Pseudonymiser, Tombstones
from connectors.source import Context, Item, Source, SourceFile


def one(tmp_path: Path, **cells: Any) -> list[Item]:
    """What one row of a CSV with these cells gives."""
    return read(tmp_path, "coding", "c.csv", coding_bytes(a_coding(**cells)))


def cell(column: str, text: Any) -> tuple[str | None, str | None]:
    return read_cell(text, CODEBOOK.columns[column])


MISSING = ["", " ", None, "onbekend", " ONBEKEND ", "8", "9", "98", "99", "998", "999", 9.0, "99.0"]
YEARS = [0, 8, 9, 17, 98, 99, 120]
NOTHING, UNKNOWN, NO_NUMBER = (None, None), (None, "unknown_category"), (None, "not_a_whole_number")
FAR, NO_MONTH = (None, "out_of_range"), (None, "not_a_month")
# What a cell of a column means: a code, nothing, or a broken rule.
CELLS = [
    ("rol", ["1", " 1 ", "1.0", 1, 1.0, "Slachtoffer", " SLACHTOFFER ", "slachtoffer"], ("1", None)),
    ("rol", MISSING, NOTHING),
    ("rol", ["7", "slachtofer", "1.5", "-1", True, "1;2", "n.v.t.", False, 1.5, -3.0, "-3.00", " a ", "1."], UNKNOWN),
    ("dwang_geweld", ["1", 1.0, "ja", " JA ", "Geweld"], ("1", None)),
    ("dwang_geweld", ["0", 0.0, "nee", "NEE ", "", None, "onbekend", "9", 99], NOTHING),
    ("dwang_geweld", ["2", "misschien", "-1"], UNKNOWN),
    ("ouder", ["0", "geen ouder"], ("0", None)),  # a code 0 of the codebook is a category
    ("ouder", ["nee"], UNKNOWN),
    *(("leeftijd", [age, f"{age}.0", float(age)], (str(age), None)) for age in YEARS),  # 8, 9, 98 and 99 are ages
    ("leeftijd", ["998", 999.0, "onbekend"], NOTHING),
    ("leeftijd", ["17.5", 17.5, "17,0", "zeventien", "١٧"], NO_NUMBER),
    ("leeftijd", ["121", "-1", "9" * 5000], FAR),
    ("start_maand", ["2020-03", " 2020-03 ", date(2020, 3, 31), datetime(2020, 3, 1, 12)], ("2020-03", None)),
    ("start_maand", ["2020-13", "2020-3", "03-2020", "maart 2020", "2020-03-01", 202003], NO_MONTH),
]


@pytest.mark.parametrize(
    ("column", "content", "outcome"), [(column, cell, outcome) for column, cells, outcome in CELLS for cell in cells]
)
def test_a_cell_is_a_code_or_nothing_or_breaks_a_rule(
    column: str, content: Any, outcome: tuple[str | None, str | None]
) -> None:
    assert cell(column, content) == outcome


cells = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.datetimes()


@given(st.sampled_from(sorted(CODEBOOK.columns)), cells)
def test_any_cell_gives_a_code_of_the_codebook_or_a_rule(name: str, content: Any) -> None:
    code, rule = cell(name, content)
    assert code is None or rule is None
    if CODEBOOK.columns[name].kind in ("single", "multiple"):
        assert code is None or code in CODEBOOK.columns[name].codes.values()


@pytest.mark.parametrize(
    ("column", "texts", "rule"),
    [
        ("gesprek_id", [""], "no_id"),
        ("gesprek_id", ["C-1", "fier: C-1", "Fier:1", "fier:"], "malformed_id"),
        (
            "gecodeerd_op",
            ["", "1-2-2021", "2021-02-30", "2021-13-01", "gisteren", "2021-02-01 12:00", "44228"],
            "not_a_date",
        ),
    ],
)
def test_a_row_without_an_id_or_a_date_is_rejected_whole(
    tmp_path: Path, column: str, texts: list[str], rule: str
) -> None:
    for text in texts:
        items = one(tmp_path, **{column: text})
        assert rules_of(items) == [("row 2", column, rule)] and len(items) == 1, text


@pytest.mark.parametrize(
    ("column", "text", "field", "value", "rules"),
    [
        *(
            ("gecodeerd_op", text, "coded_on", date(2021, 2, 1), [])
            for text in ("2021-02-01", " 2021-02-01 ", "2021-02-01 00:00:00", "2021-02-01T00:00")
        ),
        *(("mensenhandel", text, "is_trafficking", True, []) for text in ("1", "JA")),
        *(("mensenhandel", text, "is_trafficking", False, []) for text in ("0", "nee")),
        *(("mensenhandel", text, "is_trafficking", None, []) for text in ("", "9", "onbekend")),
        ("mensenhandel", "misschien", "is_trafficking", None, ["unknown_category"]),
        ("dubbel_van", "zie Anna", "duplicate_of", None, ["malformed_id"]),
        *(("dubbel_van", text, "duplicate_of", None, []) for text in ("", "onbekend", "99")),
        ("dubbel_van", " fier:C-2 ", "duplicate_of", "fier:C-2", []),
    ],
)
def test_a_row_stands_whatever_its_base_cells_hold(
    tmp_path: Path, column: str, text: str, field: str, value: Any, rules: list[str]
) -> None:
    items = one(tmp_path, **{column: text})
    assert rows_of(items, "codings")[0][field] == value
    assert rules_of(items) == [("row 2", column, rule) for rule in rules]


def test_a_cell_that_breaks_a_rule_is_lost_alone(tmp_path: Path) -> None:
    items = one(tmp_path, rol="3", leeftijd="200", vorm_seks="ja")
    assert {(row["column_name"], row["code"]) for row in rows_of(items, "coding_values")} == {
        ("rol", "3"),
        ("vorm_seks", "1"),
    }
    assert rules_of(items) == [("row 2", "leeftijd", "out_of_range")]


def test_a_broken_csv_row_is_lost_alone(tmp_path: Path) -> None:
    content = coding_bytes(a_coding(1), ["too", "short"], a_coding(3))
    items = read(tmp_path, "coding", "c.csv", content)
    assert [row["row_number"] for row in rows_of(items, "codings")] == [2, 4]
    assert rules_of(items) == [("row 3", "", "unreadable_record")]


def test_columns_are_known_in_any_case_and_order(tmp_path: Path) -> None:
    content = b"MENSENHANDEL; Rol ;dubbel_van;Gesprek_ID;gecodeerd_op\n1;3;;fier:C-1;2021-02-01\n"
    assert rows_of(read(tmp_path, "coding", "c.csv", content), "coding_values")[0]["code"] == "3"


def test_a_workbook_is_read_with_real_dates_and_numbers(tmp_path: Path) -> None:
    row = ["fier:C-1", datetime(2021, 2, 1), 1, None, "Slachtoffer", 1, 17.0]
    items = read(tmp_path, "coding", "c.xlsx", workbook_bytes({"Blad1": [CODING_HEADER, row]}))
    assert rows_of(items, "codings") == [
        {
            "row_number": 2,
            "location": "Blad1!row 2",
            "gesprek_id": "fier:C-1",
            "coded_on": date(2021, 2, 1),
            "is_trafficking": True,
            "duplicate_of": None,
        }
    ]
    assert {(row["column_name"], row["code"]) for row in rows_of(items, "coding_values")} == {
        ("rol", "1"),
        ("vorm_seks", "1"),
        ("leeftijd", "17"),
    }


def test_a_workbook_row_may_end_in_blank_cells(tmp_path: Path) -> None:
    header = ["gesprek_id", "gecodeerd_op", "rol", "mensenhandel", "dubbel_van"]
    rows = [["fier:C-1", date(2021, 2, 1)], ["fier:C-2", date(2021, 2, 1), 1, 1, "fier:C-1"], [None, None, 1]]
    items = read(tmp_path, "coding", "c.xlsx", workbook_bytes({"Blad1": [header, *rows]}))
    assert [(row["is_trafficking"], row["duplicate_of"]) for row in rows_of(items, "codings")] == [
        (None, None),
        (True, "fier:C-1"),
    ]
    assert rules_of(items) == [("Blad1!row 4", "gesprek_id", "no_id")]


def test_blank_columns_behind_the_header_are_no_columns(tmp_path: Path) -> None:
    content = workbook_bytes({"Blad1": [[*CODING_HEADER, " ", ""], a_coding(1)]})
    assert len(rows_of(read(tmp_path, "coding", "c.xlsx", content), "codings")) == 1


def test_every_sheet_with_a_header_is_read_and_blank_rows_keep_the_numbering(tmp_path: Path) -> None:
    sheets = {
        "uitleg": [["Dit is een toelichting"]],
        "een": [CODING_HEADER, a_coding(1), [], [" "], a_coding(2)],
        "twee": [CODING_HEADER, a_coding(1, mensenhandel="0")],
    }
    rows = rows_of(read(tmp_path, "coding", "c.xlsx", workbook_bytes(sheets)), "codings")
    assert [row["location"] for row in rows] == ["een!row 2", "een!row 5", "twee!row 2"]
    assert [row["row_number"] for row in rows] == sorted(row["row_number"] for row in rows)


SPSS = {
    "gesprek_id": ["fier:C-1", "fier:C-2", "fier:C-3"],
    "gecodeerd_op": [date(2021, 2, 1), date(2021, 2, 2), date(2021, 2, 3)],
    "mensenhandel": [1.0, 0.0, np.nan],
    "dubbel_van": ["", "fier:C-1", ""],
    "rol": [1.0, np.nan, 77.0],
    "leeftijd": [17.0, 88.0, 9.0],
}


def test_spss_is_read_with_dates_and_both_kinds_of_missing(tmp_path: Path) -> None:
    content = spss_bytes(tmp_path, SPSS, missing_ranges={"leeftijd": [88], "rol": [{"lo": 70, "hi": 79}]})
    items = read(tmp_path, "coding", "c.sav", content)
    assert [(row["coded_on"].day, row["is_trafficking"]) for row in rows_of(items, "codings")] == [
        (1, True),
        (2, False),
        (3, None),
    ]
    assert [(row["row_number"], row["column_name"], row["code"]) for row in rows_of(items, "coding_values")] == [
        (1, "rol", "1"),
        (1, "leeftijd", "17"),
        (3, "leeftijd", "9"),
    ]
    assert rules_of(items) == []


def test_spss_labels_that_agree_with_the_codebook_change_nothing(tmp_path: Path) -> None:
    labels = {"rol": {1.0: "Slachtoffer", 77.0: "weigert"}}
    content = spss_bytes(tmp_path, SPSS, variable_value_labels=labels, missing_ranges={"rol": [77]})
    assert rules_of(read(tmp_path, "coding", "c.sav", content)) == []


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_spss_file_is_refused_whole(tmp_path: Path, packed: bool, kept: float) -> None:
    content = spss_bytes(tmp_path, {name: values * 3000 for name, values in SPSS.items()}, row_compress=packed)
    problem = problem_of(read, tmp_path, "coding", "c.sav", content[: int(len(content) * kept)])
    assert problem.found == "no readable SPSS file"


def test_the_three_formats_of_one_coding_read_the_same(tmp_path: Path) -> None:
    values = {
        "gesprek_id": ["fier:C-1"],
        "gecodeerd_op": [date(2021, 2, 1)],
        "mensenhandel": [1],
        "dubbel_van": ["csg:C-9"],
        "rol": [2],
        "leeftijd": [16],
    }
    header, row = list(values), [column[0] for column in values.values()]
    contents = {
        "c.sav": spss_bytes(tmp_path, values),
        "c.xlsx": workbook_bytes({"Blad1": [header, row]}),
        "c.csv": f"{';'.join(header)}\n{';'.join(map(str, row))}\n".encode("cp1252"),
    }
    found = []
    for name, content in contents.items():
        items = read(tmp_path, "coding", name, content)
        coding = {**rows_of(items, "codings")[0], "row_number": 0, "location": ""}
        found.append((coding, [(value["column_name"], value["code"]) for value in rows_of(items, "coding_values")]))
    assert found[0] == found[1] == found[2]


# --- Files that are refused

BASE = ["gesprek_id", "gecodeerd_op", "mensenhandel", "dubbel_van"]
MAP = "Add the header, or map the file's own names in `columns` of [sources.bron]."
NO_HEADER = ("the codebook's columns as header", MAP)


@pytest.mark.parametrize(
    ("header", "found", "expected", "do"),
    [
        *(([n for n in CODING_HEADER if n != name], f"a first row without {name}", *NO_HEADER) for name in BASE),
        (["fier:C-1", "Anna"], f"a first row without {', '.join(BASE)}", *NO_HEADER),
        ([*CODING_HEADER, "ROL"], "a column that occurs twice", "each column once", "Leave one out."),
    ],
)
def test_a_header_that_is_not_the_codebooks_stops_the_file(
    tmp_path: Path, header: list[str], found: str, expected: str, do: str
) -> None:
    problem = problem_of(read, tmp_path, "coding", "c.csv", table_bytes(header))
    assert (problem.where, problem.found, problem.expected, problem.do) == ("bron: c.csv", found, expected, do)


@pytest.mark.parametrize(("name", "listed"), [("haarkleur", "haarkleur"), ("haar" * 20, f"{('haar' * 20)[:39]}…")])
def test_a_column_that_the_codebook_lacks_is_listed_and_not_read(tmp_path: Path, name: str, listed: str) -> None:
    rows = [[*CODING_HEADER, name], [*a_coding(1), "blond"]]
    contents = {
        "c.csv": table_bytes(rows[0], rows[1]),
        "c.xlsx": workbook_bytes({"Blad1": rows}),
        "c.sav": spss_bytes(tmp_path, {**SPSS, "haarkleur": ["blond"] * 3}),
    }
    places = {"c.csv": "row 1", "c.xlsx": "Blad1!row 1", "c.sav": "header"}
    for file, content in contents.items():
        items = read(tmp_path, "coding", file, content)
        found = "haarkleur" if file == "c.sav" else listed
        assert rules_of(items)[:1] == [(places[file], found, "unknown_column")] and "blond" not in str(items)
        assert rows_of(items, "codings")


def test_a_blank_column_with_answers_is_listed(tmp_path: Path) -> None:
    content = workbook_bytes({"Blad1": [[*CODING_HEADER, None, "duur"], [*a_coding(1), "1", "2"]]})
    items = read(tmp_path, "coding", "c.xlsx", content)
    assert rules_of(items) == [("Blad1!row 1", "(blank)", "unknown_column")]
    assert ("duur", "2") in [(row["column_name"], row["code"]) for row in rows_of(items, "coding_values")]


@pytest.mark.parametrize("rows", [[a_coding(1)], [["x"]], []])
def test_a_workbook_without_a_header_is_refused(tmp_path: Path, rows: list[Any]) -> None:
    problem = problem_of(read, tmp_path, "coding", "C.XLSX", workbook_bytes({"Blad1": [], "Blad2": rows}))
    assert (problem.found, problem.do) == ("no sheet that holds gesprek_id in its first 20 rows", MAP)


def test_a_damaged_spss_file_is_refused_under_its_name(tmp_path: Path) -> None:
    problem = problem_of(read, tmp_path, "coding", "C.SAV", b"no SPSS")
    assert (problem.where, problem.found) == ("bron: C.SAV", "no readable SPSS file")
    assert problem.do == "Save it again from SPSS and deliver it again."


@pytest.mark.parametrize(("cells", "value", "code"), [({}, 2.0, "2"), ({"rol": ["Anna", "1", ""]}, "Anna", "of text")])
def test_spss_codes_with_another_label_stop_the_file_without_a_text_that_was_typed(
    tmp_path: Path, cells: dict[str, Any], value: Any, code: str
) -> None:
    content = spss_bytes(tmp_path, {**SPSS, **cells}, variable_value_labels={"rol": {value: "slachtoffer "}})
    problem = problem_of(read, tmp_path, "coding", "c.sav", content)
    assert problem.where == "bron: c.sav, variable rol"
    assert problem.found == f"code {code} with the label that the codebook gives to code 1"


def test_labels_of_variables_that_the_codebook_lacks_say_nothing(tmp_path: Path) -> None:
    labels = {"dubbel_van": {"x": "Slachtoffer"}, "rol": {2.0: "Familielid", 1.0: "slachtoffer"}}
    items = read(tmp_path, "coding", "c.sav", spss_bytes(tmp_path, SPSS, variable_value_labels=labels))
    assert len(rows_of(items, "codings")) == 3


def test_spss_rows_are_numbered_from_one_across_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.formats.spss.CHUNK_ROWS", 2)
    items = read(tmp_path, "coding", "c.sav", spss_bytes(tmp_path, SPSS))
    rows = rows_of(items, "codings")
    assert [(row["row_number"], row["location"]) for row in rows] == [(n, f"row {n}") for n in (1, 2, 3)]


def test_rows_of_sheets_are_numbered_apart(tmp_path: Path) -> None:
    sheets = {"een": [CODING_HEADER, a_coding(1), a_coding(2)], "uitleg": [], "twee": [CODING_HEADER, a_coding(3)]}
    rows = rows_of(read(tmp_path, "coding", "c.xlsx", workbook_bytes(sheets)), "codings")
    assert [row["row_number"] for row in rows] == [2, 3, (2 << 24) + 2]


def a_context_of(erased: Sequence[str] = (), kept_from: datetime | None = None) -> Context:
    key = Pseudonymiser(b"k" * 32)
    return replace(
        a_context(), erased=Tombstones([Tombstones((), key).mark(one) for one in erased], key), kept_from=kept_from
    )


def rows_under(context: Context, **cells: Any) -> list[Item]:
    return list(read_row(2, "row 2", dict(zip(CODING_HEADER, a_coding(**cells), strict=True)), context))


def test_the_erased_are_left_out_without_a_finding() -> None:
    assert rows_under(a_context_of(["fier:C-1"])) == []
    [row] = rows_of(rows_under(a_context_of(["fier:C-9"]), dubbel_van="fier:C-9"), "codings")
    assert row["duplicate_of"] is None
    [row] = rows_of(rows_under(a_context_of(["fier:C-9"]), dubbel_van="fier:C-8"), "codings")
    assert row["duplicate_of"] == "fier:C-8"


def test_what_is_past_its_term_is_a_finding() -> None:
    context = a_context_of(kept_from=datetime(2021, 2, 1, tzinfo=UTC))
    assert rules_of(rows_under(context, gecodeerd_op="2021-01-31")) == [("row 2", "gecodeerd_op", "past_retention")]
    assert rules_of(rows_under(context, gecodeerd_op="2021-02-01")) == []


@pytest.mark.parametrize(
    ("text", "coded_on"),
    [
        *[(datetime(2021, 2, 1, 13, 5), date(2021, 2, 1)), (date(2021, 2, 1), date(2021, 2, 1))],
        *[("2021-02-01 00:00:00.000", date(2021, 2, 1)), ("2021-02-01 00:00:01", None), (44228, None), (None, None)],
    ],
)
def test_a_date_is_a_day(text: Any, coded_on: date | None) -> None:
    found = rows_of(rows_under(a_context_of(), gecodeerd_op=text), "codings")
    assert [row["coded_on"] for row in found] == ([coded_on] if coded_on else [])


# --- SPSS labels and the codebook

CONTRADICTIONS = [
    ("geslacht", {1.0: "Male", 2.0: "Female"}, "code 1 with the label that the codebook gives to code 2"),
    ("mensenhandel", {0.0: "Ja", 1.0: "Nee"}, "code 0 with the label that the codebook gives to code 1"),
    ("vorm_seks", {0.0: "Ja"}, "code 0 with the label that the codebook gives to code 1"),
    ("vorm_seks", {1.0: "Nee", 2.0: "Ja"}, "code 1 with the label that the codebook gives to code 0"),
    ("vorm_seks", {2.0: "Nee"}, "code 2 with the label that the codebook gives to code 0"),
    ("rol", {1.0: "Onbekend"}, "code 1 with a label that is not the codebook's"),
    ("rol", {9.0: "Klant"}, "code 9 with the label that the codebook gives to code 5"),
    ("leeftijd", {1.0: "12 of jonger", 2.0: "13-14"}, "code 1 with a label, as if it were not a number of years"),
    ("leeftijd", {99.0: "onbekend"}, "code 99 with a label, as if it were not a number of years"),
]


@pytest.mark.parametrize(("variable", "labels", "found"), CONTRADICTIONS)
def test_spss_labels_that_contradict_the_codebook_refuse_the_file_at_the_variable(
    tmp_path: Path, variable: str, labels: dict[float, str], found: str
) -> None:
    columns = {**SPSS, "geslacht": [1.0] * 3, "vorm_seks": [1.0] * 3}
    content = spss_bytes(tmp_path, columns, variable_value_labels={variable: labels})
    problem = problem_of(read, tmp_path, "coding", "c.sav", content)
    assert (problem.where, problem.found) == (f"bron: c.sav, variable {variable}", found)


def test_spss_labels_may_be_dutch_or_english_and_name_what_is_missing(tmp_path: Path) -> None:
    labels = {
        "geslacht": {1.0: " FEMALE", 2.0: "Man", 9.0: "Onbekend", 7.0: "wil niet zeggen"},
        "mensenhandel": {1.0: "Yes", 0.0: "Nee"},
        "vorm_seks": {1.0: "Seksuele  uitbuiting", 0.0: "Niet genoemd"},
        "vorm_crim": {1.0: "Ja", 0.0: "No"},
        "leeftijd": {999.0: "onbekend", 88.0: "weigert"},
    }
    columns = {**SPSS, "geslacht": [1.0] * 3, "vorm_seks": [1.0] * 3, "vorm_crim": [0.0] * 3}
    missing = {"leeftijd": [88], "rol": [{"lo": 70, "hi": 79}]}
    content = spss_bytes(tmp_path, columns, variable_value_labels=labels, missing_ranges=missing)
    assert rules_of(read(tmp_path, "coding", "c.sav", content)) == []


# --- Files as people save them


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;;;"])
def test_the_line_with_the_separator_is_passed_over(tmp_path: Path, line: str) -> None:
    content = f"{line}\r\n".encode() + coding_bytes(a_coding(1), ["te", "kort"])
    items = read(tmp_path, "coding", "c.csv", content)
    assert [row["location"] for row in rows_of(items, "codings")] == ["row 2"]
    assert rules_of(items) == [("row 3", "", "unreadable_record")]
    content = b"sep=|\n" + coding_bytes(a_coding(1)).replace(b";", b"|")
    assert len(rows_of(read(tmp_path, "coding", "c.csv", content), "codings")) == 1


def test_blank_columns_at_the_end_of_a_csv_are_no_error(tmp_path: Path) -> None:
    content = table_bytes([*CODING_HEADER, "", ""], [*a_coding(1), "", " "], a_coding(2), [*a_coding(3), "x"])
    items = read(tmp_path, "coding", "c.csv", content)
    assert [row["row_number"] for row in rows_of(items, "codings")] == [2, 3]
    assert rules_of(items) == [("row 4", "", "unreadable_record")]


TITLES = [["Codering 2021, versie 2"], [], ["Bron:", "onderzoek"]]


def test_the_header_may_be_below_titles(tmp_path: Path) -> None:
    rows = [*TITLES, CODING_HEADER, a_coding(1)]
    contents = {"c.csv": table_bytes(rows[0], *rows[1:]), "c.xlsx": workbook_bytes({"Blad1": rows})}
    for name, content in contents.items():
        [row] = rows_of(read(tmp_path, "coding", name, content), "codings")
        assert (row["row_number"], row["location"].rpartition("!")[2]) == (5, "row 5")


@pytest.mark.parametrize("name", ["c.csv", "c.xlsx"])
def test_no_coding_may_be_above_the_header(tmp_path: Path, name: str) -> None:
    rows = [a_coding(2), CODING_HEADER, a_coding(1)]
    content = table_bytes(rows[0], *rows[1:]) if name == "c.csv" else workbook_bytes({"Blad1": rows})
    problem = problem_of(read, tmp_path, "coding", name, content)
    assert problem.found == "a row above the header that looks like a coding"


@pytest.mark.parametrize("name", ["c.csv", "c.xlsx", "c.sav"])
def test_the_names_of_columns_can_be_mapped(tmp_path: Path, name: str) -> None:
    columns = {"gesprek_id": "Chat", "mensenhandel": "trafficking", "rol": "role"}
    header = [columns.get(one, one) for one in CODING_HEADER]
    contents = {
        "c.csv": table_bytes(header, a_coding(1, rol="1")),
        "c.xlsx": workbook_bytes({"B": [header, a_coding(1, rol="1")]}),
    }
    labels = {"role": {1.0: "Victim"}}
    spss = {columns.get(one, one): values for one, values in SPSS.items()}
    contents["c.sav"] = spss_bytes(tmp_path, spss, variable_value_labels=labels)
    items = read(tmp_path, "coding", name, contents[name], **columns)
    assert rows_of(items, "codings")[0]["is_trafficking"] is True
    assert ("rol", "1") in [(row["column_name"], row["code"]) for row in rows_of(items, "coding_values")]
    assert (
        problem_of(read, tmp_path, "coding", name, contents[name]).found.startswith("a first row") or name == "c.xlsx"
    )


@pytest.mark.parametrize("columns", [{"haarkleur": "x"}, {"rol": "leeftijd"}])
def test_columns_that_cannot_be_mapped_are_a_problem(tmp_path: Path, columns: dict[str, str]) -> None:
    (tmp_path / "c.csv").write_bytes(coding_bytes(a_coding()))
    source = Source("bron", "coding", path=tmp_path, columns=columns)
    problem = problem_of(read_file, source, SourceFile(tmp_path / "c.csv", "c.csv"), a_context())
    assert problem.found == "`columns` that name an unknown column, or two columns alike"


@pytest.mark.parametrize(
    "label", ["Sociale\u00a0omgeving", " sociale  omgeving", "Soci\u00adale omgeving", "SOCIALE OMGEVING"]
)
def test_labels_are_folded(label: str) -> None:
    assert cell("rol", label) == ("4", None)


# --- Workbooks that do not show what they hold


def of_workbook(tmp_path: Path, change: Callable[[Worksheet], None]) -> list[Item]:
    """What a workbook with two codings gives after a change of its sheet. Its columns are those of CODING_HEADER."""
    book = openpyxl.load_workbook(
        io.BytesIO(workbook_bytes({"Blad1": [CODING_HEADER, *(a_coding(n, mensenhandel=1, rol=1) for n in (1, 2))]}))
    )
    change(book.worksheets[0])
    stream = io.BytesIO()
    book.save(stream)
    return read(tmp_path, "coding", "c.xlsx", stream.getvalue())


def put_formula(sheet: Worksheet) -> None:
    sheet["C2"] = "=1"


def strike(sheet: Worksheet) -> None:
    sheet["C2"].font = Font(strike=True)


def lower(sheet: Worksheet) -> None:
    sheet["C2"] = CellRichText("1", TextBlock(InlineFont(vertAlign="subscript"), "2"))


def mask(sheet: Worksheet) -> None:
    sheet["C2"].number_format = ";;;"


def mask_by_condition(sheet: Worksheet) -> None:
    style = DifferentialStyle(numFmt=NumberFormat(numFmtId=200, formatCode='"ja";"ja";"nee"'))
    sheet.conditional_formatting.add("C2", Rule(type="expression", dxf=style, formula=["TRUE"]))


def round_off(sheet: Worksheet) -> None:
    sheet["C2"], sheet["C2"].number_format = 0.6, "0"


def merge(sheet: Worksheet) -> None:
    sheet.merge_cells("C2:C3")


def hide_row(sheet: Worksheet) -> None:
    sheet.row_dimensions[2].height = 0


def hide_sheet(sheet: Worksheet) -> None:
    copy = sheet.parent.copy_worksheet(sheet)
    copy.title, copy.sheet_state = "oud", "veryHidden"


@pytest.mark.parametrize(
    ("change", "found", "read_as"),
    [
        (put_formula, [("Blad1!row 2", "mensenhandel", "formula_without_value")], [None, True]),
        (strike, [("Blad1!row 2", "mensenhandel", "struck_out")], [None, True]),
        (lower, [("Blad1!row 2", "mensenhandel", "raised_text")], [None, True]),
        (mask, [("Blad1!row 2", "mensenhandel", "unknown_format")], [None, True]),
        (mask_by_condition, [("Blad1!row 2", "mensenhandel", "unknown_format")], [None, True]),
        (round_off, [("Blad1!row 2", "mensenhandel", "unknown_format")], [None, True]),
        (merge, [(f"Blad1!row {row}", "mensenhandel", "merged_value") for row in (2, 3)], [None, None]),
        (hide_row, [("Blad1!row 2", "", "hidden_content")], [True]),
        (hide_sheet, [("oud", "", "hidden_content")], [True, True]),
    ],
)
def test_an_answer_that_a_person_sees_otherwise_is_a_finding(
    tmp_path: Path, change: Callable[[Worksheet], None], found: Any, read_as: list[bool | None]
) -> None:
    items = of_workbook(tmp_path, change)
    assert rules_of(items) == found
    assert [row["is_trafficking"] for row in rows_of(items, "codings")] == read_as


def test_cells_and_rows_of_a_workbook_count_by_their_addresses(tmp_path: Path) -> None:
    plain = workbook_bytes({"Blad1": [CODING_HEADER, a_coding(1, rol="1", leeftijd="17"), a_coding(2)]})

    def turn(sheet: bytes) -> bytes:
        rows = re.findall(rb"<row.*?</row>", sheet, flags=re.S)
        cells = re.findall(rb"<c .*?</c>|<c [^>]*/>", rows[1], flags=re.S)
        turned = rb'<row r="2">' + b"".join(reversed(cells)) + b"</row>"
        return sheet.replace(b"".join(rows), rows[2] + turned + rows[0])

    content = with_sheets(plain, turn)
    assert content != plain
    assert read(tmp_path, "coding", "c.xlsx", content) == read(tmp_path, "coding", "c.xlsx", plain)
