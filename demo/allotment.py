"""Gives visitors their coded values so that every target holds, one variable after the other.

A target is a bound on a count over a condition. When a variable's turn comes, the variables before it stand fixed; so each
demand on it is a bound on how many of certain visitors get certain values. A seeded search moves single visitors from
value to value until all bounds hold. Of what no target speaks nothing becomes known.
"""

import random
from collections.abc import Mapping, Sequence

from demo.targets import Demand
from demo.vocabulary import ORDER, Value, choices

Visitor = dict[str, Value]

MOST_STEPS = 60_000
TRIED_MOVES = 24
DETOURS = 0.05


def allot_all(demands: Sequence[Demand], size: int, seed: str) -> list[Visitor]:
    """`size` visitors of whom all demands hold.

    Raises:
        ValueError: some demands cannot be met together; the message names targets that are left.
    """
    visitors: list[Visitor] = [{} for _ in range(size)]
    for place, variable in enumerate(ORDER):
        settled = ORDER[: place + 1]
        asked = [
            demand
            for demand in demands
            if variable in demand.condition and all(other in settled for other in demand.condition)
        ]
        # Each variable has its own chance, so that a changed target leaves the variables before it as they are.
        allot(visitors, variable, asked, random.Random(f"{seed} {variable}"))
    return visitors


def allot(visitors: list[Visitor], variable: str, demands: Sequence[Demand], rng: random.Random) -> None:
    """Give each visitor a value of one variable, within the demands.

    Raises:
        ValueError: the search found no way to meet all of them.
    """
    values = choices(variable)
    members = [_members(visitors, demand, variable) for demand in demands]
    concerns: list[list[int]] = [[] for _ in visitors]
    for number, places in enumerate(members):
        for place in places:
            concerns[place].append(number)
    weights = [_weights(demand, variable, values) for demand in demands]
    search = _Search(demands, members, concerns, weights, [0] * len(visitors), rng)
    search.run()
    for visitor, choice in zip(visitors, search.chosen, strict=True):
        visitor[variable] = values[choice]


def _members(visitors: Sequence[Mapping[str, Value]], demand: Demand, variable: str) -> list[int]:
    """The visitors that meet all of a demand's condition but for the variable in turn."""
    others = [(name, accepted) for name, accepted in demand.condition.items() if name != variable]
    return [
        place
        for place, visitor in enumerate(visitors)
        if all(visitor[name] in accepted for name, accepted in others)
    ]


def _weights(demand: Demand, variable: str, values: Sequence[Value]) -> list[int]:
    """What a visitor with each of the values adds to the demand."""
    accepted = demand.condition[variable]
    return [
        (value if demand.is_sum and isinstance(value, int) else 1) if value in accepted else 0 for value in values
    ]


class _Search:
    """Moves visitors between values until every demand's total lies within its bounds."""

    def __init__(
        self,
        demands: Sequence[Demand],
        members: list[list[int]],
        concerns: list[list[int]],
        weights: list[list[int]],
        chosen: list[int],
        rng: random.Random,
    ) -> None:
        self.demands = demands
        self.members = members
        self.concerns = concerns
        self.weights = weights
        self.chosen = chosen
        self.rng = rng
        self.totals = [sum(weights[d][chosen[place]] for place in members[d]) for d in range(len(demands))]

    def run(self) -> None:
        for _ in range(MOST_STEPS):
            unmet = [d for d in range(len(self.demands)) if self._excess(d, self.totals[d])]
            if not unmet:
                return
            self._mend(self.rng.choice(unmet))
        rows = "; ".join(dict.fromkeys(str(self.demands[d].target) for d in unmet))
        raise ValueError(f"targets: no world was found in which these hold with the rows before them: {rows}")

    def _mend(self, d: int) -> None:
        """Bring one demand nearer: by the best of a few moves, now and then by the first, whatever else it upsets."""
        weights = self.weights[d]
        sign = 1 if self.totals[d] < self.demands[d].low else -1
        extreme = max(sign * weight for weight in weights)
        movable = [place for place in self.members[d] if sign * weights[self.chosen[place]] < extreme]
        options = []
        for _ in range(TRIED_MOVES if movable and self.rng.random() > DETOURS else min(1, len(movable))):
            place = self.rng.choice(movable)
            now = self.chosen[place]
            value = self.rng.choice([new for new in range(len(weights)) if sign * (weights[new] - weights[now]) > 0])
            options.append((self._change(place, now, value), len(options), place, value))
        if options:
            _, _, place, value = min(options)
            for other in self.concerns[place]:
                self.totals[other] += self.weights[other][value] - self.weights[other][self.chosen[place]]
            self.chosen[place] = value

    def _change(self, place: int, old: int, new: int) -> int:
        change = 0
        for d in self.concerns[place]:
            weights = self.weights[d]
            if weights[old] != weights[new]:
                total = self.totals[d]
                change += self._excess(d, total + weights[new] - weights[old]) - self._excess(d, total)
        return change

    def _excess(self, d: int, total: int) -> int:
        demand = self.demands[d]
        return max(demand.low - total, total - demand.high, 0)
