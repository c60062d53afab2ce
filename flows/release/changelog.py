"""Describe in words how a release differs from the last one.

The description is by table and period, never by cell. It uses protected values only.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from flows.release.content import Content
from flows.release.data import FICTITIOUS, read_tables
from flows.release.figures import PROTECTED, Tables, counts
from flows.release.render.labels import Labels
from flows.release.schema import KEY, Period, differ, periods, records
from flows.release.specs import Spec

Words = Mapping[str, Labels]  # by language, Dutch first
OF_REGISTRY = ["publisher", "reference_year", "unit", "population", "variable", "category"]  # without the edition


@dataclass(frozen=True)
class _Difference:
    """What is new, gone and revised since the last release.

    New and gone are periods by table for the chat, and years by publisher for the registries. Revised values are
    counted by table and year for the chat; for the registries they are listed by publisher and year.
    """

    new: Mapping[str, Sequence[Period]]
    gone: Mapping[str, Sequence[Period]]
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
    nothing = {name: frame.iloc[:0] for name, frame in content.tables.items()}
    before = read_tables(last, *PROTECTED, "registries") if last else nothing
    difference = _difference(content.tables, before, specs)
    pages = [_page(content, last, difference, specs, labels) for labels in words.values()]
    return "\n".join(line for page in pages for line in page)


# --- What differs


def _difference(now: Tables, before: Tables, specs: Sequence[Spec]) -> _Difference:
    new, gone, both = _pairs(_values(now, specs), _values(before, specs), ["table", *KEY])
    revised = both[differ(both, ["n", "n_known", "share", "value", "status"])]
    came, went, stayed = _pairs(now["registries"], before["registries"], OF_REGISTRY)
    revised_in = defaultdict(list)
    for one in records(stayed[differ(stayed, ["value_low", "value_high", "value"])]):
        revised_in[one.publisher, one.reference_year].append(one.edition)
    return _Difference(
        new={table: periods(rows) for table, rows in new.groupby("table")},
        gone={table: periods(rows) for table, rows in gone.groupby("table")},
        revised=Counter((one.table, one.period_start.year) for one in records(revised)),
        registries_new={publisher: set(rows["reference_year"]) for publisher, rows in came.groupby("publisher")},
        registries_gone={publisher: set(rows["reference_year"]) for publisher, rows in went.groupby("publisher")},
        registries_revised=revised_in,
    )


def _values(tables: Tables, specs: Sequence[Spec]) -> pd.DataFrame:
    """Return all counts and measures, each with its table in the release (see `_table`)."""
    values = pd.concat([counts(tables), tables["measures"].rename(columns={"statistic": "category"})])
    return values.assign(table=[_table(row, specs) for row in records(values)])


def _table(row: Any, specs: Sequence[Spec]) -> str:
    """Return the first table that has the figure, or its variable if no table has it any more."""
    return next((spec.table for spec in specs if spec.has(row) or _has_measure(spec, row)), row.variable)


def _has_measure(spec: Spec, row: Any) -> bool:
    return (spec.mart, spec.variable) == ("measures", row.variable) and row.category in spec.categories


def _pairs(now: pd.DataFrame, before: pd.DataFrame, key: list[str]) -> list[pd.DataFrame]:
    """Return three frames: the rows that only `now` has, those that only `before` has, and those of both, joined."""
    pairs = now.merge(before, how="outer", on=key, suffixes=("", "_before"), indicator="found_in")
    return [pairs[pairs["found_in"] == place] for place in ("left_only", "right_only", "both")]


# --- In words


def _page(
    content: Content, last: Path | None, difference: _Difference, specs: Sequence[Spec], labels: Labels
) -> Iterator[str]:
    def words(code: str) -> str:
        return labels.of("changes", code)

    title = words("title").format(release=content.facts.release)
    yield f"# {title} {FICTITIOUS}\n" if content.facts.is_fictitious else f"# {title}\n"
    yield (words("compared").format(last=last.name) if last else words("first")) + "\n"
    if content.facts.reason:
        yield words("reason").format(reason=" ".join(content.facts.reason.split())) + "\n"
    titles = {spec.table: spec.titles[labels.language] for spec in specs}
    came = _lines(difference.new, difference.registries_new, titles, labels)
    went = _lines(difference.gone, difference.registries_gone, titles, labels)
    why = words("by_correction" if content.facts.reason else "by_chat")
    revised = _revised(difference, why, titles, labels)
    for code, lines in (("new", came), ("revised", revised), ("gone", went)):
        yield f"## {words(code)}\n"
        yield "".join(f"- {line}\n" for line in lines) or words("nothing") + "\n"


def _lines(
    tables: Mapping[str, Sequence[Period]],
    publishers: Mapping[str, set[int]],
    titles: Mapping[str, str],
    labels: Labels,
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
    ordered = sorted(periods, key=lambda one: (one.period_type == "month", one.period_end, one.period_start))
    for period, following in zip(ordered, [*ordered[1:], None], strict=True):
        first = first or period
        are_months = following and period.period_type == following.period_type == "month"
        if following and are_months and (following.period_start - period.period_end).days == 1:
            continue
        start = labels.period(*first)
        words.append(start if first == period else f"{start} {labels.of('word', 'until')} {labels.period(*period)}")
        first = None
    return ", ".join(words)
