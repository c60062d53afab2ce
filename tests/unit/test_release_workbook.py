"""The workbook, read back: accessible, the same bytes twice, with nothing in it that no one sees."""

import re
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet
from release_samples import COVERAGE, POLICY, PUBLISHER, REGISTRY, SPECS, WORDS, a_content, a_key, a_year
from release_samples import figures as a_figures

from flows.release.content import Content
from flows.release.render.labels import LANGUAGES
from flows.release.render.tables import tables as shown_tables
from flows.release.render.workbook import NOTES, write_workbook

HOSTILE = '=HYPERLINK("https://example.org","x")'
PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(app|core)\.xml"
    r"|xl/(workbook|styles|sharedStrings|theme/theme1)\.xml|xl/_rels/workbook\.xml\.rels"
    r"|xl/(worksheets/sheet|drawings/drawing|charts/chart|tables/table)\d+\.xml"
    r"|xl/(worksheets|drawings)/_rels/(sheet|drawing)\d+\.xml\.rels"
)
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"


def write(path: Path, content: Content, language: str = "nl") -> Path:
    write_workbook(path, content, SPECS, WORDS[language], POLICY, PUBLISHER)
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("workbook") / "monitor.xlsx", a_content())


@pytest.fixture(scope="module")
def book(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path)


def opened(folder: Path, language: str = "nl", **changes: object) -> openpyxl.Workbook:
    return openpyxl.load_workbook(write(folder / "a.xlsx", a_content(**changes), language))


def tables(book: openpyxl.Workbook) -> Iterator[Worksheet]:
    """The sheets with figures."""
    yield from (sheet for sheet in book.worksheets if sheet.title.startswith("Tabel"))


def xml(path: Path, prefix: str) -> Iterator[ElementTree.Element]:
    with zipfile.ZipFile(path) as parts:
        for name in sorted(parts.namelist()):
            if re.fullmatch(prefix + r"\d+\.xml", name):
                yield ElementTree.fromstring(parts.read(name))


def texts(sheet: Worksheet) -> str:
    return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row)


def test_every_table_is_a_sheet_with_the_same_cells(book: openpyxl.Workbook) -> None:
    sheets = list(tables(book))
    made = shown_tables(a_content(), SPECS, WORDS["nl"])
    for sheet, table in zip(sheets, made, strict=True):
        assert [tuple(row) for row in sheet.iter_rows(min_row=2, values_only=True)] == table.rows


def test_a_table_keeps_its_number_when_another_has_nothing_to_show(book: openpyxl.Workbook, tmp_path: Path) -> None:
    assert set(book.sheetnames) - set(opened(tmp_path, measures=()).sheetnames) == {"Tabel 11 FICTITIOUS"}


def test_the_contents_link_to_every_table_and_name_its_notes_and_charts(book: openpyxl.Workbook) -> None:
    contents = book["Inhoud FICTITIOUS"]
    targets = [row[0].hyperlink.location for row in contents.iter_rows(min_row=2)]
    assert targets == [f"'{sheet.title}'!A1" for sheet in tables(book)]
    rows = list(contents.iter_rows(min_row=2, values_only=True))
    assert [row[4] for row in rows] == ["ja" if sheet._charts else "nee" for sheet in tables(book)]
    [forms] = [row[2:] for row in rows if row[1] == "Vormen van uitbuiting"]
    assert forms == ("Vormen van uitbuiting", "[noot 1] [noot 2] [noot 3] [noot 4]", "ja")


def test_notes_say_what_the_policy_says(tmp_path: Path) -> None:
    policy = {**POLICY, "month": replace(POLICY["month"], base=1234)}
    write_workbook(tmp_path / "a.xlsx", a_content(), SPECS, WORDS["nl"], policy, PUBLISHER)
    assert "van 1234 bij maanden" in texts(openpyxl.load_workbook(tmp_path / "a.xlsx")["Noten FICTITIOUS"])


def test_a_correction_gives_its_reason_on_the_cover(tmp_path: Path) -> None:
    reason = "Een platform leverde een maand dubbel."
    assert reason in texts(opened(tmp_path, release="2020-12.1", reason=reason).worksheets[0])


