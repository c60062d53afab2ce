"""All mutated workbooks: every mutation on every table where it makes sense, and seeded pairs of mutations."""

from collections.abc import Iterator
from random import Random

from corpus import files, rows, structure, values  # noqa: F401  (they register their mutations)
from corpus.base import Base
from corpus.book import Area, Book
from corpus.mutation import MUTATIONS, Mutation
from corpus.verdict import Mutant

PAIRS = 60  # a table


def mutants(bases: list[Base], pairs: int = PAIRS) -> Iterator[Mutant]:
    """The corpus, in an order that never changes."""
    for base in bases:
        original = base.book()
        names = [(area.sheet.name, area.name) for area in original.areas()]
        yield Mutant(base, f"{base.name}: as it is", ("as it is",), original)
        for mutation in MUTATIONS.values():
            for place in names if mutation.scope == "table" else names[:1]:
                yield from _mutated(base, original, place, (mutation,))
        chosen = [mutation for mutation in MUTATIONS.values() if mutation.pairs]
        for place in names:
            random = Random(f"{base.name} {place}")
            for _ in range(pairs):
                yield from _mutated(base, original, place, tuple(random.sample(chosen, 2)))


def _mutated(base: Base, original: Book, place: tuple[str, str], chosen: tuple[Mutation, ...]) -> Iterator[Mutant]:
    book = original.copy()
    names = tuple(mutation.name for mutation in chosen)
    random = Random(f"{base.name} {place} {names}")
    for mutation in chosen:
        area = _area(book, place[1])
        if area is None or mutation.change(book, area, random) is False:
            return
    yield Mutant(base, f"{base.name} {place[1]}: {' + '.join(names)}", names, book)


def _area(book: Book, name: str) -> Area | None:
    """The table with its figures, if a mutation has left any."""
    found = next((area for area in book.areas() if area.name == name), None)
    return found if found and found.rows() and found.header_rows() else None
