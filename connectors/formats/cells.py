"""Read a workbook's cells as a person sees them.

Number formats are applied, footnote marks are separated from the text, and hidden cells are noted.
"""

import operator
import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cached_property
from itertools import product

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange

from connectors.codelists.layouts import INVISIBLE
from connectors.formats.workbook import Mask, Place, Raw, Sheet, read_sheets
from connectors.formats.workbook_parts import TextRun
from connectors.source import Rejection, SourceFile

READING = "2"  # must change when the same workbook is read otherwise, so that it is read again

# Marks that point to a footnote: superscript digits, stars and daggers, and one small letter in parentheses.
NOTE_MARKS = re.compile(r"(?<=[^\s(])\s*((?:[\u00b9\u00b2\u00b3\u2070\u2074-\u2079]+|[*†‡]+|\([a-z]\))\s*)+$")
# Parts of a number format that do not change the number: colours, padding, fill, escaped blanks.
DECORATION = re.compile(r"\[(?!h|m|s|<|>|=)[^\]]*\]|_.|\*.|\\[ -]")
LITERAL = re.compile(r'"([^"]*)"|\\(.)')
# A format has at most 255 characters.
NUMBER = re.compile(r"[#0?, \u00a0\u202f]*[#0](?:\.(?P<decimals>[0#?]{1,255}))?(?P<percent> ?%)?")
# Enough digits for the largest number in the longest format.
EVERY_DIGIT = Context(prec=1000)
# How a conditional format compares a number with its limit.
COMPARISONS = {
    "lessThan": operator.lt,
    "lessThanOrEqual": operator.le,
    "equal": operator.eq,
    "notEqual": operator.ne,
    "greaterThanOrEqual": operator.ge,
    "greaterThan": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        text: The text that a person sees, without its footnote marks.
        note: The footnote marks.
        number: The number, if the cell holds a number and not a text. It is rounded as shown.
            A percentage is in percent.
        moment: The date, if the cell holds a date and not a text.
        broken: The rule that the cell breaks, or an empty text. The rules are `formula_without_value`, `error_value`,
            `struck_out`, `raised_text` and `unknown_format`.
        typed: The text or number as it was typed, with its footnote marks. None if a person sees something else: a
            number that its format rounds or replaces, or a text with a raised or lowered part.
    """

    text: str
    note: str = ""
    number: Decimal | None = None
    moment: date | None = None
    broken: str = ""
    typed: str | None = field(default=None, compare=False)


BLANK = Cell("", typed="")
UNKNOWN_FORMAT = Cell("", broken="unknown_format")


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

    def is_merged(self, place: Place) -> bool:
        """Return whether a cell is part of a merged range that holds something."""
        return self.merged.get(place) in self.cells

    def findings(self) -> list[Rejection]:
        """Return a finding for each row and column that hides something, or one for the whole sheet."""
        return [Rejection(f"{self.sheet}!{place}".rstrip("!"), "", "hidden_content") for place in self.hidden]

    @cached_property
    def rows(self) -> Mapping[int, Sequence[int]]:
        """Return the columns that hold something, by row. Hidden cells count too. Rows and columns are in order."""
        rows: dict[int, list[int]] = {}
        for row, column in sorted(dict.fromkeys((*self.cells, *self.concealed, *self.merged))):
            rows.setdefault(row, []).append(column)
        return rows


def address(place: Place) -> str:
    """Return the address of a place.

    Example:
        `address((4, 3))` is `C4`.
    """
    return f"{get_column_letter(place[1])}{place[0]}"


def read_grids(source: str, file: SourceFile) -> list[Grid]:
    """Read all sheets of a workbook.

    Args:
        source: The name of the source.
        file: The file to read.

    Returns:
        One grid for each sheet, in the order of the workbook.

    Raises:
        SourceProblem: If the file is not a workbook, is damaged, unpacks to too much or has too many cells.
    """
    return [_grid(sheet) for sheet in read_sheets(source, file)]


def _grid(sheet: Sheet) -> Grid:
    seen: dict[Raw, Cell] = {}  # equal cells share one object
    found = {place: seen.get(raw) or seen.setdefault(raw, shown(raw)) for place, raw in sheet.cells.items()}
    _mask(sheet, found)
    for area in sheet.merged:
        for place in _inside(area, found):
            if place != (area.min_row, area.min_col):  # only the first cell of a merged range is visible
                del found[place]
    cells: dict[Place, Cell] = {}
    concealed: set[Place] = set()
    hidden: set[str] = set()
    for place, one in sorted(found.items()):
        if not one.text and one == BLANK and one.typed is not None:
            continue
        behind = _hidden(sheet, place)
        if behind is None:
            cells[place] = one
        else:
            concealed.add(place)
            hidden.add(behind)
    merged = _merged(sheet.merged, cells.keys() | concealed) if sheet.merged else {}
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


def _mask(sheet: Sheet, found: dict[Place, Cell]) -> None:
    """Replace the numbers that a conditional format shows otherwise. This dict is changed."""
    masked: dict[Place, Cell] = {}
    for mask in sheet.masks:
        for place in [place for area in mask.areas for place in _inside(area, found)]:
            value = sheet.cells[place].value
            if found[place].number is not None and (cell := _under(mask, value)):
                is_first = masked.setdefault(place, cell) == cell
                found[place] = cell if is_first else UNKNOWN_FORMAT


def _under(mask: Mask, value: float) -> Cell | None:
    """Return what a conditional format makes visible of a number, or None if its condition does not hold.

    Only conditions that compare with a number can be decided here.
    """
    try:
        limits = [float(limit) for limit in mask.limits]
    except ValueError:
        return UNKNOWN_FORMAT
    if mask.rule == "cellIs" and mask.operator == "between" and len(limits) == 2:
        holds = min(limits) <= value <= max(limits)
    elif mask.rule == "cellIs" and mask.operator in COMPARISONS and len(limits) == 1:
        holds = COMPARISONS[mask.operator](value, limits[0])
    else:
        return UNKNOWN_FORMAT
    return formatted(value, mask.number_format) if holds else None


def shown(raw: Raw) -> Cell:
    """Return what a person sees in a cell that holds something, or a cell with a broken rule.

    Args:
        raw: The cell as the file holds it.
    """
    value, style = raw.value, raw.style
    runs = value if isinstance(value, tuple) else (TextRun(str(value), is_struck=False, is_raised=False),)
    if raw.is_error:
        return Cell("", broken="error_value")
    if value is None:
        return Cell("", broken="formula_without_value")
    if style.is_struck or any(run.is_struck for run in runs):  # it is unclear whether it holds
        return Cell("", broken="struck_out")
    if style.is_raised:  # it is unclear whether it is a footnote mark
        return Cell("", broken="raised_text")
    if isinstance(value, date):
        moment = value.date() if isinstance(value, datetime) else value
        return Cell(moment.isoformat(), moment=moment, typed=moment.isoformat())
    if isinstance(value, int | float):
        return formatted(value, style.number_format)
    texts = style.number_format.split(";")[3:]
    if texts and "@" not in texts[0]:  # the fourth part of a format is for texts, and this one hides or replaces them
        return UNKNOWN_FORMAT
    raised = "".join(run.text for run in runs if run.is_raised)
    return _text("".join(run.text for run in runs if not run.is_raised), raised)


def _text(text: str, raised: str) -> Cell:
    typed = None if raised else text
    text = INVISIBLE.sub("", text).strip()
    marks = NOTE_MARKS.search(text)
    if marks:
        text, raised = text[: marks.start()], marks[0] + raised
    return Cell(text, "".join(raised.split()), typed=typed)


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
    plain = f"{exact:f}".removesuffix(".0")
    if bare in ("General", "@"):
        return Cell(plain, number=exact, typed=plain)
    if LITERAL.sub("", bare).strip() == "":
        return replace(_text("".join(found[1] or found[2] or "" for found in LITERAL.finditer(bare)), ""), typed=None)
    number = NUMBER.fullmatch(bare)
    if number is None:
        return UNKNOWN_FORMAT
    is_percent = bool(number["percent"])
    decimals = len(number["decimals"] or "")
    number_shown = exact * (100 if is_percent else 1)
    rounded = number_shown.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, EVERY_DIGIT)
    typed = plain if rounded == exact else None
    return Cell(f"{rounded:f}{'%' if is_percent else ''}", number=rounded, typed=typed)
