"""A model of a workbook in which every cell carries its true figure: a mutation that moves a cell moves its truth too.

The model is written with another library (xlsxwriter) than the one that the reader uses (openpyxl).
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock

Place = tuple[int, int]
Figure = dict[str, Any]


def exactly(number: float | None) -> Figure:
    """Return the three values of a figure that is known exactly, or unknown."""
    value = None if number is None else float(number)
    return {"value_low": value, "value_high": value, "value": value}


@dataclass(frozen=True)
class Rich:
    """A text in runs: pairs of text and a word for its font (`superscript`, `font_strikeout`, or "")."""

    runs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Formula:
    """A formula and the value that it had when the file was saved, or None if it was never calculated."""

    text: str
    saved: Any


@dataclass(eq=False)
class Cell:
    """A cell, its role in its table, and the true figure that it prints.

    `reported`: the reader must leave out its figure and name the cell in a finding. `changed`: a mutation has changed
    the cell, and a second mutation must leave it alone.
    """

    value: Any = None
    format: str = "General"
    role: str = ""  # title, header, label, bound, value, nothing
    feeds: str = ""
    table: str = ""
    figure: Figure | None = None
    struck: bool = False
    comment: str = ""
    reported: bool = False
    changed: bool = False

    def set(self, value: Any, format: str | None = None) -> None:
        self.value, self.changed = value, True
        if format:
            self.format = format

    def report(self) -> None:
        self.reported, self.figure = True, None


@dataclass(eq=False)
class Sheet:
    name: str
    cells: dict[Place, Cell] = field(default_factory=dict)
    merged: list[tuple[Place, Place]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    state: str = "visible"
    reported: bool = False  # as a whole
    reported_columns: set[int] = field(default_factory=set)

    def put(self, place: Place, value: Any, **more: Any) -> Cell:
        cell = self.cells[place] = Cell(value, changed=True, **more)
        return cell

    def move(self, to: Callable[[int, int], Place]) -> None:
        """Move every cell, merged range and hidden row or column to another place."""
        self.cells = {to(*place): cell for place, cell in self.cells.items()}
        self.merged = [(to(*first), to(*last)) for first, last in self.merged]
        self.hidden_rows = {to(row, 1)[0] for row in self.hidden_rows}
        self.hidden_columns = {to(1, column)[1] for column in self.hidden_columns}
        self.reported_columns = {to(1, column)[1] for column in self.reported_columns}

    def insert_rows(self, at: int, count: int = 1) -> None:
        self.move(lambda row, column: (row + count * (row >= at), column))

    def insert_columns(self, at: int, count: int = 1) -> None:
        self.move(lambda row, column: (row, column + count * (column >= at)))

    def remove_column(self, at: int) -> None:
        self.cells = {place: cell for place, cell in self.cells.items() if place[1] != at}
        self.merged = [(first, last) for first, last in self.merged if not first[1] == last[1] == at]
        self.move(lambda row, column: (row, column - (column > at)))

    def place(self, cell: Cell) -> Place:
        return next(place for place, one in self.cells.items() if one is cell)

    def without_figures(self) -> None:
        for cell in self.cells.values():
            cell.figure = None

    @property
    def last_row(self) -> int:
        return max((row for row, _ in self.cells), default=0)

    @property
    def last_column(self) -> int:
        return max((column for _, column in self.cells), default=0)


@dataclass(eq=False)
class Book:
    """A workbook.

    `stops`: if the reader refuses the file, it must name one of these cells. `stops_file`: the reader must refuse the
    file as a whole. `after`: a change of the bytes once they are written.
    """

    sheets: list[Sheet]
    stops: list[Cell] = field(default_factory=list)
    stops_sheets: list[Sheet] = field(default_factory=list)  # the reader may name any cell of these
    stops_file: bool = False
    charts: int = 0
    is_1904: bool = False
    after: Callable[[bytes], bytes] | None = None
    marks: dict[str, tuple[float, float] | None] = field(default_factory=dict)
    other_title: str = ""  # the title of another edition
    with_totals: set[str] = field(default_factory=set)  # variables that have the label `Totaal`

    def copy(self) -> "Book":
        sheets = [
            replace(
                sheet,
                cells={
                    place: replace(cell, figure=dict(cell.figure) if cell.figure else None)
                    for place, cell in sheet.cells.items()
                },
                merged=list(sheet.merged),
                hidden_rows=set(sheet.hidden_rows),
                hidden_columns=set(sheet.hidden_columns),
                reported_columns=set(sheet.reported_columns),
            )
            for sheet in self.sheets
        ]
        return replace(self, sheets=sheets, stops=[], stops_sheets=[])

    def stop_anywhere(self) -> None:
        """State that the reader must refuse the file, as a whole or at any cell."""
        self.stops_sheets += self.sheets
        self.stops_file = True

    def areas(self) -> "Iterator[Area]":
        for sheet in self.sheets:
            for name in sorted({cell.table for cell in sheet.cells.values() if cell.table}):
                yield Area(sheet, name)

    def content(self) -> bytes:
        """Return the bytes of the file."""
        buffer = io.BytesIO()
        options = {"in_memory": True, "date_1904": self.is_1904, "strings_to_formulas": False}
        with xlsxwriter.Workbook(buffer, options) as workbook:
            _write(self, workbook)
        content = buffer.getvalue()
        return self.after(content) if self.after else content


@dataclass(frozen=True)
class Area:
    """One table on one sheet, found by the roles of its cells."""

    sheet: Sheet
    name: str

    def of(self, role: str, feeds: str = "") -> list[Cell]:
        """Return the cells with a role, row by row, without those that a mutation has changed or hidden."""
        return [
            cell
            for place, cell in sorted(self.sheet.cells.items(), key=lambda item: item[0])
            if cell.table == self.name
            and cell.role == role
            and feeds in ("", cell.feeds)
            and not cell.changed
            and cell.value is not None
            and place[0] not in self.sheet.hidden_rows
            and place[1] not in self.sheet.hidden_columns
        ]

    def counts(self) -> list[Cell]:
        """Return the value cells whose number is known exactly and is not a percentage."""
        return [cell for cell in self._known() if cell.figure["unit"] != "percent"]

    def percentages(self) -> list[Cell]:
        return [cell for cell in self._known() if cell.figure["unit"] == "percent"]

    def _known(self) -> list[Cell]:
        return [cell for cell in self.of("value") if cell.figure and cell.figure["value"] is not None]

    def whole_counts(self) -> list[Cell]:
        return [cell for cell in self.counts() if isinstance(cell.value, int)]

    def label_column(self) -> int:
        """Return the first column with labels, or the first column of the table if it has no labels."""
        columns = [column for (_, column), cell in self.sheet.cells.items() if self._is_mine(cell, "label")]
        return min(columns, default=self.columns()[0])

    def at(self, cell: Cell) -> Place:
        return self.sheet.place(cell)

    def rows(self) -> list[int]:
        """Return the rows that have values and are not hidden."""
        rows = {row for (row, _), cell in self.sheet.cells.items() if self._is_mine(cell, "value")}
        return sorted(rows - self.sheet.hidden_rows)

    def columns(self) -> list[int]:
        return sorted({column for (_, column), cell in self.sheet.cells.items() if self._is_mine(cell, "")})

    def header_rows(self) -> list[int]:
        return sorted({row for (row, _), cell in self.sheet.cells.items() if self._is_mine(cell, "header")})

    def _is_mine(self, cell: Cell, role: str) -> bool:
        return cell.table == self.name and role in ("", cell.role)

    def row(self, row: int) -> list[tuple[Place, Cell]]:
        first, last = self.columns()[0], self.columns()[-1]
        return [
            (place, cell) for place, cell in self.sheet.cells.items() if place[0] == row and first <= place[1] <= last
        ]

    def without_figures(self, row: int) -> None:
        """Remove the figures of a row and the findings about them."""
        for _, cell in self.row(row):
            cell.figure, cell.reported = None, False

    def column(self, column: int) -> list[tuple[Place, Cell]]:
        """Return the cells of a column from the header to the last row."""
        top, bottom = self.header_rows()[0], self.rows()[-1]
        return [
            (place, cell)
            for place, cell in self.sheet.cells.items()
            if place[1] == column and top <= place[0] <= bottom
        ]

    def rows_alike(self) -> list[int]:
        """Return the rows that can be reordered, or none if the table has block labels."""
        mine = [cell for cell in self.sheet.cells.values() if cell.table == self.name]
        return [] if any(cell.feeds.endswith("_block") for cell in mine) else self.rows()


def opened(content: bytes) -> Book:
    """Return the model of a file's bytes, without true figures."""
    values = openpyxl.load_workbook(io.BytesIO(content), data_only=True, rich_text=True)
    formulas = openpyxl.load_workbook(io.BytesIO(content))
    sheets = []
    for one in values.worksheets:
        sheet = Sheet(one.title, state=one.sheet_state)
        for row in one.iter_rows():
            for cell in row:
                formula = formulas[one.title][cell.coordinate]
                value = _value(cell.value)
                if formula.data_type == "f":
                    value = Formula(str(formula.value), value)
                if value is not None:
                    sheet.cells[cell.row, cell.column] = Cell(value, cell.number_format)
        sheet.merged = [
            ((area.min_row, area.min_col), (area.max_row, area.max_col)) for area in one.merged_cells.ranges
        ]
        sheet.hidden_rows = {number for number, row in one.row_dimensions.items() if row.hidden}
        sheet.hidden_columns = {
            number
            for dimension in one.column_dimensions.values()
            if dimension.hidden
            for number in range(dimension.min, dimension.max + 1)
        }
        sheets.append(sheet)
    return Book(sheets)


