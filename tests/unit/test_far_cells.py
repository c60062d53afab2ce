"""Sheets that reach further than what they hold: reading follows the cells that hold something."""

import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl.utils import get_column_letter
from samples import (
    CODING_HEADER,
    a_coding,
    a_figure,
    glotip_bytes,
    read,
    registry_bytes,
    rows_of,
    rules_of,
    soon,
    with_sheets,
    workbook_bytes,
)

PLAIN = {
    "comensha": registry_bytes(["Seksuele uitbuiting", 7, 8], ["Totaal", 9, 10]),
    "coding": workbook_bytes({"Blad1": [CODING_HEADER, a_coding(1, leeftijd=17, rol="iets"), a_coding(2)]}),
    "glotip": glotip_bytes(a_figure(5), a_figure("1,334", Year=2018), a_figure("veel", Year=2017)),
}
FAR = b'<c r="XFD1048576" t="inlineStr"><is><t>noot</t></is></c>'

Change = Callable[[bytes], bytes]


def cells(*rows: tuple[int, bytes]) -> Change:
    """Rows below those that are there."""
    added = b"".join(b'<row r="%d">%s</row>' % row for row in rows)
    return lambda sheet: sheet.replace(b"</sheetData>", added + b"</sheetData>")


def blank(*places: str) -> bytes:
    return b"".join(b'<c r="%s" s="0"/>' % place.encode() for place in places)


def below(part: bytes) -> Change:
    return lambda sheet: sheet.replace(b"</sheetData>", b"</sheetData>" + part)


def merged(*areas: str) -> Change:
    return below(b"<mergeCells>%s</mergeCells>" % b"".join(b'<mergeCell ref="%s"/>' % area.encode() for area in areas))


def columns(attributes: bytes) -> Change:
    return lambda sheet: sheet.replace(b"<sheetData>", b"<cols><col %s/></cols><sheetData>" % attributes)


def size(area: bytes) -> Change:
    return lambda sheet: re.sub(rb'<dimension ref="[^"]*"/>', b'<dimension ref="%s"/>' % area, sheet)


EMPTY: dict[str, Change] = {
    "a blank cell in the last row": cells((1048576, blank("C1048576"))),
    "a blank cell in the last column": cells((30, blank("XFD30"))),
    "a blank cell in the last place": cells((1048576, blank("XFD1048576"))),
    "a row of blank cells": cells((30, blank(*(f"{get_column_letter(number)}30" for number in range(1, 16385))))),
    "a column of blank cells": cells(*((row, blank(f"XFD{row}")) for row in range(30, 5030))),
    "a column merged to its end": merged("A30:A1048576"),
    "all columns merged to their end": merged("Q1:XFD1048576"),
    "many merged ranges": merged(*(f"J{row}:XFD{row}" for row in range(30, 2030))),
    "columns that are formatted": columns(b'min="1" max="16384" width="9" style="0"'),
    "columns that are hidden to the last": columns(b'min="20" max="16384" width="9" hidden="1"'),
    "a validation of every cell": below(
        b'<dataValidations count="1"><dataValidation type="list" sqref="A1:XFD1048576">'
        b"<formula1>a</formula1></dataValidation></dataValidations>"
    ),
    "a conditional format of every cell": below(
        b'<conditionalFormatting sqref="A1:XFD1048576"><cfRule type="expression" priority="1">'
        b"<formula>A1=1</formula></cfRule></conditionalFormatting>"
    ),
    "a link over a column": below(b'<hyperlinks><hyperlink ref="J1:J1048576" location="A1"/></hyperlinks>'),
    "a size of every cell": size(b"A1:XFD1048576"),
    "a size of one cell": size(b"A1"),
}


@pytest.mark.parametrize("change", EMPTY.values(), ids=EMPTY)
@pytest.mark.parametrize("kind", PLAIN)
def test_what_holds_nothing_costs_nothing(tmp_path: Path, kind: str, change: Change) -> None:
    plain = read(tmp_path, kind, "w.xlsx", PLAIN[kind])
    content = with_sheets(PLAIN[kind], change)
    assert content != PLAIN[kind]
    tracemalloc.start()
    try:
        with soon():
            assert read(tmp_path, kind, "w.xlsx", content) == plain
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "also",
    [below(b""), merged("A30:A1048576"), merged("Q1:XFD1048575")],
    ids=["alone", "with a merged column", "with merged columns"],
)
@pytest.mark.parametrize("kind", PLAIN)
def test_a_note_in_the_last_place_costs_no_more_than_any_note(tmp_path: Path, kind: str, also: Change) -> None:
    plain = read(tmp_path, kind, "w.xlsx", PLAIN[kind])
    content = with_sheets(PLAIN[kind], lambda sheet: also(cells((1048576, FAR))(sheet)))
    with soon():
        found = read(tmp_path, kind, "w.xlsx", content)
    for table in ("registry_figures", "codings", "coding_values", "figures"):
        assert rows_of(found, table) == rows_of(plain, table)
    above = [("Blad1!row 1", "(blank)", "unknown_column")] if kind == "coding" else []
    far = [("Blad1!row 1048576", "gesprek_id", "no_id")] if kind == "coding" else []
    assert rules_of(found) == above + rules_of(plain) + far


def test_a_value_merged_to_the_end_of_its_column_is_a_finding(tmp_path: Path) -> None:
    content = with_sheets(PLAIN["comensha"], merged("B4:B1048576"))
    with soon():
        found = rules_of(read(tmp_path, "comensha", "w.xlsx", content))
    assert ("Blad1!B4", "value", "merged_value") in found
