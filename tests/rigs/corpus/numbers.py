"""Mutations of values: counts, marks, percentages, formats, formulas."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

from rigs.corpus.book import Area, Book, Cell, Formula, Rich, exactly
from rigs.corpus.mutation import add, chosen, mutation, need


def _grouped(number: float, mark: str) -> str:
    return f"{int(number):,}".replace(",", mark)


# --- Counts that are printed in another way and keep their value

SAME: dict[str, Callable[[int], Any]] = {
    "grouped by points": lambda count: _grouped(count, "."),
    "grouped by commas": lambda count: _grouped(count, ","),
    "grouped by blanks": lambda count: _grouped(count, " "),
    "grouped by hard blanks": lambda count: _grouped(count, "\u00a0"),
    "grouped by thin blanks": lambda count: _grouped(count, "\u2009"),
    "grouped by narrow blanks": lambda count: _grouped(count, "\u202f"),
    "as a text": str,
    "as a float": float,
    "with blanks around": lambda count: f" {count} ",
    "with a hard blank": lambda count: f"\u00a0{count}",
    "with a line break": lambda count: f"{count}\n",
    "with a no-width blank": lambda count: f"\u200b{count}",
    "with a superscript": lambda count: f"{count}²",
    "with two superscripts": lambda count: f"{count}¹²",
    "with a star": lambda count: f"{count}*",
    "with two stars": lambda count: f"{count} **",
    "with a dagger": lambda count: f"{count}†",
    "with a letter": lambda count: f"{count} (a)",
    "with a raised digit": lambda count: Rich(((str(count), ""), ("1", "superscript"))),
    "grouped, with a raised digit": lambda count: Rich(((_grouped(count, "."), ""), ("23", "superscript"))),
    "as a formula": lambda count: Formula("=SUM(A1:A2)", count),
    "as a formula of text": lambda count: Formula('=""&A1', str(count)),
}
FORMATS = (
    "0",
    "#,##0",
    "0.0",
    "@",
    "[Red]0",
    "_-* #,##0_-",
    "#,##0;[Red]-#,##0",
    "[$-413]#,##0",
    "0_);(0)",
    '0;-0;"-"',
)

# --- Values that are not counts: the figure is left out, and a finding names the cell

NO_COUNT: dict[str, Any] = {
    "decimal comma": "1,5",
    "decimal point": "12.34",
    "percent": "12%",
    "in parentheses": "(12)",
    "real minus": "−12",
    "hyphen minus": "-12",
    "negative number": -12,
    "broken number": 12.5,
    "thousands read as decimals": 1.334,
    "scientific text": "1e3",
    "apostrophe": "'716",
    "grouped by apostrophes": "1'334",
    "fifteen digits": "123456789012345",
    "wrong groups": "13.34.5",
    "fraction that looks grouped": "0,234",
    "fraction with a point that looks grouped": "0.125",
    "mixed groups": "1.334,567",
    "full-width digits": "７１６",
    "arabic digits": "٧١٦",
    "letter O": "7O6",
    "with a letter": "716p",
    "with a currency": "€ 716",
    "about": "ca. 716",
    "a range": "716-720",
    "two numbers": "716 12",
    "a footnote in brackets": "716 [1]",
    "with a dash": "716,-",
    "or more": ">5",
    "a truth value": True,
    "a date": datetime(2019, 7, 16),
    "an error": Formula("=1/0", "#DIV/0!"),
    "a lost reference": Formula("=#REF!", "#REF!"),
    "no value in the table": Formula("=NA()", "#N/A"),
    "a formula never calculated": Formula("=SUM(Z1:Z2)", None),
    "struck out in part": Rich((("716", "font_strikeout"), ("718", ""))),
}
MARKS = (
    *("-", "–", "—", "−", "x", "X", ".", "..", "*", "**", "?", "0", "<5", "< 5", "<5*", "≤5", "<10", "n.v.t.", "onb."),
    *("NA", "[c]", "^", "-¹", "x (a)", "", " ", "\u00a0", None),
)


def _pick(area: Area, random: Random) -> Cell:
    """Choose the cell of a count, a large one if there is one, because only large counts have groups of thousands."""
    cells = [cell for cell in area.counts() if cell.figure["value_low"] == cell.figure["value"]]
    large = [cell for cell in cells if cell.figure["value"] >= 1000]
    return chosen(random, large or cells)


def _same(book: Book, area: Area, random: Random, *, print_as: Callable[[int], Any], everywhere: bool) -> None:
    need(area.counts())
    for cell in area.counts() if everywhere else [_pick(area, random)]:
        cell.set(print_as(int(cell.figure["value"])))


def _format(book: Book, area: Area, random: Random, *, number_format: str) -> None:
    need(area.of("value"))
    for cell in area.counts():
        cell.set(int(cell.figure["value"]), number_format)


def _told(book: Book, area: Area, random: Random, *, value: Any, number_format: str = "General") -> None:
    cell = _pick(area, random)
    cell.set(value, "yyyy-mm-dd" if isinstance(value, datetime) else number_format)
    cell.report()


def _marked(book: Book, area: Area, random: Random, *, mark: str | None) -> None:
    """Put a mark into a cell. It means what the seeds say; findings must name an unknown mark. A blank is unknown."""
    cells = area.of("value")
    cell = chosen(random, [one for one in cells if one.figure])
    cell.set(mark)
    plain = (mark or "").replace("\u00a0", " ").strip().lower()
    for footnote in ("¹", " (a)", "*"):
        plain = plain.removesuffix(footnote) if plain not in ("*", "**") else plain
    plain = "-" if plain in ("–", "—", "−") else plain
    has_bounds = cell.figure["is_estimate"] and cell.figure["value_low"] != cell.figure["value"]
    if has_bounds and (plain == "0" or book.marks.get(plain)):  # outside the printed bounds
        cell.report()
    elif plain in ("", "0"):
        cell.figure |= exactly(0 if plain else None)
    elif plain in book.marks:
        low, high = book.marks[plain] or (None, None)
        cell.figure |= {"value_low": low, "value_high": high, "value": low if low == high else None}
    else:
        cell.report()


for name, print_as in SAME.items():
    add("numbers", f"count {name}", partial(_same, print_as=print_as, everywhere=False))
for name in ("grouped by points", "grouped by thin blanks", "as a text", "as a formula"):
    add("numbers", f"every count {name}", partial(_same, print_as=SAME[name], everywhere=True))
for number_format in FORMATS:
    add("numbers", f"format {number_format}", partial(_format, number_format=number_format), pairs=False)
for name, value in NO_COUNT.items():
    add("numbers", f"no count: {name}", partial(_told, value=value))
for number_format in ('"<"0', "#,##0,", "0.00E+00", '0"*"', "0%", "yyyy", '[<5]"<5";0', '0" personen"', "# ?/?"):
    add("numbers", f"format that says else: {number_format}", partial(_told, value=1716, number_format=number_format))
for mark in MARKS:
    add("marks", f"mark {mark!r}", partial(_marked, mark=mark))


@mutation("numbers")
def format_that_hides(book: Book, area: Area, random: Random) -> None:
    """Hide a number by its format. A person sees a blank, which is unknown."""
    cell = _pick(area, random)
    cell.set(int(cell.figure["value"]), ";;;")
    cell.figure |= exactly(None)


@mutation("numbers")
def count_struck_out(book: Book, area: Area, random: Random) -> None:
    cell = _pick(area, random)
    cell.changed = cell.struck = True
    cell.report()


@mutation("numbers")
def cell_with_a_comment(book: Book, area: Area, random: Random) -> None:
    cell = _pick(area, random)
    cell.comment, cell.changed = "was 999", True


@mutation("numbers", pairs=False)
def one_number_over_two_rows(book: Book, area: Area, random: Random) -> None:
    """Merge two cells of a column. The number is of both rows together and belongs to neither."""
    rows = area.rows()
    cell = chosen(random, [cell for cell in area.counts() if area.at(cell)[0] + 1 in rows])
    row, column = area.at(cell)
    below = area.sheet.cells.setdefault((row + 1, column), Cell())
    below.set(None)
    below.report()
    cell.report()
    area.sheet.merged.append(((row, column), (row + 1, column)))


@mutation("numbers")
def bound_that_is_no_count(book: Book, area: Area, random: Random) -> None:
    """Make one bound unreadable. An interval needs both ends: a finding names the cell, the figure is left out."""
    cell = chosen(random, area.of("bound"))
    cell.set(random.choice(["ca. 4.000", "4.0000", -5]))
    for _, other in area.row(area.at(cell)[0]):
        other.figure = None
    cell.report()


@mutation("numbers", pairs=False)
def bounds_crossed(book: Book, area: Area, random: Random) -> None:
    row = area.at(chosen(random, area.of("bound")))[0]
    low, high = [cell for _, cell in sorted(area.row(row), key=lambda item: item[0]) if cell.role == "bound"]
    low.value, high.value = high.value, low.value
    for _, cell in area.row(row):
        if cell.figure:
            cell.report()


# --- Percentages

PERCENTAGES: dict[str, tuple[Callable[[float], Any], str]] = {
    "as a number": (lambda share: share, "General"),
    "as a formatted share": (lambda share: share / 100, "0.0%"),
    "with a comma": (lambda share: f"{share:.1f}".replace(".", ","), "General"),
    "with a sign": (lambda share: f"{share:.1f} %".replace(".", ","), "General"),
    "as bare shares": (lambda share: round(share / 100, 4), "General"),
}


def _percentages(book: Book, area: Area, random: Random, *, name: str) -> None:
    """Print a column of percentages in another way. 0.12 may be 12 % or 0.12 %: findings must name all such cells."""
    print_as, number_format = PERCENTAGES[name]
    need(area.percentages())
    for cell in area.percentages():
        cell.set(print_as(cell.figure["value"]), number_format)
        if name == "as bare shares":
            cell.report()


for name in PERCENTAGES:
    add("numbers", f"percentages {name}", partial(_percentages, name=name))


def _no_percentage(book: Book, area: Area, random: Random, *, value: Any) -> None:
    cell = chosen(random, area.percentages())
    cell.set(value)
    cell.report()


for value in ("101%", "−3%", "12,5 procent", "<1%", 812, -3, "½"):
    add("numbers", f"no percentage: {value}", partial(_no_percentage, value=value))
