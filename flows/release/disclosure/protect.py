"""Protect true counts against disclosure: pure functions from true counts to figures that may be published.

Rounding: every count is rounded to the nearest multiple of the rounding base, halves up. Rounding always starts from
the true count.

Primary suppression: a count that would round to less than the smallest shown count of its rule is suppressed. In
seeds/disclosure_policy.csv that is two rounding bases.

Complementary suppression: if one category of a breakdown would be shown as large as its base, all categories of that
breakdown are suppressed. The counts of the same visitors in other tables are suppressed with them.

Shares are computed from rounded counts only. A figure that was printed once is printed unchanged in later releases,
except in a revision. docs/method.md gives the reasons.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple, TypeVar

from flows.release.seeds import read_rows

ROUNDED, SUPPRESSED = "rounded", "suppressed"
KNOWN = "known"  # the category that counts every visitor with a known value of the variable
STEP = "step"  # the variable of the funnel; its categories are steps, not properties of persons


class Key(NamedTuple):
    """What a figure counts: one category of a variable, in one population and one period (both dates included)."""

    source: str
    unit: str
    population: str
    period_type: str
    period_start: date
    period_end: date
    variable: str
    category: str


@dataclass(frozen=True)
class Count:
    """A true count. It never leaves the protection step.

    `n_known` is the base: the true number of visitors with a known value of the variable. It is None for a count that
    is no category of a breakdown.
    """

    key: Key
    n: int
    n_known: int | None


@dataclass(frozen=True)
class Figure:
    """A protected count, as it is published.

    `n` and `n_known` are rounded. They are None where they are suppressed; `n_known` is also None where there is no
    base. `share` is a fraction of 1, rounded to thousandths. `status` is ROUNDED or SUPPRESSED and describes `n`.
    `released_in` names the release that printed the figure first, or that last revised it.
    """

    key: Key
    n: int | None
    n_known: int | None
    share: float | None
    status: str
    released_in: str


@dataclass(frozen=True)
class Measure:
    """A mean or median age in whole years, None where too few ages are known. The key's category is the statistic."""

    key: Key
    value: int | None
    status: str
    released_in: str


FigureOrMeasure = TypeVar("FigureOrMeasure", Figure, Measure)


@dataclass(frozen=True)
class Rule:
    """The protection rule for one type of period: one row of seeds/disclosure_policy.csv.

    Attributes:
        base: the rounding base.
        smallest_shown: the smallest rounded count that is shown; smaller ones are suppressed.
        share_from: the smallest rounded base for which a share is shown; None if no shares are shown.
        measures_from: the smallest rounded base for which a mean or median is shown; None if none are shown.
        months: the months (1 to 12) whose release brings new periods of this type. The code reads them for
            `year_to_date` only (`flows.release.specs.released_periods`).
    """

    base: int
    smallest_shown: int
    share_from: int | None
    measures_from: int | None
    months: frozenset[int]


Policy = Mapping[str, Rule]


def load_policy(path: Path) -> Policy:
    """Read the protection rules, by type of period, from seeds/disclosure_policy.csv at `path`."""
    return {
        row["period_type"]: Rule(
            base=int(row["rounding_base"]),
            smallest_shown=int(row["smallest_shown"]),
            share_from=int(row["share_from"]) if row["share_from"] else None,
            measures_from=int(row["measures_from"]) if row["measures_from"] else None,
            months=frozenset(int(month) for month in row["released_in_months"].split("|")),
        )
        for row in read_rows(path)
    }


def round_half_up(n: int, base: int) -> int:
    """Return the multiple of `base` that is nearest to `n`, halves up."""
    return (2 * n + base) // (2 * base) * base


def protect_count(n: int, rule: Rule) -> int | None:
    """Return the rounded count, or None where it is too small to be shown (primary suppression)."""
    rounded = round_half_up(n, rule.base)
    return rounded if rounded >= rule.smallest_shown else None


def protect_share(n: int | None, n_known: int | None, rule: Rule) -> float | None:
    """Return a share computed from protected counts.

    Args:
        n: the rounded count, None where it is suppressed.
        n_known: the rounded base, None where it is suppressed or where there is no base.

    Returns:
        A fraction of 1, rounded to thousandths, halves up. None where one of the counts is None, where the base is
        smaller than `rule.share_from`, and where rounding makes the count equal to its base.
    """
    if n is None or n_known is None or rule.share_from is None or n_known < rule.share_from or n == n_known:
        return None
    return (2000 * n + n_known) // (2 * n_known) / 1000


