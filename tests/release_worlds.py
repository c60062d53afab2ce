"""Draw random worlds of visitors, and count them for a layout of tables by plain counting."""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from flows.release.disclosure.constraints import FORMS, OF_EVERYONE, Codes, load_codes
from flows.release.disclosure.protect import KNOWN, STEP, Count, Key, Policy, load_policy
from flows.release.specs import ALL, CHAT, Spec
from flows.runtime.configuration import SEEDS

YEAR = 2020
CODES: Codes = load_codes(SEEDS)
POLICY: Policy = load_policy(SEEDS / "disclosure_policy.csv")
MINORS = ("12_or_younger", "13_14", "15", "16_17")
SIZES = (0, 3, 6, 10, 20, 20, 30, 40, 50, 60, 80, 100, 150, 300)


@dataclass(frozen=True)
class Visitor:
    """A visitor of the year, first seen in `month`, with the known categories of each variable."""

    month: int
    known: dict[str, frozenset[str]]

    def meets(self, variable: str, category: str) -> bool:
        found = self.known.get(variable, frozenset())
        return bool(found) if category == KNOWN else category in found


def spec(populations: str, variable: str, categories: str, period_types: str) -> Spec:
    """Return the specification of a table of figures. Several values in one argument are separated by `|`."""
    mart = "funnel" if variable == STEP else "indicators"
    split = [text.split("|") for text in (populations, categories, period_types)]
    return Spec("", "", mart, tuple(split[0]), variable, tuple(split[1]), tuple(split[2]), "", {})


# The tables share populations: each can be compared with many others.
LAYOUT = (
    spec("visitors|sexual|victims|sexual_victims", "form_group", "known", "year_to_date|year"),
    spec("visitors", "form_group", ALL, "year_to_date|year"),
    spec("visitors", "role", ALL, "year_to_date|year"),
    spec("visitors|sexual", "gender", ALL, "year_to_date|year"),
    spec("visitors|sexual_victims", "minor", "yes", "year_to_date|year"),
    spec("sexual_victims", "age_group", ALL, "year_to_date|year"),
    spec("visitors", "means", ALL, "year_to_date|year"),
    spec("visitors", "acutely_unsafe", "yes", "month|year|window"),
    spec("", STEP, "flagged|visitor", "month"),
    spec("", STEP, "flagged|duplicate|not_related|uncoded|visitor", "year"),
)


def visitors(random: Random, size: int) -> list[Visitor]:
    """Return visitors with skewed categories, some unknown. A small world has more small cells."""
    found = []
    for _ in range(size):
        known: dict[str, frozenset[str]] = {}

        def draw(variable: str, chance: float, *weights: int, known: dict[str, frozenset[str]] = known) -> None:
            if random.random() < chance:
                [category] = random.choices(CODES.categories[variable], weights)
                known[variable] = frozenset({category})

        draw("form_group", 1, 80, 6, 2, 5, 1)
        draw("role", 0.95, 80, 5, 3, 5, 1, 2)
        draw("gender", 0.9, 90, 8, 1)
        draw("age_group", 0.85, 2, 8, 5, 30, 25, 10)
        draw("acutely_unsafe", 0.9, 1, 9)
        [form] = known["form_group"]
        known["form"] = frozenset(FORMS.get(form, ("sexual", "labour")))
        if "age_group" in known:
            known["minor"] = frozenset({"yes" if known["age_group"] <= set(MINORS) else "no"})
        means = frozenset(one for one in CODES.categories["means"] if random.random() < 0.15)
        if means:
            known["means"] = means
        found.append(Visitor(random.randint(1, 12), known))
    return found


def counts(world: Sequence[Visitor], others: Sequence[tuple[int, str]], layout: Sequence[Spec]) -> list[Count]:
    """Return the true counts of a whole year.

    Args:
        world: The visitors.
        others: Pairs (month, step): the conversations that are not the first one of a visitor.
        layout: The tables to count.
    """
    found = {count.key: count for one in layout for count in _of_spec(world, others, one)}
    return sorted(found.values(), key=lambda count: count.key)


def _of_spec(world: Sequence[Visitor], others: Sequence[tuple[int, str]], one: Spec) -> Iterator[Count]:
    for period_type in one.period_types:
        for months in _periods(period_type):
            start, end = date(YEAR, months.start, 1), _month_end(months.stop - 1)
            for population in one.populations:
                key = Key(CHAT, "visitor", population, period_type, start, end, one.variable, "")
                if one.variable == STEP:
                    yield from _steps(world, others, key, months, one.categories)
                else:
                    yield from _categories(world, key, months, one.categories)


def _periods(period_type: str) -> list[range]:
    if period_type == "month":
        return [range(month, month + 1) for month in range(1, 13)]
    if period_type == "year_to_date":
        return [range(1, month + 1) for month in sorted(POLICY["year_to_date"].months)]
    return [range(3 if period_type == "window" else 1, 13)]


def _month_end(month: int) -> date:
    return date(YEAR, month, calendar.monthrange(YEAR, month)[1])


def _steps(
    world: Sequence[Visitor], others: Sequence[tuple[int, str]], key: Key, months: range, steps: Sequence[str]
) -> Iterator[Count]:
    n = {"visitor": sum(one.month in months for one in world)}
    for step in ("duplicate", "not_related", "uncoded"):
        n[step] = sum(month in months and of == step for month, of in others)
    n["flagged"] = sum(n.values())
    for step in steps:
        unit = "conversation" if step in ("flagged", "duplicate") else "visitor"
        yield Count(key._replace(unit=unit, category=step), n[step], None)


def _categories(world: Sequence[Visitor], key: Key, months: range, wanted: Sequence[str]) -> Iterator[Count]:
    members = [
        one
        for one in world
        if one.month in months and all(one.meets(*condition) for condition in CODES.populations[key.population])
    ]
    known = [one for one in members if key.variable in OF_EVERYONE or one.meets(key.variable, KNOWN)]
    n_known = None if key.period_type == "month" else len(known)
    for category in CODES.categories[key.variable] if wanted == (ALL,) else wanted:
        if category == KNOWN:
            yield Count(key._replace(category=KNOWN), len(known), None)
        else:
            n = sum(one.meets(key.variable, category) for one in known)
            yield Count(key._replace(category=category), n, n_known)


def random_year(seed: int, size: int | None = None) -> list[Count]:
    """Return the true counts of a random year in the layout."""
    random = Random(seed)
    world = visitors(random, random.choice(SIZES) if size is None else size)
    steps = ("duplicate", "not_related", "uncoded")
    others = [(random.randint(1, 12), random.choice(steps)) for _ in range(random.randint(0, len(world) // 2 + 3))]
    return counts(world, others, LAYOUT)
