"""Write the tables of a release as one accessible workbook in one language.

Each table has its own sheet. The same content gives the same bytes. The layout follows the guidance of the UK Analysis
Function on releasing statistics in spreadsheets:

- The workbook has a cover, contents with links, notes and definitions. Its title and language are set.
- A sheet has one table. The table starts in A1, is marked up as a table and has a frozen header.
- A missing value has a symbol, never a blank cell. No cells are merged.
- Charts are native and have an alternative text.
"""

import io
import re
import textwrap
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import xlsxwriter
from babel.dates import format_date

from flows.release.comparisons import SIGNIFICANT
from flows.release.content import Content, Facts
from flows.release.data import FICTITIOUS
from flows.release.disclosure.protect import Policy
from flows.release.metadata import Publisher
from flows.release.render.labels import Labels
from flows.release.render.tables import COUNT, SHARE, TEXT, YEAR, Column, Table, Value, tables
from flows.release.render.workbook_charts import add_chart, drawn
from flows.release.specs import Spec

# A workbook stores the time of its creation. A fixed time gives the same bytes each time.
MADE = datetime(2020, 1, 1)
LOCALES = {"nl": "nl-NL", "en": "en-GB"}
FONT = {"font_name": "Arial", "font_size": 12}
FORMATS = {TEXT: None, COUNT: "#,##0", SHARE: "0.0%", YEAR: "0"}
WIDEST = 60  # characters; longer text wraps
COVER = 100
LINE = 16  # height of a line of text, in points
NOTES = {
    "indicators": ("rounding", "small", "share", "printed"),
    "funnel": ("rounding", "small", "printed", "steps"),
    "measures": ("age",),
    "registries": ("rounding", "registries"),
    "coverage": ("rounding", "coverage"),
    "comparisons": ("rounding", "change"),
    "revisions": ("rounding", "revisions"),
}


@dataclass(frozen=True)
class _Book:
    """A workbook that is being written. `mark` is on every sheet of a fictitious release, and blank otherwise."""

    workbook: Any
    labels: Labels
    mark: str
    release: str
    formats: Mapping[str, Any]

    def named(self, text: str) -> str:
        """Return a name with the mark after it."""
        return f"{text} {self.mark}".strip()


def write_workbook(
    path: Path, content: Content, specs: Sequence[Spec], labels: Labels, policy: Policy, publisher: Publisher
) -> None:
    """Write the workbook of a release to `path`, in the language of the labels."""
    stream = io.BytesIO()
    # No text may become a formula or a link. The font is copied because the writer changes the dict that it gets.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "default_format_properties": dict(FONT)}
    with xlsxwriter.Workbook(stream, {**options, "in_memory": True}) as workbook:
        mark = FICTITIOUS if content.facts.is_fictitious else ""
        book = _Book(workbook, labels, mark, content.facts.release, _formats(workbook))
        title = labels.of("cover", "title").format(month=labels.month(content.facts.month_end))
        workbook.set_properties({"title": book.named(title), "author": publisher.name, "created": MADE})
        numbers = {spec.table: number for number, spec in enumerate(specs, start=1)}
        made = tables(content, specs, labels)
        sheets = {_sheet_name(book, "table", numbers[table.spec.table]): table for table in made}
        _cover(book, title, content.facts, publisher)
        _contents(book, sheets)
        _notes(book, policy)
        _definitions(book, content, specs)
        for name, table in sheets.items():
            _table(book, name, table)
    path.write_bytes(_in_language(stream.getvalue(), LOCALES[labels.language]))


def _formats(workbook: Any) -> dict[str, Any]:
    cell = {**FONT, "valign": "top"}
    text, right = {**cell, "text_wrap": True}, {**cell, "align": "right"}
    beside = {"align": "left", "indent": 1}  # keeps text apart from a number in the column before it
    header = {"bold": True, "text_wrap": True, "bottom": 1}
    formats = {
        "header": text | header,
        "header beside": text | header | beside,
        "header right": right | header,
        "title": {**FONT, "bold": True, "font_size": 18, "text_wrap": True},
        "strong": {**text, "bold": True},
        "text": text,
        "text beside": text | beside,
        "text right": right,
        "link": {**cell, "underline": 1, "font_color": "#0B5394"},
        **{kind: {**right, "num_format": shown} for kind, shown in FORMATS.items() if shown},
    }
    return {name: workbook.add_format(of) for name, of in formats.items()}


