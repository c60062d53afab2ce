"""A workbook's cells as a person sees them: formats applied, footnote marks apart, hidden ones told."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from connectors.layouts import INVISIBLE
from connectors.source import SourceFile
from connectors.workbook import opened_workbook

Place = tuple[int, int]  # row and column, from 1

# Marks that point to a footnote: superscript digits, stars and daggers, and one small letter in parentheses.
NOTE_MARKS = re.compile(r"(?<=[^\s(])\s*((?:[\u00b9\u00b2\u00b3\u2070\u2074-\u2079]+|[*†‡]+|\([a-z]\))\s*)+$")
# Parts of a number format that do not change the number: colours, padding, fill, escaped blanks.
DECORATION = re.compile(r"\[(?!h|m|s|<|>|=)[^\]]*\]|_.|\*.|\\[ -]")
LITERAL = re.compile(r'"([^"]*)"|\\(.)')
NUMBER = re.compile(r"[#0?, \u00a0\u202f]*[#0](?:\.(?P<decimals>[0#?]+))?(?P<percent> ?%)?")


@dataclass(frozen=True)
class Cell:
    """One cell: the text that is seen, without its footnote marks; the marks; the number or date where the cell holds
    one and not a text; and a rule that it breaks (formula_without_value, error_value, struck_out, unknown_format), if
    any."""

    text: str
    note: str = ""
    number: Decimal | None = None
    moment: date | None = None
    broken: str = ""


BLANK = Cell("")


@dataclass(frozen=True)
class Grid:
    """One sheet: the cells that can be seen, and what is hidden."""

    sheet: str
    cells: Mapping[Place, Cell]
    merged: Mapping[Place, Place]  # a place inside a merged range: the range's first place
    concealed: frozenset[Place]  # cells that hold something and cannot be seen
    hidden: tuple[str, ...]  # the same as rows and columns
    last_row: int
    last_column: int

    def at(self, row: int, column: int) -> Cell:
        return self.cells.get((row, column), BLANK)


def address(place: Place) -> str:
    """`C4` of (4, 3)."""
    return f"{get_column_letter(place[1])}{place[0]}"


@contextmanager
def opened_grids(source: str, file: SourceFile) -> Iterator[list[Grid]]:
    """All sheets of a workbook.

    Raises:
        SourceProblem: no workbook, a damaged one, or one that unpacks to too much.
    """
    with (
        opened_workbook(source, file, streamed=False) as values,
        opened_workbook(source, file, streamed=False, formulas=True) as formulas,
    ):
        yield [_grid(values[name], formulas[name]) for name in _names(values)]


def _names(workbook: Workbook) -> list[str]:
    return [sheet.title for sheet in workbook.worksheets]  # charts have no cells


def _grid(sheet: Worksheet, formulas: Worksheet) -> Grid:
    hidden_rows = {number for number, row in sheet.row_dimensions.items() if row.hidden}
    hidden_columns: set[int] = set()
    for dimension in sheet.column_dimensions.values():
        if dimension.hidden and dimension.min and dimension.max:
            hidden_columns.update(range(dimension.min, min(dimension.max, sheet.max_column) + 1))
    cells: dict[Place, Cell] = {}
    concealed: set[Place] = set()
    hidden: set[str] = set()
    for row_number, row in enumerate(sheet.iter_rows(), start=1):
        for column_number, cell in enumerate(row, start=1):
            place = (row_number, column_number)
            found = shown(cell, is_formula=formulas.cell(row_number, column_number).data_type == "f")
            if found == BLANK:
                continue
            if sheet.sheet_state != "visible":
                hidden.add("")
            elif row_number in hidden_rows:
                hidden.add(f"row {row_number}")
            elif column_number in hidden_columns:
                hidden.add(f"column {get_column_letter(column_number)}")
            else:
                cells[place] = found
                continue
            concealed.add(place)
    merged = {
        (row, column): (area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }
    return Grid(
        sheet.title, cells, merged, frozenset(concealed), tuple(sorted(hidden)), sheet.max_row, sheet.max_column
    )


def shown(cell: Any, *, is_formula: bool = False) -> Cell:
    """What a person sees in an openpyxl cell."""
    value = cell.value
    if value is None:
        return Cell("", broken="formula_without_value") if is_formula else BLANK
    if cell.data_type == "e":
        return Cell("", broken="error_value")
    if _is_struck(cell):
        return Cell("", broken="struck_out")
    if isinstance(value, CellRichText):
        raised = "".join(run.text for run in value if isinstance(run, TextBlock) and _is_raised(run))
        text = "".join(
            run.text if isinstance(run, TextBlock) else str(run)
            for run in value
            if not (isinstance(run, TextBlock) and _is_raised(run))
        )
        return _text(text, raised)
    if isinstance(value, datetime | date):
        moment = value.date() if isinstance(value, datetime) else value
        return Cell(moment.isoformat(), moment=moment)
    if isinstance(value, bool):
        return Cell(str(value).lower())
    if isinstance(value, int | float):
        return formatted(value, cell.number_format)
    return _text(str(value), "")


def _is_struck(cell: Any) -> bool:
    """Whether the cell, or a part of its text, is struck out: of a figure and its correction neither is sure."""
    runs = cell.value if isinstance(cell.value, CellRichText) else ()
    return bool(cell.font and cell.font.strike) or any(
        run.font is not None and run.font.strike for run in runs if isinstance(run, TextBlock)
    )


def _is_raised(run: TextBlock) -> bool:
    return run.font is not None and run.font.vertAlign == "superscript"


def _text(text: str, raised: str) -> Cell:
    text = INVISIBLE.sub("", text).strip()
    marks = NOTE_MARKS.search(text)
    if marks:
        text, raised = text[: marks.start()], marks[0] + raised
    return Cell(text, "".join(raised.split()))


def formatted(value: float, number_format: str) -> Cell:
    """A number under its format. A format that shows something else than digits is obeyed where it is plain text, and
    otherwise told: `"<"0` would print 5 as <5."""
    sections = (number_format or "General").split(";")
    section = sections[0]
    if value < 0 and len(sections) > 1:
        section = sections[1]
    elif value == 0 and len(sections) > 2:
        section = sections[2]
    bare = DECORATION.sub("", section).strip()
    exact = Decimal(repr(float(value)))
    if bare in ("General", "@"):
        return Cell(f"{exact:f}".removesuffix(".0"), number=exact)
    if LITERAL.sub("", bare).strip() == "":
        return _text("".join(found[1] or found[2] or "" for found in LITERAL.finditer(bare)), "")
    number = NUMBER.fullmatch(bare)
    if number is None:
        return Cell("", broken="unknown_format")
    is_percent = bool(number["percent"])
    decimals = len(number["decimals"] or "")
    rounded = (exact * (100 if is_percent else 1)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return Cell(f"{rounded}%", number=rounded) if is_percent else Cell(f"{rounded:f}", number=rounded)
