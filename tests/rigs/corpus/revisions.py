"""Mutations that a new version of an edition brings: figures, remarks, titles."""

import re
from collections.abc import Callable
from functools import partial
from random import Random

from rigs.corpus.book import Area, Book, Cell, Sheet
from rigs.corpus.mutation import add, mutation

GROUP = "revisions"


def _total_off(book: Book, area: Area, random: Random, *, by: int) -> bool | None:
    """Change a total. The reader must return what is printed: the warehouse compares sums."""
    cells = [cell for cell in area.counts() if isinstance(cell.value, int) and "total" in cell.figure.values()]
    if not cells:
        return False
    _revised(random.choice(cells), by)
    return None


def _revised(cell: Cell, by: int) -> None:
    number = float(cell.value + by)
    is_range = cell.figure["value_low"] != cell.figure["value"]
    cell.set(cell.value + by)
    cell.figure |= {"value": number} if is_range else {"value_low": number, "value_high": number, "value": number}


add(GROUP, "total off by one", partial(_total_off, by=1))
add(GROUP, "total off by ten", partial(_total_off, by=10))


@mutation(GROUP)
def past_figure_revised(book: Book, area: Area, random: Random) -> bool | None:
    cells = [cell for cell in area.counts() if isinstance(cell.value, int) and cell.value > 30]
    if not cells:
        return False
    _revised(random.choice(cells), random.choice([-9, 4, 20]))
    return None


@mutation(GROUP)
def note_changed(book: Book, area: Area, random: Random) -> bool | None:
    cells = area.of("nothing")
    if not cells:
        return False
    random.choice(cells).set("herzien in 2022; zie bijlage 3")
    return None


def _titles(book: Book) -> list[Cell]:
    return [cell for sheet in book.sheets for cell in sheet.cells.values() if cell.role == "title"]


def _titled(book: Book, area: Area, random: Random, *, retitle: Callable[[str], str], stops: bool) -> bool | None:
    titles = _titles(book)
    if any(cell.changed for cell in titles):
        return False
    for cell in titles:
        cell.set(retitle(cell.value))
    if stops:
        book.stops += titles
        book.stops_file = True
        for sheet in book.sheets:
            for cell in sheet.cells.values():
                cell.figure = None
    return None


for name, retitle in {
    "in capitals": str.upper,
    "with a subtitle": lambda title: f"{title}: cijfers en trends",
    "with a footnote": lambda title: f"{title}¹",
    "with hard blanks": lambda title: title.replace(" ", "\u00a0"),
}.items():
    add(GROUP, f"title {name}", partial(_titled, retitle=retitle, stops=False), scope="book")
for name, retitle in {
    "of a coming edition": lambda title: re.sub(r"20(\d\d)", r"21\1", title),
    "of no edition": lambda title: "Jaarverslag",
    "of two years": lambda title: f"{title}-2023",
}.items():
    add(GROUP, f"title {name}", partial(_titled, retitle=retitle, stops=True), scope="book", pairs=False)


@mutation(GROUP, scope="book", pairs=False)
def titles_of_two_editions(book: Book, area: Area, random: Random) -> None:
    sheet = [sheet for sheet in book.sheets if sheet.state == "visible"][-1]
    sheet.insert_rows(1)
    book.stops += [*_titles(book), sheet.put((1, 1), book.other_title)]


@mutation(GROUP, scope="book")
def title_on_a_sheet_of_its_own(book: Book, area: Area, random: Random) -> bool | None:
    for sheet in book.sheets:
        for place, cell in list(sheet.cells.items()):
            if cell.role == "title":
                if any(first == place for first, _ in sheet.merged):
                    return False
                del sheet.cells[place]
                book.sheets.insert(0, Sheet("Voorblad", {(4, 2): cell}))
                return None
    return False
