"""Exact statistics by their definitions, slowly: whole numbers, fractions and bisection, no special functions."""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import comb, fsum


@cache
def poisson_p(n: int, n_previous: int) -> Fraction:
    """The sum of all splits of the same total that are no likelier than the one seen."""
    total = n + n_previous
    return Fraction(sum(ways for k in range(total + 1) if (ways := comb(total, k)) <= comb(total, n)), 2**total)


@cache
def fisher_p(n: int, n_known: int, n_previous: int, n_known_previous: int) -> Fraction:
    """The sum of all tables with the same margins that are no likelier than the one seen."""
    marked = n + n_previous
    ways = [comb(n_known, k) * comb(n_known_previous, marked - k) for k in range(marked + 1)]
    return Fraction(sum(one for one in ways if one <= ways[n]), sum(ways))


@cache
def share_interval(n: int, n_known: int) -> tuple[float, float]:
    """The shares for which n or more, and n or fewer, have probability 0.025."""
    low = 0.0 if n == 0 else bisect(lambda share: at_least(n, n_known, share) < 0.025)
    high = 1.0 if n == n_known else bisect(lambda share: at_least(n + 1, n_known, share) < 0.975)
    return low, high


def ratio_interval(n: int, n_previous: int) -> tuple[float, float]:
    """The interval of the first count's share in both, as odds; `n_previous` is not 0."""
    low, high = share_interval(n, n + n_previous)
    return low / (1 - low), high / (1 - high)


def at_least(n: int, n_known: int, share: float) -> float:
    """The probability of n or more of n_known."""
    return fsum(comb(n_known, k) * share**k * (1 - share) ** (n_known - k) for k in range(n, n_known + 1))


def bisect(is_below: Callable[[float], bool]) -> float:
    """Where between 0 and 1 a condition ends to hold."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return low


def adjusted(p_values: list[float]) -> list[float]:
    """p-values after Benjamini and Hochberg: the least m p / rank of all that are no smaller."""
    size = len(p_values)
    up_to = {p: sum(other <= p for other in p_values) for p in set(p_values)}
    return [min(size * other / up_to[other] for other in up_to if other >= p) for p in p_values]
