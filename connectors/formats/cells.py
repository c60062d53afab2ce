"""Read a workbook's cells as a person sees them.

Number formats are applied, footnote marks are separated from the text, and hidden cells are noted.
"""

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
# Enough digits for the largest number in the longest format.
EVERY_DIGIT = Context(prec=1000)


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: The text that a person sees, without its footnote marks.
        note: The footnote marks.
        number: The number, if the cell holds a number and not a text. It is rounded as shown.
            A percentage is in percent.
        moment: The date, if the cell holds a date and not a text.
        broken: The rule that the cell breaks, or an empty text. The rules are `formula_without_value`, `error_value`,
            `struck_out` and `unknown_format`.
    """

    text: str
    note: str = ""
    number: Decimal | None = None
    moment: date | None = None
    broken: str = ""


BLANK = Cell("")
WITHOUT_VALUE = Cell("", broken="formula_without_value")


@dataclass(frozen=True)
class Grid:
    """One sheet: the visible cells, and what is hidden."""

    sheet: str
    cells: Mapping[Place, Cell]
    merged: Mapping[Place, Place]  # the first place of a merged range, by each place in it
    concealed: frozenset[Place]  # cells that hold something but are hidden
    hidden: tuple[str, ...]  # the rows and columns that hide these cells; an empty text is the whole sheet
    last_row: int
    last_column: int

    def at(self, row: int, column: int) -> Cell:
        return self.cells.get((row, column), BLANK)

    @cached_property
    def rows(self) -> Mapping[int, Sequence[int]]:
        """Return the columns that hold something, by row. Hidden cells count too. Rows and columns are in order."""
        rows: dict[int, list[int]] = {}
        for row, column in sorted({*self.cells, *self.concealed, *self.merged}):
            rows.setdefault(row, []).append(column)
        return rows


def address(place: Place) -> str:
    """Return the address of a place.

    Example:
        `address((4, 3))` is `C4`.
    """
    return f"{get_column_letter(place[1])}{place[0]}"


@contextmanager
def opened_grids(source: str, file: SourceFile) -> Iterator[list[Grid]]:
    """Open all sheets of a workbook.

    Args:
        source: The name of the source.
        file: The file to read.

    Yields:
        One grid for each sheet, in the order of the workbook.

    Raises:
        SourceProblem: If the file is not a workbook, is damaged, or unpacks to too much.
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
            if place != (area.min_row, area.min_col):  # only the first cell of a merged range is visible
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
    """Return the row or column that hides a cell, or None if the cell is visible.

    Return an empty text if the whole sheet is hidden.
    """
    row, column = place
    if sheet.is_hidden:
        return ""
    if row in sheet.hidden_rows:
        return f"row {row}"
    return f"column {get_column_letter(column)}" if any(column in one for one in sheet.hidden_columns) else None


def _inside(area: CellRange, places: Collection[Place]) -> list[Place]:
    """Return the places that lie in an area. The area can be two cells or a whole column: use the shorter loop."""
    rows, columns = range(area.min_row, area.max_row + 1), range(area.min_col, area.max_col + 1)
    if len(rows) * len(columns) < len(places):
        return [place for place in product(rows, columns) if place in places]
    return [place for place in places if place[0] in rows and place[1] in columns]


def _merged(areas: Sequence[CellRange], filled: Collection[Place]) -> dict[Place, Place]:
    """Return the first place of its merged range for each place in such a range.

    A range can extend to the end of the sheet. Only rows and columns that hold something, and the next ones, count.
    """
    rows, columns = (sorted({place[axis] + step for place in filled for step in (0, 1)}) for axis in (0, 1))
    return {
        place: (area.min_row, area.min_col)
        for area in areas
        for place in product(_between(rows, area.min_row, area.max_row), _between(columns, area.min_col, area.max_col))
    }


def _between(numbers: list[int], first: int, last: int) -> list[int]:
    return numbers[bisect_left(numbers, first) : bisect_right(numbers, last)]


def shown(cell: Any) -> Cell:
    """Return what a person sees in an openpyxl cell that holds something.

    Args:
        cell: The cell. Its texts may be rich text.

    Returns:
        The visible cell, or a cell with a broken rule.
    """
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
    """Return whether a cell, or a part of its text, is struck out. It is then unclear which figure holds."""
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
    """Return a number as its format shows it.

    A format that shows only plain text gives that text. A format that adds something else to the digits gives the rule
    `unknown_format`. The format `"<"0`, for example, would print 5 as <5.

    Args:
        value: The number in the cell.
        number_format: The number format of a spreadsheet, such as `0.0%`.

    Returns:
        The visible cell, with the number rounded as shown.
    """
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