def protect(
    counts: Iterable[Count],
    policy: Policy,
    release: str,
    printed: Mapping[Key, Figure],
    *,
    fact_of: Callable[[Key], Hashable],
    is_revised: Callable[[Figure], bool] = lambda figure: False,
) -> list[Figure]:
    """Turn true counts into figures that may be published.

    If a breakdown is suppressed because one category would be shown as large as its base, the `n` of every count of the
    same fact and period is suppressed, in all tables. The base `n_known` is rounded, and suppressed if it is small.

    Args:
        release: the name of this release, e.g. 2020-12.
        printed: the last print of each figure in earlier releases. It is printed again unchanged, unless `is_revised`
            allows a revision and the figure has a different value now.
        fact_of: returns the same fact for all keys that count the same visitors.
        is_revised: returns whether a printed figure may be revised.

    Returns:
        One figure for each count, in the order of the counts.
    """
    counts = list(counts)
    groups = {_group(count.key) for count in counts if _shows_everyone(count, policy[count.key.period_type])}
    hidden = {_counted(count.key, fact_of) for count in counts if _is_part(count) and _group(count.key) in groups}
    figures = []
    for count in counts:
        rule = policy[count.key.period_type]
        n = None if _counted(count.key, fact_of) in hidden else protect_count(count.n, rule)
        n_known = None if count.n_known is None else protect_count(count.n_known, rule)
        share = protect_share(n, n_known, rule)
        figure = Figure(count.key, n, n_known, share, SUPPRESSED if n is None else ROUNDED, release)
        figures.append(print_again(figure, printed.get(count.key), is_revised))
    return figures


def print_again(
    now: FigureOrMeasure, before: FigureOrMeasure | None, is_revised: Callable[[FigureOrMeasure], bool]
) -> FigureOrMeasure:
    """Return the version of a figure or measure to print.

    Args:
        now: the version that follows from the present data.
        before: the last printed version, None if it was never printed.
        is_revised: returns whether a printed version may be revised.

    Returns:
        `before`, if it exists and either may not be revised or differs from `now` in `released_in` only. Otherwise
        `now`.
    """
    if before and (not is_revised(before) or replace(now, released_in=before.released_in) == before):
        return before
    return now


def _group(key: Key) -> Hashable:
    return key[:-1]


def _counted(key: Key, fact_of: Callable[[Key], Hashable]) -> Hashable:
    return fact_of(key), key.period_start, key.period_end


def _is_part(count: Count) -> bool:
    return count.n_known is not None


def _shows_everyone(count: Count, rule: Rule) -> bool:
    """Return whether a category would be shown as large as its base.

    The rounded counts decide, not the true ones. If the true counts decided, a category that is still shown as large as
    its base would disclose that the other categories are not all 0.
    """
    if count.n_known is None:
        return False
    n = protect_count(count.n, rule)
    return bool(n) and n == protect_count(count.n_known, rule)


def shown_measure(value: float, n_known: int, rule: Rule) -> int | None:
    """Return a mean or median that may be published.

    Args:
        value: the unrounded mean or median, 0 or more.
        n_known: the true number of visitors with a known value.

    Returns:
        The value in whole units, halves up. None where the rounded `n_known` is suppressed or smaller than
        `rule.measures_from`, and where the rule shows no measures.
    """
    rounded = protect_count(n_known, rule)
    if rule.measures_from is None or rounded is None or rounded < rule.measures_from:
        return None
    return int(value + 0.5)


def shown_measures(
    found: Mapping[Key, tuple[float, int]], keys: Iterable[Key], policy: Policy, release: str
) -> list[Measure]:
    """Return a protected measure for every key, also where the marts have none.

    Args:
        found: by key, (unrounded value, true number of visitors with a known value).
    """
    made = []
    for key in keys:
        shown = shown_measure(*found.get(key, (0.0, 0)), policy[key.period_type])
        made.append(Measure(key, shown, SUPPRESSED if shown is None else ROUNDED, release))
    return made
