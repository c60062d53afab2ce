"""A workbook's cells as a person sees them: formats applied, footnote marks apart, hidden ones told."""

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cached_property
from itertools import product
from typing import Any

from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange

from connectors.codelists.layouts import INVISIBLE
from connectors.formats.workbook import Sheet, opened_workbook, whole_sheets
from connectors.source import SourceFile

Place = tuple[int, int]  # row and column, from 1

# Marks that point to a footnote: superscript digits, stars and daggers, and one small letter in parentheses.
NOTE_MARKS = re.compile(r"(?<=[^\s(])\s*((?:[\u00b9\u00b2\u00b3\u2070\u2074-\u2079]+|[*†‡]+|\([a-z]\))\s*)+$")
# Parts of a number format that do not change the number: colours, padding, fill, escaped blanks.
DECORATION = re.compile(r"\[(?!h|m|s|<|>|=)[^\]]*\]|_.|\*.|\\[ -]")
LITERAL = re.compile(r'"([^"]*)"|\\(.)')
# A format has at most 255 characters.
NUMBER = re.compile(r"[#0?, \u00a0\u202f]*[#0](?:\.(?P<decimals>[0#?]{1,255}))?(?P<percent> ?%)?")
# Digits enough for the largest number under the longest format.
EVERY_DIGIT = Context(prec=1000)


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
WITHOUT_VALUE = Cell("", broken="formula_without_value")


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

    @cached_property
    def rows(self) -> Mapping[int, Sequence[int]]:
        """The rows in which there is anything, also what cannot be seen, and their columns with it; in order."""
        rows: dict[int, list[int]] = {}
        for row, column in sorted({*self.cells, *self.concealed, *self.merged}):
            rows.setdefault(row, []).append(column)
        return rows


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
        sheets = zip(whole_sheets(values, rich_text=True), whole_sheets(formulas), strict=True)
        yield [_grid(*sheet) for sheet in sheets]


def _grid(sheet: Sheet, formulas: Sheet) -> Grid:
    found = {place: shown(cell) for place, cell in sheet.cells.items()}
    for place, cell in formulas.cells.items():
        if cell.data_type == "f":
            found.setdefault(place, WITHOUT_VALUE)
    for area in sheet.merged:
        for place in _inside(area, found):
            if place != (area.min_row, area.min_col):  # of a merged range only the first cell is seen
                del found[place]
    cells: dict[Place, Cell] = {}
    concealed: set[Place] = set()
    hidden: set[str] = set()
    for place, one in sorted(found.items()):
        if one == BLANK:
            continue
        behind = _hidden(sheet, place)
        if behind is None:
            cells[place] = one
        else:
            concealed.add(place)
            hidden.add(behind)
    merged = _merged(sheet.merged, cells.keys() | concealed)
    places = [*cells, *concealed, *merged]
    last_row, last_column = (max((place[axis] for place in places), default=1) for axis in (0, 1))
    return Grid(sheet.title, cells, merged, frozenset(concealed), tuple(sorted(hidden)), last_row, last_column)


def _hidden(sheet: Sheet, place: Place) -> str | None:
    """The row or column whose hiding hides a cell; nothing where the sheet is hidden, None where nothing is."""
    row, column = place
    if sheet.is_hidden:
        return ""
    if row in sheet.hidden_rows:
        return f"row {row}"
    return f"column {get_column_letter(column)}" if any(column in one for one in sheet.hidden_columns) else None


def _inside(area: CellRange, places: Collection[Place]) -> list[Place]:
    """Those of the places that lie in an area, which can be a whole column as well as two cells."""
    rows, columns = range(area.min_row, area.max_row + 1), range(area.min_col, area.max_col + 1)
    if len(rows) * len(columns) < len(places):
        return [place for place in product(rows, columns) if place in places]
    return [place for place in places if place[0] in rows and place[1] in columns]


def _merged(areas: Sequence[CellRange], filled: Collection[Place]) -> dict[Place, Place]:
    """The first place of the merged range for each of its places, as far as there is anything in their rows and columns
    or next to these: beyond, a range can go on to the end of the sheet."""
    rows, columns = (sorted({place[axis] + step for place in filled for step in (0, 1)}) for axis in (0, 1))
    return {
        place: (area.min_row, area.min_col)
        for area in areas
        for place in product(_between(rows, area.min_row, area.max_row), _between(columns, area.min_col, area.max_col))
    }


def _between(numbers: list[int], first: int, last: int) -> list[int]:
    return numbers[bisect_left(numbers, first) : bisect_right(numbers, last)]


def shown(cell: Any) -> Cell:
    """What a person sees in an openpyxl cell that holds something."""
    value = cell.value
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
    if not abs(value) <= sys.float_info.max:
        return Cell("", broken="error_value")
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
    number_shown = exact * (100 if is_percent else 1)
    rounded = number_shown.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, EVERY_DIGIT)
    return Cell(f"{rounded:f}{'%' if is_percent else ''}", number=rounded)