def _sheet_name(book: _Book, sheet: str, number: int | None = None) -> str:
    word = book.labels.of("sheet", sheet)
    return book.named(word if number is None else f"{word} {number}")


def _add_sheet(book: _Book, name: str, title: str) -> Any:
    sheet = book.workbook.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_header("&L" + book.named(title).replace("&", "&&"))
    sheet.set_footer(f"&Lzicht {book.release}&R&P / &N")
    return sheet


# --- Sheets


def _cover(book: _Book, title: str, facts: Facts, publisher: Publisher) -> None:
    words = partial(book.labels.of, "cover")
    sheet = _add_sheet(book, _sheet_name(book, "cover"), title)
    sheet.set_column(0, 0, COVER)
    day = format_date(facts.month_end, "long", locale=LOCALES[book.labels.language].replace("-", "_"))
    lines = [(title, "title")]
    lines += [(words("fictitious"), "strong")] if facts.is_fictitious else []
    lines += [(words("about"), "text")]
    lines += [(words("release").format(release=facts.release, day=day), "text")]
    lines += [(words("reason").format(reason=facts.reason), "strong")] if facts.reason else []
    if publisher.contact:
        contact = publisher.contact.removeprefix("mailto:")
        lines.append((words("publisher").format(name=publisher.name, contact=contact), "text"))
    lines += [(words(code), "text") for code in ("licence", "layout")]
    for row, (text, style) in enumerate(lines):
        sheet.write_string(row, 0, text, book.formats[style])
        sheet.set_row(row, 30 if style == "title" else LINE * (_lines(text, COVER) + 0.5))
    for row, target in enumerate(("contents", "notes", "definitions"), start=len(lines)):
        _link(book, sheet, row, _sheet_name(book, target), words(target))


def _link(book: _Book, sheet: Any, row: int, target: str, text: str) -> None:
    sheet.write_url(row, 0, f"internal:'{target}'!A1", book.formats["link"], text)


def _contents(book: _Book, sheets: Mapping[str, Table]) -> None:
    word, tables = book.labels.of, sheets.values()
    columns = {
        "sheet": list(sheets),
        "title": [table.title for table in tables],
        "chapter": [word("chapter", table.spec.chapter) for table in tables],
        "notes": [" ".join(_references(book, table)) for table in tables],
        "chart": [word("word", "yes" if drawn(table, book.labels) else "no") for table in tables],
    }
    sheet = _prose(book, "contents", columns)
    for row, name in enumerate(sheets, start=1):
        _link(book, sheet, row, name, name)


def _note_names(labels: Labels) -> dict[str, str]:
    """Return the name of each note by its code, e.g. `[note 1]`."""
    word = labels.of("sheet", "note")
    return {code: f"[{word} {number}]" for number, code in enumerate(labels.codes("note"), start=1)}


def _references(book: _Book, table: Table) -> list[str]:
    has_shares = any(column.kind == SHARE for column in table.columns)
    codes = [code for code in NOTES[table.spec.mart] if code != "share" or has_shares]
    return [name for code, name in _note_names(book.labels).items() if code in codes]


def _notes(book: _Book, policy: Policy) -> None:
    labels, month, year = book.labels, policy["month"], policy["year"]
    rules = {
        **{"month_base": month.base, "month_smallest": month.smallest_shown},
        **{"year_base": year.base, "year_smallest": year.smallest_shown},
        **{"share_from": year.share_from, "measures_from": year.measures_from},
        "significant": f"{SIGNIFICANT:.0%}",
    }
    names, symbols = _note_names(labels), labels.codes("symbol")
    meanings = [labels.of("note", code).format(**rules) for code in names]
    meanings += [labels.of("symbol", symbol) for symbol in symbols]
    _prose(book, "notes", {"note": [*names.values(), *symbols], "meaning": meanings})


def _definitions(book: _Book, content: Content, specs: Sequence[Spec]) -> None:
    labels = book.labels
    units = {*(count.unit for count in content.counts), *content.tables["registries"]["unit"]}
    populations = {population for spec in specs for population in spec.populations}
    terms, meanings = [], []
    for kind, term, shown in (
        ("definition unit", "unit", units),
        ("definition term", "term", set(labels.codes("term"))),
        ("definition population", "population", populations),
    ):
        for code in labels.codes(kind):
            if code in shown:
                word = labels.of(term, code)
                terms.append(word[0].upper() + word[1:])
                meanings.append(labels.of(kind, code))
    _prose(book, "definitions", {"term": terms, "meaning": meanings})


