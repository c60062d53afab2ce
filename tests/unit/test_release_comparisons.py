"""Which periods stand beside each other in a release, and what chance leaves of a difference."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from release_samples import POLICY, a_figure, a_key, a_month, a_year

from flows.release.comparisons import REASONS, WAITING, changed, comparisons
from flows.release.disclosure.protect import STEP, Figure
from flows.release.figures import counts, tables_of
from flows.release.schema import OF_STEPS, Period, records
from flows.warehouse.statistics import poisson_p

THIS_YEAR = a_year(2020)
REASON = ("population", *Period._fields, "variable", "basis", "reason_nl", "reason_en")


def compared(*figures: Figure, reasons: Sequence[Any] = (), waiting: Sequence[Any] = ()) -> list[Any]:
    def query(sql: str, values: list[Any]) -> pd.DataFrame:
        assert values == []
        if sql == WAITING:
            return pd.DataFrame(waiting, columns=[*Period._fields, "n_uncoded"], dtype=object)
        assert sql == REASONS
        return pd.DataFrame(reasons, columns=REASON, dtype=object)

    return list(records(comparisons(query, POLICY, counts(tables_of(figures, [])))))


def of_period(period: Period, n: int | None = 100) -> Figure:
    return a_figure(a_key(period, "sexual"), n, 200)


def bases(*periods: Period) -> list[tuple[date, str, Period]]:
    """Of figures of some periods: (start, what it stands beside, the other period)."""
    return [
        (one.period_start, one.basis, Period(one.period_type, one.previous_start, one.previous_end))
        for one in compared(*map(of_period, periods))
    ]


JANUARY, SAME_MONTH = a_month(2020, 1), "same_month_previous_year"


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        (
            [a_month(2019, 1), a_month(2019, 12), JANUARY],
            [(JANUARY, "previous_month", a_month(2019, 12)), (JANUARY, SAME_MONTH, a_month(2019, 1))],
        ),
        # February is compared with the whole February, of a leap year or not.
        *(
            ([a_month(year - 1, 2), a_month(year, 2)], [(a_month(year, 2), SAME_MONTH, a_month(year - 1, 2))])
            for year in (2019, 2020, 2021)
        ),
        ([a_month(2020, 2), a_month(2020, 3)], [(a_month(2020, 3), "previous_month", a_month(2020, 2))]),
        (
            [a_year(2018), a_year(2019), a_year(2021), a_month(2018, 12)],
            [(a_year(2019), "previous_year", a_year(2018))],
        ),
    ],
)
def test_months_and_years_stand_beside_the_one_before_and_months_beside_the_same_of_the_year_before(
    periods: list[Period], expected: list[tuple[Period, str, Period]]
) -> None:
    assert bases(*periods) == [(now.period_start, basis, before) for now, basis, before in expected]


@pytest.mark.parametrize(
    ("period_type", "year", "first", "last"),
    [
        *[("window", 2022, (3, 1), (12, 31)), ("window", 2022, (2, 28), (4, 30)), ("window", 2022, (2, 1), (2, 15))],
        *[("window", 2022, (1, 1), (3, 31)), ("year_to_date", 2020, (1, 1), (9, 30))],
        # The last day but one of February is that of the leap year too.
        *[("window", 2021, (2, 1), (2, 27)), ("window", 2020, (2, 1), (2, 28))],
    ],
)
def test_a_window_and_a_year_to_date_stand_beside_the_same_of_the_year_before(
    period_type: str, year: int, first: tuple[int, int], last: tuple[int, int]
) -> None:
    before, now = (Period(period_type, date(of, *first), date(of, *last)) for of in (year - 1, year))
    assert bases(before, now) == [(now.period_start, "same_window_previous_year", before)]


def test_only_the_same_count_stands_beside_a_count() -> None:
    one = of_period(a_year(2020))
    others = [
        replace(of_period(a_year(2019)), key=a_key(a_year(2019), "sexual")._replace(**change))
        for change in ({"category": "labour"}, {"population": "victims"}, {"unit": "victim"}, {"variable": "form"})
    ]
    assert compared(one, *others) == []


def test_what_a_comparison_says() -> None:
    key = a_key(a_year(2020), "sexual")
    [one] = compared(a_figure(a_key(a_year(2019), "sexual"), 200, 300), a_figure(key, 300, 400))
    assert one == (
        *(*key, "previous_year", date(2019, 1, 1), date(2019, 12, 31)),
        *(300, 200, 100, 50, "more", None, None),
    )


def pair(n_previous: int | None, n: int | None, period: Period = THIS_YEAR, **more: Any) -> Any:
    _, start, end = period
    before = (period[0], start.replace(year=start.year - 1), end.replace(year=end.year - 1))
    [one] = compared(of_period(before, n_previous), of_period(period, n), **more)
    return one


@pytest.mark.parametrize(("n_previous", "n"), [(None, 100), (100, None), (None, None)])
def test_a_count_that_is_not_shown_is_compared_with_nothing(n_previous: int | None, n: int | None) -> None:
    reason = ("visitors", *a_year(2020), "form_group", "previous_year", "anders", "other")
    for reasons in ([], [reason]):
        one = pair(n_previous, n, reasons=reasons)
        assert (one.n, one.n_previous) == (n, n_previous)
        assert (one.difference, one.change_percent, one.change) == (None, None, "not_shown")
        assert (one.reason_nl, one.reason_en) == (None, None)


def test_what_cannot_be_compared_says_why() -> None:
    reason = ("visitors", *a_year(2020), "form_group", "previous_year", "anders geteld", "counted otherwise")
    one = pair(200, 300, reasons=[reason])
    assert (one.difference, one.change_percent, one.change) == (100, None, "not_comparable")
    assert (one.reason_nl, one.reason_en) == ("anders geteld", "counted otherwise")


@pytest.mark.parametrize(
    ("other", "of"),
    [
        (("victims", *a_year(2020), "form_group", "previous_year"), {}),
        (("visitors", "window", *a_year(2020)[1:], "form_group", "previous_year"), {}),
        (("visitors", *a_year(2019), "form_group", "previous_year"), {}),
        (("visitors", *a_year(2020), "form", "previous_year"), {}),
        (("visitors", *a_year(2020), "form_group", "previous_month"), {}),
        (("sexual", *a_year(2020), "role", "previous_year"), {"population": "sexual", "variable": "role"}),
        # A reason of all visitors holds for the funnel.
        (("visitors", *a_year(2020), "form_group", "previous_year"), {"population": "", "variable": STEP}),
    ],
)
def test_a_reason_is_that_of_its_population_period_variable_and_basis(
    other: tuple[Any, ...], of: dict[str, str]
) -> None:
    before, now = (a_figure(a_key(a_year(year), "one", **of), 100) for year in (2019, 2020))
    [one] = compared(before, now, reasons=[(*other, "anders", "other")])
    assert (one.change, one.reason_nl) == (("not_comparable", "anders") if of else ("no_clear_change", None))


@pytest.mark.parametrize(
    ("n_previous", "n", "percent"),
    [
        *[(200, 300, 50), (300, 200, -33), (200, 200, 0), (50, 50, 0), (50, 55, 10)],
        *[(45, 300, None), (300, 45, None), (50, 300, 500), (300, 50, -83)],
        # Halves up: 2.5 % is 3 %, -2.5 % is -2 %.
        *[(200, 205, 3), (200, 195, -2), (400, 402, 1), (400, 398, 0)],
    ],
)
def test_a_change_in_per_cent_is_of_rounded_counts_from_fifty(n_previous: int, n: int, percent: int | None) -> None:
    assert pair(n_previous, n).change_percent == percent


def test_months_show_no_change_in_per_cent() -> None:
    one = pair(100, 200, period=a_month(2020, 5))
    assert (one.difference, one.change_percent, one.change) == (100, None, "more")


@pytest.mark.parametrize(
    ("n_previous", "n", "change"),
    [
        *[(100, 100, "no_clear_change"), (100, 105, "no_clear_change"), (100, 130, "no_clear_change")],
        *[(100, 200, "more"), (200, 100, "fewer"), (10, 15, "no_clear_change"), (15, 10, "no_clear_change")],
    ],
)
def test_a_change_is_told_where_chance_cannot_explain_it(n_previous: int, n: int, change: str) -> None:
    assert pair(n_previous, n).change == change


@pytest.mark.parametrize(
    ("n_previous", "n", "waits_before", "waits", "change"),
    [
        (200, 130, 0, 0, "fewer"),
        (200, 130, 0, 7, "fewer"),  # no more than what a small number already counts as
        (200, 130, 0, 40, "no_clear_change"),
        (200, 130, 40, 0, "fewer"),  # more that wait of the earlier year make the fall larger
        (130, 200, 40, 0, "no_clear_change"),
        (130, 200, 0, 40, "more"),
        (120, 160, 0, 0, "no_clear_change"),  # it would be more if nothing could wait
    ],
)
def test_a_change_is_told_only_if_no_visit_that_waits_could_undo_it(
    n_previous: int, n: int, waits_before: int, waits: int, change: str
) -> None:
    figures = [a_figure(a_key(a_year(year), "sexual"), count) for year, count in ((2019, n_previous), (2020, n))]
    [one] = compared(*figures, waiting=[(*a_year(2019), waits_before), (*a_year(2020), waits)])
    assert one.change == change


def test_coding_does_not_change_how_many_conversations_were_flagged() -> None:
    keys = [a_key(a_year(year), "flagged", population=OF_STEPS, variable=STEP) for year in (2019, 2020)]
    figures = [a_figure(key, count) for key, count in zip(keys, (200, 130), strict=True)]
    [one] = compared(*figures, waiting=[(*a_year(2020), 90)])
    assert one.change == "fewer"


def test_a_change_is_told_whatever_the_rounded_counts_were_exactly() -> None:
    words = {
        (one, other): changed(range(one - 2, one + 3), range(other - 2, other + 3))
        for one in range(10, 150, 5)
        for other in range(10, 150, 5)
    }
    for (one, other), word in words.items():
        low, high = sorted((one, other))
        [p] = poisson_p(np.array([low + 2]), np.array([high - 2]))
        is_clear = low + 2 < high - 2 and p < 0.05
        assert word == (("more" if one > other else "fewer") if is_clear else "no_clear_change"), (one, other)
    assert set(words.values()) == {"more", "fewer", "no_clear_change"}


def test_the_smallest_clear_difference_is_that_of_the_exact_test() -> None:
    # 0 against 5 is p = 0.0625, against 6 p = 0.031; with 20 against 35 p = 0.058, against 36 p = 0.044.
    for low, unclear, clear in ((0, 5, 6), (20, 35, 36)):
        one = range(low, low + 1)
        assert [changed(range(n, n + 1), one) for n in (unclear, clear)] == ["no_clear_change", "more"]
        assert [changed(one, range(n, n + 1)) for n in (unclear, clear)] == ["no_clear_change", "fewer"]
    # Counts that may be the same have not changed.
    for one, other in ((range(1000, 1010), range(1009, 2000)), (range(1009, 2000), range(1000, 1010))):
        assert changed(one, other) == "no_clear_change"
