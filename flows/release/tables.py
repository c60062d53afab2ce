"""What a release shows: the reviewed table of tables, and the true counts behind it, read from the marts.

The rows are the same every month and never react to the data (seeds/release_tables.csv).
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from flows.release.disclosure import KNOWN, STEP, Count, Key, Policy

Query = Callable[[str, list[Any]], list[tuple[Any, ...]]]
ALL = "*"
CHAT = "chat"
YEARS = ("year", "window")  # closed once their last day has passed

INDICATORS = """
select source, unit, population, period_type, period_start, period_end, variable, category, n, n_known
from marts.indicators
where source = 'chat' and period_end <= ?
order by all
"""
# A step counts conversations or visits; visits become visitors with the coding.
FUNNEL = """
select
    case step when 'flagged' then 'conversation' when 'duplicate' then 'conversation' else 'visitor' end,
    period_type, period_start, period_end, step, n
from marts.funnel
where source = 'all' and period_end <= ?
order by all
"""
MEASURES = """
select population, period_type, period_start, period_end, variable, statistic, value
from marts.measures
where source = 'chat' and period_type = 'year' and period_end <= ?
order by all
"""


@dataclass(frozen=True)
class Spec:
    """One table of a release; `categories` may be `*` (all that there are) or `known` (the size of a population)."""

    table: str
    chapter: str
    mart: str
    populations: tuple[str, ...]
    variable: str
    categories: tuple[str, ...]
    period_types: tuple[str, ...]
    chart: str
    titles: Mapping[str, str]

    def has(self, key: Key) -> bool:
        """Whether a count belongs to this table."""
        mart = "funnel" if key.variable == STEP else "indicators"
        return (
            (mart, key.variable) == (self.mart, self.variable)
            and key.population in self.populations
            and key.period_type in self.period_types
            and (key.category in self.categories or (self.categories == (ALL,) and key.category != KNOWN))
        )


def load_specs(path: Path) -> list[Spec]:
    """The table of tables, in its order."""
    with path.open(encoding="utf-8") as stream:
        return [
            Spec(
                table=row["table"],
                chapter=row["chapter"],
                mart=row["mart"],
                populations=tuple(row["population"].split("|")),
                variable=row["variable"],
                categories=tuple(row["categories"].split("|")),
                period_types=tuple(row["period_types"].split("|")),
                chart=row["chart"],
                titles={"nl": row["title_nl"], "en": row["title_en"]},
            )
            for row in csv.DictReader(stream)
        ]


def read_counts(query: Query, specs: list[Spec], policy: Policy, month_end: date) -> list[Count]:
    """The true counts that the specs name, of periods that end no later than `month_end`, each once."""
    counts = {count.key: count for count in [*_indicators(query, month_end), *_funnel(query, month_end)]}
    wanted = [
        count
        for key, count in counts.items()
        if is_released(key, policy, month_end) and any(spec.has(key) for spec in specs)
    ]
    return sorted(wanted, key=lambda count: count.key)


def _indicators(query: Query, month_end: date) -> Iterator[Count]:
    for *fields, n, n_known in query(INDICATORS, [month_end]):
        key = Key(*fields)
        # Months show totals only: no base, so no breakdown.
        yield Count(key, n, None if key.period_type == "month" else n_known)
        yield Count(key._replace(category=KNOWN), n_known, None)


def _funnel(query: Query, month_end: date) -> Iterator[Count]:
    for unit, period_type, start, end, step, n in query(FUNNEL, [month_end]):
        yield Count(Key(CHAT, unit, "", period_type, start, end, STEP, step), n, None)


def is_released(key: Key, policy: Policy, month_end: date) -> bool:
    """Whether a period is shown: a month, year or window that is over; a year to date with the quarter that is over, of
    this year and of the year before."""
    if key.period_type != "year_to_date":
        return True
    if key.period_end.month not in policy[key.period_type].months:
        return False
    quarters = [month for month in sorted(policy[key.period_type].months) if month <= month_end.month]
    is_latest = bool(quarters) and month_end.month != 12 and key.period_end.month == quarters[-1]
    return is_latest and month_end.year - key.period_end.year in (0, 1)


def read_measures(query: Query, specs: list[Spec], month_end: date) -> Iterable[tuple[Key, float, int]]:
    """(what, value, number of known) of the measures that the specs name; the key's category is the statistic."""
    rows = query(MEASURES, [month_end])
    known = {tuple(row[:5]): int(row[6]) for row in rows if row[5] == "n_known"}
    for spec in (spec for spec in specs if spec.mart == "measures"):
        for population, period_type, start, end, variable, statistic, value in rows:
            if population in spec.populations and variable == spec.variable and statistic in spec.categories:
                key = Key(CHAT, "visitor", population, period_type, start, end, variable, statistic)
                yield key, value, known[population, period_type, start, end, variable]
