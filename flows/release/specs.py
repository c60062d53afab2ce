"""What a release shows: the reviewed table of tables, and the true counts behind it, read from the marts.

The rows are the same every month and never react to the data (seeds/release_tables.csv).
"""

import calendar
import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from flows.release.disclosure.constraints import Codes
from flows.release.disclosure.protect import KNOWN, STEP, Count, Key, Policy

Query = Callable[[str, list[Any]], list[tuple[Any, ...]]]
Period = tuple[str, date, date]  # its type, first day and last day
ALL = "*"
CHAT = "chat"
YEARS = ("year", "window")  # closed once their last day has passed

FIRST_MONTH = "select min(period_start) from marts.volumes where period_type = 'month'"
INDICATORS = """
select source, unit, population, period_type, period_start, period_end, variable, category, n, n_known
from marts.indicators
where source = 'chat' and period_end <= ?
order by all
"""
FUNNEL = """
select period_type, period_start, period_end, step, n
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


def released_periods(first: date, month_end: date, codes: Codes, policy: Policy) -> list[Period]:
    """List the periods that a release holds, from the month of `first` to `month_end`.

    These are months, years and windows that are over, and the year to date with the last quarter that is over, of this
    year and of the year before. They follow from the calendar alone, never from what was counted.

    Returns:
        (type of period, first day, last day) of each; e.g. ("month", date(2020, 3, 1), date(2020, 3, 31)).
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
                found.append((period_type, date(year, first_month, 1), end))
    return found


def row_keys(specs: Iterable[Spec], marts: Sequence[str], codes: Codes, periods: Sequence[Period]) -> list[Key]:
    """List every row of the tables that are made of these marts, in each period of their types, each once, sorted."""
    return sorted(
        {
            Key(CHAT, _unit(spec.variable, category), population, *period, spec.variable, category)
            for spec in specs
            if spec.mart in marts
            for population in spec.populations
            for category in (codes.categories[spec.variable] if spec.categories == (ALL,) else spec.categories)
            for period in periods
            if period[0] in spec.period_types
        }
    )


def _unit(variable: str, category: str) -> str:
    # A step counts conversations or visits; visits become visitors with the coding.
    return "conversation" if variable == STEP and category in ("flagged", "duplicate") else "visitor"


def read_counts(
    query: Query, specs: Iterable[Spec], codes: Codes, periods: Sequence[Period], month_end: date
) -> list[Count]:
    """Read the true count of every row of the tables in every period, in the order of their keys.

    A row that the marts do not have is a count of 0: which rows a release holds must not depend on whether anyone was
    counted, since a row that comes or goes says that the count was just 1.
    """
    counted: dict[Key, int] = {}
    known: dict[Key, int] = {}
    for *fields, n, n_known in query(INDICATORS, [month_end]):
        key = Key(*fields)
        counted[key] = n
        known[key._replace(category=KNOWN)] = n_known
    for period_type, start, end, step, n in query(FUNNEL, [month_end]):
        counted[Key(CHAT, _unit(STEP, step), "", period_type, start, end, STEP, step)] = n
    return [_count(key, counted, known) for key in row_keys(specs, ("indicators", "funnel"), codes, periods)]


def _count(key: Key, counted: Mapping[Key, int], known: Mapping[Key, int]) -> Count:
    base = known.get(key._replace(category=KNOWN), 0)
    if key.category == KNOWN:
        return Count(key, base, None)
    # Months show totals only: no base, so no breakdown.
    has_base = key.variable != STEP and key.period_type != "month"
    return Count(key, counted.get(key, 0), base if has_base else None)


def read_measures(query: Query, month_end: date) -> dict[Key, tuple[float, int]]:
    """Read (value, number of visitors of whom it is known) of the measures; the key's category is the statistic."""
    rows = query(MEASURES, [month_end])
    n_known = {tuple(row[:5]): int(row[6]) for row in rows if row[5] == "n_known"}
    return {Key(CHAT, "visitor", *row[:6]): (row[6], n_known[tuple(row[:5])]) for row in rows}
