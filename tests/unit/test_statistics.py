"""Exact statistics against their definitions in whole numbers, and against scipy's own tests."""

import duckdb
import exact
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from flows.warehouse import statistics
from flows.warehouse.dbt_plugin import Plugin

COUNT = st.integers(0, 60)
PAIRS = st.lists(st.tuples(COUNT, COUNT), min_size=1, max_size=20)
# A count and the base that it is part of.
PART = st.integers(0, 60).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base)))
LARGE_PART = st.integers(500, 1200).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base)))


def columns(rows: list[tuple[int, ...]]) -> list[np.ndarray]:
    return [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]


@given(PAIRS)
@example([(0, 0), (5, 5), (3, 4), (4, 3), (0, 9)])
def test_p_value_of_two_counts_is_the_sum_of_the_splits_no_likelier_and_scipys(pairs: list[tuple[int, int]]) -> None:
    found = statistics.poisson_p(*columns(pairs))
    assert found == pytest.approx([float(exact.poisson_p(*pair)) for pair in pairs], rel=1e-11)
    scipys = [stats.binomtest(n, n + m, 0.5).pvalue if n + m else 1.0 for n, m in pairs]
    assert found == pytest.approx(scipys, rel=1e-9)
    # The same to the last bit whichever comes first: adjusted p-values hang on equal p-values being equal.
    assert found.tolist() == statistics.poisson_p(*columns([(m, n) for n, m in pairs])).tolist()


@given(st.lists(st.tuples(PART, PART), min_size=1, max_size=20))
@example([((0, 0), (0, 0)), ((1, 2), (1, 2)), ((0, 5), (5, 5)), ((2, 9), (7, 9)), ((0, 1), (0, 60))])
def test_p_value_of_two_shares_is_the_sum_of_the_tables_no_likelier_and_scipys(
    rows: list[tuple[tuple[int, int], tuple[int, int]]],
) -> None:
    tables = [(*later, *earlier) for later, earlier in rows]
    found = statistics.fisher_p(*columns(tables))
    assert found == pytest.approx([float(exact.fisher_p(*table)) for table in tables], rel=1e-9)
    scipys = [stats.fisher_exact([[n, base - n], [m, other - m]]).pvalue for n, base, m, other in tables]
    assert found == pytest.approx(scipys, rel=1e-9)


@pytest.mark.parametrize("table", [(0, 6, 16, 26), (10, 12, 18, 44), (2, 2, 25, 52), (500, 1000, 480, 1000)])
def test_tables_that_are_equally_likely_but_for_rounding_count_both(table: tuple[int, int, int, int]) -> None:
    assert statistics.fisher_p(*columns([table]))[0] == pytest.approx(float(exact.fisher_p(*table)), rel=1e-9)


@given(LARGE_PART, LARGE_PART)
@example((100, 2000), (400, 2000))
@example((0, 3000), (3000, 3000))
@example((1, 3000), (0, 7))
def test_p_value_of_two_shares_leaves_out_no_table_that_counts(
    later: tuple[int, int], earlier: tuple[int, int]
) -> None:
    """Of large bases only the tables around the likeliest one and the one seen are summed."""
    found = statistics.fisher_p(*columns([(*later, *earlier)]))[0]
    assert found == pytest.approx(float(exact.fisher_p(*later, *earlier)), rel=1e-9, abs=1e-300)


@given(PART.filter(lambda part: part[1] > 0))
def test_interval_of_a_share_is_clopper_and_pearsons(part: tuple[int, int]) -> None:
    found = (statistics.share_low(*columns([part]))[0], statistics.share_high(*columns([part]))[0])
    assert found == pytest.approx(exact.share_interval(*part), rel=1e-9, abs=1e-12)
    scipys = stats.binomtest(*part).proportion_ci(method="exact")
    assert found == pytest.approx((scipys.low, scipys.high), rel=1e-9, abs=1e-12)


@given(COUNT, st.integers(1, 60))
def test_interval_of_a_ratio_is_that_of_the_share_as_odds_and_leaves_out_1_where_p_is_below_5_per_cent(
    n: int, n_previous: int
) -> None:
    pair = columns([(n, n_previous)])
    low, high = statistics.ratio_low(*pair)[0], statistics.ratio_high(*pair)[0]
    assert (low, high) == pytest.approx(exact.ratio_interval(n, n_previous), rel=1e-7, abs=1e-12)
    assert low <= n / n_previous <= high
    # At 1/2 both tails are equal, so interval and test are two sides of one thing.
    p_value = statistics.poisson_p(*pair)[0]
    if abs(p_value - 0.05) > 1e-9:
        assert (low > 1 or high < 1) == (p_value < 0.05)


def test_a_row_has_the_same_result_whatever_stands_around_it() -> None:
    rows = [(n, 40, m, 37) for n in range(41) for m in range(38)]
    together = statistics.fisher_p(*columns(rows))
    apart = [statistics.fisher_p(*columns([row]))[0] for row in rows]
    assert together.tolist() == apart


def test_functions_are_known_to_sql_and_give_null_for_null() -> None:
    with duckdb.connect() as connection:
        Plugin("statistics", {}).configure_connection(connection)
        found = connection.execute(
            "select poisson_p(n, 5), ratio_low(n, 5), ratio_high(n, 5), share_low(n, 8), share_high(n, 8), "
            "fisher_p(n, 8, 5, 8) from (values (5), (null)) as counts (n)"
        ).fetchall()
        assert connection.execute("select fisher_p(n, 8, 5, 8) from (select 5 as n) where n > 5").fetchall() == []
    assert found[0][0] == 1.0 and found[0][5] == 1.0
    assert found[0][1:5] == pytest.approx((*exact.ratio_interval(5, 5), *exact.share_interval(5, 8)))
    assert found[1] == (None,) * 6