def _prose(book: _Book, code: str, texts: Mapping[str, Sequence[str]]) -> Any:
    """Add a sheet of text in columns, marked up as a table. `texts` has the cells of each column by its header."""
    title = book.labels.of("sheet", code)
    sheet = _add_sheet(book, _sheet_name(book, code), title)
    columns = [Column(book.labels.of("header", header), TEXT, cells) for header, cells in texts.items()]
    _write(book, sheet, code, title, columns)
    sheet.freeze_panes(1, 0)
    return sheet


def _table(book: _Book, name: str, table: Table) -> None:
    sheet = _add_sheet(book, name, table.title)
    headers = [column.header[0].upper() + column.header[1:] for column in table.columns]
    headers[0] = " ".join([headers[0], *_references(book, table)])
    columns = [replace(column, header=header) for header, column in zip(headers, table.columns, strict=True)]
    _write(book, sheet, table.spec.table, table.title, columns)
    sheet.freeze_panes(1, 1)
    if series := drawn(table, book.labels):
        add_chart(book.workbook, sheet, table, series, book.labels, book.mark)


# --- Cells


def _write(book: _Book, sheet: Any, name: str, title: str, columns: Sequence[Column]) -> None:
    """Write a table from A1, with its header in row 1, marked up as a table."""
    headers = [
        {"header": column.header, "header_format": book.formats[_style("header", number, column)]}
        for number, column in enumerate(columns)
    ]
    rows = list(zip(*(column.values for column in columns), strict=True))
    options = {"name": name, "title": title, "description": book.named(title), "columns": headers, "autofilter": False}
    sheet.add_table(0, 0, len(rows), len(columns) - 1, {**options, "style": "Table Style Light 1"})
    widths = [_width(column) for column in columns]
    for number, width in enumerate(widths):
        sheet.set_column(number, number, width)
    sheet.set_row(0, _height([column.header for column in columns], widths))
    for place, row in enumerate(rows, start=1):
        sheet.set_row(place, _height(row, widths))
        for number, (column, value) in enumerate(zip(columns, row, strict=True)):
            if isinstance(value, str):
                sheet.write_string(place, number, value, book.formats[_style("text", number, column)])
            else:
                sheet.write_number(place, number, value, book.formats[column.kind])
    # Years and names of releases in text columns are text on purpose.
    sheet.ignore_errors(
        {"number_stored_as_text": f"A1:{xlsxwriter.utility.xl_rowcol_to_cell(len(rows), len(columns))}"}
    )


def _style(what: str, number: int, column: Column) -> str:
    return f"{what} right" if column.kind != TEXT else f"{what} beside" if number else what


def _width(column: Column) -> int:
    """Return the width in characters that the cells and the longest word of the header need."""
    longest_word = max(len(word) for word in column.header.split())
    cells = (len(value) if isinstance(value, str) else len(f"{value:,}") for value in column.values)
    return min(max(longest_word, *cells, 10) + 3, WIDEST)


def _height(values: Sequence[Value], widths: Sequence[int]) -> float:
    """Return the height of a row in points, because spreadsheets do not compute it for wrapped text in a file."""
    return LINE * max(_lines(str(value), width) for value, width in zip(values, widths, strict=True))


def _lines(text: str, width: int) -> int:
    # Column widths are in digits. Letters are a little narrower.
    return len(textwrap.wrap(text, int(width * 1.05))) or 1


def _in_language(workbook: bytes, locale: str) -> bytes:
    """Return the workbook with its language set for screen readers, because the writer marks all charts as English."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as made, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as set_:
        for part in made.infolist():
            text = made.read(part)
            if part.filename == "docProps/core.xml":
                text = text.replace(
                    b"</cp:coreProperties>", f"<dc:language>{locale}</dc:language>".encode() + b"</cp:coreProperties>"
                )
            elif re.match(r"xl/charts/", part.filename):
                text = text.replace(b'"en-US"', f'"{locale}"'.encode())
            set_.writestr(zipfile.ZipInfo(part.filename), text, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
