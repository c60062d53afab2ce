"""What printed counts give away, and how true counts depend on each other: each rule alone, and all in any world."""

from collections.abc import Iterable, Mapping
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


def test_a_range_is_the_sum_of_the_ranges_that_fill_it(codes: Codes) -> None:
    # 20 to 99 is not filled by 20 to 90, nor the other way round.
    assert codes.sums == {
        ("half", "low"): (("third", "first"), ("third", "second")),
        ("warm", "yes"): (("colour", "red"), ("colour", "blé")),
    }


@pytest.mark.parametrize(
    ("low", "high", "is_sum"),
    [(0, 19, True), (0, 18, False), (0, 20, False), (1, 19, False), (-1, 19, False), (10, 19, False)],
)
def test_a_range_is_no_sum_of_ranges_that_leave_a_gap_or_stick_out(
    tmp_path: Path, low: int, high: int, is_sum: bool
) -> None:
    rows = f"a,whole,age,,{low},{high}\nb,one,age,,0,9\nb,other,age,,10,19\n"
    for name, text in {**SEEDS, "derivations": SEEDS["derivations"].splitlines(True)[0] + rows}.items():
        (tmp_path / f"{name}.csv").write_bytes(text.encode())
    found = load_codes(tmp_path).sums.get(("a", "whole"), ())
    if is_sum:
        assert found == (("b", "one"), ("b", "other"))
    else:
        assert set(found) <= {("b", "other")}
        assert bool(found) == ((low, high) == (10, 19))


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

Relations = set[tuple[frozenset[tuple[Fact, int]], str]]


def relation(found: Mapping[Fact, int], sign: str) -> tuple[frozenset[tuple[Fact, int]], str]:
    return frozenset(found.items()), sign


def relations_of(codes: Codes, *facts: Fact) -> Relations:
    return {relation(one.terms, "=" if one.is_equal else ">=") for one in relations(codes, facts)}


ONLINE, OFFLINE, MEETING = (fact(("meeting", one)) for one in ("online", "offline", KNOWN))
FLAGGED, DUPLICATE, NOT_RELATED, UNCODED = (
    fact((STEP, one)) for one in ("flagged", "duplicate", "not_related", "uncoded")
)


def test_one_fact_depends_on_nothing() -> None:
    assert relations_of(CODES, ONLINE) == set()
    assert relations_of(CODES) == set()


def test_a_category_is_no_more_than_its_population() -> None:
    assert relations_of(CODES, EVERYONE, ONLINE) == {relation({EVERYONE: 1, ONLINE: -1}, ">=")}


def test_all_categories_of_a_single_variable_are_those_of_whom_it_is_known() -> None:
    assert relations_of(CODES, ONLINE, OFFLINE, MEETING) == {
        relation({MEETING: 1, ONLINE: -1, OFFLINE: -1}, "="),
        relation({MEETING: 1, ONLINE: -1}, ">="),
        relation({MEETING: 1, OFFLINE: -1}, ">="),
    }


def test_some_categories_of_a_single_variable_are_no_more_than_those_of_whom_it_is_known() -> None:
    roles = [fact(("role", one)) for one in (KNOWN, "victim", "family")]
    known, victim, family = roles
    assert relations_of(CODES, *roles) == {
        relation({known: 1, victim: -1, family: -1}, ">="),
        relation({known: 1, victim: -1}, ">="),
        relation({known: 1, family: -1}, ">="),
    }


def test_categories_within_a_population_add_up_there() -> None:
    victims = ("role", "victim")
    within = [fact(victims, ("meeting", one)) for one in (KNOWN, "online", "offline")]
    known, online, offline = within
    assert relation({known: 1, online: -1, offline: -1}, "=") in relations_of(CODES, *within)
    assert relations_of(CODES, MEETING, online, offline) == {
        relation({MEETING: 1, online: -1}, ">="),
        relation({MEETING: 1, offline: -1}, ">="),
    }


def test_all_categories_of_a_multiple_variable_cover_those_of_whom_it_is_known() -> None:
    offences = [fact(("offence", one)) for one in CODES.categories["offence"]]
    known = fact(("offence", KNOWN))
    at_most = {relation({known: 1, one: -1}, ">=") for one in offences}
    assert len(offences) == 4
    assert relations_of(CODES, known, *offences) == {
        relation({known: -1, **dict.fromkeys(offences, 1)}, ">="),
        *at_most,
    }
    assert relations_of(CODES, known, *offences[1:]) == at_most - {relation({known: 1, offences[0]: -1}, ">=")}


def test_the_form_is_known_of_everyone() -> None:
    groups = [fact(("form_group", one)) for one in CODES.categories["form_group"]]
    assert relation({EVERYONE: 1, **dict.fromkeys(groups, -1)}, "=") in relations_of(CODES, EVERYONE, *groups)
    assert relation({EVERYONE: 1, groups[0]: -1, groups[2]: -1}, ">=") in relations_of(
        CODES, EVERYONE, groups[0], groups[2]
    )
    victims = ("role", "victim")
    within = [one | {victims} for one in groups]
    assert relation({fact(victims): 1, **dict.fromkeys(within, -1)}, "=") in relations_of(CODES, fact(victims), *within)
    forms = [fact(("form", one)) for one in CODES.categories["form"]]
    assert relation({EVERYONE: -1, **dict.fromkeys(forms, 1)}, ">=") in relations_of(CODES, EVERYONE, *forms)


