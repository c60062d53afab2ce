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
    if len(n) == 0:
        return np.empty(0)
    marked = n + n_previous
    lowest = np.maximum(0, marked - n_known_previous)
    n_tables = np.minimum(marked, n_known) - lowest + 1
    # All tables of all rows below each other: `row` says whose they are, `first` where a row's begin.
    first = np.cumsum(n_tables) - n_tables
    row = np.repeat(np.arange(len(n)), n_tables)
    count = np.arange(len(row)) - first[row] + lowest[row]
    likelihood = _log_choose(n_known[row], count) + _log_choose(n_known_previous[row], marked[row] - count)
    seen = likelihood[first + n - lowest]
    weight = np.exp(likelihood - np.maximum.reduceat(likelihood, first)[row])
    no_likelier = likelihood <= seen[row] + TIE
    return np.add.reduceat(np.where(no_likelier, weight, 0.0), first) / np.add.reduceat(weight, first)


def _log_choose(total: Counts, part: Counts) -> Numbers:
    """Logarithm of the number of ways to choose `part` of `total`."""
    logarithm: Numbers = special.gammaln(total + 1) - special.gammaln(part + 1) - special.gammaln(total - part + 1)
    return logarithm


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
