"""Dates and numbers out of every range: each is a finding at its cell, and the rest of the file is read."""

import io
import struct
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from samples import (
    CODING_HEADER,
    a_coding,
    a_figure,
    coding_bytes,
    glotip_bytes,
    read,
    registry_bytes,
    rows_of,
    rules_of,
    soon,
    spss_bytes,
    with_sheets,
    workbook_bytes,
)

from connectors.formats.cells import formatted
from connectors.source import Item

CELL = 12345.678  # is replaced in the XML by what no library writes
NO_NUMBERS = ["1E+300", "-1E+300", "1E+999", "-1E+999", "1" * 400]


def with_number(content: bytes, number: str) -> bytes:
    return with_sheets(content, lambda sheet: sheet.replace(b"<v>12345.678</v>", b"<v>%s</v>" % number.encode()))


# --- Formats


@pytest.mark.parametrize("decimals", [0, 6, 28, 30, 127, 250])
@pytest.mark.parametrize("value", [0, 716, -3, 0.1, 1177.5, 12345678901234.5, 1e300, 5e-324])
@pytest.mark.parametrize("end", ["", "%", ' "x"', ";-0;0"])
def test_a_number_is_the_same_under_a_format_of_any_length(decimals: int, value: float, end: str) -> None:
    cell = formatted(value, f"0.{'0' * decimals}{end}" if decimals else f"0{end}")
    assert cell.broken == "unknown_format" or cell.number is not None
    if cell.number is not None and decimals > 20 and 1e-9 < abs(value) < 1e9:
        assert float(cell.number) == pytest.approx(value * (100 if end == "%" else 1))
        assert "E" not in cell.text


def test_a_format_longer_than_any_is_not_known() -> None:
    assert formatted(1, "0." + "0" * 5000).broken == "unknown_format"


@pytest.mark.parametrize("decimals", [30, 127])
def test_a_figure_with_many_decimals_is_read_or_a_finding(tmp_path: Path, decimals: int) -> None:
    content = formatted_bytes(f"0.{'0' * decimals}", [716, 1177.5], note=3)
    items = read(tmp_path, "comensha", "w.xlsx", content)
    assert [row["value"] for row in rows_of(items, "registry_figures")] == [716]
    assert rules_of(items) == [("Blad1!column H", "", "number_not_described"), ("Blad1!C3", "value", "not_a_count")]


def formatted_bytes(number_format: str, values: Sequence[float], note: float) -> bytes:
    """A table with one row of values, and a number beside it, under one format."""
    book = openpyxl.load_workbook(io.BytesIO(registry_bytes(["Seksuele uitbuiting", *values])))
    sheet = book.worksheets[0]
    sheet["H9"] = note
    for place in ("B3", "C3", "H9"):
        sheet[place].number_format = number_format
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


# --- Numbers


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_a_figure_larger_than_any_count_is_a_finding(tmp_path: Path, number: str) -> None:
    content = with_number(registry_bytes(["Seksuele uitbuiting", CELL, 8]), number)
    items = read(tmp_path, "comensha", "w.xlsx", content)
    assert [row["value"] for row in rows_of(items, "registry_figures")] == [8]
    assert rules_of(items) in ([("Blad1!B3", "value", rule)] for rule in ("not_a_count", "error_value"))
    items = read(tmp_path, "glotip", "w.xlsx", with_number(glotip_bytes(a_figure(CELL), a_figure(8)), number))
    assert [row["value"] for row in rows_of(items, "figures")] == [8]
    assert [rule for _, _, rule in rules_of(items)] in (["not_a_count"], ["error_value"])


@pytest.mark.parametrize("number", NO_NUMBERS)
@pytest.mark.parametrize("name", ["leeftijd", "rol", "vorm_seks", "mensenhandel", "dubbel_van"])
def test_a_code_that_is_no_number_of_this_world_is_a_finding(tmp_path: Path, name: str, number: str) -> None:
    content = with_number(workbook_bytes({"Blad1": [CODING_HEADER, a_coding(1, **{name: CELL}), a_coding(2)]}), number)
    in_csv = coding_bytes(a_coding(1, **{name: number}), a_coding(2))
    for items in (read(tmp_path, "coding", "w.xlsx", content), read(tmp_path, "coding", "w.csv", in_csv)):
        assert [row["gesprek_id"] for row in rows_of(items, "codings")] == ["fier:C-1", "fier:C-2"]
        assert [field for _, field, _ in rules_of(items)] == [name]


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e300", "9" * 5000])
def test_a_word_for_a_number_is_no_age(tmp_path: Path, number: str) -> None:
    items = read(tmp_path, "coding", "w.csv", coding_bytes(a_coding(1, leeftijd=number)))
    assert [field for _, field, _ in rules_of(items)] == ["leeftijd"]


# --- Dates


@pytest.mark.parametrize("serial", ["9000000000", "-5", "-1000000", "1E+300", "1E+999", "0.5"])
def test_a_date_cell_out_of_the_calendar_is_a_finding(tmp_path: Path, serial: str) -> None:
    def of(number: int, name: str) -> bytes:
        cells = {"gecodeerd_op": date(2021, 2, 1), name: datetime(2020, 3, 1)}
        header = [*CODING_HEADER, "start_maand"]
        rows = [[*a_coding(one, **cells), cells.get("start_maand")] for one in (1, 2)]
        content = workbook_bytes({"Blad1": [header, *rows]})
        return with_sheets(content, lambda sheet: sheet.replace(b"<v>43891</v>", b"<v>%s</v>" % serial.encode(), 1))

    items = read(tmp_path, "coding", "w.xlsx", of(1, "start_maand"))
    [(place, field, rule)] = rules_of(items)
    assert (place, field) == ("Blad1!row 2", "start_maand") and rule in ("not_a_month", "error_value")
    assert [row["code"] for row in rows_of(items, "coding_values")] == ["2020-03"]
    items = read(tmp_path, "coding", "w.xlsx", of(1, "gecodeerd_op"))
    [(place, field, rule)] = rules_of(items)
    assert (place, field) == ("Blad1!row 2", "gecodeerd_op") and rule in ("not_a_date", "error_value")
    assert [row["gesprek_id"] for row in rows_of(items, "codings")] == ["fier:C-2"]


