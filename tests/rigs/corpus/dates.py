"""Mutations of years and months."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

from rigs.corpus.book import Area, Book, Cell, Formula, Rich
from rigs.corpus.mutation import add, chosen, mutation, need

GROUP = "dates"
MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)


def _year_cells(area: Area) -> list[Cell]:
    return [cell for role in ("header", "label") for cell in area.of(role) if _is_year(cell.value)]


def _is_year(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1990 < value < 2100


def _years(book: Book, area: Area, random: Random, *, spell: Callable[[int], Any], number_format: str) -> None:
    cells = _year_cells(area)
    for cell in cells:
        cell.set(spell(cell.value), number_format)
    need(cells)


YEARS: dict[str, tuple[Callable[[int], Any], str]] = {
    "as a text": (str, "General"),
    "as a float": (float, "General"),
    "with a star": (lambda year: f"{year}*", "General"),
    "with a footnote": (lambda year: f"{year}¹", "General"),
    "with blanks": (lambda year: f" {year} ", "General"),
    "as a date": (lambda year: datetime(year, 1, 1), "yyyy"),
    "as a formula": (lambda year: Formula("=A1+1", year), "General"),
    "grouped": (lambda year: year, "#,##0"),
    "with a raised digit": (lambda year: Rich(((str(year), ""), ("1", "superscript"))), "General"),
}
for name, (spell, number_format) in YEARS.items():
    add(GROUP, f"years {name}", partial(_years, spell=spell, number_format=number_format))


def _no_year(book: Book, area: Area, random: Random, *, value: Any, number_format: str = "General") -> None:
    """Make a year unreadable. The file must stop at its cell. Labels of rows without values are left alone."""
    filled = {area.at(cell)[0] for cell in area.of("value") if str(cell.value).strip()}
    cell = chosen(random, [cell for cell in _year_cells(area) if cell.role == "header" or area.at(cell)[0] in filled])
    row, column = area.at(cell)
    cell.set(value(cell.value) if callable(value) else value, number_format)
    book.stops.append(cell)
    for (below, beside), other in area.sheet.cells.items():
        if other.table == area.name and (below == row or beside == column):
            other.figure = None


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
    add(GROUP, f"no year: {name}", partial(_no_year, value=value))
add(
    GROUP, "no year: the number shown as a date", partial(_no_year, value=lambda year: year, number_format="dd-mm-yyyy")
)
add(GROUP, "no year: a serial", partial(_no_year, value=43831))


def _month_cells(area: Area) -> list[tuple[int, Cell]]:
    return [
        (number, cell)
        for cell in area.of("header", "month")
        for number, name in enumerate(MONTHS, start=1)
        if str(cell.value)[:3].replace("mrt", "maa") == name[:3]
    ]


def _months(book: Book, area: Area, random: Random, *, spell: Callable[[int], Any]) -> None:
    cells = _month_cells(area)
    for number, cell in cells:
        cell.set(spell(number))
    need(cells)


for name, spell in {
    "in full": lambda month: MONTHS[month - 1],
    "with capitals": lambda month: MONTHS[month - 1].capitalize(),
    "short": lambda month: MONTHS[month - 1][:3],
    "short with a point": lambda month: f"{MONTHS[month - 1][:3]}.",
    "as two digits": lambda month: f"{month:02}",
    "as numbers": lambda month: month,
    "with a star": lambda month: f"{MONTHS[month - 1]}*",
}.items():
    add(GROUP, f"months {name}", partial(_months, spell=spell))


def _no_month(book: Book, area: Area, random: Random, *, value: Any, number_format: str = "General") -> None:
    cells = _month_cells(area)
    need(cells)
    _, cell = random.choice(cells)
    cell.set(value, number_format)
    column = area.at(cell)[1]
    for (_, beside), other in area.sheet.cells.items():
        if other.table == area.name and beside == column:
            other.figure = None
            book.stops += [other] if other.role == "value" else []
    book.stops.append(cell)


for value in ("3e kwartaal", "Q3", "week 12", "01-02-03", "2020-03", "mrt-20", 45292, 13, "ma"):
    add(GROUP, f"no month: {value}", partial(_no_month, value=value))
add(
    GROUP,
    "month of one year above rows of several",
    partial(_no_month, value=datetime(2020, 3, 1), number_format="mmm"),
)


@mutation(GROUP, pairs=False)
def months_as_numbers_shown_as_dates(book: Book, area: Area, random: Random) -> None:
    """Format month numbers as dates. The number 3 is then the third of January 1900."""
    cells = _month_cells(area)
    for number, cell in cells:
        cell.set(number, "dd-mm-yyyy")
        book.stops.append(cell)
    need(cells)


@mutation(GROUP, scope="book")
def serials_from_1904(book: Book, area: Area, random: Random) -> None:
    """Use a workbook that counts days from 1904. Its dates are the same dates."""
    book.is_1904 = True
    cells = [cell for one in book.areas() for cell in _year_cells(one)]
    for cell in cells:
        cell.set(datetime(cell.value, 1, 1), "yyyy")
    need(cells)


@mutation(GROUP)
def code_that_became_a_date(book: Book, area: Area, random: Random) -> None:
    """Turn the label `10-12` into a date, as a spreadsheet does when a person types it: the tenth of December."""
    cells = [cell for role in ("header", "label") for cell in area.of(role) if cell.value == "10-12"]
    need(cells)
    cells[0].set(datetime(2022, 12, 10), "dd-mm")
    book.stops.append(cells[0])
