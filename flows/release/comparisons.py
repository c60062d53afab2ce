"""Compare published counts with those of earlier periods, and test whether chance alone explains the difference.

This module sees protected counts, and how many visits wait for coding, which it treats as a protected count.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from flows.release.disclosure.constraints import hidden_counts, true_counts
from flows.release.disclosure.protect import STEP, Policy, Rule
from flows.release.schema import KEY, OF_STEPS, SCHEMAS, Period, periods, records
from flows.release.specs import Query
from flows.warehouse.statistics import poisson_p

SIGNIFICANT = 0.05
MORE, FEWER, UNCLEAR, NOT_SHOWN, NOT_COMPARABLE = "more", "fewer", "no_clear_change", "not_shown", "not_comparable"

# The other reasons follow from true counts of single categories, so their presence could reveal some.
REASONS = """
select distinct population, period_type, period_start, period_end, variable, basis, reason_nl, reason_en
from marts.comparisons
where source = 'chat' and not is_comparable
    and reason not in ('unknown_before', 'known_share_changed', 'uncoded')
order by all
"""
WAITING = "select distinct period_type, period_start, period_end, n_uncoded from marts.indicators order by all"
BEFORE_CODING = ("flagged", "duplicate")  # steps that coding does not change


def comparisons(query: Query, policy: Policy, counts: pd.DataFrame) -> pd.DataFrame:
    """Compare each count with earlier periods that the release also has. Return the table `comparisons`.

    A month is compared with the month before and with the same month of the year before. A year, window or year to date
    is compared with the same period of the year before.

    The column `change` is MORE, FEWER or UNCLEAR, after a test on the two counts. Visits that wait for coding may
    belong to any count, so a change must be clear with all and with none of them. It is NOT_SHOWN where a count is
    suppressed, and NOT_COMPARABLE where the marts have a reason. `difference` and `change_percent` come from the
    rounded counts. `change_percent` is missing where the counts were not tested, and where one of them is smaller than
    the smallest base of a share.
    """
    schema = SCHEMAS["comparisons"]
    earlier = [(*period, *before) for period in periods(counts) for before in _earlier(period)]
    names = [*Period._fields, "basis", "previous_start", "previous_end"]
    pairs = counts.merge(schema.typed(pd.DataFrame(earlier, columns=names, dtype=object)))
    then = {"period_start": "previous_start", "period_end": "previous_end", "n": "n_previous"}
    pairs = pairs.merge(counts[[*KEY, "n"]].rename(columns=then)).merge(schema.typed(_reasons(query)), how="left")
    is_shown = pairs["n"].notna() & pairs["n_previous"].notna()
    for column in ("reason_nl", "reason_en"):
        pairs[column] = pairs[column].where(is_shown)
    pairs["difference"] = pairs["n"] - pairs["n_previous"]
    waiting = {Period(*row[:3]): row.n_uncoded for row in records(query(WAITING, []))}
    changes = [_change(row, policy[row.period_type], waiting) for row in records(pairs)]
    pairs["change"] = [word for word, _ in changes]
    pairs["change_percent"] = [percent for _, percent in changes]
    return schema.frame(pairs)


def _reasons(query: Query) -> pd.DataFrame:
    """Return why periods cannot be compared, by population, period, variable and basis."""
    found = query(REASONS, []).assign(has_reason=True)
    # The marts keep the size of a population under form_group. The visitors of the funnel are all visitors.
    everyone = found[(found["population"] == "visitors") & (found["variable"] == "form_group")]
    found = pd.concat([found, everyone.assign(population=OF_STEPS, variable=STEP)])
    return found.drop_duplicates(["population", *Period._fields, "variable", "basis"], keep="last")


def _earlier(period: Period) -> Iterator[tuple[str, date, date]]:
    """Yield the earlier periods that a period is compared with, each as (basis, first day, last day)."""
    year_before = (_years_earlier(period.period_start), _years_earlier(period.period_end))
    if period.period_type == "month":
        end = date.fromordinal(period.period_start.toordinal() - 1)
        yield "previous_month", end.replace(day=1), end
        yield "same_month_previous_year", *year_before
    elif period.period_type == "year":
        yield "previous_year", *year_before
    else:
        yield "same_window_previous_year", *year_before


def _years_earlier(day: date) -> date:
    """Return the same day of the year before. The last day of February gives the last day of February."""
    is_last = date.fromordinal(day.toordinal() + 1).month != day.month
    if day.month == 2 and is_last:
        return date.fromordinal(date(day.year - 1, 3, 1).toordinal() - 1)
    return day.replace(year=day.year - 1)


def _change(pair: Any, rule: Rule, waiting: Mapping[Period, int]) -> tuple[str, int | None]:
    """Return the change between the counts of a row, and the difference in per cent if it may be shown."""
    if pair.n is None or pair.n_previous is None:
        return NOT_SHOWN, None
    if pair.has_reason:
        return NOT_COMPARABLE, None
    has_percent = rule.share_from is not None and min(pair.n, pair.n_previous) >= rule.share_from
    starts_and_ends = ((pair.period_start, pair.period_end), (pair.previous_start, pair.previous_end))
    may_wait = [_may_wait(waiting.get(Period(pair.period_type, *days), 0), rule) for days in starts_and_ends]
    if pair.variable == STEP and pair.category in BEFORE_CODING:
        may_wait = [0, 0]
    possible = [
        range(counts.start, counts.stop + more)
        for counts, more in zip((true_counts(n, rule) for n in (pair.n, pair.n_previous)), may_wait, strict=True)
    ]
    change = changed(*possible)
    return change, _whole_percent(pair.n, pair.n_previous) if has_percent else None


def _may_wait(n: int, rule: Rule) -> int:
    """Return how many visits may wait for coding, as far as a release may tell.

    A small number is treated as any number that primary suppression hides, so the words on a change do not reveal it.
    """
    rounded = (2 * n + rule.base) // (2 * rule.base) * rule.base
    return (hidden_counts(rule) if rounded < rule.smallest_shown else true_counts(rounded, rule)).stop - 1


def changed(counts: range, counts_previous: range) -> str:
    """Compare two published counts: return MORE or FEWER if they differ significantly (p < 0.05), else UNCLEAR.

    Each published count is rounded, and visits may wait for coding. So several true counts are possible behind it. The
    exact conditional test of two Poisson counts (docs/method.md, Comparisons) is applied to the two possible counts
    that are nearest to each other. A significant result therefore holds whatever the true counts are. If the ranges
    overlap, the result is UNCLEAR.

    Args:
        counts: The possible true counts behind the count of the later period.
        counts_previous: The possible true counts behind the count of the earlier period.

    Returns:
        MORE if the later count is higher, FEWER if it is lower, UNCLEAR otherwise.
    """
    if counts.start > counts_previous.stop - 1:
        nearest, word = (counts.start, counts_previous.stop - 1), MORE
    elif counts_previous.start > counts.stop - 1:
        nearest, word = (counts.stop - 1, counts_previous.start), FEWER
    else:
        return UNCLEAR
    [p] = poisson_p(np.array([nearest[0]]), np.array([nearest[1]]))
    return word if p < SIGNIFICANT else UNCLEAR


def _whole_percent(n: int, previous: int) -> int:
    return (200 * (n - previous) + previous) // (2 * previous)
