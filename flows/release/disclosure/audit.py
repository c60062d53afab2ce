"""The adversary: linear programs over everything that is printed find what the true counts can be.

It knows all releases, the code lists and the policy; of the protection it uses nothing. Feasible intervals by linear
programming are the usual audit of protected tables (Fischetti and Salazar 2005), here for rounded ones.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.optimize import OptimizeResult, linprog
from scipy.sparse import coo_array, csr_array

from flows.release.disclosure.constraints import Codes, Fact, Printed, relations

SMALLEST, LARGEST = 1, 4  # a count of so many persons must not be learned
SLACK = 1e-6
PLENTY = 1000.0  # where nothing bounds a count from above

Terms = dict[int, float]
Columns = npt.NDArray[np.int64]


class Contradiction(Exception):
    """No true counts fit what is printed: it was printed of different states of the data."""


@dataclass(frozen=True)
class Find:
    """A true count that can be learned: low..high, and the printed counts that meet in it."""

    fact: Fact
    year: int
    months: range
    low: int
    high: int
    meets: tuple[str, ...]


@dataclass(frozen=True)
class _Target:
    fact: Fact
    months: range
    columns: Columns


class _Year:
    """The linear program of one calendar year: no relation crosses a year, since a person is counted anew in each.

    Its unknowns are the counts of every fact in every span of months that no printed period divides.
    """

    def __init__(self, codes: Codes, printed: Sequence[Printed]) -> None:
        edges = sorted({1, 13, *(edge for one in printed for edge in (one.months.start, one.months.stop))})
        self.spans = [range(start, stop) for start, stop in pairwise(edges)]
        facts = sorted({one.fact for one in printed}, key=sorted)
        self.places = {fact: place for place, fact in enumerate(facts)}
        at_most: list[tuple[Terms, float, str]] = []
        equal: list[Terms] = []
        for relation in relations(codes, facts):
            for span in range(len(self.spans)):
                terms = {self._column(fact, span): float(value) for fact, value in relation.terms.items()}
                if relation.is_equal:
                    equal.append(terms)
                else:
                    at_most.append(({column: -value for column, value in terms.items()}, 0.0, ""))
        self.targets = [_Target(fact, span, self._columns(fact, span)) for fact in facts for span in self.spans]
        for one in printed:
            columns = self._columns(one.fact, one.months)
            self.targets.append(_Target(one.fact, one.months, columns))
            at_most.append((dict.fromkeys(columns.tolist(), -1.0), -float(one.low), one.where))
            if one.high is not None:
                at_most.append((dict.fromkeys(columns.tolist(), 1.0), float(one.high), one.where))
        self.size = len(facts) * len(self.spans)
        self.at_most = _matrix([terms for terms, _, _ in at_most], self.size)
        self.bounds = np.array([bound for _, bound, _ in at_most])
        self.labels = [label for _, _, label in at_most]
        self.equal = _matrix(equal, self.size) if equal else None

    def _column(self, fact: Fact, span: int) -> int:
        return self.places[fact] * len(self.spans) + span

    def _columns(self, fact: Fact, months: range) -> Columns:
        return np.array([self._column(fact, place) for place, span in enumerate(self.spans) if span.start in months])

    def extreme(self, targets: Iterable[_Target], sign: float) -> OptimizeResult:
        """Counts that fit everything, with the sum of the targets as small (sign 1) or large (-1) as can be."""
        weights = np.zeros(self.size)
        for target in targets:
            np.add.at(weights, target.columns, sign)
        found = linprog(
            weights,
            A_ub=self.at_most,
            b_ub=self.bounds,
            A_eq=self.equal,
            b_eq=None if self.equal is None else np.zeros(self.equal.shape[0]),
            bounds=(0.0, PLENTY),
            method="highs",
        )
        if found.x is None:
            raise Contradiction
        return found

    def narrow(self) -> list[_Target]:
        """The targets that no common extreme shows to be possibly under 1, or over 4."""
        left, before = self.targets, -1
        while left and len(left) != before:
            before = len(left)
            for sign in (1.0, -1.0):
                point = self.extreme(left, sign).x
                left = [one for one in left if SMALLEST - SLACK < point[one.columns].sum() < LARGEST + 1 - SLACK]
        return left

    def interval(self, target: _Target) -> tuple[int, int, tuple[str, ...]]:
        """The smallest and the largest whole count that are possible, and the printed counts that make them so."""
        low, high = self.extreme([target], 1.0), self.extreme([target], -1.0)
        meets = {
            self.labels[place] for end in (low, high) for place in np.flatnonzero(np.abs(end.ineqlin.marginals) > SLACK)
        }
        return int(np.ceil(low.fun - SLACK)), int(np.floor(SLACK - high.fun)), tuple(sorted(meets - {""}))


def _matrix(rows: Sequence[Terms], width: int) -> csr_array:
    places = [place for place, terms in enumerate(rows) for _ in terms]
    columns = [column for terms in rows for column in terms]
    values = [value for terms in rows for value in terms.values()]
    return csr_array(coo_array((values, (places, columns)), shape=(len(rows), width)))


def attack(codes: Codes, printed: Iterable[Printed], progress: Callable[[int], None] = lambda year: None) -> list[Find]:
    """The true counts of 1 to 4 that printed counts together give away, exactly or as an interval inside 1..4: of every
    fact that is printed, in its period and in every span of months between periods.

    Raises:
        Contradiction: no true counts fit.
    """
    years: dict[int, list[Printed]] = {}
    for one in printed:
        years.setdefault(one.year, []).append(one)
    finds = []
    for year, of_year in sorted(years.items()):
        progress(year)
        program = _Year(codes, of_year)
        for target in program.narrow():
            low, high, meets = program.interval(target)
            if low >= SMALLEST and high <= LARGEST:
                finds.append(Find(target.fact, year, target.months, low, high, meets))
    return finds
