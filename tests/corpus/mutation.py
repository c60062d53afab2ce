"""What a mutation is: a change to one table, sheet or workbook that knows what is true afterwards."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from corpus.book import Area, Book

# Changes the book in place; False where it makes no sense for this table.
Change = Callable[[Book, Area, random.Random], bool | None]


@dataclass(frozen=True)
class Mutation:
    """`scope`: applied to every table, or once to a workbook. `pairs`: whether others may follow it."""

    group: str
    name: str
    change: Change
    scope: str = "table"
    pairs: bool = True


MUTATIONS: dict[str, Mutation] = {}


def add(group: str, name: str, change: Change, scope: str = "table", pairs: bool = True) -> None:
    assert name not in MUTATIONS, name
    MUTATIONS[name] = Mutation(group, name, change, scope, pairs)


def mutation(group: str, scope: str = "table", pairs: bool = True) -> Callable[[Change], Change]:
    """Registers a function under its own name."""

    def register(change: Change) -> Change:
        add(group, change.__name__.replace("_", " "), change, scope, pairs)
        return change

    return register
