"""Printed counts, percentages, years and months: what is read as which, and what is none."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.registries.numbers import MONTHS, read_count, read_month, read_percentage, read_year

MARKS = (",", ".", " ", "\u00a0", "\u2009", "\u202f")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        *[("0", 0), ("7", 7), ("007", 7), ("1334", 1334), ("123456789012", 123_456_789_012)],
        *[(f"1{mark}334", 1334) for mark in MARKS],
        *[("12,334", 12_334), ("123.334", 123_334), ("1.334.567", 1_334_567), ("999 334 567 000", 999_334_567_000)],
        *[("", None), ("-", None), ("-3", None), ("+3", None), ("3 victims", None), ("<5", None), ("1e3", None)],
        *[("1234567890123", None), ("1.234.567.890.123", None)],
        *[("1,33", None), ("1.3345", None), ("1334.567", None), (".334", None), ("1.", None), ("1..334", None)],
        *[("1.334,567", None), ("1 334.567", None), ("1'334", None), ("12%", None), (" 12", None), ("12\n", None)],
        *[("\u0663", None), ("1\u0663\u0663\u0663", None), ("½", None)],
    ],
)
def test_a_text_is_a_count_or_none(text: str, count: int | None) -> None:
    assert read_count(text) == count


@pytest.mark.parametrize(
    ("text", "number", "count"),
    [
        *[("1334", "1334", 1334), ("1334.0", "1334.0", 1334), ("0", "0", 0), ("1,334", "1334", 1334)],
        *[("1.334", "1.334", None), ("0.5", "0.5", None), ("-1", "-1", None), ("-0.0", "-0.0", 0)],
        *[("12%", "12", None), ("100 %", "100", None), ("1234567890123", "1234567890123", 1_234_567_890_123)],
        # A format may show other digits than the number has: the number counts.
        *[("1", "1.334", None), ("", "3", 3)],
    ],
)
def test_a_number_is_a_count_where_it_is_whole_and_no_percentage(text: str, number: str, count: int | None) -> None:
    assert read_count(text, Decimal(number)) == count


@settings(max_examples=50)
@given(st.integers(0, 999_999_999_999), st.sampled_from(["", *MARKS]))
def test_a_count_is_read_as_it_is_printed(n: int, mark: str) -> None:
    assert read_count(f"{n:,}".replace(",", mark)) == n


@pytest.mark.parametrize(
    ("text", "percentage"),
    [
        *[("83,5%", 83.5), ("83.5 %", 83.5), ("83", 83.0), ("0", 0.0), ("0%", 0.0), ("100%", 100.0), ("100,0", 100.0)],
        *[("0,123456", 0.123456), ("007", 7.0), ("83,5\u00a0%", 83.5), ("83,5\u202f%", 83.5), ("83,5\n%", None)],
        *[("100,1%", None), ("101", None), ("999", None), ("1000", None), ("0,1234567", None), ("-1%", None)],
        *[("", None), ("%", None), ("x", None), ("12,", None), (",5", None), ("12  %", None), ("12 % ", None)],
        *[("12%%", None), ("1,2,3", None), ("\u0663", None)],
    ],
)
def test_a_percentage_lies_between_0_and_100(text: str, percentage: float | None) -> None:
    assert read_percentage(text) == percentage


@pytest.mark.parametrize(
    ("text", "year"),
    [
        *[("1900", 1900), ("1999", 1999), ("2000", 2000), ("2020", 2020), ("2099", 2099)],
        *[("1899", None), ("2100", None), ("202", None), ("20200", None), ("20 20", None), ("'20", None), ("", None)],
        *[("2020*", None), ("2020-2021", None), ("20\u0662\u0660", None)],
    ],
)
def test_a_year_has_four_digits_and_lies_in_the_last_century_or_this(text: str, year: int | None) -> None:
    assert read_year(text) == year


@pytest.mark.parametrize(
    ("moment", "year"),
    [
        (date(2020, 1, 1), 2020),
        (date(1905, 7, 12), None),
        (date(2020, 1, 2), None),
        (date(2020, 2, 1), None),
        (date(2020, 12, 31), None),
    ],
)
def test_a_date_is_a_year_on_its_first_day(moment: date, year: int | None) -> None:
    assert read_year(moment.isoformat(), moment) == year
    assert read_year("2019", moment) == year


@pytest.mark.parametrize(("number", "name"), list(enumerate(MONTHS, start=1)))
def test_a_month_is_read_by_its_name_its_first_letters_and_its_number(number: int, name: str) -> None:
    texts = [name, name.capitalize(), name[:3], f"{name[:3]}.", str(number), f"{number:02d}"]
    assert [read_month(text) for text in texts] == [(number, None)] * len(texts)
    assert [read_month(f"{text} 2020") for text in texts] == [(number, 2020)] * len(texts)


def test_months_are_those_of_the_calendar() -> None:
    assert [MONTHS[place] for place in (0, 2, 4, 9, 11)] == ["januari", "maart", "mei", "oktober", "december"]
    assert len(MONTHS) == 12


@pytest.mark.parametrize(
    ("text", "month"),
    [
        *[("mrt", (3, None)), ("mrt.", (3, None)), ("sept", (9, None)), ("Sept. 2019", (9, 2019)), ("MEI", (5, None))],
        *[("  maart \u00a0 2020", (3, 2020)), ("maart 1999", (3, 1999))],
        *[("", None), ("2020", None), ("0", None), ("00", None), ("13", None), ("3.5", None), ("003", None)],
        *[("maart 20", None), ("maart 1899", None), ("maart 2100", None), ("maart-2020", None), ("2020 maart", None)],
        *[("eerste maart", None), ("maa", (3, None)), ("maarten", None), ("ja", None), ("-1", None), ("\u0663", None)],
        *[("maart 2020 2020", None), ("0 2020", None)],
        # The last word is a year as a whole, or none.
        *[("maart 20201", None), ("maart 12020", None), ("maart 2019/2020", None), ("maart '2020", None)],
    ],
)
def test_a_text_is_a_month_or_none(text: str, month: tuple[int, int | None] | None) -> None:
    assert read_month(text) == month


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (date(2020, 3, 1), (3, 2020)),
        (date(1999, 12, 1), (12, 1999)),
        (date(2020, 3, 2), None),
        (date(2020, 3, 31), None),
    ],
)
def test_a_date_is_a_month_on_its_first_day(moment: date, month: tuple[int, int] | None) -> None:
    assert read_month(moment.isoformat(), moment) == month
    assert read_month("april", moment) == month
