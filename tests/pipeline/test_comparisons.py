"""Comparisons and coverage of delivered figures: the chat against an independent count, a registry as printed."""

import math
from typing import Any

from comparing import keyed
from oracle_comparisons import compare

from flows.release.seeds import read_rows
from flows.runtime.configuration import SEEDS

PERIOD = "period_type, period_start, period_end"
COLUMNS = """
    n, n_previous, difference, ratio, ratio_low, ratio_high, n_known, n_known_previous,
    share, share_low, share_high, share_previous, share_low_previous, share_high_previous, share_difference,
    p_value, p_value_adjusted, share_p_value, share_p_value_adjusted, is_comparable, reason
"""


def close(expected: Any, found: Any) -> bool:
    """Whole numbers, words, yes and no, and null exactly; others nearly."""
    if isinstance(expected, float) and isinstance(found, float):
        return math.isclose(expected, found, rel_tol=1e-7, abs_tol=1e-12)
    return bool(expected == found)


def assert_compared(marts: Any) -> int:
    """The comparisons of the chat are those of the oracle; how many there are."""
    figures = f"select population, {PERIOD}, variable, category, n, n_known, n_population from marts.indicators"
    states = marts.persons(f"select source, {PERIOD}, state, n_uncoded from intermediate.int_period_states")
    conditions: dict[str, set[str]] = {}
    for row in read_rows(SEEDS / "population_conditions.csv"):
        conditions.setdefault(row["population"], set()).add(row["variable"])
    [(first_day, last_day)] = marts.rows(
        "select min(period_start), max(period_end) from marts.volumes where period_type = 'month' and n > 0"
    )
    expected = compare(keyed(marts.rows(figures), 6), keyed(states, 4), conditions, first_day, last_day)
    keys = f"population, {PERIOD}, variable, category, basis"
    found = keyed(marts.rows(f"select {keys}, {COLUMNS} from marts.comparisons where source = 'chat'"), 7)
    assert expected.keys() == found.keys()
    wrong = [
        (key, expected[key], found[key])
        for key in expected
        if not all(close(one, other) for one, other in zip(expected[key], found[key], strict=True))
    ]
    assert not wrong, f"{len(wrong)} of {len(expected)} differ; first: {wrong[0]}"
    return len(expected)


def test_worked_example_is_compared_by_the_published_rules(worked_example: Any) -> None:
    assert assert_compared(worked_example) > 500


def test_a_registry_is_compared_where_both_years_are_exact(worked_example: Any) -> None:
    rows = worked_example.rows(
        "select variable, year(period_start), n, n_previous, reason, edition = edition_previous, n_known, share_p_value"
        " from marts.comparisons where source = 'UNODC' order by all"
    )
    assert rows == [
        ("form", 2014, 61, 314, "other_forms_reclassified", True, None, None),
        ("form", 2015, 30, 61, None, True, None, None),
        ("total", 2016, 952, 1150, None, True, None, None),
        ("total", 2017, 952, 952, None, True, None, None),
        ("total", 2018, 668, 952, "consent_avg", True, None, None),
        ("total", 2019, 1334, 668, "consent_avg", True, None, None),
    ]


def test_coverage_is_the_count_over_the_estimate(worked_example: Any) -> None:
    victims = dict(
        worked_example.rows(
            "select year(period_start), n_known from marts.indicators where population = 'victims' "
            "and variable = 'form_group' and category = 'sexual' and period_type = 'year'"
        )
    )
    rows = worked_example.rows(
        "select reference_year, n, n_source, total, total_source, share, share_low, share_high from marts.coverage "
        "where population = 'victims' and total_edition = 'schatting 2017'"
    )
    assert victims and rows
    assert sorted(rows) == [
        (year, n, "chat", 6250, "rapporteur", n / 6250, n / 7500, n / 5000) for year, n in sorted(victims.items())
    ]