def _value(value: Any) -> Any:
    if not isinstance(value, CellRichText):
        return value
    return Rich(
        tuple(
            (run.text, run.font.vertAlign or "" if run.font else "") if isinstance(run, TextBlock) else (str(run), "")
            for run in value
        )
    )


def _write(book: Book, workbook: xlsxwriter.Workbook) -> None:
    formats: dict[tuple[str, bool], Any] = {}

    def style(number_format: str, struck: bool = False) -> Any:
        key = (number_format, struck)
        if key not in formats:
            formats[key] = workbook.add_format({"num_format": number_format, "font_strikeout": struck})
        return formats[key]

    for sheet in book.sheets:
        target = workbook.add_worksheet(sheet.name)
        _shape(sheet, target)
        for (row, column), cell in sheet.cells.items():
            _write_cell(workbook, target, (row - 1, column - 1), cell, style(cell.format, cell.struck))
    if visible := [number for number, one in enumerate(book.sheets) if one.state == "visible"]:
        workbook.worksheets()[visible[0]].activate()
        workbook.worksheets()[visible[0]].set_first_sheet()
    for _ in range(book.charts):
        chart = workbook.add_chart({"type": "line"})
        chart.add_series({"values": f"='{book.sheets[0].name}'!$B$2:$B$4"})
        workbook.add_chartsheet().set_chart(chart)


