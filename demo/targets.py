"""The table of targets, and each of its rows as demands on the visitors of its year."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from demo.vocabulary import Condition, condition, known, period, population, together

TABLE = Path(__file__).with_name("targets.csv")


@dataclass(frozen=True)
class Target:
    """One figure that the world must show, with where it comes from in `note`."""

    year: int
    population: str
    period: str
    variable: str
    category: str
    statistic: str
    value: Decimal
    note: str = ""

    def __str__(self) -> str:
        words = (self.year, self.population, self.period, self.variable, self.category, self.statistic)
        return " ".join(str(word) for word in words if word != "") + f" = {self.value}"


@dataclass(frozen=True)
class Demand:
    """Bounds on how many visitors meet a condition, or (`is_sum`) on the sum of their ages."""

    target: Target
    condition: Condition
    low: int
    high: int
    is_sum: bool = False


def read_targets(path: Path = TABLE) -> list[Target]:
    """The rows of the table of targets."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            Target(year=int(row.pop("year")), value=Decimal(row.pop("value")), **row) for row in csv.DictReader(stream)
        ]


def figure(targets: Sequence[Target], year: int, population_name: str, category: str) -> int:
    """A figure of the year that is not about visitors: a step of the funnel, a platform's part, a volume."""
    for target in targets:
        if (target.year, target.population, target.category) == (year, population_name, category):
            return int(target.value)
    raise ValueError(f"targets: no row for {year} {population_name} {category}")


def demands(targets: Sequence[Target], year: int) -> list[Demand]:
    """What the year's rows about visitors ask for."""
    rows = [target for target in targets if target.year == year and target.population not in ("funnel", "volume")]
    sizes = {
        (row.population, row.period): int(row.value)
        for row in rows
        if row.variable == "age" and row.statistic == "n_known"
    }
    return [demand for row in rows for demand in _demands(row, sizes)]


def _demands(row: Target, sizes: dict[tuple[str, str], int]) -> Iterator[Demand]:
    whole = together(population(row.population), period(row.period))
    if row.statistic in ("n", "n_known"):
        met = together(whole, condition(row.variable, row.category if row.statistic == "n" else "known"))
        yield Demand(row, met, int(row.value), int(row.value))
        return
    if row.variable != "age" or (row.population, row.period) not in sizes:
        raise ValueError(f"targets: {row} needs the row with n_known of age beside it")
    size = sizes[row.population, row.period]
    ages = known("age")
    for low_age, high_age, low, high in _age_bounds(row, size):
        between = frozenset(age for age in ages if isinstance(age, int) and low_age <= age <= high_age)
        yield Demand(row, together(whole, {"age": between}), low, high, is_sum=row.statistic == "mean")


def _age_bounds(row: Target, size: int) -> list[tuple[int, int, int, int]]:
    """(from age, to age, at least, at most) for a measure of `size` known ages."""
    value = row.value
    if row.statistic == "mean":
        # A printed mean may be half a unit off; just not quite, so that nobody's rounding makes another figure of it.
        half = Fraction(Decimal((0, (1,), int(value.as_tuple().exponent)))) / 2
        low, high = size * (Fraction(value) - half), size * (Fraction(value) + half)
        return [(0, 999, low.numerator // low.denominator + 1, -(-high.numerator // high.denominator) - 1)]
    age = int(value)
    if row.statistic == "median":
        return [(0, age - 1, 0, (size - 1) // 2), (0, age, size // 2 + 1, size)]
    if row.statistic == "min":
        return [(0, age - 1, 0, 0), (age, age, 1, size)]
    if row.statistic == "max":
        return [(age + 1, 999, 0, 0), (age, age, 1, size)]
    raise ValueError(f"targets: {row} has an unknown statistic")
