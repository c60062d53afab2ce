"""Define the values that a visitor can have, and translate the words of a target into these values.

The words come from the seeds. A new category, derivation, population or window is therefore a row there. Every
condition is reduced to the variables that the generator allots: `minor = yes` becomes the ages below 18.
"""

import csv
from collections.abc import Mapping
from functools import cache
from itertools import combinations
from pathlib import Path

SEEDS = Path(__file__).parents[1] / "seeds"

# A category, a number, or the marks of a multiple-answer variable. None and () mean that nothing is known.
Value = str | int | tuple[str, ...] | None
# The values that meet the condition, by variable.
Condition = Mapping[str, frozenset[Value]]

FORM_GROUPS: dict[str, tuple[str, ...]] = {
    **{form: (form,) for form in ("sexual", "criminal", "labour")},
    "sexual_criminal": ("sexual", "criminal"),
    "other_combination": ("sexual", "labour"),
}
PARENTS: frozenset[Value] = frozenset({"father", "mother", "both"})
AGES = tuple(range(6, 71))
MOST_MARKS = 3
# The window of the visits for which the beginning of the exploitation is known.
NEW_SITUATION_WINDOW = "mar_dec"

# The variables in the order in which they are allotted. A variable that defines a population comes before the variables
# that describe this population.
ORDER = (
    *("form_group", "form_imputed", "role", "month", "language", "acutely_unsafe", "corona"),
    *("perpetrator", "parent_perpetrator", "multiple_perpetrators", "multiple_victims", "gender", "age"),
    *("new_situation", "duration", "disclosure", "means", "meeting", "platform", "offence", "corona_theme"),
)


@cache
def seed(name: str) -> tuple[Mapping[str, str], ...]:
    """Return the rows of a seed, in its order.

    Args:
        name: The name of the seed, without `.csv`.
    """
    return read_rows(SEEDS / f"{name}.csv")


def read_rows(path: Path) -> tuple[dict[str, str], ...]:
    """Return the rows of a CSV file by the names of its columns."""
    with path.open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


@cache
def choices(variable: str) -> tuple[Value, ...]:
    """Return the values that a variable can have. The first is None or () if the variable can be unknown.

    Args:
        variable: The name of the variable.

    Returns:
        The values. For a multiple-answer variable, each value is a tuple of marks.

    Raises:
        ValueError: If the codebook has no such variable.

    Example:
        `choices("new_situation")` is `(None, "yes", "no")`.
    """
    special: dict[str, tuple[Value, ...]] = {
        "form_group": tuple(FORM_GROUPS),
        "form_imputed": ("no", "yes"),
        "month": tuple(range(1, 13)),
        "language": ("nl", "en"),
        "new_situation": (None, "yes", "no"),
        "age": (None, *AGES),
    }
    if variable in special:
        return special[variable]
    rows = [row for row in seed("codebook") if row["variable"] == variable]
    if not rows:
        raise ValueError(f"targets: {variable} is no variable of the codebook")
    categories = [row["category"] for row in rows]
    if rows[0]["kind"] == "multiple":
        return tuple(marks for size in range(MOST_MARKS + 1) for marks in combinations(categories, size))
    return (None, *categories)


def known(variable: str) -> frozenset[Value]:
    """Return the values of a variable that are not unknown.

    Args:
        variable: The name of the variable.
    """
    return frozenset(value for value in choices(variable) if value not in (None, ()))


def condition(variable: str, category: str) -> dict[str, frozenset[Value]]:
    """Return the condition for a variable and a category of the published tables.

    Args:
        variable: The variable, which can be derived from others.
        category: The category, or `known` for all known values.

    Returns:
        The values that meet the condition, by variable.

    Raises:
        ValueError: If the codebook has no such variable, or gives it no such category. For `form` and for derived
            variables, an unknown category gives an empty condition.

    Example:
        `condition("month", "3")` is `{"month": frozenset({3})}`.
    """
    if variable == "form":
        groups = (group for group, forms in FORM_GROUPS.items() if category in (*forms, "known"))
        return {"form_group": frozenset(groups)}
    if variable == "perpetrator_is_parent":
        others = frozenset(choices("parent_perpetrator")) - PARENTS
        parent = {"yes": PARENTS, "no": others, "known": PARENTS | others}[category]
        return {"perpetrator": known("perpetrator"), "parent_perpetrator": parent}
    derived = [row for row in seed("derivations") if row["variable"] == variable]
    if derived:
        rows = [row for row in derived if category in (row["category"], "known")]
        return {derived[0]["from_variable"]: frozenset().union(*(_derived_from(row) for row in rows))}
    if category == "known":
        return {variable: known(variable)}
    values = frozenset(value for value in choices(variable) if _is(value, category))
    if not values:
        raise ValueError(f"targets: {variable} has no category {category}")
    return {variable: values}


def _is(value: Value, category: str) -> bool:
    return category in value if isinstance(value, tuple) else str(value) == category


def _derived_from(row: Mapping[str, str]) -> frozenset[Value]:
    if row["from_category"]:
        return frozenset({row["from_category"]})
    return frozenset(range(int(row["from_low"]), int(row["from_high"]) + 1))


def population(text: str) -> dict[str, frozenset[Value]]:
    """Return the condition for a population of the seeds.

    Args:
        text: The name of the population. It can be narrowed by `& variable=category`.

    Returns:
        The values that meet the condition, by variable.

    Raises:
        ValueError: If the seeds have no such population.
    """
    name, *more = (part.strip() for part in text.split("&"))
    pairs = [(row["variable"], row["category"]) for row in seed("population_conditions") if row["population"] == name]
    if not pairs and name != "visitors":
        raise ValueError(f"targets: {name} is no population of the seeds")
    for part in more:
        variable, _, category = part.partition("=")
        pairs.append((variable, category))
    return together(*(condition(*pair) for pair in pairs))


def period(text: str) -> dict[str, frozenset[Value]]:
    """Return the condition for a period.

    Args:
        text: `year`, a window of the seeds, or a month as two digits.

    Returns:
        The months of the period, by the variable `month`. The dict is empty for a whole year.

    Raises:
        KeyError: If the seeds have no such window.
    """
    if text == "year":
        return {}
    first, last = (int(text), int(text)) if text.isdigit() else windows()[text]
    return {"month": frozenset(range(first, last + 1))}


def windows() -> dict[str, tuple[int, int]]:
    """Return the first and the last month, from 1 to 12, of each window of the seeds by its name.

    Example:
        `{"mar_dec": (3, 12)}`
    """
    return {row["window_name"]: (int(row["first_month"]), int(row["last_month"])) for row in seed("windows")}


def window_of(first_day: str, last_day: str) -> str:
    """Return the name of a period of whole months of one year.

    Args:
        first_day: The first day (ISO 8601).
        last_day: The last day (ISO 8601).

    Returns:
        `year`, or a window of the seeds.

    Raises:
        KeyError: If no window has these months.
    """
    names = {months: name for name, months in windows().items()}
    return {(1, 12): "year", **names}[int(first_day[5:7]), int(last_day[5:7])]


def together(*conditions: Condition) -> dict[str, frozenset[Value]]:
    """Return the condition that all given conditions hold.

    Args:
        conditions: The conditions.

    Returns:
        The values that meet all conditions, by variable.
    """
    met: dict[str, frozenset[Value]] = {}
    for one in conditions:
        for variable, values in one.items():
            met[variable] = met[variable] & values if variable in met else values
    return met
