"""What a release says: which measures are shown, which counts are printed over which totals, and what is revised."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from release_samples import (
    COMPARISON,
    FACTS,
    POLICY,
    REGISTRY,
    REVISION,
    RULES,
    Row,
    a_content,
    a_figure,
    a_key,
    a_month,
    a_year,
)
from release_samples import COVERAGE as COVERED
from release_worlds import spec

from flows.release.comparisons import REASONS, WAITING
from flows.release.content import (
    COVERAGE,
    FIRST_MONTH,
    REGISTRIES,
    REVISIONS,
    Content,
    Facts,
    build,
    coverage,
    may_be_revised,
    registries,
    revisions,
)
from flows.release.disclosure.check import shown_counts
from flows.release.disclosure.protect import ROUNDED, STEP, SUPPRESSED, Figure, Key, Measure, shown_measures
from flows.release.figures import counts, figures, last_prints, measures, tables_of
from flows.release.schema import SCHEMAS, Period, records
from flows.release.specs import FUNNEL, INDICATORS, MEASURES, Query

DECEMBER = date(2020, 12, 31)
COLUMNS = {
    FIRST_MONTH: ["period_start"],
    INDICATORS: [*Key._fields, "n", "n_known"],
    FUNNEL: ["source", "population", *Period._fields, "variable", "category", "n"],
    MEASURES: [*Key._fields, "value", "n_known"],
    REASONS: ["population", *Period._fields, "variable", "basis", "reason_nl", "reason_en"],
    WAITING: [*Period._fields, "n_uncoded"],
    COVERAGE: [name for name in SCHEMAS["coverage"].columns if name != "status" and not name.startswith("share")],
    REGISTRIES: list(SCHEMAS["registries"].columns),
    REVISIONS: list(SCHEMAS["revisions"].columns),
}


def answers(rows: Mapping[str, Sequence[Row]], until: date = DECEMBER) -> Query:
    """What the marts say to each query, asked for what there is until a day, or its year."""

    def query(sql: str, values: list[Any]) -> pd.DataFrame:
        by_year = [until.year] if sql in (COVERAGE, REGISTRIES, REVISIONS) else [until]
        assert values == ([] if sql in (REASONS, WAITING, FIRST_MONTH) else by_year)
        return pd.DataFrame(list(rows.get(sql, ())), columns=COLUMNS[sql], dtype=object)

    return query


def rows_of(table: pd.DataFrame) -> list[Row]:
    return [row._asdict() for row in records(table)]


def of_key(key: Key, **values: Any) -> Row:
    return {**key._asdict(), **values}


def test_a_table_with_other_columns_types_keys_or_order_is_no_content() -> None:
    content = a_content()
    table = content.tables["registries"]
    for wrong in (
        table.drop(columns="status"),
        table[table.columns[::-1]],
        table.astype({"value": "float64"}),
        table.astype({"reference_year": "Float64"}),
        pd.concat([table, table.iloc[:1]], ignore_index=True).sort_values(list(SCHEMAS["registries"].key)),
        table.assign(category=pd.Series([None, "total"], dtype="string")),
        table.iloc[::-1].reset_index(drop=True),
    ):
        with pytest.raises(ValueError, match="registries: found"):
            Content(content.facts, {**content.tables, "registries": wrong})
    with pytest.raises(ValueError, match="other tables"):
        Content(content.facts, {name: table for name, table in content.tables.items() if name != "funnel"})


def test_whole_numbers_stay_whole_and_what_is_missing_stays_missing() -> None:
    shown, hidden = records(a_content().tables["comparisons"])
    assert [(one.n, type(one.n)) for one in (shown, hidden)] == [(285, int), (None, type(None))]


def test_figures_and_measures_are_the_same_after_they_were_tables() -> None:
    found, ages = figures(a_content().tables), measures(a_content().tables)
    again = tables_of(found, ages)
    assert figures(again) == found and measures(again) == ages
    assert {figure.key.population for figure in found if figure.key.variable == STEP} == {""}


def test_of_a_revised_figure_the_last_print_counts() -> None:
    one, other = (a_figure(a_key(a_year(year)), 20, released_in="2020-12") for year in (2019, 2020))
    later = replace(one, n=30, released_in="2020-12.1")
    printed = last_prints([tables_of(found, []) for found in ([one, other], [later])])
    assert figures(printed) == [later, other]
    assert figures(last_prints([])) == measures(last_prints([])) == []


MEAN = a_key(a_year(2020), "mean", population="victims", variable="age")


@pytest.mark.parametrize(("found", "shown"), [((18.5, 50), 19), ((18.5, 40), None), (None, None)])
def test_a_measure_is_shown_in_whole_units_from_fifty_persons(
    found: tuple[float, int] | None, shown: int | None
) -> None:
    status = SUPPRESSED if shown is None else ROUNDED
    assert shown_measures({MEAN: found} if found else {}, [MEAN], POLICY, "2020-12") == [
        Measure(MEAN, shown, status, "2020-12")
    ]


def a_row(source: str = "chat", **changes: Any) -> Row:
    """A row of the marts, with the true count of the chat."""
    row = {name: COVERED[name] for name in COLUMNS[COVERAGE]} | {"n": 287}
    registry = {"unit": "victim", "population": "all", "variable": "total", "category": "total", "source": source}
    return {**row, **(registry if source != "chat" else {}), **changes}


def covered(*rows: Row, month_end: date = DECEMBER, n: int | None = 285) -> list[Any]:
    found = [a_figure(a_key(a_year(2020)), n), a_figure(a_key(a_month(2020, 12)), 30)]
    return list(records(coverage(answers({COVERAGE: rows}, month_end), counts(tables_of(found, [])), month_end)))


NO_SHARE = {"share": None, "share_low": None, "share_high": None}
NO_SPREAD = {"total": 5000, "total_low": None, "total_high": None}


@pytest.mark.parametrize(
    ("row", "shown", "expected"),
    [
        (a_row(), 285, COVERED),
        (a_row(), None, {**COVERED, **NO_SHARE, "n": None, "status": SUPPRESSED}),
        (
            a_row("comensha", n=1013, **NO_SPREAD),
            285,
            {**a_row("comensha", **NO_SPREAD), **NO_SHARE, "n": 1013, "share": 0.203, "status": "exact"},
        ),
    ],
    ids=["shown", "not shown", "a registry"],
)
def test_a_share_of_a_total_is_of_the_shown_count_or_of_the_exact_one_of_a_registry(
    row: Row, shown: int | None, expected: Row
) -> None:
    [one] = covered(row, n=shown)
    assert one._asdict() == expected


@pytest.mark.parametrize(
    ("n", "total", "share"),
    [(1, 2000, 0.001), (1, 2001, 0.0), (3, 2000, 0.002), (0, 5, 0.0), (5, 5, 1.0), (5, 0, None)],
)
def test_shares_are_thousandths_halves_up(n: int, total: int, share: float | None) -> None:
    assert covered(a_row("comensha", n=n, total=total))[0].share == share


def test_a_year_that_is_not_over_has_no_coverage_of_the_chat_and_one_that_no_table_shows_stops_the_release() -> None:
    both = (a_row(), a_row("comensha", pair="comensha"))
    assert [one.source for one in covered(*both, month_end=date(2020, 11, 30))] == ["comensha"]
    assert [one.source for one in covered(*both)] == ["chat", "comensha"]
    with pytest.raises(KeyError):
        covered(a_row(reference_year=2019))


def test_figures_of_registries_are_those_that_the_tables_name() -> None:
    def row(population: str, variable: str, **changes: Any) -> Row:
        return {**REGISTRY, "population": population, "variable": variable, **changes}

    wanted = [
        replace(spec("all|minors", "total", "*", "year"), mart="registries"),
        spec("visitors", "form", "*", "year"),
    ]
    rows = [
        row("all", "total"),
        row("minors", "total", value=None, status="interval"),
        row("all", "form"),
        row("visitors", "form"),
    ]
    assert rows_of(registries(answers({REGISTRIES: rows}), wanted, 2020)) == rows[:2]


def test_what_is_printed_otherwise_than_before_is_a_revision() -> None:
    changed_one, same, new, again, hidden = (
        a_figure(a_key(a_year(2019), category), 100, 200, released_in="2020-12")
        for category in ("sexual", "labour", "criminal", "sexual_criminal", "other_combination")
    )
    hidden = replace(hidden, n=None)
    step = a_figure(a_key(a_year(2019), "visitor", population="", variable=STEP), 100)
    printed = [
        *(replace(one, n=n, released_in="2019-12") for one, n in ((changed_one, 105), (hidden, 20), (step, 90))),
        *(same, replace(again, share=0.2)),
    ]
    now, before = (counts(tables_of(found, [])) for found in ([changed_one, same, new, again, hidden, step], printed))
    found = list(records(revisions(answers({}), now, before, 2020)))
    assert {(one.unit, one.period_type, one.period_start, one.period_end) for one in found} == {
        ("visitor", *a_year(2019))
    }
    assert [(one.source, one.population, one.variable, one.category) for one in found] == [
        ("all", "all", STEP, "visitor"),
        *(("chat", "visitors", "form_group", of) for of in ("other_combination", "sexual", "sexual_criminal")),
    ]
    assert [(one.n_previous, one.printed_before_in, one.n, one.printed_in) for one in found] == [
        *((90, "2019-12", 100, "2020-12"), (20, "2019-12", None, "2020-12")),
        *((105, "2019-12", 100, "2020-12"), (100, "2020-12", 100, "2020-12")),
    ]


def test_a_figure_of_a_registry_is_revised_by_its_edition() -> None:
    nothing = counts(tables_of([], []))
    assert rows_of(revisions(answers({REVISIONS: [REVISION]}), nothing, nothing, 2020)) == [REVISION]


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


def test_every_count_of_the_chat_is_told_with_its_type_of_period() -> None:
    revised = {**REVISION, **a_month(2020, 10)._asdict(), "source": "chat", "n_previous": 40.0, "n": None}
    content = a_content(
        figures=[a_figure(a_key(a_year(2020), "sexual"), 260, 285), a_figure(a_key(a_month(2020, 10)), None)],
        comparisons=[{**COMPARISON, "n": 285, "n_previous": None}],
        coverage=[COVERED, {**COVERED, "pair": "other", "source": "comensha", "n": 1}],
        revisions=[revised, {**revised, "source": "all", "n_previous": 70.0, "n": 80.0}, REVISION],
    )
    told = list(shown_counts(content))
    assert told == [
        *(("month", None), ("month", None), ("year", 260), ("year", 285)),
        *(("year", 285), ("year", None), ("year", 285)),
        *(("month", None), ("month", 40), ("month", 80), ("month", 70)),
    ]
    assert {type(n) for _, n in told} == {int, type(None)}


def facts(release: str, month_end: date) -> Facts:
    return Facts(release, month_end, is_fictitious=False, reason="why", follows=("2020-11",), deliveries="d")


def test_a_release_is_built_of_protected_counts() -> None:
    period, before = a_year(2020), a_year(2019)
    key = Key("chat", "visitor", "visitors", *before, "meeting", "online")
    mean = a_key(before, "mean", population="victims", variable="age")
    now = key._replace(period_start=period[1], period_end=period[2])
    to_date = now._replace(period_type="year_to_date", period_end=date(2020, 9, 30))
    step = {"source": "chat", "population": "", "variable": STEP, "category": "flagged", "n": 500}
    rows = {
        FIRST_MONTH: [{"period_start": date(2019, 1, 1)}],
        INDICATORS: [
            of_key(now._replace(category="offline"), n=98, n_known=303),
            of_key(now, n=205, n_known=303),
            of_key(key._replace(category="offline"), n=3, n_known=303),
            of_key(key, n=300, n_known=303),
            # No year to date is shown once its year is over.
            of_key(to_date, n=200, n_known=303),
        ],
        FUNNEL: [{**period._asdict(), **step}],
        MEASURES: [
            of_key(MEAN, value=18.6, n_known=60.0),
            of_key(MEAN._replace(category="n_known"), value=60.0, n_known=60.0),
        ],
        REGISTRIES: [{**REGISTRY, "edition": "e"}],
        REVISIONS: [{**REVISION, "source": "comensha", "n": 1.0, "n_previous": 2.0}],
        COVERAGE: [a_row("comensha", n=5, total=10)],
    }
    specs = [
        spec("visitors", "meeting", "offline|online", "year|year_to_date"),
        spec("", STEP, "flagged", "year"),
        replace(spec("victims", "age", "mean", "year"), mart="measures"),
        replace(spec("all", "total", "*", "year"), mart="registries"),
    ]
    # In December a closed year is revised; a correction of another release revises nothing.
    printed = tables_of([a_figure(key, 310, 315, released_in="2019-12")], [Measure(mean, 21, "rounded", "2019-12")])

    def built(release: str, month_end: date, kept_from: date = date.min) -> Content:
        query = answers(rows, month_end)
        return build(query, replace(RULES, specs=specs), facts(release, month_end), printed, kept_from)

    def counted(content: Content, of: Key) -> list[Figure]:
        return [figure for figure in figures(content.tables) if figure.key == of]

    content = built("2020-12", DECEMBER)
    assert content.facts == facts("2020-12", DECEMBER)
    assert [(one.period_start.year, one.category, one.n, one.n_known) for one in content.counts] == [
        (2019, "flagged", None, None),
        (2020, "flagged", 500, None),
        (2019, "offline", None, 305),
        (2019, "online", 300, 305),
        (2020, "offline", 100, 305),
        (2020, "online", 205, 305),
    ]
    assert {one.released_in for one in content.counts} == {"2020-12"}
    assert [(one.category, one.n, one.n_previous, one.change) for one in records(content.tables["comparisons"])] == [
        ("flagged", 500, None, "not_shown"),
        ("offline", 100, None, "not_shown"),
        ("online", 205, 300, "fewer"),
    ]
    assert [(one.value, one.released_in) for one in measures(content.tables)] == [(None, "2020-12"), (19, "2020-12")]
    assert [(one.n, one.share) for one in records(content.tables["coverage"])] == [(5, 0.5)]
    assert list(content.tables["registries"]["edition"]) == ["e"]
    assert [(one.source, one.n_previous, one.n) for one in records(content.tables["revisions"])] == [
        ("chat", 310, 300),
        ("comensha", 2.0, 1.0),
    ]
    # Not in December, or of a year of which a source has forgotten its conversations: as it was printed.
    for kept in (built("2021-01", date(2021, 1, 31)), built("2020-12", DECEMBER, kept_from=date(2020, 1, 1))):
        assert [(one.n, one.released_in) for one in counted(kept, key)] == [(310, "2019-12")]
        again = [one for one in measures(kept.tables) if one.key == mean]
        assert [(one.value, one.released_in) for one in again] == [(21, "2019-12")]
        assert list(kept.tables["revisions"]["source"]) == ["comensha"]


def test_a_figure_that_is_out_stays_when_the_marts_have_it_no_more() -> None:
    key, april = a_key(a_month(2019, 3), "yes", variable="acutely_unsafe"), date(2019, 4, 30)
    printed = tables_of([a_figure(key, 20, released_in="2019-03")], [])
    rules = replace(RULES, specs=[spec("visitors", "acutely_unsafe", "yes", "month")])
    query = answers({FIRST_MONTH: [{"period_start": date(2019, 4, 1)}]}, april)
    content = build(query, rules, replace(FACTS, release="2019-04", month_end=april), printed, date.min)
    assert [(one.period_start, one.n, one.released_in) for one in content.counts] == [
        (date(2019, 3, 1), 20, "2019-03"),
        (date(2019, 4, 1), None, "2019-04"),
    ]
    assert content.tables["revisions"].empty
