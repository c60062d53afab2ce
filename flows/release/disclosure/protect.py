"""Protection against disclosure: pure functions from true counts to figures that may be shown.

Every count of persons is rounded to the nearest multiple of a base, halves up, from the true count; a count that would
round to less than two steps is not shown, and neither is a breakdown in which one category would be shown as everyone.
Shares come from rounded counts only. What was printed once stays as it was printed. docs/method.md says why.
"""

import csv
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple, TypeVar

ROUNDED, SUPPRESSED = "rounded", "suppressed"
KNOWN = "known"  # the category of a count of everyone of whom anything is known
STEP = "step"  # the variable of the funnel, whose categories are no properties of persons


class Key(NamedTuple):
    """What a figure counts: one category of a variable in a population and a period (dates inclusive)."""

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
    """A true count. Never leaves this step."""

    key: Key
    n: int
    n_known: int | None


@dataclass(frozen=True)
class Figure:
    """A count as it is shown: `n` and `n_known` rounded or None, `share` in thousandths as a fraction of 1.

    `released_in` names the release that printed it first, or last revised it.
    """

    key: Key
    n: int | None
    n_known: int | None
    share: float | None
    status: str
    released_in: str


@dataclass(frozen=True)
class Measure:
    """A mean or median of ages in whole years, None where it is of too few; the key's category is the statistic."""

    key: Key
    value: int | None
    status: str
    released_in: str


FigureOrMeasure = TypeVar("FigureOrMeasure", Figure, Measure)


@dataclass(frozen=True)
class Rule:
    """How counts of one type of period are shown: one row of seeds/disclosure_policy.csv."""

    base: int
    smallest_shown: int
    share_from: int | None
    measures_from: int | None
    months: frozenset[int]


Policy = Mapping[str, Rule]


def load_policy(path: Path) -> Policy:
    """The rules by type of period."""
    with path.open(encoding="utf-8") as stream:
        return {
            row["period_type"]: Rule(
                base=int(row["rounding_base"]),
                smallest_shown=int(row["smallest_shown"]),
                share_from=int(row["share_from"]) if row["share_from"] else None,
                measures_from=int(row["measures_from"]) if row["measures_from"] else None,
                months=frozenset(int(month) for month in row["released_in_months"].split("|")),
            )
            for row in csv.DictReader(stream)
        }


def round_half_up(n: int, base: int) -> int:
    """The nearest multiple of `base`, halves up."""
    return (2 * n + base) // (2 * base) * base


def protect_count(n: int, rule: Rule) -> int | None:
    """The count as it is shown, None where it is too small."""
    rounded = round_half_up(n, rule.base)
    return rounded if rounded >= rule.smallest_shown else None


def protect_share(n: int | None, n_known: int | None, rule: Rule) -> float | None:
    """A share from shown counts only, in thousandths, halves up; None below the base from which shares are shown, and
    where rounding would make it everyone."""
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
    """Figures that may be shown, in the order of the counts.

    `printed` holds what earlier releases printed: it is printed again as it was, unless `is_revised` says otherwise and
    the figure is now another one. `fact_of` gives keys that count the same visitors in a period the same fact: what one
    table must not show, none shows.
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
    """Return what to print of a figure or measure: as it was printed `before`, unless it may be revised and says
    something else now."""
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
    """Whether a part would be shown equal to its base. It is decided on shown counts: decided on true ones, a part that
    is shown equal all the same would say that the others are not 0."""
    if count.n_known is None:
        return False
    n = protect_count(count.n, rule)
    return bool(n) and n == protect_count(count.n_known, rule)


def shown_measure(value: float, n_known: int, rule: Rule) -> int | None:
    """A mean or median in whole units, halves up; None where it is of too few."""
    rounded = protect_count(n_known, rule)
    if rule.measures_from is None or rounded is None or rounded < rule.measures_from:
        return None
    return int(value + 0.5)


def printed_by(releases: Sequence[Iterable[FigureOrMeasure]]) -> dict[Key, FigureOrMeasure]:
    """What releases printed, in the order in which they came out: of a revised figure or measure the last."""
    return {figure.key: figure for figures in releases for figure in figures}
