"""Describe in words how a release differs from the last one.

The description is by table and period, never by cell. It uses protected values only.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from flows.release.content import Content
from flows.release.data import FICTITIOUS, read_tables
from flows.release.figures import PROTECTED, Tables, counts
from flows.release.render.labels import Labels, Words
from flows.release.schema import KEY, Period, differ, periods, records
from flows.release.specs import Spec

OF_REGISTRY = ["publisher", "reference_year", "unit", "population", "variable", "category"]  # without the edition


class _Difference(NamedTuple):
    """The rows that only this release has, those that only the last one has, and those with other values now."""

    new: pd.DataFrame
    gone: pd.DataFrame
    revised: pd.DataFrame


def changes(content: Content, last: Path | None, specs: Sequence[Spec], words: Words) -> str:
    """Return the text of CHANGES.md, in each language in turn.

    Args:
        last: the folder of the last release, None for the first one.
        words: the labels by language.

    Raises:
        UnreadableRelease: the last release cannot be read back.
    """
    now, nothing = content.tables, {name: frame.iloc[:0] for name, frame in content.tables.items()}
    before = read_tables(last, *PROTECTED, "registries") if last else nothing
    values = ["n", "n_known", "share", "value", "status"]
    chat = _difference(_values(now, specs), _values(before, specs), ["table", *KEY], values)
    of_registries = ["value_low", "value_high", "value"]
    registries = _difference(now["registries"], before["registries"], OF_REGISTRY, of_registries)
    pages = [_page(content, last, (chat, registries), specs, labels) for labels in words.values()]
    return "\n".join(line for page in pages for line in page)


# --- What differs


def _difference(now: pd.DataFrame, before: pd.DataFrame, key: list[str], values: Sequence[str]) -> _Difference:
    pairs = now.merge(before, how="outer", on=key, suffixes=("", "_before"), indicator="found_in")
    new, gone, both = (pairs[pairs["found_in"] == place] for place in ("left_only", "right_only", "both"))
    return _Difference(new, gone, both[differ(both, values)])


def _values(tables: Tables, specs: Sequence[Spec]) -> pd.DataFrame:
    """Return all counts and measures, each with its table in the release (see `_table`)."""
    values = pd.concat([counts(tables), tables["measures"].rename(columns={"statistic": "category"})])
    return values.assign(table=[_table(row, specs) for row in records(values)])


def _table(row: Any, specs: Sequence[Spec]) -> str:
    """Return the first table that has the figure, or its variable if no table has it any more."""
    return next((spec.table for spec in specs if spec.has(row) or _has_measure(spec, row)), row.variable)


def _has_measure(spec: Spec, row: Any) -> bool:
    return (spec.mart, spec.variable) == ("measures", row.variable) and row.category in spec.categories


# --- In words


def _page(
    content: Content,
    last: Path | None,
    differences: tuple[_Difference, _Difference],
    specs: Sequence[Spec],
    labels: Labels,
) -> Iterator[str]:
    """Yield the lines of one language. The differences are those of the chat and those of the registries."""

    def words(code: str) -> str:
        return labels.of("changes", code)

    title = words("title").format(release=content.facts.release)
    yield f"# {title} {FICTITIOUS}\n" if content.facts.is_fictitious else f"# {title}\n"
    yield (words("compared").format(last=last.name) if last else words("first")) + "\n"
    if content.facts.reason:
        yield words("reason").format(reason=" ".join(content.facts.reason.split())) + "\n"
    titles = {spec.table: spec.titles[labels.language] for spec in specs}
    chat, registries = differences
    came = _lines(chat.new, registries.new, titles, labels)
    went = _lines(chat.gone, registries.gone, titles, labels)
    why = words("by_correction" if content.facts.reason else "by_chat")
    revised = _revised(chat.revised, registries.revised, why, titles, labels)
    for code, lines in (("new", came), ("revised", revised), ("gone", went)):
        yield f"## {words(code)}\n"
        yield "".join(f"- {line}\n" for line in lines) or words("nothing") + "\n"


def _lines(chat: pd.DataFrame, registries: pd.DataFrame, titles: Mapping[str, str], labels: Labels) -> Iterator[str]:
    """Yield the periods of each table of the chat, and the years of each registry."""
    tables = dict(iter(chat.groupby("table")))
    for table in _ordered(tables, titles):
        yield f"**{_title(table, titles, labels)}**: {_in_words(periods(tables[table]), labels)}."
    for publisher, rows in registries.groupby("publisher"):
        years = sorted(set(rows["reference_year"]))
        yield f"**{labels.of('source', publisher)}**: {', '.join(str(year) for year in years)}."


def _revised(
    chat: pd.DataFrame, registries: pd.DataFrame, why: str, titles: Mapping[str, str], labels: Labels
) -> Iterator[str]:
    """Yield the number of revised values by table and year, and by registry and year."""
    line = labels.of("changes", "count")
    years = [day.year for day in chat["period_start"]]
    by_table = {table: dict(iter(rows.groupby("year"))) for table, rows in chat.assign(year=years).groupby("table")}
    for table in _ordered(by_table, titles):
        for year, rows in by_table[table].items():
            yield line.format(what=_title(table, titles, labels), year=year, number=len(rows), why=why)
    for (publisher, year), rows in registries.groupby(["publisher", "reference_year"]):
        because = labels.of("changes", "by_edition").format(editions=", ".join(sorted(set(rows["edition"]))))
        yield line.format(what=labels.of("source", publisher), year=year, number=len(rows), why=because)


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
