"""Compute exact statistics of counts and shares, for whole columns at once.

Arguments are arrays of equal length with whole numbers, 0 or more. Results are arrays of floats. Every interval is the
95 % interval of Clopper and Pearson (1934). Every p-value is two-sided: the sum of the probabilities of all outcomes
that are not more likely than the observed one.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

Counts = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Statistic = Callable[..., Numbers]

TAIL = 0.025
# Equal likelihoods can differ by rounding when they are computed in two ways. Up to this relative difference, they
# count as equal.
TIE = 1e-7
SMALLEST_LOGARITHM = 746.0  # e to the power of minus this is 0 in a float
NEGLIGIBLE = 40.0  # a part of e to the power of minus this does not change a sum in a float
BLOCK = 1 << 14  # number of tables that are in memory at a time: few, so that little memory is enough


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
    p_values = np.empty(len(n))
    if len(n) == 0:
        return p_values
    # An engine passes few rows at a time. With a power of two, many of its calls share one cached array.
    log_factorial = _log_factorial(1 << int(np.max(n_known + n_known_previous)).bit_length())
    margins = _Margins(n + n_previous, n_known, n_known_previous, log_factorial)
    lowest, highest = _limits(n, margins)
    # Rows are computed in blocks, because the tables of all rows together may need too much memory.
    block = np.cumsum(highest - lowest + 1) // BLOCK
    for rows in np.split(np.arange(len(n)), np.flatnonzero(np.diff(block)) + 1):
        p_values[rows] = _no_likelier(n[rows], lowest[rows], highest[rows], margins.of(rows))
    return p_values


class _Margins(NamedTuple):
    """The sums of two-by-two tables, which all tables of one test have in common, and the logarithms of factorials."""

    marked: Counts
    n_known: Counts
    n_known_previous: Counts
    log_factorial: Numbers

    def of(self, rows: Counts) -> "_Margins":
        return _Margins(self.marked[rows], self.n_known[rows], self.n_known_previous[rows], self.log_factorial)


@cache
def _log_factorial(size: int) -> Numbers:
    """Return the logarithms of the first `size` factorials: 0!, 1! and so on."""
    return np.asarray(special.gammaln(np.arange(size) + 1.0))


def _likelihood(n: Counts, margins: _Margins) -> Numbers:
    """Return the log-likelihoods of tables, without the terms that all tables of the same margins have in common."""
    marked, n_known, n_known_previous, log_factorial = margins
    others = marked - n
    cells = (n, n_known - n, others, n_known_previous - others)
    return -sum((log_factorial[cell] for cell in cells), np.zeros(len(n)))


def _limits(n: Counts, margins: _Margins) -> tuple[Counts, Counts]:
    """Return the smallest and the greatest first count that matter, for the margins of each row.

    Beyond these limits, all tables together are a negligible part of the likelihood of the observed table, or they are
    0 in a float. The limits follow from Hoeffding (1963): a count that is drawn without replacement differs from its
    mean by `d` or more with a probability of at most exp(-2 d^2 / m), where `m` is the smallest margin. The likeliest
    of t tables has a probability of at least 1 / t.
    """
    marked, n_known, n_known_previous, _ = margins
    lowest = np.maximum(0, marked - n_known_previous)
    highest = np.minimum(marked, n_known)
    total = n_known + n_known_previous
    likeliest = (marked + 1) * (n_known + 1) // (total + 2)
    advantage = _likelihood(likeliest, margins) - _likelihood(n, margins)
    depth = np.minimum(advantage + NEGLIGIBLE, SMALLEST_LOGARITHM) + np.log(highest - lowest + 1.0)
    smallest = np.minimum(np.minimum(marked, total - marked), np.minimum(n_known, n_known_previous))
    distance = np.sqrt(smallest * depth / 2)
    mean = marked * (n_known / np.maximum(total, 1))
    return (
        np.maximum(lowest, np.floor(mean - distance).astype(np.int64)),
        np.minimum(highest, np.ceil(mean + distance).astype(np.int64)),
    )


def _no_likelier(n: Counts, lowest: Counts, highest: Counts, margins: _Margins) -> Numbers:
    """Return, for each row, the probability of all tables that are not more likely than the observed one."""
    n_tables = highest - lowest + 1
    # One array holds all tables of all rows. `row` is the row of each table, `first` the place of a row's first table.
    first = np.cumsum(n_tables) - n_tables
    row = np.repeat(np.arange(len(n)), n_tables)
    counts = np.arange(len(row)) - (first - lowest)[row]
    of_tables = _likelihood(counts, margins.of(row))
    observed = _likelihood(n, margins)
    weight = np.exp(of_tables - np.maximum.reduceat(of_tables, first)[row])
    no_likelier = of_tables <= (observed + TIE)[row]
    return np.add.reduceat(np.where(no_likelier, weight, 0.0), first) / np.add.reduceat(weight, first)


# The functions that an engine must offer as SQL functions of bigint counts, with their number of counts. They return a
# double, and null if any count is null.
FUNCTIONS: dict[Statistic, int] = {
    **dict.fromkeys((poisson_p, ratio_low, ratio_high, share_low, share_high), 2),
    fisher_p: 4,
}
