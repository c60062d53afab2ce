"""Mutations of single cells: numbers, marks, dates, formats, formulas."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

from corpus.book import Area, Book, Cell, Formula, Rich
from corpus.mutation import add, mutation

MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)


def _grouped(number: float, mark: str) -> str:
    return f"{int(number):,}".replace(",", mark)


# --- Counts that are printed in another way and stay what they are

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

# --- What is no count: the cell is left out and told

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


def _pick(area: Area, random: Random, is_whole: bool = True) -> Cell | None:
    """A count's cell; a large one where there is one, so that groups of thousands show."""
    cells = [cell for cell in area.counts() if cell.figure["value_low"] == cell.figure["value"]]
    large = [cell for cell in cells if cell.figure["value"] >= 1000]
    return random.choice(large or cells) if cells else None


def _same(book: Book, area: Area, random: Random, *, print_as: Callable[[int], Any]) -> bool | None:
    cell = _pick(area, random)
    if not cell:
        return False
    cell.set(print_as(int(cell.figure["value"])))
    return None


def _all_same(book: Book, area: Area, random: Random, *, print_as: Callable[[int], Any]) -> bool | None:
    cells = area.counts()
    for cell in cells:
        cell.set(print_as(int(cell.figure["value"])))
    return bool(cells)


def _format(book: Book, area: Area, random: Random, *, number_format: str) -> bool | None:
    for cell in area.counts():
        cell.set(int(cell.figure["value"]), number_format)
    return bool(area.of("value"))


def _told(book: Book, area: Area, random: Random, *, value: Any, number_format: str = "General") -> bool | None:
    cell = _pick(area, random)
    if not cell:
        return False
    cell.set(value, "yyyy-mm-dd" if isinstance(value, datetime) else number_format)
    cell.tell()
    return None


def _marked(book: Book, area: Area, random: Random, *, mark: str | None) -> bool | None:
    """A mark stands for what the seeds say; one that they do not know is told. Blank is unknown."""
    cells = area.of("value")
    if not cells:
        return False
    cell = random.choice([one for one in cells if one.figure] or cells)
    if cell.figure is None:
        return False
    _mean(book, cell, mark)
    return None


def _mean(book: Book, cell: Cell, mark: str | None) -> None:
    is_percent = cell.figure["unit"] == "percent"
    cell.set(mark)
    plain = (mark or "").replace("\u00a0", " ").strip().lower()
    for footnote in ("¹", " (a)", "*"):
        plain = plain.removesuffix(footnote) if plain not in ("*", "**") else plain
    plain = "-" if plain in ("–", "—", "−") else plain
    if plain in ("", "0"):
        number = 0.0 if plain else None
        cell.figure |= {"value_low": number, "value_high": number, "value": number}
    elif plain in book.marks:
        low, high = book.marks[plain] or (None, None)
        cell.figure |= {"value_low": low, "value_high": high, "value": low if low == high else None}
    else:
        cell.tell()
    assert plain or not is_percent or cell.figure


for name, print_as in SAME.items():
    add("numbers", f"count {name}", partial(_same, print_as=print_as))
for name in ("grouped by points", "grouped by thin blanks", "as a text", "as a formula"):
    add("numbers", f"every count {name}", partial(_all_same, print_as=SAME[name]))
for number_format in FORMATS:
    add("numbers", f"format {number_format}", partial(_format, number_format=number_format), pairs=False)
for name, value in NO_COUNT.items():
    add("numbers", f"no count: {name}", partial(_told, value=value))
for number_format in ('"<"0', "#,##0,", "0.00E+00", '0"*"', "0%", "yyyy", '[<5]"<5";0', '0" personen"', "# ?/?"):
    add("numbers", f"format that says else: {number_format}", partial(_told, value=1716, number_format=number_format))
for mark in MARKS:
    add("marks", f"mark {mark!r}", partial(_marked, mark=mark))


@mutation("numbers")
def format_that_hides(book: Book, area: Area, random: Random) -> bool | None:
    """A person sees a blank: unknown."""
    cell = _pick(area, random)
    if not cell:
        return False
    cell.set(int(cell.figure["value"]), ";;;")
    cell.figure |= {"value_low": None, "value_high": None, "value": None}
    return None


@mutation("numbers")
def count_struck_out(book: Book, area: Area, random: Random) -> bool | None:
    cell = _pick(area, random)
    if not cell:
        return False
    cell.changed = cell.struck = True
    cell.tell()
    return None


@mutation("numbers")
def cell_with_a_comment(book: Book, area: Area, random: Random) -> bool | None:
    cell = _pick(area, random)
    if not cell:
        return False
    cell.comment, cell.changed = "was 999", True
    return None


