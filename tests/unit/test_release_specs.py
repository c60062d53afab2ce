"""Which rows a release holds follows from its tables and the calendar, never from what was counted."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
from release_samples import POLICY, SPECS, Row, a_key, a_month, a_year
from release_worlds import CODES, spec

from flows.release.disclosure.protect import KNOWN, STEP, Count
from flows.release.schema import Period
from flows.release.specs import FUNNEL, INDICATORS, read_counts, released_periods, row_keys

MARCH = a_month(2020, 3)


def counts(rows: dict[str, list[Row]], *tables: Any, periods: Sequence[Period] = (MARCH,)) -> list[Count]:
    def query(sql: str, values: list[Any]) -> pd.DataFrame:
        return pd.DataFrame(rows.get(sql, []), dtype=object)

    return read_counts(query, tables, CODES, periods, date(2020, 12, 31))


def ends(first: date, month_end: date, period_type: str) -> list[date]:
    return [end for of, _, end in released_periods(first, month_end, CODES, POLICY) if of == period_type]


def test_months_are_there_from_the_first_with_data_to_that_of_the_release() -> None:
    assert ends(date(2019, 11, 1), date(2020, 2, 29), "month") == [
        *(date(2019, 11, 30), date(2019, 12, 31), date(2020, 1, 31), date(2020, 2, 29))
    ]


def test_years_and_windows_are_there_when_they_are_over() -> None:
    for period_type in ("year", "window"):
        assert ends(date(2018, 3, 1), date(2020, 11, 30), period_type) == [date(2018, 12, 31), date(2019, 12, 31)]


def test_the_year_to_date_ends_with_the_last_quarter_of_this_year_and_of_the_year_before() -> None:
    first = date(2018, 1, 1)
    assert ends(first, date(2020, 2, 29), "year_to_date") == []
    assert ends(first, date(2020, 8, 31), "year_to_date") == [date(2019, 6, 30), date(2020, 6, 30)]
    assert ends(first, date(2020, 12, 31), "year_to_date") == []
    assert ends(date(2020, 1, 1), date(2020, 3, 31), "year_to_date") == [date(2020, 3, 31)]


def test_a_row_that_nobody_was_counted_in_is_a_count_of_0() -> None:
    unsafe, roles = spec("visitors", "acutely_unsafe", "yes", "month"), spec("visitors", "role", "victim|known", "year")
    steps = spec("", STEP, "flagged|visitor", "month")
    key = a_key(MARCH, "yes", variable="acutely_unsafe")
    victims = a_key(a_year(2020), "victim", variable="role")
    flagged = a_key(MARCH, "flagged", variable=STEP, unit="conversation", population="")
    visitor = flagged._replace(unit="visitor", category="visitor")
    expected = {key: (0, None), victims: (0, 0), victims._replace(category=KNOWN): (0, None)}
    expected |= {flagged: (0, None), visitor: (0, None)}
    periods = (MARCH, a_year(2020))
    found = {count.key: (count.n, count.n_known) for count in counts({}, unsafe, roles, steps, periods=periods)}
    assert found == expected
    rows = {
        INDICATORS: [{**key._asdict(), "n": 1, "n_known": 3}, {**victims._asdict(), "n": 7, "n_known": 9}],
        FUNNEL: [{**flagged._asdict(), "unit": None, "n": 5}],
    }
    found = {count.key: (count.n, count.n_known) for count in counts(rows, unsafe, roles, steps, periods=periods)}
    assert found == expected | {
        key: (1, None),
        victims: (7, 9),
        victims._replace(category=KNOWN): (9, None),
        flagged: (5, None),
    }


def test_the_first_person_of_a_row_adds_no_row_to_any_table() -> None:
    periods = released_periods(date(2019, 1, 1), date(2020, 12, 31), CODES, POLICY)
    keys = row_keys(SPECS, ("indicators", "funnel"), CODES, periods)
    nobody = counts({}, *SPECS, periods=periods)
    somebody = counts(
        {INDICATORS: [{**key._asdict(), "n": 1, "n_known": 1} for key in keys[::3]]}, *SPECS, periods=periods
    )
    assert [count.key for count in nobody] == [count.key for count in somebody] == keys
    assert len(keys) > 250
