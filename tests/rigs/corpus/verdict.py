"""Compare what the reader returns for a mutated workbook with the truth."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl.utils import get_column_letter
from samples import CODEBOOK

from connectors.catalogue import KINDS
from connectors.errors import SourceProblem
from connectors.source import Context, Rejection, Row, Source, SourceFile
from rigs.corpus.base import Base
from rigs.corpus.book import Book, Place

FIELDS = (
    *("publisher", "edition", "table_name", "unit", "population", "variable", "category", "sex", "age"),
    *("reference_year", "month", "value_low", "value_high", "value", "is_estimate"),
)
LOW = FIELDS.index("value_low")
NAME = "w.xlsx"
PLACED = re.compile(r"sheet (?P<sheet>.+?), cell (?P<cell>[A-Z]+[0-9]+): found")


@dataclass(frozen=True)
class Mutant:
    """One mutated workbook. `label` names its base, table and mutations."""

    base: Base
    group: str
    label: str
    mutations: tuple[str, ...]
    book: Book

    @property
    def foreseen(self) -> str:
        """Return the expected outcome: `stop`, `read with findings`, or `read`."""
        if self.book.stops or self.book.stops_sheets or self.book.stops_file:
            return "stop"
        return "read with findings" if reported_places(self.book) else "read"


@dataclass(frozen=True)
class Verdict:
    """The outcome for one mutated workbook."""

    group: str
    label: str  # the base, table and mutations
    mutations: tuple[str, ...]
    foreseen: str  # the expected outcome
    got: str  # the real outcome, in the same words
    silent: tuple[str, ...]  # figures that are wrong or missing without a finding
    is_placed: bool  # whether a refusal names sheet and cell, or the file if that is not a workbook of any edition
    surprise: str  # what is not as expected, or ""


def address(place: Place) -> str:
    return f"{get_column_letter(place[1])}{place[0]}"


def truth(book: Book) -> dict[str, tuple[Any, ...]]:
    """Return the true figures of everything visible, by place (`Sheet!C4`)."""
    return {
        f"{sheet.name}!{address(place)}": tuple(cell.figure[name] for name in FIELDS)
        for sheet in book.sheets
        if sheet.state == "visible"
        for place, cell in sheet.cells.items()
        if cell.figure and place[0] not in sheet.hidden_rows and place[1] not in sheet.hidden_columns
    }


def reported_places(book: Book) -> set[str]:
    """Return the places that the findings must name."""
    places: set[str] = set()
    for sheet in book.sheets:
        if sheet.reported or (sheet.state != "visible" and sheet.cells):
            places.add(sheet.name)
        places |= {f"{sheet.name}!column {get_column_letter(column)}" for column in sheet.reported_columns}
        for (row, column), cell in sheet.cells.items():
            if sheet.state != "visible" or (cell.value is None and not cell.reported):
                continue
            if row in sheet.hidden_rows:
                places.add(f"{sheet.name}!row {row}")
            elif column in sheet.hidden_columns:
                places.add(f"{sheet.name}!column {get_column_letter(column)}")
            elif cell.reported:
                places.add(f"{sheet.name}!{address((row, column))}")
    return places


def judge(mutant: Mutant, folder: Path) -> Verdict:
    """Read the workbook as the pipeline would, and compare."""
    path = folder / NAME
    path.write_bytes(mutant.book.content())
    kind = KINDS[mutant.base.kind]
    source = Source("registry", mutant.base.kind, path=folder)
    try:
        items = list(kind.read_file(source, SourceFile(path, NAME), Context(CODEBOOK, mutant.base.layouts)))
    except SourceProblem as problem:
        return _refused(mutant, str(problem))
    return _read(mutant, items)


def _refused(mutant: Mutant, text: str) -> Verdict:
    book = mutant.book
    found = PLACED.search(text)
    is_file = (
        text.startswith(f"registry: {NAME}: found no readable workbook") or "of every sheet: found no title" in text
    )
    place = f"{found['sheet']}!{found['cell']}" if found else ""
    is_placed = is_file or (found is not None and found["sheet"] in {sheet.name for sheet in book.sheets})
    wanted = {
        f"{sheet.name}!{address(place)}"
        for sheet in book.sheets
        for place, cell in sheet.cells.items()
        if cell in book.stops
    }
    in_sheet = found is not None and found["sheet"] in {sheet.name for sheet in book.stops_sheets}
    is_right = place in wanted or in_sheet or (book.stops_file and is_file)
    surprise = "" if is_right else f"{text} Foreseen at {sorted(wanted)}."
    return Verdict(mutant.group, mutant.label, mutant.mutations, mutant.foreseen, "stop", (), is_placed, surprise)


def _read(mutant: Mutant, items: Iterable[Row | Rejection]) -> Verdict:
    wanted = truth(mutant.book)
    figures: dict[str, tuple[Any, ...]] = {}
    places: set[str] = set()
    silent: list[str] = []
    for item in items:
        if isinstance(item, Rejection):
            places.add(item.location)
        else:
            place = f"{item.values['sheet']}!{item.values['cell']}"
            if place in figures:
                silent.append(f"{place} twice")
            figures[place] = tuple(item.values[name] for name in FIELDS)
            if figures[place] != wanted.get(place):
                silent.append(f"{place} {figures[place]} is {wanted.get(place)}")
    # An unknown figure needs no row: a blank has the same meaning.
    lost = [place for place, figure in wanted.items() if place not in figures and figure[LOW] is not None]
    silent += [f"{place} is missing" for place in lost if not _is_reported(place, places)]
    expected = reported_places(mutant.book)
    got = "read with findings" if places else "read"
    surprise = ""
    if silent or lost or places != expected or mutant.foreseen == "stop":
        surprise = (
            "; ".join(silent[:3]) or f"reported {sorted(places - expected)}, not reported {sorted(expected - places)}"
        )
    return Verdict(mutant.group, mutant.label, mutant.mutations, mutant.foreseen, got, tuple(silent), True, surprise)


def _is_reported(place: str, places: set[str]) -> bool:
    """Return whether a finding names the cell, or its row, column or sheet."""
    sheet, _, cell = place.rpartition("!")
    row = cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    column = cell.removesuffix(row)
    return bool(places & {place, sheet, f"{sheet}!row {row}", f"{sheet}!column {column}"})
