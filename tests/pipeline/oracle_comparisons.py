"""Compute the expected rows of `comparisons` on the chat from the rows of `indicators`, with plain loops.

Statistics come from their definitions (`exact`). Dates come from Python's calendar, which handles leap years.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import exact
from oracle import month_end

# (population, period type, start, end, variable, category) → (n, n_known, n_population)
Figures = dict[tuple[Any, ...], tuple[int, int, int]]
# (source, period type, start, end) → (state, n_uncoded)
States = dict[tuple[Any, ...], tuple[str, int]]
ALWAYS_KNOWN = ("form", "form_group")


@dataclass
class Comparison:
    """One row: the counts and what is computed from them."""

    n: int
    n_previous: int
    n_known: int
    n_known_previous: int
    reason: str | None
    has_uncoded: bool
    p_value: float
    share_p_value: float | None
    p_value_adjusted: float | None = None
    share_p_value_adjusted: float | None = None

    def row(self) -> tuple[Any, ...]:
        """Return the columns of the table except its keys, labels and editions."""
        ratio = low = high = None
        if self.n_previous:
            ratio = self.n / self.n_previous
            low, high = exact.ratio_interval(self.n, self.n_previous)
        now: tuple[float | None, ...] = (None, None, None)
        then, difference = now, None
        if self.share_p_value is not None:
            now = (self.n / self.n_known, *exact.share_interval(self.n, self.n_known))
            then = (
                self.n_previous / self.n_known_previous,
                *exact.share_interval(self.n_previous, self.n_known_previous),
            )
            difference = now[0] - then[0]
        counts = (self.n, self.n_previous, self.n - self.n_previous, ratio, low, high)
        known = (self.n_known, self.n_known_previous, *now, *then, difference)
        tests = (self.p_value, self.p_value_adjusted, self.share_p_value, self.share_p_value_adjusted)
        return *counts, *known, *tests, self.reason is None, self.reason


def compare(
    figures: Figures, states: States, conditions: dict[str, set[str]], first_day: date, last_day: date
) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Return all comparisons of the chat, by the key of `indicators` and the basis.

    Args:
        figures: The figures.
        states: What each period is worth, for all platforms together (`chat`) and for each.
        conditions: The variables of the conditions of each population.
        first_day: The first day of the data.
        last_day: Their last day.
    """
    known = {key[:5]: (n_known, n_population) for key, (_, n_known, n_population) in figures.items()}
    found: dict[tuple[Any, ...], Comparison] = {}
    for (population, kind, start, end, variable, category), (n, n_known, n_population) in figures.items():
        for basis, earlier_start, earlier_end in earlier(kind, start, end):
            if earlier_start < first_day or earlier_end > last_day:
                continue
            then = (population, kind, earlier_start, earlier_end, variable)
            n_previous = figures.get((*then, category), (0, 0, 0))[0]
            n_known_previous, n_population_previous = known.get(then, (0, 0))
            scope = category if variable == "platform_source" else "chat"
            state, waits = states[scope, kind, start, end]
            state_before, waits_before = states.get((scope, kind, earlier_start, earlier_end), ("incomplete", 0))
            everyone = ("visitors", kind, earlier_start, earlier_end)
            is_known_before = (n_known_previous > 0 or variable == "form_group") and all(
                (*everyone, needed) in known for needed in conditions.get(population, set()).difference(ALWAYS_KNOWN)
            )
            reason = None
            if "incomplete" in (state, state_before):
                reason = "incomplete"
            elif not is_known_before:
                reason = "unknown_before"
            elif n_population_previous and _moved(n_known, n_population, n_known_previous, n_population_previous):
                reason = "known_share_changed"
            elif waits + waits_before and _change(n, n_previous + waits_before) != _change(n + waits, n_previous):
                reason = "uncoded"
            found[population, kind, start, end, variable, category, basis] = Comparison(
                n,
                n_previous,
                n_known,
                n_known_previous,
                reason,
                waits + waits_before > 0,
                float(exact.poisson_p(n, n_previous)),
                float(exact.fisher_p(n, n_known, n_previous, n_known_previous)) if n_known_previous else None,
            )
    adjust(found)
    return {key: comparison.row() for key, comparison in found.items()}


def _moved(n: int, total: int, n_previous: int, total_previous: int) -> bool:
    return abs(Fraction(n, total) - Fraction(n_previous, total_previous)) > Fraction(1, 10)


def _change(n: int, n_previous: int) -> int:
    """Return 1 for significantly more, -1 for fewer, 0 for neither."""
    return (n > n_previous) - (n < n_previous) if exact.poisson_p(n, n_previous) < Fraction(1, 20) else 0


def earlier(kind: str, start: date, end: date) -> Iterator[tuple[str, date, date]]:
    """Yield the earlier periods that a period is compared with: basis, first day, last day."""
    last_year = (start.replace(year=start.year - 1), month_end(end.year - 1, end.month))
    if kind == "year":
        yield "previous_year", *last_year
    elif kind == "month":
        day_before = start - timedelta(days=1)
        yield "previous_month", day_before.replace(day=1), day_before
        yield "same_month_previous_year", *last_year
    else:
        yield "same_window_previous_year", *last_year


def adjust(found: dict[tuple[Any, ...], Comparison]) -> None:
    """Adjust the p-values of the rows that readers see together: those of one basis and period."""
    families: dict[tuple[Any, ...], list[Comparison]] = defaultdict(list)
    for (_, kind, start, end, _, _, basis), comparison in found.items():
        if comparison.reason is None and comparison.n + comparison.n_previous > 0:
            families[basis, kind, start, end].append(comparison)
    for family in families.values():
        for comparison, p_value in zip(family, exact.adjusted([one.p_value for one in family]), strict=True):
            comparison.p_value_adjusted = p_value
        with_shares = [one for one in family if one.share_p_value is not None and not one.has_uncoded]
        p_values = exact.adjusted([one.share_p_value for one in with_shares if one.share_p_value is not None])
        for comparison, p_value in zip(with_shares, p_values, strict=True):
            comparison.share_p_value_adjusted = p_value