def test_a_form_is_not_divided_by_forms() -> None:
    assert relations_of(CODES, *(fact(("form_group", one)) for one in CODES.categories["form_group"])) == set()


def test_a_form_holds_the_groups_that_are_made_of_it_and_nobody_but_of_other_combinations() -> None:
    criminal, alone, both, others = (
        fact(("form", "criminal")),
        *(fact(("form_group", one)) for one in ("criminal", "sexual_criminal", "other_combination")),
    )
    within = {relation({criminal: 1, alone: -1}, ">="), relation({criminal: 1, both: -1}, ">=")}
    at_least = relation({criminal: 1, alone: -1, both: -1}, ">=")
    assert relations_of(CODES, criminal, alone, both) == {*within, at_least}
    assert relations_of(CODES, criminal, alone, both, others) == {
        *within,
        at_least,
        relation({criminal: -1, alone: 1, both: 1, others: 1}, ">="),
    }
    assert relations_of(CODES, criminal, both, others) == {relation({criminal: 1, both: -1}, ">=")}
    victims = ("role", "victim")
    of_victims = [one | {victims} for one in (criminal, alone, both)]
    assert relation(dict(zip(of_victims, (1, -1, -1), strict=True)), ">=") in relations_of(CODES, *of_victims)


def test_a_category_is_the_sum_of_its_parts() -> None:
    minor, *parts = (
        fact(("minor", "yes")),
        *(fact(("age_group", one)) for one in ("12_or_younger", "13_14", "15", "16_17")),
    )
    assert relations_of(CODES, minor, *parts) == {
        relation({minor: 1, **dict.fromkeys(parts, -1)}, "="),
        *(relation({minor: 1, one: -1}, ">=") for one in parts),
    }
    assert relations_of(CODES, minor, *parts[1:]) == {relation({minor: 1, one: -1}, ">=") for one in parts[1:]}
    victims = ("role", "victim")
    within = [one | {victims} for one in parts]
    assert relation({minor | {victims}: 1, **dict.fromkeys(within, -1)}, "=") in relations_of(
        CODES, minor | {victims}, *within
    )


def test_what_two_conditions_share_is_at_least_what_they_exceed_the_whole_by() -> None:
    victims, both = fact(("role", "victim")), fact(("role", "victim"), ("meeting", "online"))
    within = {relation({ONLINE: 1, both: -1}, ">="), relation({victims: 1, both: -1}, ">=")}
    assert relations_of(CODES, both, ONLINE, victims) == within
    assert relations_of(CODES, EVERYONE, both, ONLINE, victims) == {
        relation({both: 1, EVERYONE: 1, ONLINE: -1, victims: -1}, ">="),
        relation({EVERYONE: 1, ONLINE: -1}, ">="),
        relation({EVERYONE: 1, victims: -1}, ">="),
        *within,
    }


def test_three_conditions_share_within_each_of_them() -> None:
    one, two, three = ("role", "victim"), ("meeting", "online"), ("gender", "male")
    facts = [fact(one, two, three), fact(one), fact(one, two), fact(one, three)]
    assert relation({facts[0]: 1, facts[1]: 1, facts[2]: -1, facts[3]: -1}, ">=") in relations_of(CODES, *facts)


def test_only_the_nearest_wholes_bound_a_part() -> None:
    victims = ("role", "victim")
    facts = [EVERYONE, fact(victims), fact(victims, ("gender", "male"))]
    assert {terms for terms, _ in relations_of(CODES, *facts)} == {
        frozenset({(facts[0], 1), (facts[1], -1)}),
        frozenset({(facts[1], 1), (facts[2], -1)}),
    }


def test_facts_that_imply_each_other_bound_a_part_both() -> None:
    # Both are known of the same visitors, so each implies the other.
    same = Codes({}, {}, {}, {("b", "y"): (("a", "x"),), ("a", "x"): (("b", "y"),)}, {}, ())
    one, other, part = fact(("a", "x")), fact(("b", "y")), fact(("a", "x"), ("c", "z"))
    found = relations_of(same, one, other, part)
    assert {relation({one: 1, part: -1}, ">="), relation({other: 1, part: -1}, ">=")} <= found


def test_flagged_conversations_are_the_steps_together() -> None:
    steps = (DUPLICATE, NOT_RELATED, UNCODED, EVERYONE)
    assert relations_of(CODES, FLAGGED, *steps) == {relation({FLAGGED: 1, **dict.fromkeys(steps, -1)}, "=")}
    for missing in steps:
        rest = [step for step in steps if step != missing]
        assert relations_of(CODES, FLAGGED, *rest) == {relation({FLAGGED: 1, **dict.fromkeys(rest, -1)}, ">=")}
    assert relations_of(CODES, *steps) == set()


