"""Protection is a pure function: counts rounded from the true ones, small ones not shown, printed ones as printed."""

from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from release_worlds import CODES, POLICY, random_year

from flows.release.disclosure.protect import (
    Count,
    Figure,
    Key,
    Rule,
    load_policy,
    protect,
    protect_count,
    protect_share,
    round_half_up,
    shown_measure,
)

YEAR = POLICY["year"]
MONTH = POLICY["month"]


def key(category: str = "male", variable: str = "gender", period_type: str = "year") -> Key:
    return Key("chat", "visitor", "visitors", period_type, date(2020, 1, 1), date(2020, 12, 31), variable, category)


def protected(*counts: Count, release: str = "2020-12", printed: dict[Key, Figure] | None = None) -> list[Figure]:
    return protect(counts, POLICY, release, printed or {}, fact_of=CODES.fact)


def by_key(figures: list[Figure]) -> dict[Key, Figure]:
    return {figure.key: figure for figure in figures}


def test_a_row_of_the_policy_is_a_rule(tmp_path: Path) -> None:
    (tmp_path / "policy.csv").write_text(
        "period_type,rounding_base,smallest_shown,share_from,measures_from,released_in_months\n"
        "month,10,20,,,1|2\nyear,5,15,50,60,12\n"
    )
    assert load_policy(tmp_path / "policy.csv") == {
        "month": Rule(10, 20, None, None, frozenset({1, 2})),
        "year": Rule(5, 15, 50, 60, frozenset({12})),
    }


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        (YEAR, {0: None, 4: None, 7: None, 8: 10, 12: 10, 13: 15, 17: 15, 18: 20, 283: 285}),
        (MONTH, {0: None, 14: None, 15: 20, 24: 20, 25: 30, 104: 100, 105: 110}),
    ],
    ids=["year", "month"],
)
def test_a_year_is_shown_in_fives_from_ten_on_and_a_month_in_tens_from_twenty_on(
    rule: Rule, shown: dict[int, int | None]
) -> None:
    assert {n: protect_count(n, rule) for n in shown} == shown


@given(st.integers(0, 10_000), st.sampled_from([5, 10]))
def test_rounding_goes_to_the_nearest_multiple_halves_up(n: int, base: int) -> None:
    rounded = round_half_up(n, base)
    assert rounded % base == 0 and -base / 2 < rounded - n <= base / 2


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_a_larger_count_is_never_shown_as_a_smaller_one(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert (protect_count(low, YEAR) or 0) <= (protect_count(high, YEAR) or 0)


@pytest.mark.parametrize(
    ("n", "n_known", "rule", "share"),
    [
        *((20, 255, YEAR, 0.078), (20, 45, YEAR, None), (None, 255, YEAR, None), (20, 255, MONTH, None)),
        *((25, 50, YEAR, 0.5), (80, 80, YEAR, None)),
        *((n, n_known, Rule(1, 0, 1, None, frozenset()), of) for n, n_known, of in ((1, 8, 0.125), (5, 80, 0.063))),
        (1, 2000, Rule(1, 0, 1, None, frozenset()), 0.001),
    ],
)
def test_a_share_is_in_thousandths_halves_up_from_a_base_of_fifty_and_not_of_everyone(
    n: int | None, n_known: int, rule: Rule, share: float | None
) -> None:
    assert protect_share(n, n_known, rule) == share


FEMALE, MALE, ONLINE, SEXUAL = key("female"), key("male"), key("online", "meeting"), key("sexual", "form_group")
FORM = key("known", "form_group")


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        # A part that is shown as large as its base would say that the others are 0, or 1 to 4.
        *(([Count(FEMALE, n, 60), Count(MALE, 60 - n, 60)], [None, None]) for n in (58, 59, 60)),
        ([Count(FEMALE, 60, 60), Count(ONLINE, 30, 60)], [None, 30]),
        ([Count(key("known"), 60, None), Count(FEMALE, 60, 60)], [60, None]),
        (
            [Count(SEXUAL, 60, 60), Count(FORM._replace(population="sexual"), 60, None), Count(FORM, 60, None)],
            [None, None, 60],
        ),
    ],
    ids=["58 of 60", "59 of 60", "60 of 60", "another breakdown", "the size of the group", "another table"],
)
def test_where_one_category_would_be_shown_as_everyone_none_of_the_breakdown_is_shown(
    counts: list[Count], shown: list[int | None]
) -> None:
    figures = protected(*counts)
    assert [figure.n for figure in figures] == shown
    for figure, count in zip(figures, counts, strict=True):
        assert (figure.n_known, figure.status) == (count.n_known, "suppressed" if figure.n is None else "rounded")
        assert figure.n or figure.share is None


