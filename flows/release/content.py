"""Build the content of one release: its tables of counts, measures, comparisons, coverage, registries, revisions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from flows.release.comparisons import comparisons
from flows.release.disclosure.protect import ROUNDED, SUPPRESSED, Figure, Measure, print_again, protect, shown_measures
from flows.release.figures import Tables, counts, figures, measures, tables_of
from flows.release.schema import KEY, SCHEMAS, differ, records
from flows.release.specs import CHAT, YEARS, Query, Rules, Spec, read_counts, read_measures, released_periods, row_keys

PUBLISHERS = ("comensha", "rapporteur", "UNODC")

FIRST_MONTH = "select min(period_start) as period_start from marts.volumes where period_type = 'month'"
COVERAGE = """
select *, n_source as source from marts.coverage where reference_year <= ? order by pair, reference_year
"""
REGISTRIES = """
select
    publisher, edition, reference_year, unit, population, variable,
    coalesce(harmonised_category, source_label) as category,
    coalesce(label_nl, source_label) as label_nl, coalesce(label_en, source_label) as label_en,
    value_low, value_high, value, case when value is null then 'interval' else 'exact' end as status
from marts.figures
where is_current and month is null and country = 'NLD' and not is_estimate
    and publisher in ('comensha', 'rapporteur', 'UNODC') and reference_year <= ?
order by all
"""
REVISIONS = """
select
    publisher as source, unit, population, variable, category, 'year' as period_type,
    make_date(reference_year, 1, 1) as period_start, make_date(reference_year, 12, 31) as period_end,
    edition as printed_in, value as n, previous_edition as printed_before_in, previous_value as n_previous
