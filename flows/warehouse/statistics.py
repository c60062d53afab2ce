"""Exact statistics of counts and shares, over whole columns at once.

Arguments are arrays of whole numbers, 0 or more, of equal length; results are arrays of floats. Every interval is the
95 % one of Clopper and Pearson. Every p-value is two-sided: the sum of all outcomes no likelier than the one seen.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import special

Counts = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Statistic = Callable[..., Numbers]

TAIL = 0.025
# Equal likelihoods differ by rounding when they are computed along two ways: within this part they count as equal.
TIE = 1e-7
SMALLEST_LOGARITHM = 746.0  # what is e to the minus this is 0 in a float
NEGLIGIBLE = 40.0  # what is e to the minus this, as a part of a sum, does not change it in a float
BLOCK = 1 << 14  # tables that are held at a time: few enough for memory that is at hand


def poisson_p(n: Counts, n_previous: Counts) -> Numbers:
    """Whether chance alone could explain the difference of two Poisson counts over equal exposure.

    Given their sum, the first count is binomial with 1/2. That is symmetric and falls off from the middle, so the
    outcomes no likelier are those at least as far from it: twice the smaller tail, without any likelihood compared.
    """
    smaller_tail = special.bdtr(np.minimum(n, n_previous).astype(float), n + n_previous, 0.5)
    return np.where(n == n_previous, 1.0, np.minimum(1.0, 2 * smaller_tail))


def share_low(n: Counts, n_known: Counts) -> Numbers:
    """Lower bound of the share n / n_known; `n_known` is not 0."""
    return np.where(n == 0, 0.0, special.betaincinv(np.maximum(n, 1), n_known - n + 1, TAIL))


def share_high(n: Counts, n_known: Counts) -> Numbers:
    """Upper bound of the share n / n_known; `n_known` is not 0."""
    return 1.0 - share_low(n_known - n, n_known)


def ratio_low(n: Counts, n_previous: Counts) -> Numbers:
    """Lower bound of the ratio n / n_previous of two Poisson counts; `n_previous` is not 0."""
    share = share_low(n, n + n_previous)
    return share / (1.0 - share)


def ratio_high(n: Counts, n_previous: Counts) -> Numbers:
    """Upper bound of the ratio n / n_previous of two Poisson counts; `n_previous` is not 0."""
    return 1.0 / ratio_low(n_previous, n)


def fisher_p(n: Counts, n_known: Counts, n_previous: Counts, n_known_previous: Counts) -> Numbers:
    """Whether chance alone could explain the difference of two shares (Fisher's exact test)."""
    p_values = np.empty(len(n))
    if len(n) == 0:
        return p_values
    # A power of two serves many calls: an engine calls with few rows at a time.
    log_factorial = _log_factorial(1 << int(np.max(n_known + n_known_previous)).bit_length())
    marked = n + n_previous
    lowest, highest = _in_sight(n, marked, n_known, n_known_previous, log_factorial)
    # Rows are taken together as far as their tables fit into little memory.
    block = np.cumsum(highest - lowest + 1) // BLOCK
    for rows in np.split(np.arange(len(n)), np.flatnonzero(np.diff(block)) + 1):
        tables = (marked[rows], n_known[rows], n_known_previous[rows], log_factorial)
        p_values[rows] = _no_likelier(n[rows], lowest[rows], highest[rows], *tables)
    return p_values


@cache
def _log_factorial(size: int) -> Numbers:
    """The logarithms of 0!, 1! and so on, so many."""
    return np.asarray(special.gammaln(np.arange(size) + 1.0))


def _likelihood(
    n: Counts, marked: Counts, n_known: Counts, n_known_previous: Counts, log_factorial: Numbers
) -> Numbers:
    """The logarithm of the likelihood of tables with these first counts and margins, but for what all tables of the
    same margins have in common."""
    others = marked - n
    cells = (n, n_known - n, others, n_known_previous - others)
    return -sum((log_factorial[cell] for cell in cells), np.zeros(len(n)))


def _in_sight(
    n: Counts, marked: Counts, n_known: Counts, n_known_previous: Counts, log_factorial: Numbers
) -> tuple[Counts, Counts]:
    """The least and the greatest first count of the tables with these margins that count: beyond them, all tables
    together are a negligible part of the likelihood of the one seen, or it is 0 in a float.

    Hoeffding (1963): a count drawn without replacement is `d` from its mean with a probability of exp(-2 d^2 / m) at
    most, `m` being the smallest margin. The likeliest of t tables has 1 / t at least.
    """
    lowest = np.maximum(0, marked - n_known_previous)
    highest = np.minimum(marked, n_known)
    total = n_known + n_known_previous
    likeliest = (marked + 1) * (n_known + 1) // (total + 2)
    margins = (marked, n_known, n_known_previous, log_factorial)
    seen = _likelihood(likeliest, *margins) - _likelihood(n, *margins)
    depth = np.minimum(seen + NEGLIGIBLE, SMALLEST_LOGARITHM) + np.log(highest - lowest + 1.0)
    smallest = np.minimum(np.minimum(marked, total - marked), np.minimum(n_known, n_known_previous))
    distance = np.sqrt(smallest * depth / 2)
    mean = marked * (n_known / np.maximum(total, 1))
    return (
        np.maximum(lowest, np.floor(mean - distance).astype(np.int64)),
        np.minimum(highest, np.ceil(mean + distance).astype(np.int64)),
    )


def _no_likelier(
    n: Counts,
    lowest: Counts,
    highest: Counts,
    marked: Counts,
    n_known: Counts,
    n_known_previous: Counts,
    log_factorial: Numbers,
) -> Numbers:
    """The part of all tables of a row that is no likelier than the one seen."""
    n_tables = highest - lowest + 1
    # All tables of all rows below each other: `row` says whose they are, `first` where a row's begin.
    first = np.cumsum(n_tables) - n_tables
    row = np.repeat(np.arange(len(n)), n_tables)
    counts = np.arange(len(row)) - (first - lowest)[row]
    of_tables = _likelihood(counts, marked[row], n_known[row], n_known_previous[row], log_factorial)
    seen = _likelihood(n, marked, n_known, n_known_previous, log_factorial)
    weight = np.exp(of_tables - np.maximum.reduceat(of_tables, first)[row])
    no_likelier = of_tables <= (seen + TIE)[row]
    return np.add.reduceat(np.where(no_likelier, weight, 0.0), first) / np.add.reduceat(weight, first)


# Those that an engine has to know as SQL functions of bigint counts, with how many each takes. They give a double, and
# null where any count is null.
FUNCTIONS: dict[Statistic, int] = {
    poisson_p: 2,
    ratio_low: 2,
    ratio_high: 2,
    share_low: 2,
    share_high: 2,
    fisher_p: 4,
}
