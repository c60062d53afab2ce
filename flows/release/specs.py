"""Define which tables a release has, and read their true counts from the marts.

The tables are the reviewed rows of seeds/release_tables.csv. The rows of each table follow from these reviewed rows,
the code lists and the calendar. They do not depend on the data, except for the first month.
"""

import calendar
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from flows.release.disclosure.constraints import Codes, load_codes
from flows.release.disclosure.protect import KNOWN, STEP, Count, Key, Policy, load_policy
from flows.release.schema import OF_STEPS, Period
from flows.release.seeds import read_rows

Query = Callable[[str, list[Any]], pd.DataFrame]  # values are Python objects, a missing one is None
ALL = "*"
CHAT = "chat"
YEARS = ("year", "window")  # closed once their last day has passed

INDICATORS = "select * from marts.indicators where source = 'chat' and period_end <= ? order by all"
FUNNEL = """
select
    'chat' as source, '' as population, period_type, period_start, period_end, 'step' as variable, step as category, n
from marts.funnel
where source = 'all' and period_end <= ?
order by all
"""
MEASURES = """
select
    source, 'visitor' as unit, population, period_type, period_start, period_end, variable, statistic as category,
    value,
    max(case when statistic = 'n_known' then value end) over (
        partition by population, period_start, period_end, variable
    ) as n_known
from marts.measures
where source = 'chat' and period_type = 'year' and period_end <= ?
order by all
"""


@dataclass(frozen=True)
class Spec:
    """One table of a release.

    `categories` may be `*` (all categories of the variable) or `known` (the size of the population).
    """

    table: str
    chapter: str
    mart: str
    populations: tuple[str, ...]
    variable: str
    categories: tuple[str, ...]
    period_types: tuple[str, ...]
    chart: str
    titles: Mapping[str, str]

    @property
    def groups(self) -> tuple[str, ...]:
        """The populations, as the tables of a release name them: `all` for the steps of the funnel."""
        return tuple(population or OF_STEPS for population in self.populations)

    def has(self, row: Any) -> bool:
        """Return whether a count belongs to this table. The row has the columns of the key of `indicators`."""
        mart = "funnel" if row.variable == STEP else "indicators"
        return (
            (mart, row.variable) == (self.mart, self.variable)
            and row.population in self.groups
            and row.period_type in self.period_types
            and (row.category in self.categories or (self.categories == (ALL,) and row.category != KNOWN))
        )

    def rows(self, counts: Iterable[Any]) -> list[Any]:
        """Return the counts that belong to this table, in their order."""
        return [row for row in counts if self.has(row)]


def load_specs(path: Path) -> list[Spec]:
    """Read the tables of a release from seeds/release_tables.csv at `path`, in the order of its rows."""
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
        for row in read_rows(path)
    ]


@dataclass(frozen=True)
class Rules:
    """The reviewed rows of the folder `seeds` that decide what a release contains."""

    seeds: Path
    specs: Sequence[Spec]
    policy: Policy
    codes: Codes


def load_rules(seeds: Path) -> Rules:
    """Read the tables of a release, the rules of protection and the code lists from the folder `seeds`."""
    specs, policy = load_specs(seeds / "release_tables.csv"), load_policy(seeds / "disclosure_policy.csv")
    return Rules(seeds, specs, policy, load_codes(seeds))


def released_periods(first: date, month_end: date, codes: Codes, policy: Policy) -> list[Period]:
    """Return the periods of a release, from the month of `first` to `month_end`.

    These are all months, years and windows that are over. Before December there is also the year to date, for this year
    and for the year before. It ends with the latest month that the policy names for it and that is over. The periods
    follow from `first`, the policy and the calendar, never from counts.

    Args:
        first: a day in the first month with a conversation.
        month_end: the last day that the release covers.

    Example:
        Period("month", date(2020, 3, 1), date(2020, 3, 31))
    """
    quarters = [month for month in sorted(policy["year_to_date"].months) if month <= month_end.month < 12]
    spans = [("year", 1, 12), *(("month", month, month) for month in range(1, 13))]
    spans += [("window", *window) for window in codes.windows]
    found = []
    for year in range(first.year, month_end.year + 1):
        to_date = [("year_to_date", 1, quarters[-1])] if quarters and year >= month_end.year - 1 else []
        for period_type, first_month, last_month in [*spans, *to_date]:
            end = date(year, last_month, calendar.monthrange(year, last_month)[1])
            if first <= end <= month_end:
                found.append(Period(period_type, date(year, first_month, 1), end))
    return found


def row_keys(specs: Iterable[Spec], marts: Sequence[str], codes: Codes, periods: Sequence[Period]) -> list[Key]:
    """Return the key of every row of the tables that are made from these marts, sorted and without duplicates.

    Each row occurs in every period of the types that its table has.
    """
    return sorted(
        {
            Key(CHAT, _unit(spec.variable, category), population, *period, spec.variable, category)
            for spec in specs
            if spec.mart in marts
            for population in spec.populations
            for category in (codes.categories[spec.variable] if spec.categories == (ALL,) else spec.categories)
            for period in periods
            if period.period_type in spec.period_types
        }
    )


def _unit(variable: str, category: str) -> str:
    # The first steps count conversations. The later ones count visits, which become visitors in the coding.
    return "conversation" if variable == STEP and category in ("flagged", "duplicate") else "visitor"


def read_counts(
    query: Query, specs: Iterable[Spec], codes: Codes, periods: Sequence[Period], month_end: date
) -> list[Count]:
    """Read the true count of every row of the tables in every period, sorted by key.

    A row that the marts do not have gets the count 0. The rows of a release must not depend on whether anyone was
    counted: a row that appears would disclose a first person, and a row that disappears would disclose a last one.
    """
    counted: dict[Key, int] = {}
    known: dict[Key, int] = {}
    for row in query(INDICATORS, [month_end]).itertuples():
        key = _key(row, row.unit)
        counted[key] = row.n
        known[key._replace(category=KNOWN)] = row.n_known
    for row in query(FUNNEL, [month_end]).itertuples():
        counted[_key(row, _unit(STEP, row.category))] = row.n
    return [_count(key, counted, known) for key in row_keys(specs, ("indicators", "funnel"), codes, periods)]


def _key(row: Any, unit: str) -> Key:
    period = (row.period_type, row.period_start, row.period_end)
    return Key(row.source, unit, row.population, *period, row.variable, row.category)


def _count(key: Key, counted: Mapping[Key, int], known: Mapping[Key, int]) -> Count:
    base = known.get(key._replace(category=KNOWN), 0)
    if key.category == KNOWN:
        return Count(key, base, None)
    # Months have totals only. A count without a base gets no share and is no part of a breakdown.
    has_base = key.variable != STEP and key.period_type != "month"
    return Count(key, counted.get(key, 0), base if has_base else None)


def read_measures(query: Query, month_end: date) -> dict[Key, tuple[float, int]]:
    """Read the true measures of closed years.

    Returns:
        By key, (unrounded value, number of visitors with a known value). The key's category is the statistic.
    """
    rows = query(MEASURES, [month_end]).itertuples()
    return {_key(row, row.unit): (row.value, int(row.n_known)) for row in rows}
