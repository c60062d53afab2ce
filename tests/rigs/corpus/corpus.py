"""All mutated workbooks: every mutation on every table where it makes sense, and seeded pairs of mutations."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from rigs.corpus import columns, dates, files, labels, numbers, revisions, rows, structure  # noqa: F401  (they register)
from rigs.corpus.base import Base
from rigs.corpus.book import Area, Book
from rigs.corpus.demo_books import demo_bases
from rigs.corpus.mutation import MUTATIONS, MakesNoSense, Mutation
from rigs.corpus.own import own_bases
from rigs.corpus.verdict import Mutant

PAIRS = 20  # for each table


@dataclass(frozen=True)
class Plan:
    """The mutations to apply to one table of a workbook."""

    group: str
    table: str
    mutations: tuple[Mutation, ...]


def bases() -> list[Base]:
    """Return all workbooks that are mutated."""
    return [*demo_bases(), *own_bases()]


def plans(base: Base, among: list[Base]) -> Iterator[Plan]:
    """Yield the plans for a workbook, always in the same order.

    If several workbooks have one layout, only the one with the most figures is mutated. The others are read unchanged.
    """
    tables = [area.name for area in base.book().areas()]
    yield Plan("as it is", tables[0], ())
    if max((one for one in among if one.layout == base.layout), key=lambda one: len(one.truth)) is not base:
        return
    for mutation in MUTATIONS.values():
        for table in tables if mutation.scope == "table" else tables[:1]:
            yield Plan(mutation.group, table, (mutation,))
    chosen = [mutation for mutation in MUTATIONS.values() if mutation.pairs]
    for table in tables:
        random = Random(f"{base.name} {table}")
        for _ in range(PAIRS):
            yield Plan("pairs", table, tuple(random.sample(chosen, 2)))


def mutant(base: Base, plan: Plan) -> Mutant | None:
    """Return the mutated workbook, or None if a mutation makes no sense for the table."""
    book = base.book()
    names = tuple(mutation.name for mutation in plan.mutations)
    label = f"{base.name} {plan.table}: {' + '.join(names) or plan.group}"
    random = Random(label)
    for mutation in plan.mutations:
        area = _area(book, plan.table)
        if area is None:
            return None
        try:
            mutation.change(book, area, random)
        except MakesNoSense:
            return None
    return Mutant(base, plan.group, label, names, book)


def _area(book: Book, name: str) -> Area | None:
    """Return the table, or None if the mutations have left no figures or no header."""
    found = next((area for area in book.areas() if area.name == name), None)
    return found if found and found.rows() and found.header_rows() else None
