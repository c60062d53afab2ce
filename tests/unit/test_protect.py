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
    ("n", "shown"), [(0, None), (4, None), (7, None), (8, 10), (12, 10), (13, 15), (17, 15), (18, 20), (283, 285)]
)
def test_a_closed_year_is_shown_in_fives_from_ten_on(n: int, shown: int | None) -> None:
    assert protect_count(n, YEAR) == shown


@pytest.mark.parametrize(("n", "shown"), [(0, None), (14, None), (15, 20), (24, 20), (25, 30), (104, 100), (105, 110)])
def test_a_month_is_shown_in_tens_from_twenty_on(n: int, shown: int | None) -> None:
    assert protect_count(n, MONTH) == shown


@given(st.integers(0, 10_000), st.sampled_from([5, 10]))
def test_rounding_goes_to_the_nearest_multiple_halves_up(n: int, base: int) -> None:
    rounded = round_half_up(n, base)
    assert rounded % base == 0 and -base / 2 < rounded - n <= base / 2


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_a_larger_count_is_never_shown_as_a_smaller_one(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert (protect_count(low, YEAR) or 0) <= (protect_count(high, YEAR) or 0)


def test_a_share_comes_from_rounded_counts_and_a_base_of_fifty() -> None:
    assert protect_share(20, 255, YEAR) == 0.078
    assert protect_share(20, 45, YEAR) is None
    assert protect_share(None, 255, YEAR) is None
    assert protect_share(20, 255, MONTH) is None
    assert protect_share(25, 50, YEAR) == 0.5


def test_rounding_makes_no_share_of_everyone() -> None:
    assert protect_share(80, 80, YEAR) is None


@pytest.mark.parametrize(("n", "n_known", "share"), [(1, 8, 0.125), (5, 80, 0.063), (1, 2000, 0.001)])
def test_a_share_is_rounded_halves_up_to_thousandths(n: int, n_known: int, share: float) -> None:
    assert protect_share(n, n_known, Rule(1, 0, 1, None, frozenset())) == share


def test_where_one_category_would_be_shown_as_everyone_none_of_the_breakdown_is_shown() -> None:
    figures = protected(Count(key("female"), 60, 60), Count(key("male"), 0, 60))
    assert [(figure.n, figure.share, figure.status) for figure in figures] == [(None, None, "suppressed")] * 2
    assert {figure.n_known for figure in figures} == {60}


def test_another_breakdown_of_the_same_population_is_shown() -> None:
    figures = protected(Count(key("female"), 60, 60), Count(key("online", "meeting"), 30, 60))
    assert [(figure.n, figure.status) for figure in figures] == [(None, "suppressed"), (30, "rounded")]


def test_one_person_is_everyone_too_and_nobody_is_not() -> None:
    few = {"year": Rule(1, 0, None, None, frozenset())}
    for n, shown in ((1, [None, None]), (0, [0, 0])):
        counts = [Count(key("female"), n, n), Count(key("male"), 0, n)]
        assert [figure.n for figure in protect(counts, few, "2020-12", {}, fact_of=CODES.fact)] == shown


def test_the_size_of_a_group_is_shown_where_one_category_holds_everyone() -> None:
    size, _ = protected(Count(key("known"), 60, None), Count(key("female"), 60, 60))
    assert size.n == 60


def test_what_one_table_must_not_show_no_other_shows() -> None:
    sexual = key("sexual", "form_group")
    size = key("known", "form_group")._replace(population="sexual")
    shown = protected(Count(sexual, 60, 60), Count(size, 60, None), Count(key("known", "form_group"), 60, None))
    assert [figure.n for figure in shown] == [None, None, 60]


@pytest.mark.parametrize("n", [58, 59, 60])
def test_true_counts_that_are_shown_alike_are_hidden_alike(n: int) -> None:
    """Otherwise a part that is shown as large as its base would say that the others are 1 to 4."""
    figures = protected(Count(key("female"), n, 60), Count(key("male"), 60 - n, 60))
    assert [(figure.n, figure.n_known) for figure in figures] == [(None, 60), (None, 60)]


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


@pytest.mark.parametrize(("value", "shown"), [(17.4, 17), (17.5, 18), (18.0, 18)])
def test_a_mean_is_shown_in_whole_years(value: float, shown: int) -> None:
    assert shown_measure(value, 50, YEAR) == shown


def test_a_mean_of_fewer_than_fifty_or_of_a_running_period_is_not_shown() -> None:
    assert shown_measure(17.4, 47, YEAR) is None
    assert shown_measure(17.4, 500, POLICY["year_to_date"]) is None


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