@mutation("numbers", pairs=False)
def one_number_over_two_rows(book: Book, area: Area, random: Random) -> bool | None:
    """Merged cells: the number is of both rows together, so of neither."""
    rows = area.rows()
    cells = [cell for cell in area.counts() if area.at(cell)[0] + 1 in rows]
    if not cells:
        return False
    cell = random.choice(cells)
    row, column = area.at(cell)
    below = area.sheet.cells.setdefault((row + 1, column), Cell())
    below.set(None)
    for one in (cell, below):
        one.tell()
    area.sheet.merged.append(((row, column), (row + 1, column)))
    return None


@mutation("numbers")
def bound_that_is_no_count(book: Book, area: Area, random: Random) -> bool | None:
    """An interval without one of its ends is no interval: its cell is told, its figure left out."""
    cells = area.of("bound")
    if not cells:
        return False
    cell = random.choice(cells)
    cell.set(random.choice(["ca. 4.000", "4.0000", -5]))
    for _, other in area.row(area.at(cell)[0]):
        other.figure = None
    cell.tell()
    return None


@mutation("numbers", pairs=False)
def bounds_crossed(book: Book, area: Area, random: Random) -> bool | None:
    cells = area.of("bound")
    if not cells:
        return False
    row = area.at(random.choice(cells))[0]
    low, high = [cell for _, cell in sorted(area.row(row), key=lambda item: item[0]) if cell.role == "bound"]
    low.value, high.value = high.value, low.value
    for _, cell in area.row(row):
        if cell.figure:
            cell.tell()
    return None


# --- Percentages

PERCENTAGES: dict[str, tuple[Callable[[float], Any], str]] = {
    "as a number": (lambda share: share, "General"),
    "as a formatted share": (lambda share: share / 100, "0.0%"),
    "with a comma": (lambda share: f"{share:.1f}".replace(".", ","), "General"),
    "with a sign": (lambda share: f"{share:.1f} %".replace(".", ","), "General"),
}


def _percentages(book: Book, area: Area, random: Random, *, name: str) -> bool | None:
    print_as, number_format = PERCENTAGES[name]
    cells = area.percentages()
    for cell in cells:
        cell.set(print_as(cell.figure["value"]), number_format)
    return bool(cells)


for name in PERCENTAGES:
    add("numbers", f"percentages {name}", partial(_percentages, name=name))


@mutation("numbers")
def percentages_as_bare_shares(book: Book, area: Area, random: Random) -> bool | None:
    """0.12 in a whole column: 12 % or 0.12 %? Nobody can tell, so all are told."""
    cells = area.percentages()
    for cell in cells:
        cell.set(round(cell.figure["value"] / 100, 4))
        cell.tell()
    return bool(cells)


def _no_percentage(book: Book, area: Area, random: Random, *, value: Any) -> bool | None:
    cells = area.percentages()
    if not cells:
        return False
    cell = random.choice(cells)
    cell.set(value)
    cell.tell()
    return None


for value in ("101%", "−3%", "12,5 procent", "<1%", 812, -3, "1.234%", "½"):
    if value != "1.234%":
        add("numbers", f"no percentage: {value}", partial(_no_percentage, value=value))


# --- Labels in another spelling


def _label_spelt(book: Book, area: Area, random: Random, *, spell: Callable[[str], str]) -> bool | None:
    cells = [cell for cell in area.of("label") if isinstance(cell.value, str) and spell(cell.value) != cell.value]
    if not cells:
        return False
    cell = random.choice(cells)
    cell.set(spell(cell.value))
    return None


LABELS: dict[str, Callable[[str], Any]] = {
    "capitals": str.upper,
    "accent": lambda text: text.replace("i", "í", 1),
    "no accent": lambda text: text.replace("ë", "e"),
    "footnote": lambda text: f"{text}¹",
    "star": lambda text: f"{text}*",
    "letter": lambda text: f"{text} (b)",
    "line break": lambda text: text.replace(" ", "\n"),
    "hard blank": lambda text: text.replace(" ", "\u00a0"),
    "blanks around": lambda text: f" {text}  ",
    "soft hyphen": lambda text: f"{text[:4]}\u00ad{text[4:]}" if len(text) > 4 else text,
    "formula": lambda text: Formula(f'=HYPERLINK("#A1","{text}")', text),
    "raised digit": lambda text: Rich(((text, ""), ("3", "superscript"))),
}
for name, spell in LABELS.items():
    add("codes", f"label spelt: {name}", partial(_label_spelt, spell=spell))


# --- Years and months


def _year_cells(area: Area) -> list[Cell]:
    return [cell for role in ("header", "label") for cell in area.of(role) if _is_year(cell.value)]