def test_every_sheet_of_a_fictitious_release_says_so_and_none_of_a_real_one(
    book: openpyxl.Workbook, tmp_path: Path
) -> None:
    assert all(name.endswith("FICTITIOUS") for name in book.sheetnames)
    assert "FICTITIOUS" in texts(book.worksheets[0])
    real = opened(tmp_path, is_fictitious=False)
    assert not [sheet for sheet in real.worksheets if "FICTITIOUS" in sheet.title + texts(sheet)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_population_and_note_of_the_release_has_words(language: str) -> None:
    words = WORDS[language]
    counted = [who for spec in SPECS if spec.mart in ("indicators", "measures") for who in spec.populations]
    assert all(words.of("definition population", who) for who in counted)
    assert {code for codes in NOTES.values() for code in codes} == set(words.codes("note"))
    assert set(NOTES) == {spec.mart for spec in SPECS}


def test_a_sheet_is_one_table_from_a1_without_empty_or_merged_cells(book: openpyxl.Workbook) -> None:
    for sheet in book.worksheets:
        assert not sheet.merged_cells.ranges
        assert all(cell.value not in (None, "") for row in sheet.iter_rows() for cell in row)
    for sheet in book.worksheets[1:]:
        [table] = sheet.tables.values()
        assert table.ref == sheet.dimensions and table.ref.startswith("A1:")


def test_the_header_stays_in_sight(book: openpyxl.Workbook) -> None:
    assert {sheet.freeze_panes for sheet in tables(book)} == {"B2"}
    assert {sheet.freeze_panes for sheet in book.worksheets[1:4]} == {"A2"}


@pytest.mark.parametrize(("language", "locale"), [("nl", "nl-NL"), ("en", "en-GB")])
def test_title_author_and_language_are_set_and_headers_of_a_table_differ(
    language: str, locale: str, tmp_path: Path
) -> None:
    book = opened(tmp_path, language)
    assert (book.properties.language, book.properties.creator) == (locale, PUBLISHER.name)
    assert book.properties.title.endswith("2020 FICTITIOUS")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as parts:
        assert b"en-US" not in b"".join(parts.read(name) for name in parts.namelist() if "charts/" in name)
    for sheet in book.worksheets[1:]:
        headers = [cell.value for cell in sheet[1]]
        assert len(set(headers)) == len(headers)


def test_the_workbook_opens_on_the_cover_in_a1(book: openpyxl.Workbook) -> None:
    assert book.active.title == "Voorblad FICTITIOUS"
    assert book.active.sheet_view.selection[0].activeCell == "A1"


def test_numbers_have_formats_and_symbols_stand_under_them(book: openpyxl.Workbook) -> None:
    sheet = book["Tabel 4 FICTITIOUS"]
    assert [(cell.value, cell.number_format) for cell in sheet[2][1:3]] == [(270, "#,##0"), (0.915, "0.0%")]
    assert [(cell.value, cell.alignment.horizontal) for cell in sheet[3][1:3]] == [("[c]", "right"), ("[c]", "right")]


def test_every_chart_has_a_text_in_its_place(path: Path) -> None:
    described = [
        place.get("descr") for drawing in xml(path, "xl/drawings/drawing") for place in drawing.iter(f"{DRAWING}cNvPr")
    ]
    assert len(described) == len(list(xml(path, "xl/charts/chart"))) > 0
    assert all("De cijfers staan in de tabel op dit blad." in text for text in described)


def cells(book: openpyxl.Workbook, reference: str) -> Iterator[object]:
    for area in reference.strip("()").split(","):
        sheet, _, place = area.rpartition("!")
        low_column, low, high_column, high = range_boundaries(place.replace("$", ""))
        for row in book[sheet.strip("'")].iter_rows(low, high, low_column, high_column, values_only=True):
            yield from row


def series(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Of each series of a chart the reference of its values, and the values that the chart keeps of them."""
    for chart in xml(path, "xl/charts/chart"):
        for values in [*chart.iter(f"{CHART}val"), *chart.iter(f"{CHART}yVal")]:
            yield next(values.iter(f"{CHART}f")).text or "", [value.text or "" for value in values.iter(f"{CHART}v")]


def drawn_in(path: Path) -> list[list[object]]:
    """Return the cells of each series of each chart of a workbook."""
    book = openpyxl.load_workbook(path)
    return [list(cells(book, reference)) for reference, _ in series(path)]


def drawn_of(folder: Path, **changes: object) -> list[list[object]]:
    return drawn_in(write(folder / "a.xlsx", a_content(**changes)))


def test_a_chart_draws_cells_of_its_table_and_no_symbol(path: Path, book: openpyxl.Workbook) -> None:
    for reference, kept in series(path):
        drawn = [value for value in cells(book, reference) if value is not None]
        assert drawn and all(isinstance(value, int | float) for value in drawn)
        assert [float(value) for value in kept] == drawn


def test_what_is_not_shown_is_a_gap_and_the_base_of_shares_is_left_out(path: Path) -> None:
    drawn = drawn_in(path)
    assert [40, 20, 40] in drawn and [30, None, 30] in drawn and [0.912, None] in drawn


def test_coverage_is_drawn_with_its_margins_where_it_can_be_compared(tmp_path: Path) -> None:
    one = {**COVERAGE, "reference_year": 2019, "is_comparable": True}
    other = {**one, "reference_year": 2020, "share_low": None, "share_high": None}
    drawn = drawn_of(tmp_path, coverage=(one, other, {**COVERAGE, "pair": "other"}))
    assert [0.046, 0.046] in drawn and [0.038, 0.057, None, None, None, None] in drawn


def test_a_line_does_not_bridge_years_that_are_missing(tmp_path: Path) -> None:
    registries = [{**REGISTRY, "reference_year": year} for year in (2020, 2014, 2013)]
    assert [984, 984, None, 984] in drawn_of(tmp_path, registries=registries)


def test_a_breakdown_of_years_is_drawn_without_parts_of_years(tmp_path: Path) -> None:
    part = ("year_to_date", a_year(2020)[1], a_year(2020)[2].replace(month=9, day=30))
    figures = [figure for figure in a_figures() if figure.key.category == "sexual"]
    to_date = replace(figures[0], key=a_key(part, "sexual"), n=190, share=0.5)
    assert [0.5] not in drawn_of(tmp_path, figures=(*figures, to_date))


def test_nothing_is_drawn_where_no_figure_is_shown(tmp_path: Path) -> None:
    hidden = tuple(replace(figure, n=None, share=None) for figure in a_figures())
    assert drawn_of(tmp_path, figures=hidden, registries=(), coverage=()) == []
    assert not list(xml(tmp_path / "a.xlsx", "xl/charts/chart"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_becomes_a_formula_or_a_link(language: str, tmp_path: Path) -> None:
    found = opened(
        *(tmp_path, language),
        reason=HOSTILE,
        registries=[{**REGISTRY, "edition": HOSTILE, "label_nl": HOSTILE, "label_en": HOSTILE, "variable": "form"}],
        coverage=[{**COVERAGE, "note_nl": "https://example.org", "note_en": "@SUM(A1)"}],
    )
    assert any(HOSTILE in texts(sheet) for sheet in found.worksheets[1:])
    assert {cell.data_type for sheet in found for row in sheet.iter_rows() for cell in row} == {"s", "n"}
    links = [cell.hyperlink for sheet in found for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert links and not [link for link in links if link.target]


def test_only_known_parts_are_in_the_file_and_nothing_hidden(path: Path, book: openpyxl.Workbook) -> None:
    with zipfile.ZipFile(path) as parts:
        assert not [name for name in parts.namelist() if not PARTS.fullmatch(name)]
    assert not book.defined_names
    for sheet in book.worksheets:
        assert sheet.sheet_state == "visible" and not sheet.defined_names
        assert not any(size.hidden for size in (*sheet.row_dimensions.values(), *sheet.column_dimensions.values()))
        assert not any(cell.comment for row in sheet.iter_rows() for cell in row)


def test_a_second_time_gives_the_same_bytes(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setattr(time, "localtime", lambda *moment: time.gmtime(later))
    assert write(tmp_path / "monitor.xlsx", a_content()).read_bytes() == path.read_bytes()
