"""What printed counts give away, and how true counts depend on each other: each rule alone, and all in any world."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from random import Random

import pytest
from release_worlds import CODES, POLICY, Visitor, visitors

from flows.release.disclosure.constraints import (
    EVERYONE,
    Codes,
    Condition,
    Fact,
    Printed,
    hidden_counts,
    load_codes,
    read,
    relations,
    true_counts,
)
from flows.release.disclosure.protect import KNOWN, STEP, Figure, Key, Rule, protect_count, round_half_up

SEEDS = {
    "codebook": """variable,kind,column,code,label_nl,label_en,category
form,multiple,vorm,1,,,sexual
form,multiple,vorm,2,,,labour
age,number,leeftijd,,,,
colour,single,kleur,1,,,red
colour,,kleur,2,,,blue
colour,multiple,kleur,3,,,blé
""",
    "derived_categories": """variable,place,category,label_nl,label_en
half,1,low,,
half,2,high,,
third,1,first,,
third,2,second,,
third,3,last,,
warm,1,yes,,
""",
    "populations": "population,label_nl,label_en\nall,,\nreds,,\nlow_reds,,\n",
    "population_conditions": "population,variable,category\nreds,colour,red\nlow_reds,colour,red\nlow_reds,half,low\n",
    "derivations": """variable,category,from_variable,from_category,from_low,from_high
