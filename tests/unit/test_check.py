"""The gate blocks what is not protected, and what releases give away together; it names cells and says what to do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from release_samples import COMPARISON as A_COMPARISON
from release_samples import COVERAGE as A_COVERAGE
from release_samples import FACTS, Row, content_of
from release_samples import REVISION as A_REVISION
from release_worlds import CODES, POLICY, random_year

from flows.release.content import Content
from flows.release.disclosure.check import Blocked, check_release
from flows.release.disclosure.protect import Count, Figure, Key, protect, protect_share
from flows.release.render.charts import Point

START, END = date(2020, 1, 1), date(2020, 12, 31)
KEY = Key("chat", "visitor", "visitors", "year", START, END, "meeting", "online")
FIGURE = Figure(KEY, 35, 65, 0.538, "rounded", "2020-12")
COMPARISON = {**A_COMPARISON, **KEY._asdict(), "n": 35, "n_previous": 25}
COVERAGE = {
    **{**A_COVERAGE, "population": "victims", "n": 250, "total": 5000, "total_low": None, "total_high": None},
    **{"share": 0.05, "share_low": None, "share_high": None},
}
REVISION = {**A_REVISION, **KEY._asdict(), "n_previous": 30, "printed_before_in": "2020-11", "n": 35}
EXACT = {name: replace(rule, base=1, smallest_shown=0) for name, rule in POLICY.items()}
STEP = {"source": "all", "unit": "visitor", "population": "all", "variable": "step", "category": "visitor"}


def content(*figures: Figure, **parts: list[Row]) -> Content:
    return content_of(FACTS, figures, **parts)


def check(made: Content, earlier: Sequence[Sequence[Figure]] = ()) -> None:
    check_release(made, (), earlier, CODES, POLICY)


def test_a_protected_release_passes() -> None:
    check(content(FIGURE, comparisons=[COMPARISON], coverage=[COVERAGE], revisions=[REVISION]))


@pytest.mark.parametrize("seed", range(5))
def test_a_year_of_a_random_world_passes(seed: int) -> None:
    check(content(*protect(random_year(seed), POLICY, "2020-12", {}, fact_of=CODES.fact)))


@pytest.mark.parametrize(
    "made",
    [
        content(replace(FIGURE, n=34)),
        content(replace(FIGURE, n_known=66, share=34 / 66)),
        content(replace(FIGURE, n=5)),
        content(comparisons=[{**COMPARISON, "n": 34}]),
        content(comparisons=[{**COMPARISON, "n_previous": 26}]),
        content(coverage=[{**COVERAGE, "n": 249}]),
        content(revisions=[{**REVISION, "n": 34.0}]),
        content(revisions=[{**REVISION, "n_previous": 29.0}]),
        content(revisions=[{**REVISION, **STEP, "n": 34.0}]),
    ],
    ids=["count", "total", "small", "comparison", "previous", "coverage", "revision", "revised", "revised step"],
)
def test_a_count_that_is_not_protected_blocks(made: Content) -> None:
    with pytest.raises(Blocked, match="is not a multiple of 5 from 10 on"):
        check(made)


def test_a_share_of_true_counts_blocks() -> None:
    with pytest.raises(Blocked, match=r"the share of visitors meeting=online .* does not follow"):
        check(content(replace(FIGURE, share=0.515)))


@pytest.mark.parametrize(
    ("value", "is_share", "wrong"),
    [*((35, False, {"value": 34}), (0.538, True, {"value": 0.515})), (COVERAGE["share"], True, {"is_share": False})],
)
def test_a_value_in_a_chart_that_no_table_shows_blocks(value: float, is_share: bool, wrong: dict[str, Any]) -> None:
    made, shown = content(FIGURE, coverage=[COVERAGE]), Point("chat", "year", "Online", "2020", value, is_share)
    check_release(made, [shown], [], CODES, POLICY)
    with pytest.raises(Blocked, match="a chart draws a year value of Online that no table shows"):
        check_release(made, [replace(shown, **wrong)], [], CODES, POLICY)


def test_rounding_switched_off_blocks() -> None:
    counts = random_year(3, size=80)
    with pytest.raises(Blocked):
        check(content(*(Figure(one.key, one.n, one.n_known, None, "rounded", "2020-12") for one in counts)))


def test_what_two_releases_give_away_together_names_cells_and_releases() -> None:
    september = KEY._replace(period_type="year_to_date", period_end=date(2020, 9, 30))
    earlier = protect([Count(september, 12, 20)], EXACT, "2020-09", {}, fact_of=CODES.fact)
    later = protect([Count(KEY, 15, 30)], EXACT, "2020-12", {}, fact_of=CODES.fact)
    with pytest.raises(Blocked) as blocked:
        check_release(content(*later), (), [earlier], CODES, EXACT)
    text = str(blocked.value)
    assert "[meeting=online, 2020-10 to 2020-12] follows from: " in text
    assert "12 (release 2020-09)" in text and "15 (release 2020-12)" in text
    assert "seeds/release_tables.csv" in text and "seeds/disclosure_policy.csv" in text


def blocked_by(*figures: Figure) -> str:
    unshared = (replace(figure, share=protect_share(figure.n, figure.n_known, EXACT["year"])) for figure in figures)
    with pytest.raises(Blocked) as blocked:
        check_release(content(*unshared), (), [], CODES, EXACT)
    return str(blocked.value)


def three_in(year: int, n_known: int | None = 30, **of: str) -> Figure:
    key = KEY._replace(period_start=date(year, 1, 1), period_end=date(year, 12, 31), **of)
    return replace(FIGURE, key=key, n=3, n_known=n_known)


def test_what_can_be_learned_is_told_of_every_year() -> None:
    text = blocked_by(*(three_in(year) for year in (2019, 2020)))
    assert "4 small counts" in text and "2019-01 to 2019-12" in text and "2020-01 to 2020-12" in text


def test_of_many_finds_five_are_told_and_the_others_counted() -> None:
    four, six = (blocked_by(*map(three_in, range(2011, last + 1))) for last in (2012, 2013))
    assert four.count(". [") == 4 and "more." not in four and ". Merge categories" in four
    assert six.count(". [") == 5 and ". And 1 more. Merge" in six


def test_what_can_be_learned_names_both_of_two_properties_and_everyone() -> None:
    assert "[form_group=labour and meeting=online, " in blocked_by(three_in(2020, population="labour"))
    everyone = three_in(2020, None, variable="form_group", category="known")
    assert "[all visitors, 2020-01 to 2020-12] follows from: " in blocked_by(everyone)


def test_what_the_gate_says_holds_shown_counts_only() -> None:
    rounded = {name: replace(rule, smallest_shown=0) for name, rule in POLICY.items()}
    counts = [Count(KEY, 2, 54), Count(KEY._replace(category="offline"), 52, 54)]
    figures = protect(counts, rounded, "2020-12", {}, fact_of=CODES.fact)
    with pytest.raises(Blocked) as blocked:
        check_release(content(*figures), (), [], CODES, rounded)
    assert ": 55 (release" in str(blocked.value)
    assert not any(f" {n}" in str(blocked.value) for n in (52, 54))


def test_years_that_did_not_change_are_not_attacked_again() -> None:
    steps: list[str] = []
    key = KEY._replace(period_start=date(2019, 1, 1), period_end=date(2019, 12, 31))
    old = replace(FIGURE, key=key, released_in="2019-12")
    check_release(content(FIGURE, old), (), [[old]], CODES, POLICY, steps.append)
    assert steps == ["attacking 2020"]


def test_releases_that_saw_other_data_are_no_reason_to_stop() -> None:
    before = replace(FIGURE, n=200, n_known=200, share=1.0, released_in="2020-11")
    earlier = replace(before, key=KEY._replace(period_type="year_to_date", period_end=date(2020, 9, 30)))
    check(content(FIGURE), [[earlier]])
