"""The researchers' coding: codes and labels, what counts as missing, and what is rejected without being kept."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import (
    CODEBOOK,
    CODING_HEADER,
    a_coding,
    a_context,
    coding_bytes,
    read,
    rows_of,
    rules_of,
    spss_bytes,
    workbook_bytes,
)

from connectors.coding.codings import read_cell, read_row
from connectors.errors import SourceProblem
from connectors.pseudonym import Pseudonymiser
from connectors.source import Context, Item
from connectors.tombstones import Tombstones


def one(tmp_path: Path, **cells: Any) -> list[Item]:
    """What one row of a CSV with these cells gives."""
    extra = [name for name in cells if name not in CODING_HEADER]
    content = coding_bytes([*a_coding(**cells), *[cells[name] for name in extra]])
    header = ";".join([*CODING_HEADER, *extra]).encode()
    return read(tmp_path, "coding", "c.csv", header + content[content.index(b"\n") :])


def cell(column: str, text: Any) -> tuple[str | None, str | None]:
    return read_cell(text, CODEBOOK.columns[column])


@pytest.mark.parametrize("text", ["1", " 1 ", "1.0", 1, 1.0, "Slachtoffer", " SLACHTOFFER ", "slachtoffer"])
def test_a_code_and_its_label_are_the_same_in_any_case_and_type(text: Any) -> None:
    assert cell("rol", text) == ("1", None)


@pytest.mark.parametrize(
    "text", ["", " ", None, "onbekend", " ONBEKEND ", "8", "9", "98", "99", "998", "999", 9.0, "99.0"]
)
def test_missing_is_not_rejected(text: Any) -> None:
    assert cell("rol", text) == (None, None)


@pytest.mark.parametrize("text", ["7", "slachtofer", "1.5", "-1", True, "1;2", "n.v.t."])
def test_what_is_no_code_and_no_label_is_an_unknown_category(text: Any) -> None:
    assert cell("rol", text) == (None, "unknown_category")


@pytest.mark.parametrize("text", ["1", 1.0, "ja", " JA ", "Geweld"])
def test_a_mark_is_1_its_label_or_ja(text: Any) -> None:
    assert cell("dwang_geweld", text) == ("1", None)


@pytest.mark.parametrize("text", ["0", 0.0, "nee", "NEE ", "", None, "onbekend", "9", 99])
def test_no_mark_is_0_nee_or_missing_and_not_rejected(text: Any) -> None:
    assert cell("dwang_geweld", text) == (None, None)


@pytest.mark.parametrize("text", ["2", "misschien", "-1"])
def test_another_cell_of_a_multiple_answer_is_rejected(text: str) -> None:
    assert cell("dwang_geweld", text) == (None, "unknown_category")


@pytest.mark.parametrize(("text", "code"), [("0", "0"), ("geen ouder", "0"), ("nee", None)])
def test_a_code_0_of_the_codebook_is_a_category(text: str, code: str | None) -> None:
    assert cell("ouder", text)[0] == code


@pytest.mark.parametrize("age", [0, 8, 9, 17, 98, 99, 120])
def test_8_9_98_and_99_are_ages(age: int) -> None:
    assert {cell("leeftijd", age), cell("leeftijd", f"{age}.0"), cell("leeftijd", float(age))} == {(str(age), None)}


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("998", (None, None)),
        (999.0, (None, None)),
        ("onbekend", (None, None)),
        ("17.5", (None, "not_a_whole_number")),
        (17.5, (None, "not_a_whole_number")),
        ("17,0", (None, "not_a_whole_number")),
        ("zeventien", (None, "not_a_whole_number")),
        ("١٧", (None, "not_a_whole_number")),
        ("121", (None, "out_of_range")),
        ("-1", (None, "out_of_range")),
        ("9" * 5000, (None, "out_of_range")),
    ],
)
def test_an_age_is_a_whole_number_from_0_to_120(text: Any, outcome: tuple[str | None, str | None]) -> None:
    assert cell("leeftijd", text) == outcome


@pytest.mark.parametrize("month", ["2020-03", " 2020-03 ", date(2020, 3, 31), datetime(2020, 3, 1, 12)])
def test_a_month_is_text_or_a_date_cell(month: Any) -> None:
    assert cell("start_maand", month) == ("2020-03", None)


@pytest.mark.parametrize("month", ["2020-13", "2020-3", "03-2020", "maart 2020", "2020-03-01", 202003])
def test_another_month_is_rejected(month: Any) -> None:
    assert cell("start_maand", month) == (None, "not_a_month")


cells = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.datetimes()


@given(st.sampled_from(sorted(CODEBOOK.columns)), cells)
def test_any_cell_gives_a_code_of_the_codebook_or_a_rule(name: str, content: Any) -> None:
    code, rule = cell(name, content)
    assert code is None or rule is None
    if CODEBOOK.columns[name].kind in ("single", "multiple"):
        assert code is None or code in CODEBOOK.columns[name].codes.values()


@pytest.mark.parametrize(
    ("gesprek_id", "rule"),
    [
        ("", "no_id"),
        ("C-1", "malformed_id"),
        ("fier: C-1", "malformed_id"),
        ("Fier:1", "malformed_id"),
        ("fier:", "malformed_id"),
    ],
)
def test_a_row_without_a_gesprek_id_is_rejected_whole(tmp_path: Path, gesprek_id: str, rule: str) -> None:
    items = one(tmp_path, gesprek_id=gesprek_id)
    assert rules_of(items) == [("row 2", "gesprek_id", rule)] and len(items) == 1


@pytest.mark.parametrize("text", ["", "1-2-2021", "2021-02-30", "2021-13-01", "gisteren", "2021-02-01 12:00", "44228"])
def test_a_row_without_a_date_is_rejected_whole(tmp_path: Path, text: str) -> None:
    items = one(tmp_path, gecodeerd_op=text)
    assert rules_of(items) == [("row 2", "gecodeerd_op", "not_a_date")] and len(items) == 1


@pytest.mark.parametrize("text", ["2021-02-01", " 2021-02-01 ", "2021-02-01 00:00:00", "2021-02-01T00:00"])
def test_iso_dates_are_read(tmp_path: Path, text: str) -> None:
    assert rows_of(one(tmp_path, gecodeerd_op=text), "codings")[0]["coded_on"] == date(2021, 2, 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [("1", True), ("JA", True), ("0", False), ("nee", False), ("", None), ("9", None), ("onbekend", None)],
)
def test_trafficking_is_yes_no_or_uncoded(tmp_path: Path, text: str, told: bool | None) -> None:
    items = one(tmp_path, mensenhandel=text)
    assert (rows_of(items, "codings")[0]["is_trafficking"], rules_of(items)) == (told, [])


def test_another_word_for_trafficking_is_a_finding_and_the_row_stands(tmp_path: Path) -> None:
    items = one(tmp_path, mensenhandel="misschien")
    assert rows_of(items, "codings")[0]["is_trafficking"] is None
    assert rules_of(items) == [("row 2", "mensenhandel", "unknown_category")]


def test_a_duplicate_of_free_text_is_a_finding_and_the_row_stands(tmp_path: Path) -> None:
    items = one(tmp_path, dubbel_van="zie Anna")
    assert rows_of(items, "codings")[0]["duplicate_of"] is None
    assert rules_of(items) == [("row 2", "dubbel_van", "malformed_id")]


@pytest.mark.parametrize(("text", "other"), [("", None), ("onbekend", None), ("99", None), (" fier:C-2 ", "fier:C-2")])
def test_duplicate_of_is_an_id_or_empty(tmp_path: Path, text: str, other: str | None) -> None:
    items = one(tmp_path, dubbel_van=text)
    assert (rows_of(items, "codings")[0]["duplicate_of"], rules_of(items)) == (other, [])


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


@pytest.mark.parametrize("column", ["gesprek_id", "gecodeerd_op", "mensenhandel", "dubbel_van"])
def test_a_missing_base_column_is_named(tmp_path: Path, column: str) -> None:
    header = [name for name in CODING_HEADER if name != column]
    with pytest.raises(SourceProblem, match=f"found a first row without {column}, expected the codebook's columns"):
        read(tmp_path, "coding", "c.csv", (";".join(header) + "\n").encode())


def test_an_unknown_column_stops_the_file_and_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceProblem, match=r"found the column haarkleur, .*Add its rows to seeds/codebook\.csv"):
        one(tmp_path, haarkleur="rood")


def test_a_column_that_stands_there_twice_stops_the_file(tmp_path: Path) -> None:
    with pytest.raises(SourceProblem, match="found a column that stands there twice"):
        read(tmp_path, "coding", "c.csv", (";".join([*CODING_HEADER, "ROL"]) + "\n").encode())


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


def test_a_workbook_without_a_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceProblem, match="found no sheet whose first row holds gesprek_id"):
        read(tmp_path, "coding", "c.xlsx", workbook_bytes({"Blad1": [a_coding(1)]}))


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


def test_spss_codes_with_the_label_of_another_code_stop_the_file(tmp_path: Path) -> None:
    content = spss_bytes(tmp_path, SPSS, variable_value_labels={"rol": {2.0: "slachtoffer "}})
    with pytest.raises(
        SourceProblem, match="variable rol: found code 2 with the label that the codebook gives to code 1"
    ):
        read(tmp_path, "coding", "c.sav", content)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_spss_file_is_refused_whole(tmp_path: Path, packed: bool, kept: float) -> None:
    content = spss_bytes(tmp_path, {name: values * 3000 for name, values in SPSS.items()}, row_compress=packed)
    with pytest.raises(SourceProblem, match="found no readable SPSS file"):
        read(tmp_path, "coding", "c.sav", content[: int(len(content) * kept)])


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


# --- What is said of a file that is refused

HEADER = ";".join(CODING_HEADER)


def refusal(folder: Path, name: str, content: bytes) -> str:
    with pytest.raises(SourceProblem) as raised:
        read(folder, "coding", name, content)
    return str(raised.value)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "fier:C-1;Anna",
            "bron: c.csv: found a first row without gesprek_id, gecodeerd_op, mensenhandel, dubbel_van, expected the "
            "codebook's columns as header. Add the header, or save the file with its column names.",
        ),
        (
            f"{HEADER};{'haarkleur' * 9}",
            f"bron: c.csv: found the column {('haarkleur' * 9)[:39]}…, expected columns of the codebook. Add its rows "
            "to seeds/codebook.csv, or leave the column out.",
        ),
        (
            f"{HEADER};ROL",
            "bron: c.csv: found a column that stands there twice, expected each column once. Leave one out.",
        ),
    ],
)
def test_a_header_that_cannot_be_read_is_told_with_what_to_do(tmp_path: Path, header: str, message: str) -> None:
    assert refusal(tmp_path, "c.csv", f"{header}\n".encode()) == message


def test_a_blank_column_among_others_is_told(tmp_path: Path) -> None:
    content = workbook_bytes({"Blad1": [[*CODING_HEADER, None, "duur"]]})
    assert "c.xlsx: found the column (blank), expected columns of the codebook." in refusal(tmp_path, "c.xlsx", content)


def test_a_workbook_without_a_header_is_told_with_what_to_do(tmp_path: Path) -> None:
    assert refusal(tmp_path, "C.XLSX", workbook_bytes({"Blad1": [], "Blad2": [["x"]]})) == (
        "bron: C.XLSX: found no sheet whose first row holds gesprek_id, expected a sheet with the codebook's columns "
        "as header. Put the header in the first row."
    )


def test_a_damaged_spss_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    assert refusal(tmp_path, "C.SAV", b"no SPSS") == (
        "bron: C.SAV: found no readable SPSS file, expected a whole .sav file. Save it again from SPSS and deliver it "
        "again."
    )


@pytest.mark.parametrize(
    ("cells", "value", "code"),
    [({}, 2.0, "2"), ({"rol": ["Anna", "1", ""]}, "Anna", "of text")],
)
def test_spss_codes_with_another_label_are_told_without_a_text_that_was_typed(
    tmp_path: Path, cells: dict[str, Any], value: Any, code: str
) -> None:
    content = spss_bytes(tmp_path, {**SPSS, **cells}, variable_value_labels={"rol": {value: "slachtoffer "}})
    assert refusal(tmp_path, "c.sav", content) == (
        f"bron: c.sav, variable rol: found code {code} with the label that the codebook gives to code 1, expected the "
        "codebook's codes. Recode the variable in SPSS, or correct its value labels."
    )


def test_labels_of_variables_that_the_codebook_lacks_say_nothing(tmp_path: Path) -> None:
    labels = {"mensenhandel": {1.0: "Slachtoffer"}, "rol": {2.0: "Familielid", 1.0: "slachtoffer"}}
    items = read(tmp_path, "coding", "c.sav", spss_bytes(tmp_path, SPSS, variable_value_labels=labels))
    assert len(rows_of(items, "codings")) == 3


def test_spss_rows_are_numbered_from_one_across_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.coding.codings.CHUNK_ROWS", 2)
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


@pytest.mark.parametrize(
    ("content", "text"),
    [(True, "True"), (False, "False"), (1.5, "1.5"), (-3.0, "-3"), ("-3.00", "-3"), (" a ", "a"), ("1.", "1.")],
)
def test_a_cell_is_no_code_whatever_its_type(content: Any, text: str) -> None:
    assert cell("rol", content) == cell("rol", text) == (None, "unknown_category")
