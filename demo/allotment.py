"""Give visitors their coded values, one variable after the other, so that every target holds.

A target sets bounds for a count under a condition. When a variable is allotted, the variables before it are fixed. Each
demand on the variable then bounds how many of certain visitors get certain values. A seeded random search moves single
visitors from value to value until all bounds hold. A variable without a target keeps the values of the start, which
are unknown or usual ones, and random months.
"""

import random
from collections.abc import Mapping, Sequence

from demo.targets import Demand
from demo.vocabulary import ORDER, Value, choices

Visitor = dict[str, Value]

MOST_STEPS = 60_000
TRIED_MOVES = 20
DETOURS = 0.02  # share of the moves that are taken even if they do harm, so that the search does not get stuck


def allot_all(demands: Sequence[Demand], size: int, seed: str) -> list[Visitor]:
    """Search at random for invented visitors who, as a group, meet all demands.

    Args:
        demands: The numbers of visitors that each combination of values must have.
        size: The number of visitors.
        seed: The seed of the random search.

    Returns:
        One dict for each visitor, with a value for every variable.

    Raises:
        ValueError: If the search found no way to meet all demands. The message names the targets that are not met.

    Example:
        `[{"form_group": "sexual", "month": 3, "age": 17, "means": ("violence",), ...}]`
    """
    visitors: list[Visitor] = [{} for _ in range(size)]
    for place, variable in enumerate(ORDER):
        settled = ORDER[: place + 1]
        asked = [
            demand
            for demand in demands
            if variable in demand.condition and all(other in settled for other in demand.condition)
        ]
        # Each variable has its own random numbers. A changed target therefore does not change the variables before it.
        allot(visitors, variable, asked, random.Random(f"{seed} {variable}"))
    return visitors


def allot(visitors: list[Visitor], variable: str, demands: Sequence[Demand], rng: random.Random) -> None:
    """Give each visitor a value of one variable, within the demands on it.

    Args:
        visitors: The visitors. Each of them gets the value.
        variable: The name of the variable.
        demands: The demands on the variable. Their other variables must be allotted already.
        rng: The source of random numbers.

    Raises:
        ValueError: If the search found no way to meet all demands.
    """
    values = choices(variable)
    totals = [_Total(demand, variable, values, visitors) for demand in demands]
    # The search starts with a random month, otherwise with the first value, which is unknown or usual.
    start = [rng.randrange(len(values)) if variable == "month" else 0 for _ in visitors]
    search = _Search(totals, start, rng)
    search.run()
    for visitor, chosen in zip(visitors, search.chosen, strict=True):
        visitor[variable] = values[chosen]


class _Total:
    """One demand while its variable is allotted: who counts, the weight of each value, and the current total."""

    def __init__(self, demand: Demand, variable: str, values: Sequence[Value], visitors: Sequence[Visitor]) -> None:
        self.demand = demand
        self.low, self.high = demand.low, demand.high
        accepted = demand.condition[variable]
        self.weights = [
            (value if demand.is_sum and isinstance(value, int) else 1) if value in accepted else 0 for value in values
        ]
        others = {name: met for name, met in demand.condition.items() if name != variable}
        self.members = [place for place, visitor in enumerate(visitors) if _meets(visitor, others)]
        self.now = 0

    def excess(self, added: int = 0) -> int:
        """Return how far the total is outside its bounds after something is added."""
        total = self.now + added
        return max(self.low - total, total - self.high, 0)


def _meets(visitor: Visitor, condition: Mapping[str, frozenset[Value]]) -> bool:
    return all(visitor[name] in accepted for name, accepted in condition.items())


class _Search:
    """A search that moves visitors between the values of one variable until every total lies within its bounds."""

    def __init__(self, totals: Sequence[_Total], chosen: list[int], rng: random.Random) -> None:
        self.totals = totals
        self.chosen = chosen
        self.rng = rng
        self.concerns: list[list[_Total]] = [[] for _ in chosen]
        for total in totals:
            for place in total.members:
                self.concerns[place].append(total)
                total.now += total.weights[chosen[place]]

    def run(self) -> None:
        for _ in range(MOST_STEPS):
            unmet = [total for total in self.totals if total.excess()]
            if not unmet:
                return
            self._mend(self.rng.choice(unmet))
        rows = "; ".join(dict.fromkeys(str(total.demand.target) for total in unmet))
        raise ValueError(f"targets: no world was found in which these hold with the rows before them: {rows}")

    def _mend(self, total: _Total) -> None:
        """Bring one total nearer to its bounds by the best of a few random moves. On a detour, take any such move."""
        sign = 1 if total.now < total.low else -1
        gains = [sign * weight for weight in total.weights]
        most = max(gains)
        movable = [place for place in total.members if gains[self.chosen[place]] < most]
        moves = []
        for number in range(1 if self.rng.random() < DETOURS else TRIED_MOVES):
            if movable:
                place = self.rng.choice(movable)
                gain = gains[self.chosen[place]]
                value = self.rng.choice([new for new, other in enumerate(gains) if other > gain])
                moves.append((self._change(place, value), number, place, value))
        if moves:
            _, _, place, value = min(moves)
            for concerned in self.concerns[place]:
                concerned.now += concerned.weights[value] - concerned.weights[self.chosen[place]]
            self.chosen[place] = value

    def _change(self, place: int, value: int) -> int:
        """Return how much further all totals together would be from their bounds if a visitor got the value."""
        change = 0
        now = self.chosen[place]
        for total in self.concerns[place]:
            added = total.weights[value] - total.weights[now]
            if added:
                change += total.excess(added) - total.excess()
        return change