@pytest.mark.parametrize("text", ["0000-01-01", "0201-05-01", "1899-12-31", "9999-99-99"])
def test_a_date_of_no_calendar_in_a_csv_is_a_finding(tmp_path: Path, text: str) -> None:
    items = read(tmp_path, "coding", "w.csv", coding_bytes(a_coding(1, gecodeerd_op=text), a_coding(2)))
    assert rules_of(items) == [("row 2", "gecodeerd_op", "not_a_date")]


DAYS = ["DATE11", "ADATE10", "EDATE10", "JDATE7", "SDATE10", "DATETIME20", "YMDHMS20"]
OTHERS = ["TIME8", "DTIME12", "QYR6", "WKYR8", "MONTH9", "WKDAY9", "F8.2"]
FAR = [1e15, -1e15, 1e300, -1e300, float("inf"), 0.0, 86399.0]
MARCH_2020 = float((datetime(2020, 3, 14) - datetime(1582, 10, 14)).total_seconds())


def spss(folder: Path, name: str, spss_format: str, *values: float) -> list[Item]:
    count = len(values)
    columns: dict[str, Sequence[Any]] = {
        "gesprek_id": [f"fier:C-{number}" for number in range(1, count + 1)],
        "gecodeerd_op": [date(2021, 2, 1)] * count,
        "mensenhandel": [1.0] * count,
        "dubbel_van": [""] * count,
        "leeftijd": [17.0] * count,
        name: values,
    }
    return read(folder, "coding", "c.sav", spss_bytes(folder, columns, variable_format={name: spss_format}))


@pytest.mark.parametrize("spss_format", [*DAYS, *OTHERS])
def test_a_number_that_is_no_day_is_a_finding_in_spss(tmp_path: Path, spss_format: str) -> None:
    values = [*FAR, MARCH_2020]
    far = [f"row {number}" for number in range(1, len(FAR) + 1)]
    also = [f"row {len(values)}"] if spss_format in OTHERS else []
    items = spss(tmp_path, "start_maand", spss_format, *values)
    assert rules_of(items) == [(place, "start_maand", "not_a_month") for place in far + also]
    assert len(rows_of(items, "codings")) == len(values)
    items = spss(tmp_path, "gecodeerd_op", spss_format, *values)
    assert rules_of(items) == [(place, "gecodeerd_op", "not_a_date") for place in far + also]


@pytest.mark.parametrize("spss_format", DAYS)
def test_every_format_of_a_day_is_read(tmp_path: Path, spss_format: str) -> None:
    items = spss(tmp_path, "start_maand", spss_format, MARCH_2020)
    assert [row["code"] for row in rows_of(items, "coding_values")] == ["17", "2020-03"]
    items = spss(tmp_path, "gecodeerd_op", spss_format, MARCH_2020)
    assert [row["coded_on"] for row in rows_of(items, "codings")] == [date(2020, 3, 14)]


def test_the_format_of_a_month_gives_a_month_and_no_day(tmp_path: Path) -> None:
    items = spss(tmp_path, "start_maand", "MOYR8", MARCH_2020, *FAR)
    assert [row["code"] for row in rows_of(items, "coding_values") if row["column_name"] != "leeftijd"] == ["2020-03"]
    assert rules_of(items) == [(f"row {n}", "start_maand", "not_a_month") for n in range(2, len(FAR) + 2)]
    assert rules_of(spss(tmp_path, "gecodeerd_op", "MOYR8", MARCH_2020)) == [("row 1", "gecodeerd_op", "not_a_date")]


@pytest.mark.parametrize("age", [1e300, -1e300, 1e15, float("inf"), float("nan")])
def test_an_age_that_no_one_has_is_a_finding_in_spss(tmp_path: Path, age: float) -> None:
    items = spss(tmp_path, "leeftijd", "F8.2", age, 17.0)
    assert [row["code"] for row in rows_of(items, "coding_values")] == ["17"]
    assert [field for _, field, _ in rules_of(items)] == ([] if age != age else ["leeftijd"])  # nan is system-missing


# --- Rows


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 25])
def test_spss_is_read_whether_it_says_how_many_rows_it_has_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, is_known: bool, packed: bool
) -> None:
    monkeypatch.setattr("connectors.formats.spss.CHUNK_ROWS", 10)
    columns = {
        "gesprek_id": [f"fier:C-{number}" for number in range(count)],
        "gecodeerd_op": [date(2021, 2, 1)] * count,
        "mensenhandel": [1.0] * count,
        "dubbel_van": [""] * count,
    }
    content = bytearray(spss_bytes(tmp_path, columns, row_compress=packed))
    assert struct.unpack_from("<i", content, 80) == (count,)
    if not is_known:
        struct.pack_into("<i", content, 80, -1)
    with soon():
        items = read(tmp_path, "coding", "c.sav", bytes(content))
    assert [row["gesprek_id"] for row in rows_of(items, "codings")] == columns["gesprek_id"]
    assert [row["row_number"] for row in rows_of(items, "codings")] == list(range(1, count + 1))
