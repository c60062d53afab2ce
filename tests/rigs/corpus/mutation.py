"""Define mutations: changes of a table, sheet or workbook that keep the true figures up to date."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from rigs.corpus.book import Area, Book

# Changes the book in place. Returns False if it makes no sense for this table.
Change = Callable[[Book, Area, random.Random], bool | None]


@dataclass(frozen=True)
class Mutation:
    """A mutation. `scope`: once for every `table`, or once for a `book`. `pairs`: whether it may be part of a pair."""

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
    """Register a function as a mutation under its own name."""

    def register(change: Change) -> Change:
        add(group, change.__name__.replace("_", " "), change, scope, pairs)
        return change

    return register
