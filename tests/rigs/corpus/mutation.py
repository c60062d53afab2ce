"""Define mutations: changes of a table, sheet or workbook that keep the true figures up to date."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from rigs.corpus.book import Area, Book, Cell

T = TypeVar("T")
# Changes the book in place, or raises `MakesNoSense` for this table.
Change = Callable[[Book, Area, random.Random], None]


class MakesNoSense(Exception):
    """The mutation cannot be made on this table."""


def need(fits: object) -> None:
    """Raise `MakesNoSense` unless the table fits."""
    if not fits:
        raise MakesNoSense


def chosen(dice: random.Random, among: Sequence[T]) -> T:
    """Return one of these. A mutation makes no sense for a table that has none."""
    need(among)
    return dice.choice(among)


@dataclass(frozen=True)
class Mutation:
    """A mutation. `scope`: once for every `table`, or once for a `book`. `pairs`: whether it may be part of a pair."""

    group: str
    name: str
    change: Change
    scope: str = "table"
    pairs: bool = True


MUTATIONS: dict[str, Mutation] = {}


def respell(dice: random.Random, cells: list[Cell], spell: Callable[[str], Any]) -> None:
    """Spell the same text of one of the cells in another way."""
    cell = chosen(dice, [cell for cell in cells if isinstance(cell.value, str) and cell.value != spell(cell.value)])
    cell.set(spell(cell.value))


def add(group: str, name: str, change: Change, scope: str = "table", pairs: bool = True) -> None:
    assert name not in MUTATIONS, name
    MUTATIONS[name] = Mutation(group, name, change, scope, pairs)


def mutation(group: str, scope: str = "table", pairs: bool = True) -> Callable[[Change], Change]:
    """Register a function as a mutation under its own name."""

    def register(change: Change) -> Change:
        add(group, change.__name__.replace("_", " "), change, scope, pairs)
        return change

    return register
