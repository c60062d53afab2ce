"""Model the knowledge of an attacker who has all releases.

That knowledge has two parts: an interval around each printed count, and linear relations between true counts.

A fact is a set of conditions (variable, category). It counts the visitors who meet all of them. The empty set counts
every visitor. A visitor with any category of a variable meets its category `known`. The steps of the funnel are facts
of their own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from flows.release.disclosure.protect import KNOWN, STEP, Figure, Key, Policy, Rule
from flows.release.seeds import read_rows

Condition = tuple[str, str]
Fact = frozenset[Condition]
EVERYONE: Fact = frozenset()
# The report counts a visitor without a form as sexual. So these variables are known for everyone (docs/method.md, 6).
OF_EVERYONE = {"form", "form_group", "form_imputed"}
FORMS = {
    "sexual": ("sexual",),
    "criminal": ("criminal",),
    "labour": ("labour",),
    "sexual_criminal": ("sexual", "criminal"),
}
STEPS = ("duplicate", "not_related", "uncoded")
VISITOR = "visitor"


@dataclass(frozen=True)
class Printed:
    """One printed count with its interval: the true count of the fact in these months.

    The interval is low..high, both included. If `high` is None, there is no upper bound. `months` are the numbers of
    the calendar months, e.g. range(1, 13) for the whole year.
    """

    fact: Fact
    year: int
    months: range
    low: int
    high: int | None
    where: str  # names the cell, and the release that printed it


@dataclass(frozen=True)
class Relation:
    """A linear relation between true counts, valid in every month.

    `terms` gives the coefficient of each fact. The relation is sum(coefficient x count) = 0 if `is_equal`, and
    sum(coefficient x count) >= 0 otherwise.
    """

    terms: Mapping[Fact, int]
    is_equal: bool


@dataclass(frozen=True)
class Codes:
    """The public code lists: the kind and categories of each variable, and the conditions of each population."""

    kinds: Mapping[str, str]
    categories: Mapping[str, tuple[str, ...]]
    populations: Mapping[str, Fact]
    # For a category: the categories of another variable that add up to it.
    sums: Mapping[Condition, tuple[Condition, ...]]
    # For a derived variable: the variable that it derives from. Both are known for the same visitors.
    known_with: Mapping[str, str]
    # (first month, last month) of each window, as numbers from 1 to 12.
    windows: tuple[tuple[int, int], ...]

    def fact(self, key: Key) -> Fact:
        """Return the fact that a figure counts.

        Figures that count the same visitors get the same fact, also where their keys differ.

        Example:
            A figure of minors among the victims gives frozenset({("role", "victim"), ("minor", "yes")}).
        """
        population, variable, category = key.population, key.variable, key.category
        if variable == STEP:
            return EVERYONE if category == VISITOR else frozenset({(STEP, category)})
        conditions = self.populations[population]
        if category == KNOWN and variable in OF_EVERYONE:
            return conditions
        if category == KNOWN:
            variable = self.known_with.get(variable, variable)
            if any(one == variable for one, _ in conditions):
                return conditions
        return conditions | {(variable, category)}

    def meets(self, fact: Fact, condition: Condition) -> bool:
        """Return whether every visitor counted in `fact` meets `condition`, as far as the code lists imply it."""
        variable, category = condition
        for other, of in fact:
            if (other, of) == condition:
                return True
            if category == KNOWN and self.known_with.get(other, other) == variable:
                return True
            if other == "form_group" and variable == "form" and category in FORMS.get(of, ()):
                return True
            if (other, of) in self.sums.get(condition, ()):
                return True
        return False


def load_codes(seeds: Path) -> Codes:
    """Read the code lists from the CSV files in the folder `seeds`."""

    def rows(name: str) -> list[dict[str, str]]:
        return read_rows(seeds / f"{name}.csv")

    kinds: dict[str, str] = {}
    categories: dict[str, list[str]] = {}
    for row in [*rows("codebook"), *rows("derived_categories")]:
        kinds.setdefault(row["variable"], row.get("kind") or "single")
        if row["category"]:
            categories.setdefault(row["variable"], []).append(row["category"])
    populations: dict[str, set[Condition]] = {row["population"]: set() for row in rows("populations")}
    for row in rows("population_conditions"):
        populations[row["population"]].add((row["variable"], row["category"]))
    return Codes(
        kinds,
        {variable: tuple(found) for variable, found in categories.items()},
        {name: frozenset(conditions) for name, conditions in populations.items()},
        *_sums(rows("derivations")),
        tuple((int(row["first_month"]), int(row["last_month"])) for row in rows("windows")),
    )


def _sums(derivations: Sequence[Mapping[str, str]]) -> tuple[dict[Condition, tuple[Condition, ...]], dict[str, str]]:
    """Return `sums` and `known_with` of Codes.

    A category is the sum of the source categories that its rows name. A category that is a range of numbers is the sum
    of the ranges of another variable, if those fill it exactly.
    """
    sums: dict[Condition, list[Condition]] = {}
    known_with: dict[str, str] = {}
    ranges: dict[Condition, tuple[int, int]] = {}
    for row in derivations:
        derived = (row["variable"], row["category"])
        known_with[row["variable"]] = row["from_variable"]
        if row["from_category"]:
            sums.setdefault(derived, []).append((row["from_variable"], row["from_category"]))
        else:
            ranges[derived] = (int(row["from_low"]), int(row["from_high"]))
    for derived, (low, high) in ranges.items():
        for variable in sorted({one for one, _ in ranges} - {derived[0]}):
            within = [
                one for one, (first, last) in ranges.items() if one[0] == variable and low <= first and last <= high
            ]
            if within and sum(ranges[one][1] - ranges[one][0] + 1 for one in within) == high - low + 1:
                sums.setdefault(derived, []).extend(within)
    return {derived: tuple(parts) for derived, parts in sums.items()}, known_with


def relations(codes: Codes, facts: Iterable[Fact]) -> Iterator[Relation]:
    """Yield the relations that hold between the true counts of these facts in every month.

    They are: the sum of the funnel's steps, the sums and covers of categories, inclusion of one fact in another, and
    the lower bound that inclusion and exclusion gives for two conditions.
    """
    known = sorted(set(facts), key=sorted)
    present = set(known)
    yield from _funnel(present)
    people = [fact for fact in known if not any(variable == STEP for variable, _ in fact)]
    for fact in people:
        yield from _parts(codes, fact, present)
        yield from _within(codes, fact, people)
        # Inclusion and exclusion: n(both) >= n(first) + n(second) - n(whole).
        for one, other in combinations(sorted(fact), 2):
            whole, first, second = fact - {one, other}, fact - {one}, fact - {other}
            if {whole, first, second} <= present:
                yield Relation({fact: 1, whole: 1, first: -1, second: -1}, is_equal=False)


def _funnel(present: set[Fact]) -> Iterator[Relation]:
    steps = [frozenset({(STEP, step)}) for step in STEPS]
    flagged = frozenset({(STEP, "flagged")})
    if flagged in present:
        parts = [step for step in (*steps, EVERYONE) if step in present]
        yield Relation({flagged: 1, **dict.fromkeys(parts, -1)}, is_equal=len(parts) == len(STEPS) + 1)


def _parts(codes: Codes, whole: Fact, present: set[Fact]) -> Iterator[Relation]:
    """Yield the relations between a whole and its parts.

    If a visitor has one category of a variable, the categories add up to the whole. If a visitor can have several, the
    categories cover the whole. A category can also be the sum of categories of another variable.
    """
    for variable, categories in codes.categories.items():
        if (variable, KNOWN) in whole:
            base = whole - {(variable, KNOWN)}
        elif variable in OF_EVERYONE and all(one != variable for one, _ in whole):
            base = whole
        else:
            continue
        parts = [base | {(variable, category)} for category in categories]
        shown = [part for part in parts if part in present]
        if codes.kinds[variable] != "multiple":
            if shown:
                yield Relation({whole: 1, **dict.fromkeys(shown, -1)}, is_equal=shown == parts)
        elif shown == parts:
            yield Relation({whole: -1, **dict.fromkeys(parts, 1)}, is_equal=False)
    for condition in sorted(whole):
        parts = [whole - {condition} | {part} for part in codes.sums.get(condition, ())]
        if parts and all(part in present for part in parts):
            yield Relation({whole: 1, **dict.fromkeys(parts, -1)}, is_equal=True)
    for form in sorted(category for variable, category in whole if variable == "form"):
        yield from _groups(codes, whole, whole - {("form", form)}, form, present)


def _groups(codes: Codes, whole: Fact, base: Fact, form: str, present: set[Fact]) -> Iterator[Relation]:
    """Yield the relations between a form and the groups of forms.

    A form includes every group that is made with it. Its other visitors are in groups of unspecified combinations.
    """
    groups = codes.categories.get("form_group", ())
    inside = [base | {("form_group", group)} for group in groups if form in FORMS.get(group, ())]
    perhaps = [base | {("form_group", group)} for group in groups if group not in FORMS]
    shown = [part for part in inside if part in present]
    if len(shown) > 1:  # _within yields the relation of a single group
        yield Relation({whole: 1, **dict.fromkeys(shown, -1)}, is_equal=False)
    if inside and all(part in present for part in (*inside, *perhaps)):
        yield Relation({whole: -1, **dict.fromkeys((*inside, *perhaps), 1)}, is_equal=False)


def _within(codes: Codes, fact: Fact, facts: Sequence[Fact]) -> Iterator[Relation]:
    """Yield n(fact) <= n(other) for each other fact that `fact` implies.

    Only the nearest ones are needed: the relations with facts further away follow from them.
    """
    above = [other for other in facts if other != fact and all(codes.meets(fact, condition) for condition in other)]
    for other in above:
        if not any(
            between != other
            and all(codes.meets(between, condition) for condition in other)
            and not all(codes.meets(other, condition) for condition in between)
            for between in above
        ):
            yield Relation({other: 1, fact: -1}, is_equal=False)


def true_counts(n: int, rule: Rule) -> range:
    """Return the true counts that are printed as `n`. A count that is no multiple of the rounding base is exact."""
    if n % rule.base:
        return range(n, n + 1)
    return range(max(0, n - rule.base // 2), n + (rule.base - 1) // 2 + 1)


def hidden_counts(rule: Rule) -> range:
    """Return the true counts that primary suppression hides: from 0 to the largest that is too small to be shown."""
    return range(true_counts(rule.smallest_shown, rule).start)


def read(codes: Codes, policy: Policy, figures: Sequence[Figure], *, is_small: bool) -> Iterator[Printed]:
    """Yield the interval of each printed count and of each printed base.

    A count is suppressed because it is small, or because a breakdown with it would show one category as large as its
    base. A suppressed base is always small.

    Args:
        is_small: take a suppressed count as small, if another category of its breakdown is shown. Otherwise a
            suppressed count has no upper bound.
    """
    shown = {figure.key[:-1] for figure in figures if figure.n is not None and figure.key.category != KNOWN}
    for figure in figures:
        key, rule = figure.key, policy[figure.key.period_type]
        bounds = _bounds(figure.n, rule, is_small and key.category != KNOWN and key[:-1] in shown)
        yield _printed(codes, key, bounds, figure)
        if rule.share_from is not None and key.category != KNOWN and key.variable != STEP:
            yield _printed(codes, key._replace(category=KNOWN), _bounds(figure.n_known, rule, is_small=True), figure)


def _bounds(n: int | None, rule: Rule, is_small: bool) -> tuple[int, int | None]:
    if n is None:
        return 0, hidden_counts(rule).stop - 1 if is_small else None
    counts = true_counts(n, rule)
    return counts.start, counts.stop - 1


def _printed(codes: Codes, key: Key, bounds: tuple[int, int | None], figure: Figure) -> Printed:
    n = figure.n if key.category == figure.key.category else figure.n_known
    what = f"{key.population or 'conversations'} {key.variable}={key.category}"
    when = f"{key.period_type} {key.period_start} to {key.period_end}"
    return Printed(
        fact=codes.fact(key),
        year=key.period_start.year,
        months=range(key.period_start.month, key.period_end.month + 1),
        low=bounds[0],
        high=bounds[1],
        where=f"{what}, {when}: {'not shown' if n is None else n} (release {figure.released_in})",
    )
