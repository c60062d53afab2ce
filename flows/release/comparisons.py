"""Compare published counts with those of earlier periods, and test whether chance alone explains the difference.

This module sees protected counts only, never a true count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from flows.release.disclosure.constraints import true_counts
from flows.release.disclosure.protect import STEP, Figure, Key, Policy
from flows.release.specs import Query
from flows.warehouse.statistics import poisson_p

SIGNIFICANT = 0.05
MORE, FEWER, UNCLEAR, NOT_SHOWN, NOT_COMPARABLE = "more", "fewer", "no_clear_change", "not_shown", "not_comparable"

REASONS = """
select distinct population, period_type, period_start, period_end, variable, basis, reason_nl, reason_en
from marts.comparisons
where source = 'chat' and not is_comparable and reason <> 'unknown_before'
order by all
"""


@dataclass(frozen=True)
class Comparison:
    """A protected count compared with that of an earlier period.

    `change` is MORE, FEWER or UNCLEAR, after a test on the two counts. It is NOT_SHOWN where a count is suppressed, and
    NOT_COMPARABLE where `reason` says why. `difference` and `change_percent` come from the rounded counts.
    `change_percent` is None where the counts were not tested, and where one of them is smaller than the smallest base
    of a share.
    """

    key: Key
    basis: str
    previous_start: date
    previous_end: date
    n: int | None
    n_previous: int | None
    difference: int | None
    change_percent: int | None
    change: str
    reason: Mapping[str, str]


def comparisons(query: Query, policy: Policy, figures: Sequence[Figure]) -> list[Comparison]:
    """Compare each figure with earlier periods that the release also has.

    A month is compared with the month before and with the same month of the year before. A year, window or year to date
    is compared with the same period of the year before. A comparison with a suppressed count is included, with the
    change NOT_SHOWN. Periods that cannot be compared get the change NOT_COMPARABLE and the reason from the marts.
    """
    reasons = {tuple(row[:6]): {"nl": row[6], "en": row[7]} for row in query(REASONS, [])}
    by_key = {figure.key: figure for figure in figures}
    found = []
    for figure in figures:
        for basis, start, end in _earlier(figure.key):
            before = by_key.get(figure.key._replace(period_start=start, period_end=end))
            if before is not None:
                reason = reasons.get(_reason_key(figure.key, basis), {})
                found.append(_compared(figure, before, basis, reason, policy))
    return found


def _reason_key(key: Key, basis: str) -> tuple[Any, ...]:
    # The marts keep the size of a population under form_group. The visitors of the funnel are all visitors.
    population, variable = (key.population, key.variable) if key.variable != STEP else ("visitors", "form_group")
    return (population, key.period_type, key.period_start, key.period_end, variable, basis)


def _earlier(key: Key) -> Iterator[tuple[str, date, date]]:
    year_before = (_years_earlier(key.period_start), _years_earlier(key.period_end))
    if key.period_type == "month":
        end = date.fromordinal(key.period_start.toordinal() - 1)
        yield "previous_month", end.replace(day=1), end
        yield "same_month_previous_year", *year_before
    elif key.period_type == "year":
        yield "previous_year", *year_before
    else:
        yield "same_window_previous_year", *year_before


def _years_earlier(day: date) -> date:
    """Return the same day of the year before. The last day of February gives the last day of February."""
    is_last = date.fromordinal(day.toordinal() + 1).month != day.month
    if day.month == 2 and is_last:
        return date.fromordinal(date(day.year - 1, 3, 1).toordinal() - 1)
    return day.replace(year=day.year - 1)


def _compared(figure: Figure, before: Figure, basis: str, reason: Mapping[str, str], policy: Policy) -> Comparison:
    n, previous = figure.n, before.n
    rule = policy[figure.key.period_type]
    percent = None
    if n is None or previous is None:
        change = NOT_SHOWN
    elif reason:
        change = NOT_COMPARABLE
    else:
        change = changed(true_counts(n, rule), true_counts(previous, rule))
        if rule.share_from is not None and min(n, previous) >= rule.share_from:
            percent = _whole_percent(n, previous)
    is_shown = n is not None and previous is not None
    return Comparison(
        key=figure.key,
        basis=basis,
        previous_start=before.key.period_start,
        previous_end=before.key.period_end,
        n=n,
        n_previous=previous,
        difference=n - previous if n is not None and previous is not None else None,
        change_percent=percent,
        change=change,
        reason=reason if is_shown else {},
    )


def changed(counts: range, counts_previous: range) -> str:
    """Compare two published counts: return MORE or FEWER if they differ significantly (p < 0.05), else UNCLEAR.

    Each published count is rounded, so several true counts are possible behind it. The exact conditional test of two
    Poisson counts (docs/method.md, Comparisons) is applied to the two possible counts that are nearest to each other. A
    significant result therefore holds whatever the true counts are. If the ranges overlap, the result is UNCLEAR.

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