def test_steps_are_parts_of_nothing_else() -> None:
    assert relations_of(CODES, EVERYONE, UNCODED) == set()


def test_relations_come_in_the_order_of_their_facts_and_once_where_these_come_twice() -> None:
    parts = [
        fact((variable, one)) for variable in ("gender", "meeting", "offence") for one in CODES.categories[variable]
    ]
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
def test_the_true_counts_of_a_printed_one_are_those_that_round_to_it(base: int) -> None:
    rule = Rule(base, 2 * base, None, None, frozenset())
    for n in range(0, 6 * base + 1):
        expected = [true for true in range(10 * base) if round_half_up(true, base) == n]
        assert list(true_counts(n, rule)) == (expected if n % base == 0 else [n])


@pytest.mark.parametrize("base", [1, 2, 3, 5, 10])
def test_hidden_counts_are_those_that_are_too_small_to_be_shown(base: int) -> None:
    rule = Rule(base, 2 * base, None, None, frozenset())
    assert list(hidden_counts(rule)) == [n for n in range(10 * base) if protect_count(n, rule) is None]


def a_figure(
    n: int | None,
    n_known: int | None,
    category: str = "online",
    variable: str = "meeting",
    period: tuple[str, int, int] = ("year", 1, 12),
    population: str = "visitors",
) -> Figure:
    period_type, first, last = period
    key = a_key(population, variable, category)._replace(
        period_type=period_type, period_start=date(2021, first, 1), period_end=date(2021, last, 28)
    )
    return Figure(key, n, n_known, None, "", "2021-12")


def printed(*figures: Figure, is_small: bool = True) -> list[Printed]:
    return list(read(CODES, POLICY, figures, is_small=is_small))


def bounds(found: Iterable[Printed]) -> list[tuple[Fact, int, int | None]]:
    return [(one.fact, one.low, one.high) for one in found]


def test_a_printed_count_gives_the_interval_around_it_and_around_its_base() -> None:
    period = "year 2021-03-01 to 2021-12-28"
    assert printed(a_figure(60, 100, period=("year", 3, 12))) == [
        Printed(
            *(ONLINE, 2021, range(3, 13), 58, 62),
            f"visitors meeting=online, {period}: 60 (release 2021-12)",
        ),
        Printed(
            *(MEETING, 2021, range(3, 13), 98, 102),
            f"visitors meeting=known, {period}: 100 (release 2021-12)",
        ),
    ]


def test_a_count_of_everyone_gives_nothing_of_a_base() -> None:
    assert bounds(printed(a_figure(100, None, category=KNOWN))) == [(MEETING, 98, 102)]


def test_a_month_has_no_base() -> None:
    [one] = printed(a_figure(30, None, period=("month", 4, 4)))
    assert (one.months, one.low, one.high) == (range(4, 5), 25, 34)


def test_a_step_has_no_base_and_no_population() -> None:
    [one] = printed(a_figure(90, None, category="flagged", variable=STEP, population=""))
    assert (one.fact, one.low, one.high) == (FLAGGED, 88, 92)
    assert one.where == "conversations step=flagged, year 2021-01-01 to 2021-12-28: 90 (release 2021-12)"


def test_a_count_that_is_not_shown_beside_one_that_is_was_too_small() -> None:
    hidden, shown = a_figure(None, 60), a_figure(60, 60, category="offline")
    found = printed(hidden, shown)
    assert bounds(found) == [(ONLINE, 0, 7), (MEETING, 58, 62), (OFFLINE, 58, 62), (MEETING, 58, 62)]
    assert found[0].where == "visitors meeting=online, year 2021-01-01 to 2021-12-28: not shown (release 2021-12)"


def test_a_count_that_is_not_shown_may_hold_everyone_where_nothing_is_shown_beside_it() -> None:
    hidden, shown = a_figure(None, 60), a_figure(60, 60, category="offline")
    elsewhere = [a_figure(60, 60, population="victims"), a_figure(60, 60, period=("window", 1, 12))]
    everyone = a_figure(60, None, category=KNOWN)
    for beside in ([], [a_figure(None, 60, category="offline")], elsewhere, [everyone]):
        [(_, low, high), *_] = bounds(printed(hidden, *beside))
        assert (low, high) == (0, None)
    assert bounds(printed(hidden, shown, is_small=False))[0] == (ONLINE, 0, None)


def test_a_base_that_is_not_shown_is_small_whatever_is_taken() -> None:
    for is_small in (True, False):
        assert bounds(printed(a_figure(None, None), is_small=is_small))[1] == (MEETING, 0, 7)


def test_a_whole_that_is_not_shown_may_be_any_number() -> None:
    assert bounds(printed(a_figure(None, None, category=KNOWN), a_figure(60, 60)))[0] == (MEETING, 0, None)