half,low,age,,0,19
half,high,age,,20,99
third,first,age,,0,9
third,second,age,,10,19
third,last,age,,20,90
warm,yes,colour,red,,
warm,yes,colour,blé,,
""",
    "windows": "window_name,first_month,last_month,label_nl,label_en\nspring,3,5,,\n",
}


def fact(*conditions: Condition) -> Fact:
    return frozenset(conditions)


@pytest.fixture
def codes(tmp_path: Path) -> Codes:
    for name, rows in SEEDS.items():
        (tmp_path / f"{name}.csv").write_bytes(rows.encode())
    return load_codes(tmp_path)


def test_code_lists_are_read_with_their_kinds_populations_and_sums(codes: Codes) -> None:
    assert codes.kinds == {
        **{"form": "multiple", "age": "number", "colour": "single"},
        **{"half": "single", "third": "single", "warm": "single"},
    }
    assert codes.categories == {
        "form": ("sexual", "labour"),
        "colour": ("red", "blue", "blé"),
        "half": ("low", "high"),
        "third": ("first", "second", "last"),
        "warm": ("yes",),
    }
    assert codes.populations == {
        "all": EVERYONE,
        "reds": fact(("colour", "red")),
        "low_reds": fact(("colour", "red"), ("half", "low")),
    }
    assert codes.known_with == {"half": "age", "third": "age", "warm": "colour"}
    assert codes.windows == ((3, 5),)
    # 20 to 99 is not filled by 20 to 90, nor the other way round.
    assert codes.sums == {
        ("half", "low"): (("third", "first"), ("third", "second")),
        ("warm", "yes"): (("colour", "red"), ("colour", "blé")),
    }


@pytest.mark.parametrize(
    ("low", "high", "parts"),
    [
        *((0, 19, {"one", "other"}), (10, 19, {"other"})),
        *((low, high, set()) for low, high in ((0, 18), (0, 20), (1, 19), (-1, 19))),
    ],
)
def test_a_range_is_no_sum_of_ranges_that_leave_a_gap_or_stick_out(
    tmp_path: Path, low: int, high: int, parts: set[str]
) -> None:
    rows = f"a,whole,age,,{low},{high}\nb,one,age,,0,9\nb,other,age,,10,19\n"
    for name, text in {**SEEDS, "derivations": SEEDS["derivations"].splitlines(True)[0] + rows}.items():
        (tmp_path / f"{name}.csv").write_bytes(text.encode())
    assert set(load_codes(tmp_path).sums.get(("a", "whole"), ())) == {("b", part) for part in parts}


# --- What a figure counts

DAY = date(2020, 1, 1)


def a_key(population: str, variable: str, category: str) -> Key:
    return Key("chat", "visitor", population, "year", DAY, date(2020, 12, 31), variable, category)


@pytest.mark.parametrize(
    ("population", "variable", "category", "expected"),
    [
        ("visitors", "meeting", "online", fact(("meeting", "online"))),
        ("victims", "meeting", "online", fact(("role", "victim"), ("meeting", "online"))),
        ("visitors", "meeting", KNOWN, fact(("meeting", KNOWN))),
        # The form is known of everyone.
        ("visitors", "form_group", KNOWN, EVERYONE),
        ("victims", "form", KNOWN, fact(("role", "victim"))),
        ("victims", "form_imputed", KNOWN, fact(("role", "victim"))),
        ("visitors", "form_group", "sexual", fact(("form_group", "sexual"))),
        # What is derived is known of those of whom the other is known.
        ("visitors", "minor", KNOWN, fact(("age", KNOWN))),
        ("visitors", "age_group", KNOWN, fact(("age", KNOWN))),
        ("visitors", "age_group", "15", fact(("age_group", "15"))),
        # Who meets a condition on a variable is known to have one of its categories.
        ("victims", "role", KNOWN, fact(("role", "victim"))),
        ("sexual", "form_group", KNOWN, fact(("form_group", "sexual"))),
        ("sexual_victims", "role", KNOWN, fact(("form_group", "sexual"), ("role", "victim"))),
        ("unsafe", "role", KNOWN, fact(("acutely_unsafe", "yes"), ("role", KNOWN))),
        ("", STEP, "visitor", EVERYONE),
        ("", STEP, "flagged", fact((STEP, "flagged"))),
    ],
)
def test_a_figure_counts_those_who_meet_its_conditions(
    population: str, variable: str, category: str, expected: Fact
) -> None:
    assert CODES.fact(a_key(population, variable, category)) == expected


@pytest.mark.parametrize(
    ("conditions", "condition", "is_met"),
    [
        ([("role", "victim")], ("role", "victim"), True),
        ([("gender", "male"), ("role", "victim")], ("role", "victim"), True),
        ([("role", "victim")], ("role", "family"), False),
        ([], ("role", "victim"), False),
        ([("role", "victim")], ("role", KNOWN), True),
        ([("role", "victim")], ("gender", KNOWN), False),
        ([("minor", "yes")], ("age", KNOWN), True),
        ([("minor", "yes")], ("minor", KNOWN), False),  # no such fact: it is that of the age
        ([("role", KNOWN)], ("role", "victim"), False),
        ([("form_group", "sexual")], ("form", "sexual"), True),
        ([("form_group", "sexual_criminal")], ("form", "sexual"), True),
        ([("form_group", "sexual_criminal")], ("form", "criminal"), True),
        ([("form_group", "labour")], ("form", "labour"), True),
        ([("form_group", "sexual")], ("form", "criminal"), False),
        ([("form_group", "other_combination")], ("form", "sexual"), False),
        ([("form", "sexual")], ("form_group", "sexual"), False),
        ([("role", "sexual")], ("form", "sexual"), False),
        ([("form_group", "sexual")], ("role", "sexual"), False),
        ([("age_group", "15")], ("minor", "yes"), True),
        ([("age_group", "15")], ("minor", "no"), False),
        ([("age_group", "18_22")], ("minor", "yes"), False),
        ([("minor", "yes")], ("age_group", "15"), False),
        ([("duration", "over_2_years")], ("over_1_year", "yes"), True),
    ],
)
def test_who_meets_one_condition_meets_what_follows_from_it(
    conditions: list[Condition], condition: Condition, is_met: bool
) -> None:
    assert CODES.meets(frozenset(conditions), condition) is is_met


# --- How true counts depend on each other

Relation = tuple[frozenset[tuple[Fact, int]], str]


def relations_of(codes: Codes, *facts: Fact) -> set[Relation]:
    return {(frozenset(one.terms.items()), "=" if one.is_equal else ">=") for one in relations(codes, facts)}


def whole(of: Fact, sign: str, *parts: Fact) -> Relation:
    """Return that a count equals its parts together, or is no less (`>=`) or no more (`<=`) than they are."""
    times = -1 if sign == "<=" else 1
    return frozenset({of: times, **dict.fromkeys(parts, -times)}.items()), "=" if sign == "=" else ">="


def each(of: Fact, *parts: Fact) -> set[Relation]:
    """Return that a count is no less than any of its parts."""
    return {whole(of, ">=", part) for part in parts}


def facts(variable: str, *categories: str) -> list[Fact]:
    """Return the facts of categories of a variable; without any, of all."""
    return [fact((variable, one)) for one in categories or CODES.categories[variable]]


def within(population: Fact, found: Relation) -> Relation:
    return frozenset((one | population, times) for one, times in found[0]), found[1]


MEETING, ONLINE, OFFLINE = facts("meeting", KNOWN, "online", "offline")
ROLE, VICTIMS, FAMILY = facts("role", KNOWN, "victim", "family")
MALE, MINOR, OFFENCE = fact(("gender", "male")), fact(("minor", "yes")), fact(("offence", KNOWN))
MINORS = facts("age_group", "12_or_younger", "13_14", "15", "16_17")
OFFENCES, FORMS, GROUPS = facts("offence"), facts("form"), facts("form_group")
CRIMINAL, ALONE, BOTH, OTHERS = (
    fact(("form", "criminal")),
    *facts("form_group", "criminal", "sexual_criminal", "other_combination"),
)
FLAGGED, UNCODED = facts(STEP, "flagged", "uncoded")
STEPS = [*facts(STEP, "duplicate", "not_related", "uncoded"), EVERYONE]
RELATIONS: dict[str, tuple[list[Fact], set[Relation]]] = {
    "no fact": ([], set()),
    "one fact": ([ONLINE], set()),
    "a category and its population": ([EVERYONE, ONLINE], each(EVERYONE, ONLINE)),
    "all of a single variable": (
        [MEETING, ONLINE, OFFLINE],
        {whole(MEETING, "=", ONLINE, OFFLINE), *each(MEETING, ONLINE, OFFLINE)},
    ),
    "some of a single variable": (
        [ROLE, VICTIMS, FAMILY],
        {whole(ROLE, ">=", VICTIMS, FAMILY), *each(ROLE, VICTIMS, FAMILY)},
    ),
    "categories of another population": ([MEETING, ONLINE | VICTIMS], each(MEETING, ONLINE | VICTIMS)),
    "all of a multiple variable": ([OFFENCE, *OFFENCES], {whole(OFFENCE, "<=", *OFFENCES), *each(OFFENCE, *OFFENCES)}),
    "some of a multiple variable": ([OFFENCE, *OFFENCES[1:]], each(OFFENCE, *OFFENCES[1:])),
    "groups of forms, which are known of everyone": (
        [EVERYONE, *GROUPS],
        {whole(EVERYONE, "=", *GROUPS), *each(EVERYONE, *GROUPS)},
    ),
    "some groups of forms": (
        [EVERYONE, *GROUPS[:2]],
        {whole(EVERYONE, ">=", *GROUPS[:2]), *each(EVERYONE, *GROUPS[:2])},
    ),
    "all forms": ([EVERYONE, *FORMS], {whole(EVERYONE, "<=", *FORMS), *each(EVERYONE, *FORMS)}),
    "a form is not divided by forms": (GROUPS, set()),
    "a form and groups that are made of it": (
        [CRIMINAL, ALONE, BOTH],
        {whole(CRIMINAL, ">=", ALONE, BOTH), *each(CRIMINAL, ALONE, BOTH)},
    ),
    "a form, all its groups and other combinations": (
        [CRIMINAL, ALONE, BOTH, OTHERS],
        {whole(CRIMINAL, ">=", ALONE, BOTH), whole(CRIMINAL, "<=", ALONE, BOTH, OTHERS), *each(CRIMINAL, ALONE, BOTH)},
    ),
    "a form, one of its groups and other combinations": ([CRIMINAL, BOTH, OTHERS], each(CRIMINAL, BOTH)),
    "a category and all its parts": ([MINOR, *MINORS], {whole(MINOR, "=", *MINORS), *each(MINOR, *MINORS)}),
    "a category and some of its parts": ([MINOR, *MINORS[1:]], each(MINOR, *MINORS[1:])),
    "the nearest wholes alone": (
        [EVERYONE, VICTIMS, VICTIMS | MALE],
        {*each(EVERYONE, VICTIMS), *each(VICTIMS, VICTIMS | MALE)},
    ),
    "two conditions and those who meet both": (
        [ONLINE | VICTIMS, ONLINE, VICTIMS],
        {*each(ONLINE, ONLINE | VICTIMS), *each(VICTIMS, ONLINE | VICTIMS)},
    ),
    "steps": (STEPS, set()),
    "steps are parts of nothing else": ([EVERYONE, UNCODED], set()),
    "flagged conversations are the steps": ([FLAGGED, *STEPS], {whole(FLAGGED, "=", *STEPS)}),
    **{
        f"flagged conversations and all steps but {place}": ([FLAGGED, *rest], {whole(FLAGGED, ">=", *rest)})
        for place, rest in enumerate([[*STEPS[:place], *STEPS[place + 1 :]] for place in range(4)])
    },
}


@pytest.mark.parametrize("case", RELATIONS)
def test_counts_depend_on_each_other_by_these_relations_alone(case: str) -> None:
    given, expected = RELATIONS[case]
    assert relations_of(CODES, *given) == expected


@pytest.mark.parametrize(
    "case", [case for case in RELATIONS if "step" not in case and VICTIMS not in RELATIONS[case][0]]
)
def test_counts_depend_on_each_other_within_a_population_too(case: str) -> None:
    given, expected = RELATIONS[case]
    assert {within(VICTIMS, one) for one in expected} <= relations_of(CODES, *(one | VICTIMS for one in given))


def test_what_two_conditions_share_is_at_least_what_they_exceed_the_whole_by() -> None:
    for of, one, other in ((EVERYONE, ONLINE, VICTIMS), (VICTIMS, VICTIMS | ONLINE, VICTIMS | MALE)):
        both = one | other
        shared = (frozenset({both: 1, of: 1, one: -1, other: -1}.items()), ">=")
        expected = {shared, *each(of, one, other), *each(one, both), *each(other, both)}
        assert relations_of(CODES, of, both, one, other) == expected


def test_facts_that_imply_each_other_bound_a_part_both() -> None:
    # Both are known of the same visitors, so each implies the other.
    same = Codes({}, {}, {}, {("b", "y"): (("a", "x"),), ("a", "x"): (("b", "y"),)}, {}, ())
    one, other, part = fact(("a", "x")), fact(("b", "y")), fact(("a", "x"), ("c", "z"))
    assert {*each(one, part), *each(other, part)} <= relations_of(same, one, other, part)


def test_relations_come_in_the_order_of_their_facts_and_once_where_these_come_twice() -> None:
    parts = [*facts("gender"), *facts("meeting"), *facts("offence")]
    found = [relation.terms for relation in relations(CODES, [EVERYONE, *reversed(parts), *parts])]
    assert found == [{EVERYONE: 1, part: -1} for part in sorted(parts, key=sorted)]


def everything(depth: int) -> list[Fact]:
    """Every fact of the populations, with up to one condition more."""
    conditions = [(variable, one) for variable, found in CODES.categories.items() for one in (*found, KNOWN)]
    more = [fact(), *(fact(one) for one in conditions if one[1] != KNOWN or one[0] not in CODES.known_with)]
    return [population | one for population in list(CODES.populations.values())[:depth] for one in more]


def meets(visitor: Visitor, one: Fact) -> bool:
    return all(visitor.meets("age_group" if variable == "age" else variable, of) for variable, of in one)


def test_relations_hold_in_any_world() -> None:
    known = {"form", "form_group", "role", "gender", "age_group", "age", "minor", "acutely_unsafe", "means"}
    facts = [one for one in everything(6) if {variable for variable, _ in one} <= known]
    found = list(relations(CODES, facts))
    assert sum(one.is_equal for one in found) > 10
    for visitor in visitors(Random(1), 60):
        met = {one for one in facts if meets(visitor, one)}
        for relation in found:
            left = sum(times for one, times in relation.terms.items() if one in met)
            assert left == 0 if relation.is_equal else left >= 0, (visitor, relation)


# --- What printed counts give away


@pytest.mark.parametrize("base", [1, 2, 3, 5, 10])
def test_true_counts_round_to_the_printed_one_and_hidden_ones_are_too_small_to_be_shown(base: int) -> None:
    rule = Rule(base, 2 * base, None, None, frozenset())
    for n in range(0, 6 * base + 1):
        expected = [true for true in range(10 * base) if round_half_up(true, base) == n]
        assert list(true_counts(n, rule)) == (expected if n % base == 0 else [n])
    assert list(hidden_counts(rule)) == [n for n in range(10 * base) if protect_count(n, rule) is None]


def a_figure(
    n: int | None, n_known: int | None, *, months: tuple[int, int] = (1, 12), period_type: str = "year", **of: str
) -> Figure:
    first, last = months
    dates = {"period_start": date(2021, first, 1), "period_end": date(2021, last, 28)}
    key = a_key("visitors", "meeting", "online")._replace(period_type=period_type, **dates, **of)
    return Figure(key, n, n_known, None, "", "2021-12")


def printed(*figures: Figure, is_small: bool = True) -> list[Printed]:
    return list(read(CODES, POLICY, figures, is_small=is_small))


def bounds(found: Iterable[Printed]) -> list[tuple[Fact, int, int | None]]:
    return [(one.fact, one.low, one.high) for one in found]


def test_a_printed_count_gives_the_interval_around_it_and_around_its_base() -> None:
    period, months = "year 2021-03-01 to 2021-12-28", range(3, 13)
    assert printed(a_figure(60, 100, months=(3, 12))) == [
        Printed(ONLINE, 2021, months, 58, 62, f"visitors meeting=online, {period}: 60 (release 2021-12)"),
        Printed(MEETING, 2021, months, 98, 102, f"visitors meeting=known, {period}: 100 (release 2021-12)"),
    ]


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (a_figure(100, None, category=KNOWN), (MEETING, range(1, 13), 98, 102)),
        (a_figure(30, None, months=(4, 4), period_type="month"), (ONLINE, range(4, 5), 25, 34)),
        (a_figure(90, None, category="flagged", variable=STEP, population=""), (FLAGGED, range(1, 13), 88, 92)),
    ],
    ids=["everyone", "a month", "a step"],
)
def test_a_count_without_a_base_gives_its_own_interval_alone(figure: Figure, expected: tuple[object, ...]) -> None:
    [one] = printed(figure)
    assert (one.fact, one.months, one.low, one.high) == expected
    is_step = figure.key.variable == STEP
    assert is_step == (one.where == "conversations step=flagged, year 2021-01-01 to 2021-12-28: 90 (release 2021-12)")


def test_a_count_that_is_not_shown_beside_one_that_is_was_too_small() -> None:
    hidden, shown = a_figure(None, 60), a_figure(60, 60, category="offline")
    found = printed(hidden, shown)
    assert bounds(found) == [(ONLINE, 0, 7), (MEETING, 58, 62), (OFFLINE, 58, 62), (MEETING, 58, 62)]
    assert found[0].where == "visitors meeting=online, year 2021-01-01 to 2021-12-28: not shown (release 2021-12)"


def test_a_count_that_is_not_shown_may_hold_everyone_where_nothing_is_shown_beside_it() -> None:
    hidden, shown = a_figure(None, 60), a_figure(60, 60, category="offline")
    elsewhere = [a_figure(60, 60, population="victims"), a_figure(60, 60, period_type="window")]
    everyone = a_figure(60, None, category=KNOWN)
    for beside in ([], [a_figure(None, 60, category="offline")], elsewhere, [everyone]):
        [(_, low, high), *_] = bounds(printed(hidden, *beside))
        assert (low, high) == (0, None)
    assert bounds(printed(hidden, shown, is_small=False))[0] == (ONLINE, 0, None)


def test_a_base_that_is_not_shown_is_small_and_a_whole_may_be_any_number() -> None:
    for is_small in (True, False):
        assert bounds(printed(a_figure(None, None), is_small=is_small))[1] == (MEETING, 0, 7)
    assert bounds(printed(a_figure(None, None, category=KNOWN), a_figure(60, 60)))[0] == (MEETING, 0, None)