from marts.revisions
where month is null and publisher in ('comensha', 'rapporteur', 'UNODC') and reference_year <= ?
order by all
"""


@dataclass(frozen=True)
class Facts:
    """What a release states about itself.

    Attributes:
        release: Its name, e.g. 2020-12, or 2020-12.1 for a correction.
        month_end: The last day that it covers.
        is_fictitious: Whether its data are invented.
        reason: The reason for a correction, else blank.
        follows: The names of the releases that were published before.
        deliveries: Identifies the set of deliveries in the warehouse.
    """

    release: str
    month_end: date
    is_fictitious: bool
    reason: str
    follows: tuple[str, ...]
    deliveries: str


@dataclass(frozen=True, eq=False)
class Content:
    """The whole content of a release. No other data of the warehouse reach its files.

    Raises:
        ValueError: the tables are not those that flows/release/schema.py declares.
    """

    facts: Facts
    tables: Tables

    def __post_init__(self) -> None:
        if list(self.tables) != list(SCHEMAS):
            raise ValueError("found other tables than flows/release/schema.py declares.")
        for name, schema in SCHEMAS.items():
            schema.check(self.tables[name])

    @cached_property
    def counts(self) -> list[Any]:
        """All counts of the chat, as records of the table that `figures.counts` returns."""
        return list(records(counts(self.tables)))


def build(query: Query, rules: Rules, facts: Facts, printed: Tables, kept_from: date) -> Content:
    """Build the content of a release from the marts. This is the only step that sees true counts.

    Args:
        query: runs a SQL statement with its parameters, and returns its rows as a data frame.
        printed: the last print of each count and measure in earlier releases (`figures.last_prints`).
        kept_from: the first day from which every source still has its conversations. Figures of periods that start
            earlier are printed again unchanged.
    """

    def is_revised(before: Figure | Measure) -> bool:
        return before.key.period_start >= kept_from and may_be_revised(before, facts.release, facts.month_end)

    month_end, before = facts.month_end, counts(printed)
    first = min([*query(FIRST_MONTH, [])["period_start"], *before["period_start"]])
    periods = released_periods(first, month_end, rules.codes, rules.policy)
    protected = protect(
        read_counts(query, rules.specs, rules.codes, periods, month_end),
        rules.policy,
        facts.release,
        {figure.key: figure for figure in figures(printed)},
        fact_of=rules.codes.fact,
        is_revised=is_revised,
    )
    keys = row_keys(rules.specs, ("measures",), rules.codes, periods)
    ages = {measure.key: measure for measure in measures(printed)}
    now = shown_measures(read_measures(query, month_end), keys, rules.policy, facts.release)
    tables = tables_of(protected, [print_again(one, ages.get(one.key), is_revised) for one in now])
    shown = counts(tables)
    more = {
        "comparisons": comparisons(query, rules.policy, shown),
        "coverage": coverage(query, shown, month_end),
        "registries": registries(query, rules.specs, month_end.year),
        "revisions": revisions(query, shown, before, month_end.year),
    }
    return Content(facts, tables | more)


def may_be_revised(printed: Figure | Measure, release: str, month_end: date) -> bool:
    """Return whether a new release may publish another value for a count or measure that is already published.

    There are two cases. A correction may revise the values that the corrected release published first or last revised.
    A release about December may revise values about whole years and about windows.

    Args:
        printed: The value, as it was published last.
        release: The name of the new release. A correction has a number after a dot: `2020-12.1`.
        month_end: The last day that the new release covers.
    """
    is_corrected = printed.released_in.partition(".")[0] == release.partition(".")[0]
    return is_corrected or (month_end.month == 12 and printed.key.period_type in YEARS)


def coverage(query: Query, counts: pd.DataFrame, month_end: date) -> pd.DataFrame:
    """Return the counts divided by estimated or registered totals, in the table `coverage`.

    A count of the chat is included if its year is closed. It is the protected count of `counts`, never the true one.
    The shares are fractions of 1, rounded to thousandths. `share_low` divides by the highest total, `share_high` by the
    lowest.

    Raises:
        KeyError: no table of the release has the count of the chat.
    """
    of_years = records(counts[counts["period_type"] == "year"])
    shown = {(one.period_start.year, one.unit, one.population, one.variable, one.category): one.n for one in of_years}
    schema, rows = SCHEMAS["coverage"], []
    for row in query(COVERAGE, [month_end.year]).itertuples(index=False):
        n, status = row.n, "exact"
        if row.source == CHAT:
            if date(row.reference_year, 12, 31) > month_end:
                continue
            n = shown[row.reference_year, row.unit, row.population, row.variable, row.category]
            status = SUPPRESSED if n is None else ROUNDED
        share, low, high = (_thousandths(n, total) for total in (row.total, row.total_high, row.total_low))
        rows.append({**row._asdict(), "n": n, "share": share, "share_low": low, "share_high": high, "status": status})
    return schema.frame(pd.DataFrame(rows, columns=list(schema.columns), dtype=object))


def _thousandths(n: int | None, total: int | None) -> float | None:
    return None if n is None or not total else (2000 * n + total) // (2 * total) / 1000


def registries(query: Query, specs: Iterable[Spec], year: int) -> pd.DataFrame:
    """Return the publishers' figures that the specs name, from the current edition, up to and including `year`.

    In the table `registries`, `value` is the exact figure. It is missing where the publisher prints an interval.
    """
    wanted = {(who, spec.variable) for spec in specs if spec.mart == "registries" for who in spec.populations}
    named = pd.DataFrame(sorted(wanted), columns=["population", "variable"], dtype=object)
    return SCHEMAS["registries"].frame(query(REGISTRIES, [year]).merge(named))


def revisions(query: Query, counts: pd.DataFrame, printed: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the table `revisions`: counts that this release prints differently, and figures that registries revised.

    Args:
        counts: the counts of this release.
        printed: the last print of each count in earlier releases.
        year: the last reference year of the registries' revisions.
    """
    schema = SCHEMAS["revisions"]
    pairs = counts.merge(printed, on=KEY, suffixes=("", "_before"))
    revised = pairs[differ(pairs, ["n", "n_known", "share", "status", "released_in"])]
    names = {"released_in": "printed_in", "n_before": "n_previous", "released_in_before": "printed_before_in"}
    of_registries = schema.typed(query(REVISIONS, [year]))
    return schema.frame(pd.concat([schema.typed(revised.rename(columns=names)), of_registries]))
