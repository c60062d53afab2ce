"""Compute exact statistics of counts and shares, for whole columns at once.

Arguments are arrays of equal length with whole numbers, 0 or more. Results are arrays of floats. Every interval is the
95 % interval of Clopper and Pearson (1934). Every p-value is two-sided: the sum of the probabilities of all outcomes
that are not more likely than the observed one.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import special, stats

Counts = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Statistic = Callable[..., Numbers]

TAIL = 0.025
# Equal likelihoods can differ by rounding when they are computed in two ways. Up to this relative difference, they
# count as equal.
TIE = 1e-7


def poisson_p(n: Counts, n_previous: Counts) -> Numbers:
    """Return the p-value of the difference of two Poisson counts over equal exposure.

    The p-value shows whether chance alone could explain the difference. Given the sum of both counts, the first count
    is binomial with probability 1/2 (the conditional test of Przyborowski and Wilenski, 1940). This distribution is
    symmetric and falls from its middle. So the outcomes that are not more likely are those at least as far from the
    middle, and the p-value is twice the smaller tail. No likelihoods need to be compared.

    Args:
        n: The counts.
        n_previous: The counts to compare with.

    Returns:
        The p-values, from 0 to 1. They are 1 if both counts are equal.
    """
    smaller_tail = special.bdtr(np.minimum(n, n_previous).astype(float), n + n_previous, 0.5)
    return np.where(n == n_previous, 1.0, np.minimum(1.0, 2 * smaller_tail))


def share_low(n: Counts, n_known: Counts) -> Numbers:
    """Return the lower bound of the share n / n_known.

    Args:
        n: The counts.
        n_known: The totals of which `n` is a part. Each is 1 or more.

    Returns:
        The bounds, from 0 to 1.
    """
    return np.where(n == 0, 0.0, special.betaincinv(np.maximum(n, 1), n_known - n + 1, TAIL))


def share_high(n: Counts, n_known: Counts) -> Numbers:
    """Return the upper bound of the share n / n_known.

    Args:
        n: The counts.
        n_known: The totals of which `n` is a part. Each is 1 or more.

    Returns:
        The bounds, from 0 to 1.
    """
    return 1.0 - share_low(n_known - n, n_known)


def ratio_low(n: Counts, n_previous: Counts) -> Numbers:
    """Return the lower bound of the ratio n / n_previous of two Poisson counts.

    Args:
        n: The counts.
        n_previous: The counts to compare with. Each is 1 or more.

    Returns:
        The bounds, 0 or more.
    """
    share = share_low(n, n + n_previous)
    return share / (1.0 - share)


def ratio_high(n: Counts, n_previous: Counts) -> Numbers:
    """Return the upper bound of the ratio n / n_previous of two Poisson counts.

    Args:
        n: The counts.
        n_previous: The counts to compare with. Each is 1 or more.

    Returns:
        The bounds, 0 or more.
    """
    return 1.0 / ratio_low(n_previous, n)


def fisher_p(n: Counts, n_known: Counts, n_previous: Counts, n_known_previous: Counts) -> Numbers:
    """Return the p-value of the difference of two shares, by Fisher's exact test.

    The p-value shows whether chance alone could explain the difference of n / n_known and n_previous /
    n_known_previous.

    Args:
        n: The counts.
        n_known: The totals of which `n` is a part.
        n_previous: The counts to compare with.
        n_known_previous: The totals of which `n_previous` is a part.

    Returns:
        The p-values, from 0 to 1.
    """
    marked, total = n + n_previous, n_known + n_known_previous
    likeliest = (marked + 1) * (n_known + 1) // (total + 2)
    # The test is symmetric. A table above the likeliest one is mirrored, which moves it to the lower tail.
    is_above = n > likeliest
    n, n_known = np.where(is_above, marked - n, n), np.where(is_above, n_known_previous, n_known)
    likeliest = (marked + 1) * (n_known + 1) // (total + 2)
    tables = stats.hypergeom(total, marked, n_known)
    # Bisection finds the first table of the upper tail. Between it and the observed table, all tables are likelier.
    likelier, first = np.maximum(n, likeliest - 1), np.minimum(marked, n_known) + 1
    while np.any(first - likelier > 1):
        middle = (likelier + first) // 2
        is_likelier = (middle == likelier) | (tables.logpmf(middle) > tables.logpmf(n) + TIE)
        likelier, first = np.where(is_likelier, middle, likelier), np.where(is_likelier, first, middle)
    p_values = np.minimum(1.0, tables.cdf(n) + tables.sf(first - 1))
    return np.where(total == 0, 1.0, p_values)  # scipy gives no probability of a table without counts


# The functions that an engine must offer as SQL functions of bigint counts. They return a double, and null if any count
# is null.
FUNCTIONS: tuple[Statistic, ...] = (poisson_p, ratio_low, ratio_high, share_low, share_high, fisher_p)
