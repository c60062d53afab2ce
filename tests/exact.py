"""Compute statistics exactly from their definitions: whole numbers, fractions and bisection, no special functions.

It is slow and independent of the project's own statistics, which tests compare with it.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import comb, fsum


@cache
def poisson_p(n: int, n_previous: int) -> Fraction:
    """Return the two-sided p-value of two Poisson counts, given their total.

    It sums the probabilities of all splits of the total that are not more likely than the observed one.
    """
    total = n + n_previous
    return Fraction(sum(ways for k in range(total + 1) if (ways := comb(total, k)) <= comb(total, n)), 2**total)


@cache
def fisher_p(n: int, n_known: int, n_previous: int, n_known_previous: int) -> Fraction:
    """Return the two-sided p-value of Fisher's exact test.

    It sums the probabilities of all tables with the same margins that are not more likely than the observed one.
    """
    marked = n + n_previous
    ways = [comb(n_known, k) * comb(n_known_previous, marked - k) for k in range(marked + 1)]
    return Fraction(sum(one for one in ways if one <= ways[n]), sum(ways))


@cache
def share_interval(n: int, n_known: int) -> tuple[float, float]:
    """Return the exact (Clopper-Pearson) 95 % interval of a share.

    Returns:
        (low, high): the share for which n or more has probability 0.025, and the one for which n or fewer has it.
    """
    low = 0.0 if n == 0 else bisect(lambda share: at_least(n, n_known, share) < 0.025)
    high = 1.0 if n == n_known else bisect(lambda share: at_least(n + 1, n_known, share) < 0.975)
    return low, high


def ratio_interval(n: int, n_previous: int) -> tuple[float, float]:
    """Return the exact 95 % interval (low, high) of the ratio of two counts; `n_previous` is not 0.

    It is the interval of the first count's share in the total, as odds.
    """
    low, high = share_interval(n, n + n_previous)
    return low / (1 - low), high / (1 - high)


def at_least(n: int, n_known: int, share: float) -> float:
    """Return the binomial probability of n or more out of n_known."""
    return fsum(comb(n_known, k) * share**k * (1 - share) ** (n_known - k) for k in range(n, n_known + 1))


def bisect(is_below: Callable[[float], bool]) -> float:
    """Return the point between 0 and 1 at which a condition stops being true."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return low


def adjusted(p_values: list[float]) -> list[float]:
    """Return p-values adjusted after Benjamini and Hochberg.

    An adjusted p-value is the smallest m p / rank of all p-values that are not smaller, where m is their number.
    """
    size = len(p_values)
    up_to = {p: sum(other <= p for other in p_values) for p in set(p_values)}
    return [min(size * other / up_to[other] for other in up_to if other >= p) for p in p_values]
