"""Mutations of labels: other spellings, new labels, missing labels."""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

from rigs.corpus.book import Area, Book, Cell, Formula, Rich
from rigs.corpus.mutation import add, chosen, mutation, need, respell

GROUP = "labels"


def _label_cells(area: Area) -> list[Cell]:
    """Return the label cells of rows that no mutation has changed."""
    return [
        cell
        for cell in area.of("label")
        if not cell.feeds.endswith("_block") and not any(one.changed for _, one in area.row(area.at(cell)[0]))
    ]


@mutation(GROUP)
def label_blank(book: Book, area: Area, random: Random) -> None:
    """Remove a label. A finding must name the cell of the label."""
    cell = chosen(random, _label_cells(area))
    area.without_figures(area.at(cell)[0])
    cell.set(None)
    cell.report()


def _label_unknown(book: Book, area: Area, random: Random, *, rename: Callable[[str], str], of: str = "") -> None:
    """Rename a label (`of`: only this one). The file must stop at its cell."""
    cells = [cell for cell in area.of("label") if cell.value == of] if of else _label_cells(area)
    cell = chosen(random, cells)
    cell.set(rename(cell.value))
    area.without_figures(area.at(cell)[0])
    book.stops.append(cell)


add(GROUP, "label that is new", partial(_label_unknown, rename=lambda label: "Loverboyproblematiek"))
add(GROUP, "label split off", partial(_label_unknown, rename=lambda label: f"{label} (binnenland)"))
add(GROUP, "labels merged", partial(_label_unknown, rename=lambda label: f"{label} en overig"))
add(GROUP, "label misspelt", partial(_label_unknown, rename=lambda label: f"{label}z"))


add(GROUP, "label out of its years", partial(_label_unknown, rename=lambda label: "NLA", of="ISZW"))


@mutation(GROUP)
def row_of_a_new_label(book: Book, area: Area, random: Random) -> None:
    need(area.of("label", "category"))
    row = chosen(random, area.rows_alike())
    area.sheet.insert_rows(row)
    for (_, column), cell in area.row(row + 1):
        is_category = cell.feeds == "category"
        twin = area.sheet.put((row, column), "Subtotaal" if is_category else 17)
        book.stops += [twin] if is_category else []


def _label_spelt(book: Book, area: Area, random: Random, *, spell: Callable[[str], str]) -> None:
    respell(random, area.of("label"), spell)


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
    add(GROUP, f"label spelt: {name}", partial(_label_spelt, spell=spell))
