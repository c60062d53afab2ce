"""Audit printed counts: compute by linear programming which true counts are possible.

The audit plays the attacker, who knows all releases, the code lists and the policy. It does not use the code that
protects the counts. It computes the feasibility interval of a count: its smallest and its largest value that agree with
everything printed. Feasibility intervals by linear programming are the usual audit of protected tables (Fischetti and
Salazar 2005). Here the tables are rounded.

The unknowns of the programs are continuous. So a feasibility interval can be wider than whole counts would allow.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.optimize import OptimizeResult, linprog
from scipy.sparse import coo_array, csr_array

from flows.release.disclosure.constraints import Codes, Fact, Printed, relations

SMALLEST, LARGEST = 1, 4  # nobody may learn that a true count lies in this range
SLACK = 1e-6  # tolerance for the solver's floating-point errors
PLENTY = 1000.0  # upper bound of every unknown, for counts without any other upper bound

Terms = dict[int, float]
Columns = npt.NDArray[np.int64]


class Contradiction(Exception):
    """No true counts agree with the printed ones: these were printed from different vintages of the data."""


@dataclass(frozen=True)
class Find:
    """A small true count that can be learned.

    Its feasibility interval is low..high, both included. `meets` names the printed counts that together determine it.
    """

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
    """The linear program of one calendar year.

    No relation crosses years, because a person is counted anew in each year. The boundaries of the printed periods
    divide the year into spans of months. There is one unknown for the count of each fact in each span.
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
        """Return the counts that agree with everything and have the smallest (sign 1) or largest (-1) sum of targets.

        Raises:
            Contradiction: the solver finds no such counts.
        """
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
        """Return the targets that may have a feasibility interval inside 1..4.

        Each solution is a possible set of counts. It rules out every target that is under 1 in it, or 5 or more. A
        common solution rules out many targets at once, which saves two programs for each of them.
        """
        left, before = self.targets, -1
        while left and len(left) != before:
            before = len(left)
            for sign in (1.0, -1.0):
                point = self.extreme(left, sign).x
                left = [one for one in left if SMALLEST - SLACK < point[one.columns].sum() < LARGEST + 1 - SLACK]
        return left

    def interval(self, target: _Target) -> tuple[int, int, tuple[str, ...]]:
        """Return the smallest and largest whole count that are possible, and the printed counts that bound them.

        Returns:
            (low, high, names of printed counts).
        """
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
    """Find the true counts of 1 to 4 that the printed counts together disclose.

    A count is disclosed if its feasibility interval is a single value in 1..4 or lies inside 1..4. The audit covers
    every printed fact, in its printed periods and in the spans of months between the boundaries of periods. So it finds
    counts that differencing of periods or of categories would disclose.

    Args:
        codes: the code lists, from which the relations between counts follow.
        printed: the printed counts. Each calendar year is audited separately.
        progress: is called with each year before its audit.

    Returns:
        The counts that can be learned, by year; an empty list if there are none.

    Raises:
        Contradiction: no true counts of a year agree with the printed ones.
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
