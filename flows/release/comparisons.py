"""Shown counts beside those of earlier periods, and what chance leaves of their differences. Sees no true count."""

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
    """A shown count beside that of an earlier period, and what chance leaves of the difference in three words.

    `change_percent` is of rounded counts and stands only from the base from which shares are shown.
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
    """Every shown period beside the one before it and the same one of the year before, where both are shown.

    Raises nothing: what cannot be compared says why.
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
    # The size of the population stands under form_group in the marts; the funnel's visitors are all visitors.
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
    """The same day of the year before; the last of February stays the last."""
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
    """more or fewer where chance alone cannot explain the difference, whatever the rounded counts were exactly.

    The exact test of two Poisson counts on the two nearest true counts (docs/method.md, Comparisons).
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
