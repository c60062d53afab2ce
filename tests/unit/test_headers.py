"""Where described tables stand on a sheet: which header is which column, and what stops the file."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from samples import layouts_of, problem_of

from connectors.codelists.layouts import Layouts
from connectors.formats.cells import Cell, Grid, Place
from connectors.registries.found_table import Body, Field, Header, is_number
from connectors.registries.headers import Stack, Tables

COLUMNS = (
    "k,l,forms,Vorm,category,no,no",
    "k,l,forms,{reference_year},value,no,no",
    "k,l,forms,% {reference_year},percent,no,yes",
    "k,l,forms,Toelichting,nothing,no,yes",
)
MONTHS = ("k,l,months,Jaar,reference_year,yes,no", "k,l,months,{month},value,no,no")
STACKED = ("k,l,stacked,Vorm,category,no,no", "k,l,stacked,{reference_year} / {sex},value,no,no")


def layouts(*columns: str, tables: Sequence[str] = ("forms,1,form", "months,1,total", "stacked,2,form")) -> Layouts:
    names = {column.split(",")[2] for column in columns}
    described = [table.split(",") for table in tables if table.split(",")[0] in names]
    return layouts_of(
        registry_editions=["k,p,e,T,l,,,"],
        registry_tables=[f"k,l,{name},{depth},victim,all,{variable},,no" for name, depth, variable in described],
        registry_columns=columns,
        crosswalk=[
            *(f"p,{one},exact," for one in ("form,Seksueel,,,sexual", "reporter,Politie,,,police")),
            *(f"p,sex,{one},exact," for one in ("Man,,,male", "Vrouw,,,female")),
            *(f"p,variable,{one},exact," for one in ("Naar vorm,,,form", "Naar melder,,,reporter")),
            "q,sex,Onbekend,,,unknown,exact,",
        ],
    )


def a_cell(value: Any) -> Cell:
    if isinstance(value, Cell):
        return value
    if isinstance(value, date):
        return Cell(value.isoformat(), moment=value)
    return Cell(value) if isinstance(value, str) else Cell(str(value), number=Decimal(str(value)))


def a_grid(
    *rows: Sequence[Any], merged: Mapping[Place, Place] | None = None, concealed: Sequence[Place] = (), width: int = 0
) -> Grid:
    cells = {
        (row, column): a_cell(value)
        for row, values in enumerate(rows, start=1)
        for column, value in enumerate(values, start=1)
        if value is not None
    }
    last = max(width, *(len(row) for row in rows))
    return Grid("Blad1", cells, merged or {}, frozenset(concealed), (), len(rows), last)


def finder(known: Layouts) -> Tables:
    [edition] = known.editions("k")
    return Tables("bron, b.xlsx", edition, known)


def bodies(grid: Grid, *columns: str) -> list[Body]:
    return finder(layouts(*columns)).on(grid)


def seen(body: Body) -> tuple[str, range, dict[int, tuple[str, dict[str, Any]]]]:
    """(table, rows, what each column is and what its header feeds)."""
    columns = body.header.columns
    return (
        body.header.table.name,
        body.rows,
        {
            number: (column.feeds, {name: field.value for name, field in fields.items()})
            for number, (column, fields) in columns.items()
        },
    )


def refused(grid: Grid, *columns: str) -> tuple[str, str]:
    """(cell, what was found in it)."""
    problem = problem_of(bodies, grid, *columns)
    return problem.where.removeprefix("bron, b.xlsx, sheet Blad1, cell "), problem.found


STRANGE = "a column that the layout does not describe"


YEAR_2019 = ("value", {"reference_year": 2019})
YEAR_2020 = ("value", {"reference_year": 2020})
LABELS = ("category", {})

# --- Where tables stand


def test_a_table_is_found_by_its_header_and_reaches_to_the_end_of_the_sheet() -> None:
    grid = a_grid(["Titel"], ["", "Vorm", "2019", 2020], ["", "Seksueel", 1, 2], ["", "noot"])
    [body] = bodies(grid, *COLUMNS)
    assert seen(body) == ("forms", range(3, 5), {2: LABELS, 3: YEAR_2019, 4: YEAR_2020})
    assert (body.header.row, body.header.first_data_row, body.end) == (2, 3, 5)


def test_a_header_in_the_first_or_last_row_is_found() -> None:
    assert [seen(one)[1] for one in bodies(a_grid(["Vorm", 2019]), *COLUMNS)] == [range(2, 2)]
    assert [seen(one)[1] for one in bodies(a_grid(["x"], ["Vorm", 2019]), *COLUMNS)] == [range(3, 3)]


def test_a_sheet_without_a_header_has_no_table() -> None:
    assert bodies(a_grid(["Vormen", 2019], ["Vorm", 99]), *COLUMNS) == []


def test_a_table_ends_where_the_next_begins_over_any_of_its_columns() -> None:
    grid = a_grid(["Vorm", 2019], ["Seksueel", 1], ["", "Jaar", "mrt"], ["", 2020, 3], ["Vorm", 2020], ["x", 5])
    assert [(seen(one)[0], seen(one)[1]) for one in bodies(grid, *COLUMNS, *MONTHS)] == [
        ("forms", range(2, 3)),
        ("months", range(4, 5)),
        ("forms", range(6, 7)),
    ]


def test_a_table_beside_another_does_not_end_it_and_stands_after_it_in_its_row() -> None:
    grid = a_grid(["Jaar", "jan", None, "Vorm", 2019], [2020, 3, None, "x", 1], ["", "", "", "Vorm", 2020], [2021])
    assert [(seen(one)[0], seen(one)[1], list(seen(one)[2])) for one in bodies(grid, *COLUMNS, *MONTHS)] == [
        ("months", range(2, 5), [1, 2]),
        ("forms", range(2, 3), [4, 5]),
        ("forms", range(4, 5), [4, 5]),
    ]


def test_a_blank_column_lies_between_two_tables_or_within_one() -> None:
    two = a_grid(["Vorm", 2019, None, "Vorm", 2020])
    assert [list(seen(one)[2]) for one in bodies(two, *COLUMNS)] == [[1, 2], [4, 5]]
    one = a_grid(["Vorm", None, 2019, None, 2020, None, "Toelichting"])
    assert [list(seen(one)[2]) for one in bodies(one, *COLUMNS)] == [[1, 3, 5, 7]]


def test_a_table_goes_on_after_a_blank_column_only_while_its_headers_fit() -> None:
    grid = a_grid(["Vorm", 2019, None, "Zaken", None, 2020])
    assert [list(seen(one)[2]) for one in bodies(grid, *COLUMNS)] == [[1, 2]]


def test_columns_before_the_table_are_not_taken_into_it() -> None:
    grid = a_grid([2018, None, "Vorm", 2019, None, 2020])
    assert [list(seen(one)[2]) for one in bodies(grid, *COLUMNS)] == [[3, 4, 6]]


def test_of_two_tables_that_fit_the_one_that_knows_more_columns_is_meant() -> None:
    more = (
        "k,l,stacked,Vorm,category,no,no",
        "k,l,stacked,{reference_year},value,no,no",
        "k,l,stacked,Bron,nothing,no,no",
    )
    known = layouts(*COLUMNS, *more, tables=("forms,1,form", "stacked,1,form"))
    assert [seen(one)[0] for one in finder(known).on(a_grid(["Vorm", 2019, "Bron"]))] == ["stacked"]
    assert refused(a_grid(["Vorm", 2019, "Bron"]), *COLUMNS) == ("C1", STRANGE)


def test_of_two_tables_that_fit_equally_the_first_by_name_is_meant() -> None:
    again = tuple(column.replace("forms", "another") for column in COLUMNS)
    known = layouts(*COLUMNS, *again, tables=("forms,1,form", "another,1,form"))
    assert [seen(one)[0] for one in finder(known).on(a_grid(["Vorm", 2019]))] == ["another"]


def test_a_column_that_is_not_optional_must_be_there() -> None:
    assert bodies(a_grid(["Vorm", "Toelichting"]), *COLUMNS) == []
    assert bodies(a_grid([2019, 2020]), *COLUMNS) == []
    assert len(bodies(a_grid(["Vorm", 2019, "Toelichting", "% 2019"]), *COLUMNS)) == 1


def test_a_header_that_is_spelled_out_comes_before_a_placeholder() -> None:
    columns = (
        "k,l,forms,{reference_year},value,no,no",
        "k,l,forms,2019,nothing,no,yes",
        "k,l,forms,Vorm,category,no,no",
    )
    [body] = bodies(a_grid(["Vorm", "2019", "2020"]), *columns)
    assert seen(body)[2] == {1: LABELS, 2: ("nothing", {}), 3: YEAR_2020}


# --- Stacked headers


def test_a_header_over_several_columns_holds_for_each_merged_or_not() -> None:
    rows = (["Vorm", "2019", None, "2020", None], [None, "Man", "Vrouw", "Man", "Vrouw"], ["Seksueel", 1, 2, 3, 4])
    expected = {
        1: LABELS,
        **{
            place: ("value", {"reference_year": year, "sex": sex})
            for place, (year, sex) in enumerate(
                [(2019, "Man"), (2019, "Vrouw"), (2020, "Man"), (2020, "Vrouw")], start=2
            )
        },
    }
    spans = {(1, 2): (1, 2), (1, 3): (1, 2), (1, 4): (1, 4), (1, 5): (1, 4), (1, 1): (1, 1), (2, 1): (1, 1)}
    for merged in ({}, spans):
        [body] = bodies(a_grid(*rows, merged=merged), *STACKED)
        assert seen(body) == ("stacked", range(3, 4), expected)


def test_only_upper_headers_hold_to_their_right() -> None:
    grid = a_grid(["Vorm", "2019", "2020"], [None, "Man", None])
    assert refused(grid, *STACKED) == ("C1", STRANGE)


def test_a_label_of_two_rows_may_stand_in_the_lower() -> None:
    [body] = bodies(a_grid([None, "2019"], ["Vorm", "Man"]), *STACKED)
    assert seen(body) == ("stacked", range(3, 3), {1: LABELS, 2: ("value", {"reference_year": 2019, "sex": "Man"})})


def test_a_merge_from_above_the_header_is_no_part_of_it() -> None:
    rows = (["Vorm", "2018"], [None, "2019"], [None, "Man"])
    assert bodies(a_grid(*rows, merged={(1, 1): (1, 1), (2, 1): (1, 1)}), *STACKED) == []


# --- What a label feeds


AT = (3, 2)
IN_2020 = Field(2020, AT)
FEEDS: list[tuple[str, Any, dict[str, Field] | None]] = [
    ("reference_year", Cell("2019", "*"), {"reference_year": Field(2019, AT, "*")}),
    ("reference_year", date(2019, 1, 1), {"reference_year": Field(2019, AT)}),
    *(("reference_year", value, None) for value in ("19", "Jaar", date(2019, 1, 2))),
    ("month", Cell("mrt", "1"), {"month": Field(3, AT, "1")}),
    ("month", Cell("maart 2020", "1"), {"month": Field(3, AT, "1"), "reference_year": IN_2020}),
    ("month", date(2020, 3, 1), {"month": Field(3, AT), "reference_year": IN_2020}),
    *(("month", value, None) for value in ("totaal", date(2020, 3, 2))),
    ("variable", Cell("naar  VORM", "a"), {"variable": Field("form", AT, "a")}),
    ("variable", "Seksueel", None),
    ("sex", Cell("MAN", "a"), {"sex": Field("MAN", AT, "a")}),
    # A label must be in the crosswalk of its publisher, under its dimension.
    *(("sex", value, None) for value in ("Seksueel", "Onbekend", "")),
    # `form` is a table's own variable, and a label names `reporter`. `sex` is neither.
    ("category", "Seksueel", {"category": Field("Seksueel", AT)}),
    ("category", "Politie", {"category": Field("Politie", AT)}),
    ("category", "Man", None),
]


@pytest.mark.parametrize(("name", "value", "fed"), FEEDS)
def test_a_label_feeds_what_its_column_says_or_nothing(name: str, value: Any, fed: dict[str, Field] | None) -> None:
    assert finder(layouts(*COLUMNS)).field(name, a_cell(value), AT) == fed


FIRST = (1, 1)
SHARE, SEX_AND_YEAR = r"% (?P<reference_year>.+)", r"(?P<sex>.+) in (?P<reference_year>.+)"
FITS: list[tuple[str, Cell, dict[str, Field] | None]] = [
    ("vorm", Cell(" VÓRM "), {}),
    *(("vorm", Cell(text), None) for text in ("vormen", "de vorm", "")),
    (SHARE, Cell("% 2019", "*"), {"reference_year": Field(2019, FIRST, "*")}),
    (SHARE, Cell("% 20199"), None),
    (SEX_AND_YEAR, Cell("Man in 2019"), {"sex": Field("man", FIRST), "reference_year": Field(2019, FIRST)}),
    (SEX_AND_YEAR, Cell("Man in huis"), None),
    # A label that is the whole header keeps its spelling and its date.
    ("(?P<sex>.+)", Cell("MAN"), {"sex": Field("MAN", FIRST)}),
    ("(?P<reference_year>.+)", Cell("2019-01-01", moment=date(2019, 1, 1)), {"reference_year": Field(2019, FIRST)}),
]


@pytest.mark.parametrize(("part", "cell", "fields"), FITS)
def test_a_header_fits_as_a_whole_and_feeds_its_placeholders(
    part: str, cell: Cell, fields: dict[str, Field] | None
) -> None:
    assert finder(layouts(*COLUMNS)).fits(re.compile(part), FIRST, cell) == fields


def test_marks_of_headers_are_one_note_that_stands_at_the_first() -> None:
    rows = (["Vorm", Cell("2019", "*"), None], [None, Cell("Man", "a"), "Vrouw"])
    [body] = bodies(a_grid(*rows), *STACKED)
    fields = body.header.columns[2][1]
    assert fields == {
        "reference_year": Field(2019, (1, 2), "*"),
        "sex": Field("Man", (2, 2), "a"),
        "note": Field("*a", (1, 2)),
    }
    assert body.header.columns[3][1]["note"] == Field("*", (1, 2))
    assert "note" not in body.header.columns[1][1]


# --- What stops the file


def test_a_header_that_stands_twice_stops_the_file_at_the_second() -> None:
    grid = a_grid(["x"], ["Vorm", 2019, Cell("2019", "*")])
    assert refused(grid, *COLUMNS) == ("C2", "the header {reference_year} twice")
    assert refused(a_grid(["Vorm", 2019, "Vorm"]), *COLUMNS) == ("C1", "the header Vorm twice")
    # A number and a percentage of one year are two things.
    assert len(bodies(a_grid(["Vorm", 2019, "% 2019", 2020, "% 2020"]), *COLUMNS)) == 1


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ((["Vorm", 2019, "Zaken"],), "C1"),
        ((["Zaken", "Vorm", 2019],), "A1"),
        ((["Vorm", "Zaken", 2019],), "B1"),
        ((["Vorm", 2019, 2020, "Zaken", "Meer"],), "D1"),
        ((["Zaken", "Meer", "Vorm", 2019],), "A1"),
        ((["Zaken", None, "Meer", "Vorm", 2019],), "C1"),
        # Numbers without a header are those of a column that is not described.
        ((["Vorm", 2019, None], ["x", 1, 2]), "C1"),
        ((["Vorm", 2019, None], ["x", 1], ["y", 1, 2]), "C1"),
        ((["Vorm", None, 2019], ["x", 1, 2]), "B1"),
        ((["Vorm", None, 2019], ["x", "tekst", 2]), "B1"),
        ((["", "Vorm", 2019], [5, "x", 2]), "A1"),
        ((["", "", "Vorm", 2019], [5, 6, "x", 2]), "A1"),
    ],
)
def test_a_column_that_is_not_described_and_touches_the_table_stops_the_file(
    rows: Sequence[Sequence[Any]], place: str
) -> None:
    problem = problem_of(bodies, a_grid(*rows), *COLUMNS)
    assert (problem.where, problem.found) == (f"bron, b.xlsx, sheet Blad1, cell {place}", STRANGE)
    assert problem.expected == "the columns of table forms in layout l"
    assert problem.do == "Add its row to seeds/registry_columns.csv: `zicht sources check` prints it."


@pytest.mark.parametrize(
    "rows",
    [
        (["Vorm", 2019, None, "Zaken"], ["x", 1, None, 2]),
        (["Zaken", None, "Vorm", 2019], [2, None, "x", 1]),
        # Words beside the table are notes.
        (["Vorm", 2019, None], ["x", 1, "zie noot"]),
        (["Vorm", 2019, None], ["x", 1, "zie noot"], ["y", 1, 3]),
        (["Vorm", 2019, None], ["x", 1, "*"]),
        ([None, "Vorm", 2019], ["zie noot", "x", 1]),
        (["Vorm", None, 2019], ["x", None, 1]),
        (["Vorm", None, 2019], ["x", "-", 1]),
        # Above the table there may stand anything.
        (["", "", 7], ["Vorm", 2019]),
    ],
)
def test_what_does_not_touch_the_table_or_is_a_note_stops_nothing(rows: Sequence[Sequence[Any]]) -> None:
    assert bodies(a_grid(*rows), *COLUMNS)[0].header.table.name == "forms"


def test_of_stacked_headers_the_one_that_no_description_has_is_named() -> None:
    assert refused(a_grid(["Vorm", "2019", None], [None, "Man", "Mannen"]), *STACKED) == ("C2", STRANGE)
    assert refused(a_grid(["Vorm", "2019", "Ooit"], [None, "Man", "Man"]), *STACKED) == ("C1", STRANGE)
    # All of its headers are known, but not one over the other.
    assert refused(a_grid(["Vorm", "2019", "Man"], [None, "Man", "2019"]), *STACKED) == ("C1", STRANGE)


def test_a_problem_names_its_sheet_and_cell() -> None:
    found = finder(layouts(*COLUMNS)).problem(a_grid(["x"]), (4, 3), "this", "that", "Do so.")
    fields = (found.where, found.found, found.expected, found.do)
    assert fields == ("bron, b.xlsx, sheet Blad1, cell C4", "this", "that", "Do so.")


# --- What lies in a table


def a_body(*rows: Sequence[Any], columns: Sequence[str] = COLUMNS, **more: Any) -> Body:
    [body] = bodies(a_grid(*rows, **more), *columns)
    return body


def test_a_table_covers_its_header_and_rows_in_its_columns() -> None:
    body = a_body(["x"], [None, "Vorm", 2019], [None, "a", 1], [None, "b", 2])
    covered = {(row, column) for row in range(6) for column in range(5) if body.covers((row, column))}
    assert covered == {(row, column) for row in (2, 3, 4) for column in (2, 3)}
    assert {place for place in covered if body.is_header(place)} == {(2, 2), (2, 3)}
    assert not body.is_header((2, 4)) and not body.is_header((1, 2))


def test_value_columns_are_those_of_counts_and_percentages() -> None:
    assert a_body(["Toelichting", "Vorm", 2019, "% 2019"]).value_columns == [3, 4]


def test_a_value_is_nobodys_where_it_is_merged_over_several_places_for_values() -> None:
    rows = (["Vorm", 2019, 2020, "Toelichting"], ["a", 1, 2, "x"], ["b", 3, 4, "y"], ["c", 5, 6])

    def spread(*area: Place) -> set[Place]:
        body = a_body(*rows, merged=dict.fromkeys(area, min(area)))
        return {(row, column) for row in body.rows for column in body.value_columns if body.is_spread((row, column))}

    assert spread((2, 2), (3, 2)) == {(2, 2), (3, 2)}
    assert spread((2, 2), (2, 3)) == {(2, 2), (2, 3)}
    assert spread((4, 3), (5, 3)) == set()  # below the table
    assert spread((2, 3), (2, 4)) == set()  # with its note
    assert spread((2, 1), (2, 2)) == set()  # a label over values
    assert spread((2, 1), (3, 1)) == set()
    assert spread((1, 2), (2, 2)) == spread((1, 2), (2, 2), (3, 2)) == set()  # a header over values
    assert spread((2, 2)) == set()


SHARES: list[tuple[list[list[Any]], set[int]]] = [
    ([[0.6], [0.3]], {3}),
    ([[0.6], ["1"]], {3}),
    ([[0.6], ["1,5"]], set()),
    ([[0.6], [30]], set()),
    ([["0,6%"], [30]], set()),
    ([[0.6], ["30%"]], {3}),
    ([["60%"], ["30%"]], {3}),  # there is none that shows what a bare one would mean
    ([["x"], [30]], set()),
    ([[], []], set()),
    ([[0.6, 30]], {3}),  # each column is judged alone
    ([[0.6, 0.7]], {3, 4}),
]


@pytest.mark.parametrize(("rows", "bare"), SHARES)
def test_shares_are_bare_where_no_number_without_a_sign_passes_one(rows: list[list[Any]], bare: set[int]) -> None:
    header = ["Vorm", 2019, "% 2019", "% 2020"][: 2 + len(rows[0])]
    assert a_body(header, *(["a", 5, *shares] for shares in rows)).bare_shares == bare


def test_a_block_label_that_is_hidden_holds_no_longer() -> None:
    body = a_body(["Jaar", "mrt"], [2019, 1], [2020, 2], columns=MONTHS, concealed=[(3, 1), (2, 2)])
    blocks: dict[str, Any] = {"reference_year": 1, "value": 2}
    body.forget_hidden(2, blocks)
    assert blocks == {"reference_year": 1, "value": 2}
    body.forget_hidden(3, blocks)
    assert blocks == {"value": 2}
    body.forget_hidden(3, blocks)
    assert blocks == {"value": 2}


def test_a_column_is_used_where_it_has_a_header_or_numbers_alone() -> None:
    body = a_body(["Vorm", 2019, None, "Zaken", None, None], ["a", 1, None, "x", None, 3], ["b", 2, None, "y", "zie"])
    assert [column for column in range(1, 8) if body.is_used(column)] == [1, 2, 4, 6]
    assert [column for column in range(1, 8) if body.has_words(column)] == [5]


def test_a_number_is_a_count_that_is_no_date() -> None:
    no_numbers = [1.5, 1.334, "-", "", date(2019, 1, 1), Cell("2019", moment=date(2019, 1, 1))]
    assert [one for one in [12, "1.334", "0", *no_numbers] if is_number(a_cell(one))] == [12, "1.334", "0"]


def test_stacks_and_headers_are_values() -> None:
    assert Stack((), ()) == Stack((), ())
    assert isinstance(a_body(["Vorm", 2019]).header, Header)
