"""Mutations that a new version of an edition brings: figures, remarks, titles."""

import re
from collections.abc import Callable
from functools import partial
from random import Random

from rigs.corpus.book import Area, Book, Cell, Sheet, exactly
from rigs.corpus.mutation import add, chosen, mutation, need

GROUP = "revisions"


def _total_off(book: Book, area: Area, random: Random, *, by: int) -> None:
    """Change a total. The reader must return what is printed: the warehouse compares sums."""
    _revised(chosen(random, [cell for cell in area.whole_counts() if "total" in cell.figure.values()]), by)


def _revised(cell: Cell, by: int) -> None:
    is_range = cell.figure["value_low"] != cell.figure["value"]
    cell.set(cell.value + by)
    cell.figure |= {"value": float(cell.value)} if is_range else exactly(cell.value)


add(GROUP, "total off by one", partial(_total_off, by=1))
add(GROUP, "total off by ten", partial(_total_off, by=10))


@mutation(GROUP)
def past_figure_revised(book: Book, area: Area, random: Random) -> None:
    _revised(chosen(random, [cell for cell in area.whole_counts() if cell.value > 30]), random.choice([-9, 4, 20]))


@mutation(GROUP)
def note_changed(book: Book, area: Area, random: Random) -> None:
    chosen(random, area.of("nothing")).set("herzien in 2022; zie bijlage 3")


def _titles(book: Book) -> list[Cell]:
    return [cell for sheet in book.sheets for cell in sheet.cells.values() if cell.role == "title"]


def _titled(book: Book, area: Area, random: Random, *, retitle: Callable[[str], str], stops: bool) -> None:
    titles = _titles(book)
    need(not any(cell.changed for cell in titles))
    for cell in titles:
        cell.set(retitle(cell.value))
    if stops:
        book.stops += titles
        book.stops_file = True
        for sheet in book.sheets:
            sheet.without_figures()


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
def title_on_a_sheet_of_its_own(book: Book, area: Area, random: Random) -> None:
    need(_titles(book))
    title = _titles(book)[0]
    [sheet] = [sheet for sheet in book.sheets if title in sheet.cells.values()]
    place = sheet.place(title)
    need(all(first != place for first, _ in sheet.merged))
    del sheet.cells[place]
    book.sheets.insert(0, Sheet("Voorblad", {(4, 2): title}))
