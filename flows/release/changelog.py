"""Describe in words how a release differs from the last one.

The description is by table and period, never by cell. It uses protected values only.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flows.release.content import Content, RegistryFigure
from flows.release.data import FICTITIOUS, read_figures, read_measures, read_registries
from flows.release.disclosure.protect import Figure, Key, Measure
from flows.release.render.labels import Labels
from flows.release.specs import Period, Spec

Words = Mapping[str, Labels]  # by language, Dutch first


@dataclass(frozen=True)
class _Difference:
    """What is new, gone and revised since the last release.

    New and gone are periods by table for the chat, and years by publisher for the registries. Revised values are
    counted by table and year for the chat; for the registries they are listed by publisher and year.
    """

    new: Mapping[str, set[Period]]
    gone: Mapping[str, set[Period]]
    revised: Mapping[tuple[str, int], int]
    registries_new: Mapping[str, set[int]]
    registries_gone: Mapping[str, set[int]]
    registries_revised: Mapping[tuple[str, int], list[str]]  # the edition of each revised figure


def changes(content: Content, last: Path | None, specs: Sequence[Spec], words: Words) -> str:
    """Return the text of CHANGES.md, in each language in turn.

    Args:
        last: the folder of the last release, None for the first one.
        words: the labels by language.

    Raises:
        UnreadableRelease: the last release cannot be read back.
    """
    difference = _difference(content, last, specs)
    pages = [_page(content, last, difference, specs, labels) for labels in words.values()]
    return "\n".join(line for page in pages for line in page)


# --- What differs


def _difference(content: Content, last: Path | None, specs: Sequence[Spec]) -> _Difference:
    now = _by_key(content.figures, content.measures)
    before = _by_key(read_figures(last), read_measures(last)) if last else {}
    of_registries = {_what(one): one for one in content.registries}
    of_registries_before = {_what(one): one for one in read_registries(last)} if last else {}
    revised_in = defaultdict(list)
    for what, one in of_registries.items():
        if what in of_registries_before and _value(one) != _value(of_registries_before[what]):
            revised_in[one.publisher, one.reference_year].append(one.edition)
    return _Difference(
        new=_periods(now.keys() - before.keys(), specs),
        gone=_periods(before.keys() - now.keys(), specs),
        revised=Counter(
            (_table(key, specs), key.period_start.year)
            for key in now.keys() & before.keys()
            if replace(now[key], released_in="") != replace(before[key], released_in="")
        ),
        registries_new=_years(of_registries.keys() - of_registries_before.keys()),
        registries_gone=_years(of_registries_before.keys() - of_registries.keys()),
        registries_revised=revised_in,
    )


def _by_key(figures: Iterable[Figure], measures: Iterable[Measure]) -> dict[Key, Figure | Measure]:
    found: dict[Key, Figure | Measure] = {}
    found.update((figure.key, figure) for figure in figures)
    found.update((measure.key, measure) for measure in measures)
    return found


def _what(one: RegistryFigure) -> tuple[str, int, str, str, str, str]:
    """Return what a figure of a registry counts, without its edition."""
    return one.publisher, one.reference_year, one.unit, one.population, one.variable, one.category


def _value(one: RegistryFigure) -> tuple[float, float, float | None]:
    return one.value_low, one.value_high, one.value


def _table(key: Key, specs: Sequence[Spec]) -> str:
    """Return the first table that has the figure, or its variable if no table has it any more."""
    return next((spec.table for spec in specs if spec.has(key) or _has_measure(spec, key)), key.variable)


def _has_measure(spec: Spec, key: Key) -> bool:
    return (spec.mart, spec.variable) == ("measures", key.variable) and key.category in spec.categories


def _periods(keys: Iterable[Key], specs: Sequence[Spec]) -> dict[str, set[Period]]:
    found: dict[str, set[Period]] = defaultdict(set)
    for key in keys:
        found[_table(key, specs)].add(key[3:6])
    return found


def _years(keys: Iterable[tuple[str, int, str, str, str, str]]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for publisher, year, *_ in keys:
        found[publisher].add(year)
    return found


# --- In words


def _page(
    content: Content, last: Path | None, difference: _Difference, specs: Sequence[Spec], labels: Labels
) -> Iterator[str]:
    def words(code: str) -> str:
        return labels.of("changes", code)

    title = words("title").format(release=content.release)
    yield f"# {title} {FICTITIOUS}\n" if content.is_fictitious else f"# {title}\n"
    yield (words("compared").format(last=last.name) if last else words("first")) + "\n"
    if content.reason:
        yield words("reason").format(reason=" ".join(content.reason.split())) + "\n"
    titles = {spec.table: spec.titles[labels.language] for spec in specs}
    came = _lines(difference.new, difference.registries_new, titles, labels)
    went = _lines(difference.gone, difference.registries_gone, titles, labels)
    why = words("by_correction" if content.reason else "by_chat")
    revised = _revised(difference, why, titles, labels)
    for code, lines in (("new", came), ("revised", revised), ("gone", went)):
        yield f"## {words(code)}\n"
        yield "".join(f"- {line}\n" for line in lines) or words("nothing") + "\n"


def _lines(
    tables: Mapping[str, set[Period]], publishers: Mapping[str, set[int]], titles: Mapping[str, str], labels: Labels
) -> Iterator[str]:
    for table in _ordered(tables, titles):
        yield f"**{_title(table, titles, labels)}**: {_in_words(tables[table], labels)}."
    for publisher, years in sorted(publishers.items()):
        yield f"**{labels.of('source', publisher)}**: {', '.join(str(year) for year in sorted(years))}."


def _revised(difference: _Difference, why: str, titles: Mapping[str, str], labels: Labels) -> Iterator[str]:
    line = labels.of("changes", "count")
    for table in _ordered({table for table, _ in difference.revised}, titles):
        for (of, year), number in sorted(difference.revised.items()):
            if of == table:
                yield line.format(what=_title(table, titles, labels), year=year, number=number, why=why)
    for (publisher, year), editions in sorted(difference.registries_revised.items()):
        because = labels.of("changes", "by_edition").format(editions=", ".join(sorted(set(editions))))
        yield line.format(what=labels.of("source", publisher), year=year, number=len(editions), why=because)


def _ordered(tables: Iterable[str], titles: Mapping[str, str]) -> list[str]:
    """Return the tables in the order of the release, followed by those that it no longer has."""
    places = {table: place for place, table in enumerate(titles)}
    return sorted(tables, key=lambda table: (places.get(table, len(places)), table))


def _title(table: str, titles: Mapping[str, str], labels: Labels) -> str:
    return titles.get(table) or labels.of("variable", table)


def _in_words(periods: Iterable[Period], labels: Labels) -> str:
    """Return the periods in words. Consecutive months become one range; other periods are listed one by one."""
    words: list[str] = []
    first: Period | None = None
    ordered = sorted(periods, key=lambda period: (period[0] == "month", period[2], period[1]))
    for period, following in zip(ordered, [*ordered[1:], None], strict=True):
        first = first or period
        if following and period[0] == following[0] == "month" and (following[1] - period[2]).days == 1:
            continue
        start = labels.period(*first)
        words.append(start if first == period else f"{start} {labels.of('word', 'until')} {labels.period(*period)}")
        first = None
    return ", ".join(words)