def test_one_person_is_everyone_too_and_nobody_is_not() -> None:
    few = {"year": Rule(1, 0, None, None, frozenset())}
    for n, shown in ((1, [None, None]), (0, [0, 0])):
        counts = [Count(key("female"), n, n), Count(key("male"), 0, n)]
        assert [figure.n for figure in protect(counts, few, "2020-12", {}, fact_of=CODES.fact)] == shown


def test_no_part_of_a_random_world_is_shown_as_everyone() -> None:
    for seed in range(200):
        for figure in protect(random_year(seed), POLICY, "2020-12", {}, fact_of=CODES.fact):
            assert figure.n is None or figure.n != figure.n_known


def test_what_was_printed_is_printed_again_as_it_was() -> None:
    before = protected(Count(key(), 20, 250), release="2019-12")
    [again] = protected(Count(key(), 28, 260), printed=by_key(before))
    assert again == before[0]


def test_a_revision_prints_what_changed_and_names_its_release() -> None:
    before = by_key(protected(Count(key(), 20, 250), Count(key("female"), 230, 250), release="2019-12"))
    counts = [Count(key(), 28, 250), Count(key("female"), 231, 250)]
    asked: list[Figure] = []
    male, female = protect(
        counts, POLICY, "2020-12", before, fact_of=CODES.fact, is_revised=lambda figure: not asked.append(figure)
    )
    assert asked == list(before.values())
    assert (male.n, male.released_in) == (30, "2020-12")
    assert (female.n, female.released_in) == (230, "2019-12")


def test_a_mean_is_shown_in_whole_years_of_fifty_or_more_and_not_of_a_running_period() -> None:
    assert [shown_measure(value, 50, YEAR) for value in (17.4, 17.5, 18.0)] == [17, 18, 18]
    assert shown_measure(17.4, 47, YEAR) is shown_measure(17.4, 500, POLICY["year_to_date"]) is None


def check_world(seed: int) -> None:
    """Every count gets one figure; equal facts equal ones, whatever the order, in every table and later release."""
    counts = random_year(seed)
    figures = protect(counts, POLICY, "2020-12", {}, fact_of=CODES.fact)
    assert [figure.key for figure in figures] == [count.key for count in counts]
    by_fact: dict[object, int | None] = {}
    for figure in figures:
        rule = POLICY[figure.key.period_type]
        shown = [n for n in (figure.n, figure.n_known) if n is not None]
        assert all(n % rule.base == 0 and n >= rule.smallest_shown for n in shown)
        fact = (CODES.fact(figure.key), figure.key.period_start, figure.key.period_end)
        assert by_fact.setdefault(fact, figure.n) == figure.n
    shuffled = Random(seed).sample(counts, len(counts))
    again = protect(shuffled, POLICY, "2020-12", {}, fact_of=CODES.fact)
    assert by_key(again) == by_key(figures)
    assert protect(counts, POLICY, "2021-01", by_key(figures), fact_of=CODES.fact) == figures


def test_random_worlds_are_protected_alike_in_every_table_order_and_release() -> None:
    for seed in range(60):
        check_world(seed)
