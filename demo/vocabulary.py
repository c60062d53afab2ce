"""What can be said of a visitor, and which of it each word of a target means.

The words are those of the seeds, so that a new category, derivation, population or window is a row there. Every
condition is brought down to the variables that the generator allots: `minor = yes` becomes the ages below 18.
"""

import csv
from collections.abc import Mapping
from functools import cache
from itertools import combinations
from pathlib import Path

SEEDS = Path(__file__).parents[1] / "seeds"

# A category, a number, or the marks of a multiple-answer variable. None and () say that nothing is known.
Value = str | int | tuple[str, ...] | None
# Per variable, the values that meet the condition.
Condition = Mapping[str, frozenset[Value]]

FORM_GROUPS: dict[str, tuple[str, ...]] = {
    "sexual": ("sexual",),
    "criminal": ("criminal",),
    "labour": ("labour",),
    "sexual_criminal": ("sexual", "criminal"),
    "other_combination": ("sexual", "labour"),
}
PARENTS: frozenset[Value] = frozenset({"father", "mother", "both"})
AGES = tuple(range(6, 71))
MOST_MARKS = 3
# Of the visits in this window the beginning of the exploitation is told.
NEW_SITUATION_WINDOW = "mar_dec"

# The variables in the order in which they are allotted: those that define populations before what is told of them.
ORDER = (
    "form_group",
    "form_imputed",
    "role",
    "month",
    "language",
    "acutely_unsafe",
    "corona",
    "perpetrator",
    "parent_perpetrator",
    "multiple_perpetrators",
    "multiple_victims",
    "gender",
    "age",
    "new_situation",
    "duration",
    "disclosure",
    "means",
    "meeting",
    "platform",
    "offence",
    "corona_theme",
)


@cache
def seed(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of a seed, in its order."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


@cache
def choices(variable: str) -> tuple[Value, ...]:
    """What a variable can be; it starts with None or () where it can be unknown."""
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
    """The values of a variable that say something."""
    return frozenset(value for value in choices(variable) if value not in (None, ()))


def condition(variable: str, category: str) -> dict[str, frozenset[Value]]:
    """A (variable, category) of the published tables; the category may be `known`."""
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
    """A population of the seeds, narrowed where `& variable=category` follows."""
    name, *more = (part.strip() for part in text.split("&"))
    pairs = [(row["variable"], row["category"]) for row in seed("population_conditions") if row["population"] == name]
    if not pairs and name != "visitors":
        raise ValueError(f"targets: {name} is no population of the seeds")
    for part in more:
        variable, _, category = part.partition("=")
        pairs.append((variable, category))
    return together(*(condition(*pair) for pair in pairs))


def period(text: str) -> dict[str, frozenset[Value]]:
    """`year`, a window of the seeds, or a month as two digits."""
    if text == "year":
        return {}
    if text.isdigit():
        return {"month": frozenset({int(text)})}
    first, last = window(text)
    return {"month": frozenset(range(first, last + 1))}


def window(name: str) -> tuple[int, int]:
    """The first and the last month of a window of the seeds."""
    for row in seed("windows"):
        if row["window_name"] == name:
            return int(row["first_month"]), int(row["last_month"])
    raise ValueError(f"targets: {name} is no window of the seeds")


def window_of(first_day: str, last_day: str) -> str:
    """The name of a period of whole months of one year (ISO dates): `year`, or a window of the seeds."""
    months = int(first_day[5:7]), int(last_day[5:7])
    for name in ("year", *(row["window_name"] for row in seed("windows"))):
        if months == ((1, 12) if name == "year" else window(name)):
            return name
    raise ValueError(f"targets: {first_day} to {last_day} is no window of the seeds")


def together(*conditions: Condition) -> dict[str, frozenset[Value]]:
    """All of the conditions at once."""
    met: dict[str, frozenset[Value]] = {}
    for one in conditions:
        for variable, values in one.items():
            met[variable] = met[variable] & values if variable in met else values
    return met
