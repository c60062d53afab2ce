"""Turn the figures of the report, and what it leaves open, into demands on the visitors of the demo's world.

The printed figures come from the seeds that the reconciliation reads. `choices.csv` has the rest: bases that the report
does not print, the counts behind its percentages and its words (almost, over half), and splits that nobody printed.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from demo.vocabulary import Condition, condition, known, period, population, read_rows, seed, together, window_of

CHOICES = Path(__file__).with_name("choices.csv")
# The statistics that the search can bound. For a percentage or a difference, several counts are possible.
STATISTICS = ("n", "n_known", "mean", "median", "min", "max")


@dataclass(frozen=True)
class TargetFigure:
    """One figure that the world must show.

    Attributes:
        year: The year of the figure.
        population: The population, which can be narrowed by `& variable=category`.
        period: `year`, a window of the seeds, or a month as two digits.
        variable: The variable of the published tables.
        category: The category.
        statistic: The statistic, such as `n` or `mean`.
        value: The figure.
        note: The reason: the id of a printed figure, or the note of a choice. It does not count in comparisons.
    """

    year: int
    population: str
    period: str
    variable: str
    category: str
    statistic: str
    value: Decimal
    note: str = field(default="", compare=False)

    def __str__(self) -> str:
        figure = (self.year, self.population, self.period, self.variable, self.category, self.statistic)
        words = (*figure, "=", self.value, f"({self.note})" if self.note else "")
        return " ".join(str(word) for word in words if word != "")


@dataclass(frozen=True)
class Demand:
    """Bounds on the number of visitors who meet a condition, or on the sum of their ages.

    Attributes:
        target: The target from which the demand follows.
        condition: The values that meet the condition, by variable.
        low: The lowest number or sum that is allowed.
        high: The highest number or sum that is allowed.
        is_sum: Whether the bounds are for the sum of ages.
    """

    target: TargetFigure
    condition: Condition
    low: int
    high: int
    is_sum: bool = False


def read_targets() -> list[TargetFigure]:
    """Return all targets. A target that is printed more than once is returned once."""
    return list(dict.fromkeys([*printed(), *chosen()]))


def printed() -> list[TargetFigure]:
    """Return the report's figures about the chat that a target can hold: exact counts and ages from a single query."""
    queries: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for query in seed("published_queries"):
        queries[query["id"]].append(query)
    return [
        TargetFigure(
            year=int(query["period_start"][:4]),
            population=query["population"] or query["mart"],
            period=window_of(query["period_start"], query["period_end"]),
            variable=query["variable"],
            category=query["category"],
            statistic=query["statistic"],
            value=round(Decimal(row["published"]), int(row["decimals"])),
            note=row["id"],
        )
        for row in seed("published_figures")
        if (row["operation"], row["comparator"], row["expected_instead"]) == ("value", "equal", "")
        for query in queries[row["id"]]
        if len(queries[row["id"]]) == 1 and query["source"] in ("chat", "all") and query["statistic"] in STATISTICS
    ]


def chosen() -> list[TargetFigure]:
    """Return the targets for what the report leaves open, from `choices.csv`."""
    return [
        TargetFigure(year=int(row.pop("year")), value=Decimal(row.pop("value")), **row) for row in read_rows(CHOICES)
    ]


def figure(targets: Sequence[TargetFigure], year: int, population_name: str, category: str) -> int:
    """Return a figure of a year that is not about visitors: a step of the funnel, a platform's part or a volume.

    Args:
        targets: All targets.
        year: The year.
        population_name: `funnel` or `volumes`.
        category: The category, such as `visitor`.

    Returns:
        The count.

    Raises:
        ValueError: If no target has this figure.
    """
    for target in targets:
        if (target.year, target.population, target.category) == (year, population_name, category):
            return int(target.value)
    raise ValueError(f"targets: nothing is printed or chosen for {year} {population_name} {category}")


def demands(targets: Sequence[TargetFigure], year: int) -> list[Demand]:
    """Return the demands that follow from the targets about visitors of a year.

    Args:
        targets: All targets.
        year: The year.

    Returns:
        The demands, in the order of the targets.

    Raises:
        ValueError: If a target uses an unknown word, or if an age measure has no row with the number of known ages.
    """
    rows = [target for target in targets if target.year == year and target.population not in ("funnel", "volumes")]
    sizes = {
        (row.population, row.period): int(row.value)
        for row in rows
        if row.variable == "age" and row.statistic == "n_known"
    }
    return [demand for row in rows for demand in _demands(row, sizes)]


def _demands(row: TargetFigure, sizes: dict[tuple[str, str], int]) -> Iterator[Demand]:
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


def _age_bounds(row: TargetFigure, size: int) -> list[tuple[int, int, int, int]]:
    """Return (from age, to age, lowest, highest) for a measure of `size` known ages.

    The last two bound the number of ages in the range. For a mean, they bound the sum of the ages.
    """
    value = row.value
    if row.statistic == "mean":
        # The mean may differ from the printed one by less than half a unit of the last digit. Every method of rounding
        # then gives the printed figure.
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