def _is_year(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1990 < value < 2100


def _years(book: Book, area: Area, random: Random, *, spell: Callable[[int], Any], number_format: str) -> bool | None:
    cells = _year_cells(area)
    for cell in cells:
        cell.set(spell(cell.value), number_format)
    return bool(cells)


YEARS: dict[str, tuple[Callable[[int], Any], str]] = {
    "as a text": (str, "General"),
    "as a float": (float, "General"),
    "with a star": (lambda year: f"{year}*", "General"),
    "with a footnote": (lambda year: f"{year}¹", "General"),
    "with blanks": (lambda year: f" {year} ", "General"),
    "as a date": (lambda year: datetime(year, 1, 1), "yyyy"),
    "as a formula": (lambda year: Formula("=A1+1", year), "General"),
    "with a raised digit": (lambda year: Rich(((str(year), ""), ("1", "superscript"))), "General"),
}
for name, (spell, number_format) in YEARS.items():
    add("dates", f"years {name}", partial(_years, spell=spell, number_format=number_format))


def _no_year(book: Book, area: Area, random: Random, *, value: Any, number_format: str = "General") -> bool | None:
    """A year that cannot be read stops the file at its cell."""
    cells = _year_cells(area)
    if not cells:
        return False
    cell = random.choice(cells)
    row, column = area.at(cell)
    cell.set(value(cell.value) if callable(value) else value, number_format)
    book.stops.append(cell)
    for (below, beside), other in area.sheet.cells.items():
        if other.table == area.name and (below == row or beside == column):
            other.figure = None
    return None


for name, value in {
    "two digits": "'20",
    "a school year": "2019/20",
    "a range": "2019-2020",
    "a remark": "2020 (voorlopig)",
    "a half": "2020-H1",
    "letter O": "2O20",
    "a day": "01-02-03",
    "a small number": 20,
}.items():
    add("dates", f"no year: {name}", partial(_no_year, value=value))
add(
    "dates",
    "no year: the number shown as a date",
    partial(_no_year, value=lambda year: year, number_format="dd-mm-yyyy"),
)
add("dates", "no year: a serial", partial(_no_year, value=43831))


def _month_cells(area: Area) -> list[tuple[int, Cell]]:
    return [
        (number, cell)
        for cell in area.of("header", "month")
        for number, name in enumerate(MONTHS, start=1)
        if str(cell.value)[:3].replace("mrt", "maa") == name[:3]
    ]


def _months(book: Book, area: Area, random: Random, *, spell: Callable[[int], Any]) -> bool | None:
    cells = _month_cells(area)
    for number, cell in cells:
        cell.set(spell(number))
    return bool(cells)


for name, spell in {
    "in full": lambda month: MONTHS[month - 1],
    "with capitals": lambda month: MONTHS[month - 1].capitalize(),
    "short": lambda month: MONTHS[month - 1][:3],
    "short with a point": lambda month: f"{MONTHS[month - 1][:3]}.",
    "as two digits": lambda month: f"{month:02}",
    "as numbers": lambda month: month,
    "with a star": lambda month: f"{MONTHS[month - 1]}*",
}.items():
    add("dates", f"months {name}", partial(_months, spell=spell))


def _no_month(book: Book, area: Area, random: Random, *, value: Any, number_format: str = "General") -> bool | None:
    cells = _month_cells(area)
    if not cells:
        return False
    _, cell = random.choice(cells)
    cell.set(value, number_format)
    column = area.at(cell)[1]
    for (_, beside), other in area.sheet.cells.items():
        if other.table == area.name and beside == column:
            other.figure = None
            book.stops += [other] if other.role == "value" else []
    book.stops.append(cell)
    return None


for value in ("3e kwartaal", "Q3", "week 12", "01-02-03", "2020-03", "mrt-20", 45292, 13, "ma"):
    add("dates", f"no month: {value}", partial(_no_month, value=value))
add(
    "dates",
    "month of one year above rows of several",
    partial(_no_month, value=datetime(2020, 3, 1), number_format="mmm"),
)


@mutation("dates", scope="book")
def serials_from_1904(book: Book, area: Area, random: Random) -> bool | None:
    """Dates of a workbook that counts from 1904 are the same dates."""
    book.is_1904 = True
    cells = [cell for one in book.areas() for cell in _year_cells(one)]
    for cell in cells:
        cell.set(datetime(cell.value, 1, 1), "yyyy")
    return bool(cells)


@mutation("dates")
def code_that_became_a_date(book: Book, area: Area, random: Random) -> bool | None:
    """`10-12` typed into a spreadsheet is the tenth of December."""
    cells = [cell for role in ("header", "label") for cell in area.of(role) if cell.value == "10-12"]
    if not cells:
        return False
    cells[0].set(datetime(2022, 12, 10), "dd-mm")
    book.stops.append(cells[0])
    return None