def _shape(sheet: Sheet, target: Any) -> None:
    """Merge and hide what the model merges and hides."""
    for (top, left), (bottom, right) in sheet.merged:
        if (top, left) != (bottom, right):
            target.merge_range(top - 1, left - 1, bottom - 1, right - 1, "")
    for row in sheet.hidden_rows:
        target.set_row(row - 1, None, None, {"hidden": True})
    for column in sheet.hidden_columns:
        target.set_column(column - 1, column - 1, None, None, {"hidden": True})
    if sheet.state != "visible":
        target.very_hidden() if sheet.state == "veryHidden" else target.hide()


def _write_cell(workbook: xlsxwriter.Workbook, target: Any, place: Place, cell: Cell, style: Any) -> None:
    value = cell.value
    if cell.comment:
        target.write_comment(*place, cell.comment)
    if isinstance(value, Rich):
        runs = [part for text, font in value.runs for part in ([_font(workbook, font), text] if font else [text])]
        target.write_rich_string(*place, *runs, style)
    elif isinstance(value, Formula):
        target.write_formula(*place, value.text, style, "" if value.saved is None else value.saved)
    elif isinstance(value, datetime | date):
        target.write_datetime(*place, value, style)
    elif isinstance(value, bool):
        target.write_boolean(*place, value, style)
    elif isinstance(value, int | float):
        target.write_number(*place, value, style)
    elif value is not None:
        target.write_string(*place, str(value), style)


def _font(workbook: xlsxwriter.Workbook, font: str) -> Any:
    return workbook.add_format({"font_script": 1} if font == "superscript" else {font: True})
