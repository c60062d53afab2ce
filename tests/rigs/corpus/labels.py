"""Mutations of labels: other spellings, new labels, missing labels."""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

from rigs.corpus.book import Area, Book, Cell, Formula, Rich
from rigs.corpus.mutation import add, mutation

GROUP = "labels"


def _label_cells(area: Area) -> list[Cell]:
    """Return the label cells of rows that no mutation has changed."""
    return [
        cell
        for cell in area.of("label")
        if not cell.feeds.endswith("_block") and not any(one.changed for _, one in area.row(area.at(cell)[0]))
    ]


@mutation(GROUP)
def label_blank(book: Book, area: Area, random: Random) -> bool | None:
    """Remove a label. A finding must name the cell of the label."""
    cells = _label_cells(area)
    if not cells:
        return False
    cell = random.choice(cells)
    area.without_figures(area.at(cell)[0])
    cell.set(None)
    cell.report()
    return None


def _label_unknown(book: Book, area: Area, random: Random, *, rename: Callable[[str], str]) -> bool | None:
    cells = _label_cells(area)
    if not cells:
        return False
    cell = random.choice(cells)
    cell.set(rename(cell.value))
    area.without_figures(area.at(cell)[0])
    book.stops.append(cell)
    return None


add(GROUP, "label that is new", partial(_label_unknown, rename=lambda label: "Loverboyproblematiek"))
add(GROUP, "label split off", partial(_label_unknown, rename=lambda label: f"{label} (binnenland)"))
add(GROUP, "labels merged", partial(_label_unknown, rename=lambda label: f"{label} en overig"))
add(GROUP, "label misspelt", partial(_label_unknown, rename=lambda label: f"{label}z"))


@mutation(GROUP)
def label_out_of_its_years(book: Book, area: Area, random: Random) -> bool | None:
    cells = [cell for cell in area.of("label") if cell.value == "ISZW"]
    if not cells:
        return False
    cell = random.choice(cells)
    cell.set("NLA")
    area.without_figures(area.at(cell)[0])
    book.stops.append(cell)
    return None


@mutation(GROUP)
def row_of_a_new_label(book: Book, area: Area, random: Random) -> bool | None:
    rows = area.rows_alike()
    cells = [cell for cell in area.of("label") if cell.feeds == "category"]
    if not rows or not cells:
        return False
    row = random.choice(rows)
    area.sheet.insert_rows(row)
    for (_, column), cell in area.row(row + 1):
        value = "Subtotaal" if cell.feeds == "category" else 17
        twin = area.sheet.put((row, column), value)
        if cell.feeds == "category":
            book.stops.append(twin)
    return bool(book.stops) or None


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
    add(GROUP, f"label spelt: {name}", partial(_label_spelt, spell=spell))
