"""All mutated workbooks: every mutation on every table where it makes sense, and seeded pairs of mutations."""

from collections.abc import Iterator
from random import Random

from corpus import columns, dates, files, labels, numbers, revisions, rows, structure  # noqa: F401  (they register their mutations)
from corpus.base import Base
from corpus.book import Area, Book
from corpus.demo_books import demo_bases
from corpus.mutation import MUTATIONS, Mutation
from corpus.own import own_bases
from corpus.verdict import Mutant

PAIRS = 20  # a table


def bases() -> list[Base]:
    """All workbooks that are mutated."""
    return [*demo_bases(), *own_bases()]


def mutants(bases: list[Base], pairs: int = PAIRS) -> Iterator[Mutant]:
    """The corpus, in an order that never changes. Of several workbooks in one layout, the one with most figures is
    mutated, and the others are read as they are."""
    largest = {base.edition["layout"]: base for base in sorted(bases, key=lambda base: len(base.truth))}
    for base in bases:
        original = base.book()
        yield Mutant(base, f"{base.name}: as it is", ("as it is",), original)
        if largest[base.edition["layout"]] is base:
            yield from _of_tables(base, original, pairs)


def _of_tables(base: Base, original: Book, pairs: int) -> Iterator[Mutant]:
    names = [area.name for area in original.areas()]
    for mutation in MUTATIONS.values():
        for name in names if mutation.scope == "table" else names[:1]:
            yield from _mutated(base, original, name, (mutation,))
    chosen = [mutation for mutation in MUTATIONS.values() if mutation.pairs]
    for name in names:
        random = Random(f"{base.name} {name}")
        for _ in range(pairs):
            yield from _mutated(base, original, name, tuple(random.sample(chosen, 2)))


def _mutated(base: Base, original: Book, table: str, chosen: tuple[Mutation, ...]) -> Iterator[Mutant]:
    book = original.copy()
    names = tuple(mutation.name for mutation in chosen)
    random = Random(f"{base.name} {table} {names}")
    for mutation in chosen:
        area = _area(book, table)
        if area is None or mutation.change(book, area, random) is False:
            return
    yield Mutant(base, f"{base.name} {table}: {' + '.join(names)}", names, book)


def _area(book: Book, name: str) -> Area | None:
    """The table with its figures, if a mutation has left any."""
    found = next((area for area in book.areas() if area.name == name), None)
    return found if found and found.rows() and found.header_rows() else None
