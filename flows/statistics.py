"""Exact statistics of counts and shares, over whole columns at once.

Arguments are arrays of whole numbers, 0 or more, of equal length; results are arrays of floats. Every interval is the
95 % one of Clopper and Pearson. Every p-value is two-sided: the sum of all outcomes no likelier than the one seen.
"""

from collections.abc import Callable

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
BLOCK = 1 << 20  # tables that are held at a time


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
    log_factorial = special.gammaln(np.arange(int(np.max(n_known + n_known_previous)) + 1) + 1.0)
    marked = n + n_previous
    lowest, highest = _possible(marked, n_known, n_known_previous)
    # Rows are taken together as far as their tables fit into little memory.
    block = np.cumsum(highest - lowest + 1) // BLOCK
    for rows in np.split(np.arange(len(n)), np.flatnonzero(np.diff(block)) + 1):
        tables = (log_factorial, n_known[rows], n_known_previous[rows], marked[rows], lowest[rows], highest[rows])
        p_values[rows] = _no_likelier(n[rows], *tables)
    return p_values


def _possible(marked: Counts, n_known: Counts, n_known_previous: Counts) -> tuple[Counts, Counts]:
    """The least and the greatest first count of the tables with these margins whose likelihood, over that of the
    likeliest one, is not 0 in a float.

    Hoeffding (1963): a count drawn without replacement is `d` from its mean with a probability of exp(-2 d^2 / m) at
    most, `m` being the smallest margin. The likeliest of t tables has 1 / t at least.
    """
    lowest = np.maximum(0, marked - n_known_previous)
    highest = np.minimum(marked, n_known)
    total = n_known + n_known_previous
    smallest = np.minimum(np.minimum(marked, total - marked), np.minimum(n_known, n_known_previous))
    distance = np.sqrt(smallest * (SMALLEST_LOGARITHM + np.log(highest - lowest + 1.0)) / 2)
    mean = marked * (n_known / np.maximum(total, 1))
    return (
        np.maximum(lowest, np.floor(mean - distance).astype(np.int64)),
        np.minimum(highest, np.ceil(mean + distance).astype(np.int64)),
    )


def _no_likelier(
    n: Counts,
    log_factorial: Numbers,
    n_known: Counts,
    n_known_previous: Counts,
    marked: Counts,
    lowest: Counts,
    highest: Counts,
) -> Numbers:
    """The part of all tables of a row that is no likelier than the one seen."""
    n_tables = highest - lowest + 1
    # All tables of all rows below each other: `row` says whose they are, `first` where a row's begin.
    first = np.cumsum(n_tables) - n_tables
    row = np.repeat(np.arange(len(n)), n_tables)

    def likelihood(count: Counts, row: Counts) -> Numbers:
        """Its logarithm, but for what all tables of a row have in common."""
        others = marked[row] - count
        cells = (count, n_known[row] - count, others, n_known_previous[row] - others)
        return -sum((log_factorial[cell] for cell in cells), np.zeros(len(row)))

    of_tables = likelihood(np.arange(len(row)) - first[row] + lowest[row], row)
    seen = likelihood(n, np.arange(len(n)))
    weight = np.exp(of_tables - np.maximum.reduceat(of_tables, first)[row])
    no_likelier = of_tables <= seen[row] + TIE
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
