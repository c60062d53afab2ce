"""What a release says: which measures are shown, which counts are printed over which totals, and what is revised."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from release_samples import POLICY, a_content, a_figure, a_key, a_month, a_year
from release_worlds import CODES, spec

from flows.release.comparisons import REASONS
from flows.release.content import (
    COVERAGE,
    REGISTRIES,
    REVISIONS,
    Coverage,
    Earlier,
    RegistryFigure,
    Revision,
    build,
    coverage,
    may_be_revised,
    measures,
    registries,
    revisions,
)
from flows.release.disclosure.check import shown_counts
from flows.release.disclosure.protect import KNOWN, STEP, SUPPRESSED, Key, Measure
from flows.release.specs import FIRST_MONTH, FUNNEL, INDICATORS, MEASURES, Query

Period = tuple[str, date, date]
DECEMBER = date(2020, 12, 31)
THIS_YEAR = a_year(2020)


def answers(rows: Mapping[str, Sequence[Any]], until: date = DECEMBER) -> Query:
    """What the marts say to each query, asked for what there is until a day, or its year."""

    def query(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
        by_year = [until.year] if sql in (COVERAGE, REGISTRIES, REVISIONS) else [until]
        assert values == ([] if sql in (REASONS, FIRST_MONTH) else by_year)
        return [tuple(row) for row in rows.get(sql, ())]

    return query


# --- Measures


MEAN = a_key(a_year(2020), "mean", population="victims", variable="age")


def test_a_measure_is_shown_in_whole_units_from_fifty_persons() -> None:
    assert measures({MEAN: (18.5, 50)}, [MEAN], POLICY, "2020-12") == [Measure(MEAN, 19, "rounded", "2020-12")]
    assert measures({MEAN: (18.5, 40)}, [MEAN], POLICY, "2020-12") == [Measure(MEAN, None, SUPPRESSED, "2020-12")]


def test_a_measure_of_nobody_has_its_row_too() -> None:
    assert measures({}, [MEAN], POLICY, "2020-12") == [Measure(MEAN, None, SUPPRESSED, "2020-12")]


# --- Coverage


def a_row(
    source: str = "chat", year: int = 2020, n: int = 287, total: Any = 6250, low: Any = 5000, high: Any = 7500
) -> tuple[Any, ...]:
    key = ("visitor", "visitors", "form_group", KNOWN) if source == "chat" else ("victim", "all", "total", "total")
    return (
        *("pair", year, source, *key, n, "edition", total, low, high),
        *("rapporteur", "schatting 2017", 2010, 2015, False, "let op", "mind"),
    )


def covered(*rows: tuple[Any, ...], month_end: date = DECEMBER, n: int | None = 285) -> list[Coverage]:
    figures = [a_figure(a_key(a_year(2020)), n), a_figure(a_key(a_month(2020, 12)), 30)]
    return coverage(answers({COVERAGE: rows}, month_end), figures, month_end)


def test_a_count_of_the_chat_over_a_total_is_the_shown_one() -> None:
    assert covered(a_row()) == [
        Coverage(
            *("pair", 2020, "chat", "visitor", "visitors", "form_group", KNOWN, 285, 6250, 5000, 7500),
            *("rapporteur", "schatting 2017", 2010, 2015, 0.046, 0.038, 0.057, False),
            *({"nl": "let op", "en": "mind"}, "rounded"),
        )
    ]


def test_a_count_of_the_chat_that_is_not_shown_has_no_share() -> None:
    [one] = covered(a_row(), n=None)
    assert (one.n, one.share, one.share_low, one.share_high, one.status) == (None, None, None, None, SUPPRESSED)
    assert (one.total, one.total_low, one.total_high) == (6250, 5000, 7500)


def test_a_count_of_a_registry_is_exact() -> None:
    [one] = covered(a_row("comensha", n=1013, total=5000, low=None, high=None))
    assert (one.n, one.share, one.share_low, one.share_high, one.status) == (1013, 0.203, None, None, "exact")
    assert (one.source, one.unit, one.population, one.variable, one.category) == (
        *("comensha", "victim", "all", "total", "total"),
    )


@pytest.mark.parametrize(
    ("n", "total", "share"),
    [(1, 2000, 0.001), (1, 2001, 0.0), (3, 2000, 0.002), (0, 5, 0.0), (5, 5, 1.0), (5, 0, None)],
)
def test_shares_are_thousandths_halves_up(n: int, total: int, share: float | None) -> None:
    assert covered(a_row("comensha", n=n, total=total))[0].share == share


def test_a_year_that_is_not_over_has_no_coverage_of_the_chat() -> None:
    november = date(2020, 11, 30)
    assert [one.source for one in covered(a_row(), a_row("comensha"), month_end=november)] == ["comensha"]
    assert [one.source for one in covered(a_row(), a_row("comensha"))] == ["chat", "comensha"]


def test_a_count_of_the_chat_that_no_table_shows_stops_the_release() -> None:
    with pytest.raises(KeyError):
        covered(a_row(year=2019))


# --- Registries


def test_figures_of_registries_are_those_that_the_tables_name() -> None:
    def row(population: str, variable: str, value: float | None = 984.0) -> tuple[Any, ...]:
        return (
            *("comensha", "het beeld", 2020, "victim", population, variable, "total", "Totaal", "Total"),
            *(1.0, 4.0, value),
        )

    wanted = [
        replace(spec("all|minors", "total", "*", "year"), mart="registries"),
        spec("visitors", "form", "*", "year"),
    ]
    rows = [row("all", "total"), row("minors", "total", None), row("all", "form"), row("visitors", "form")]
    found = registries(answers({REGISTRIES: rows}), wanted, 2020)
    label = {"nl": "Totaal", "en": "Total"}
    assert found == [
        RegistryFigure("comensha", "het beeld", 2020, "victim", "all", "total", "total", label, 1.0, 4.0, 984.0),
        RegistryFigure("comensha", "het beeld", 2020, "victim", "minors", "total", "total", label, 1.0, 4.0, None),
    ]


# --- Revisions


def test_what_is_printed_otherwise_than_before_is_a_revision() -> None:
    changed_one, same, new, again, hidden = (
        a_figure(a_key(a_year(2019), category), 100, 200, released_in="2020-12")
        for category in ("sexual", "labour", "criminal", "sexual_criminal", "other_combination")
    )
    hidden = replace(hidden, n=None)
    printed = {
        changed_one.key: replace(changed_one, n=105, released_in="2019-12"),
        same.key: same,
        again.key: replace(again, share=0.2),
        hidden.key: replace(hidden, n=20, released_in="2019-12"),
    }
    found = revisions(answers({}), [changed_one, same, new, again, hidden], printed, 2020)
    what = ("chat", "visitor", "visitors", "form_group")
    assert found == [
        Revision(*what, "sexual", *a_year(2019), 105, "2019-12", 100, "2020-12"),
        Revision(*what, "sexual_criminal", *a_year(2019), 100, "2020-12", 100, "2020-12"),
        Revision(*what, "other_combination", *a_year(2019), 20, "2019-12", None, "2020-12"),
    ]


def test_a_figure_of_a_registry_is_revised_by_its_edition() -> None:
    row = ("rapporteur", "victim", "all", "total", "total", 2017, "2014-2018", 956.0, "2013-2017", 958.0)
    found = revisions(answers({REVISIONS: [row]}), [], {}, 2020)
    assert found == [
        Revision(
            *("rapporteur", "victim", "all", "total", "total"), *a_year(2017), 958.0, "2013-2017", 956.0, "2014-2018"
        )
    ]


@pytest.mark.parametrize(
    ("released_in", "release", "month_end", "period", "expected"),
    [
        # A correction of the release that printed it.
        ("2020-11", "2020-11.1", date(2020, 11, 30), a_month(2020, 11), True),
        ("2020-11", "2020-11", date(2020, 11, 30), a_month(2020, 11), True),
        ("2020-11.1", "2020-11.2", date(2020, 11, 30), a_month(2020, 11), True),
        ("2020-10", "2020-11", date(2020, 11, 30), a_month(2020, 10), False),
        ("2020-10", "2020-11.1", date(2020, 11, 30), a_month(2020, 10), False),
        # December revises years and windows, and nothing else.
        ("2019-12", "2020-12", DECEMBER, a_year(2019), True),
        ("2019-12", "2020-12", DECEMBER, ("window", date(2019, 3, 1), date(2019, 12, 31)), True),
        ("2019-12", "2020-12", DECEMBER, a_month(2019, 12), False),
        ("2020-09", "2020-12", DECEMBER, ("year_to_date", date(2020, 1, 1), date(2020, 9, 30)), False),
        ("2019-12", "2020-11", date(2020, 11, 30), a_year(2019), False),
        ("2019-12", "2021-01", date(2021, 1, 31), a_year(2019), False),
    ],
)
def test_what_is_out_may_be_revised_by_a_correction_and_in_december(
    released_in: str, release: str, month_end: date, period: Period, expected: bool
) -> None:
    assert may_be_revised(a_figure(a_key(period), 100, released_in=released_in), release, month_end) is expected


# --- The whole


def test_every_count_of_the_chat_is_told_with_its_type_of_period() -> None:
    revised = Revision("chat", "visitor", "visitors", "form_group", "sexual", *a_month(2020, 10), 40.0, "a", None, "b")
    content = a_content()
    content = replace(
        content,
        figures=(a_figure(a_key(a_year(2020), "sexual"), 260, 285), a_figure(a_key(a_month(2020, 10)), None)),
        comparisons=(replace(content.comparisons[0], n=285, n_previous=None),),
        coverage=(content.coverage[0], replace(content.coverage[0], source="comensha", n=1)),
        revisions=(revised, content.revisions[0]),
    )
    told = list(shown_counts(content))
    assert told == [
        *(("year", 260), ("year", 285), ("month", None), ("month", None)),
        *(("year", 285), ("year", None)),
        ("year", 285),
        *(("month", None), ("month", 40)),
    ]
    assert {type(n) for _, n in told} == {int, type(None)}


def test_a_release_is_built_of_protected_counts() -> None:
    period, before = a_year(2020), a_year(2019)

    def indicator(when: Period, category: str, n: int) -> tuple[Any, ...]:
        return ("chat", "visitor", "visitors", *when, "meeting", category, n, 303)

    rows = {
        FIRST_MONTH: [(date(2019, 1, 1),)],
        INDICATORS: [
            indicator(period, "offline", 98),
            indicator(period, "online", 205),
            indicator(before, "offline", 3),
            indicator(before, "online", 300),
            # No year to date is shown once its year is over.
            indicator(("year_to_date", date(2020, 1, 1), date(2020, 9, 30)), "online", 200),
        ],
        FUNNEL: [(*period, "flagged", 500)],
        MEASURES: [("victims", *period, "age", "n_known", 60), ("victims", *period, "age", "mean", 18.6)],
        REGISTRIES: [("comensha", "e", 2020, "victim", "all", "total", "total", "Totaal", "Total", 1.0, 1.0, 1.0)],
        REVISIONS: [("comensha", "victim", "all", "total", "total", 2019, "e", 1.0, "d", 2.0)],
        COVERAGE: [(*a_row("comensha", n=5, total=10),)],
    }
    specs = [
        spec("visitors", "meeting", "offline|online", "year|year_to_date"),
        spec("", STEP, "flagged", "year"),
        replace(spec("victims", "age", "mean", "year"), mart="measures"),
        replace(spec("all", "total", "*", "year"), mart="registries"),
    ]
    key = Key("chat", "visitor", "visitors", *before, "meeting", "online")
    # In December a closed year is revised; a correction of another release revises nothing.
    mean = a_key(before, "mean", population="victims", variable="age")
    earlier = Earlier(
        {key: a_figure(key, 310, 315, released_in="2019-12")}, {mean: Measure(mean, 21, "rounded", "2019-12")}
    )

    def built(release: str, month_end: date, kept_from: date = date.min) -> Any:
        return build(
            *(answers(rows, month_end), specs, POLICY, CODES, earlier),
            release=release,
            month_end=month_end,
            kept_from=kept_from,
            follows=("2020-11",),
            deliveries="d",
            is_fictitious=False,
            reason="why",
        )

    content = built("2020-12", DECEMBER)
    assert (content.release, content.month_end, content.follows) == ("2020-12", DECEMBER, ("2020-11",))
    assert (content.deliveries, content.is_fictitious, content.reason) == ("d", False, "why")
    assert [(one.key.period_start.year, one.key.category, one.n, one.n_known) for one in content.figures] == [
        (2019, "flagged", None, None),
        (2020, "flagged", 500, None),
        (2019, "offline", None, 305),
        (2019, "online", 300, 305),
        (2020, "offline", 100, 305),
        (2020, "online", 205, 305),
    ]
    assert {one.released_in for one in content.figures} == {"2020-12"}
    assert [(one.key.category, one.n, one.n_previous, one.change) for one in content.comparisons] == [
        ("flagged", 500, None, "not_shown"),
        ("offline", 100, None, "not_shown"),
        ("online", 205, 300, "fewer"),
    ]
    assert [(one.value, one.released_in) for one in content.measures] == [(None, "2020-12"), (19, "2020-12")]
    assert [(one.n, one.share) for one in content.coverage] == [(5, 0.5)]
    assert [one.edition for one in content.registries] == ["e"]
    assert [(one.source, one.n_previous, one.n) for one in content.revisions] == [
        ("chat", 310, 300),
        ("comensha", 2.0, 1.0),
    ]
    # Not in December, or of a year of which a source has forgotten its conversations: as it was printed.
    for kept in (built("2021-01", date(2021, 1, 31)), built("2020-12", DECEMBER, kept_from=date(2020, 1, 1))):
        assert [(one.n, one.released_in) for one in kept.figures if one.key == key] == [(310, "2019-12")]
        assert [(one.value, one.released_in) for one in kept.measures if one.key == mean] == [(21, "2019-12")]
        assert [one.source for one in kept.revisions] == ["comensha"]


def test_a_figure_that_is_out_stays_when_the_marts_have_it_no_more() -> None:
    key = a_key(a_month(2019, 3), "yes", variable="acutely_unsafe")
    earlier = Earlier({key: a_figure(key, 20, released_in="2019-03")}, {})
    content = build(
        *(answers({FIRST_MONTH: [(date(2019, 4, 1),)]}, date(2019, 4, 30)),),
        *([spec("visitors", "acutely_unsafe", "yes", "month")], POLICY, CODES, earlier),
        release="2019-04",
        month_end=date(2019, 4, 30),
        kept_from=date.min,
        follows=("2019-03",),
        deliveries="d",
        is_fictitious=False,
        reason="",
    )
    assert [(one.key.period_start, one.n, one.released_in) for one in content.figures] == [
        (date(2019, 3, 1), 20, "2019-03"),
        (date(2019, 4, 1), None, "2019-04"),
    ]
    assert content.revisions == ()
