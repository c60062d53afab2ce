"""Which edition a workbook is: told by one title in the upper rows, or refused."""

import pytest
from samples import layouts_of, problem_of

from connectors.formats.cells import Cell, Grid
from connectors.registries.editions import edition_of, titles

LAYOUTS = layouts_of(
    registry_editions=[
        "comensha,comensha,beeld 2020,Het beeld van 2020,wide,,2021-10-18,",
        "comensha,comensha,beeld 2021,Het beeld van 2021,wide,,2022-10-18,",
        "comensha,comensha,beeld 2021 herzien,Het beeld van 2021 (herzien),wide,,2022-12-18,",
        "comensha,comensha,punt,Cijfers 1.0,wide,,2022-12-18,",
        "ckm,ckm,andere,Iets anders,wide,,2022-12-18,",
    ]
)


def a_grid(*texts: tuple[int, int, str], sheet: str = "Blad1") -> Grid:
    """A sheet with texts at (row, column)."""
    cells = {(row, column): Cell(text) for row, column, text in texts}
    return Grid(sheet, cells, {}, frozenset(), (), 20, 20)


def name_of(*grids: Grid) -> str:
    return edition_of("bron, beeld.xlsx", list(grids), LAYOUTS, "comensha").name


def refused(*grids: Grid) -> tuple[str, str]:
    """(the place in the workbook, what was found there)."""
    problem = problem_of(name_of, *grids)
    assert problem.expected == "the title of one edition in seeds/registry_editions.csv"
    assert problem.do == "Add the edition's row: `zicht sources check` on this file prints it ready to paste."
    return problem.where.removeprefix("bron, beeld.xlsx, "), problem.found


@pytest.mark.parametrize(
    ("text", "edition"),
    [
        ("Het beeld van 2020", "beeld 2020"),
        ("HET  BEELD\u00a0van 2020", "beeld 2020"),
        ("Het beeld van 2020, cijfers over slachtoffers", "beeld 2020"),
        ("Het beeld van 2020 - 3", "beeld 2020"),
        ("Het beeld van 2021", "beeld 2021"),
        ("Het beeld van 2021 (concept)", "beeld 2021"),
        ("Het beeld van 2021 (herzien)", "beeld 2021 herzien"),
        ("Cijfers 1.0", "punt"),
    ],
)
def test_an_edition_is_known_by_the_longest_title_that_a_text_begins_with(text: str, edition: str) -> None:
    assert name_of(a_grid((1, 1, text))) == edition


@pytest.mark.parametrize("row", [1, 12])
def test_a_title_stands_in_the_upper_twelve_rows_of_any_sheet(row: int) -> None:
    assert name_of(a_grid((1, 1, "Toelichting")), a_grid((row, 7, "Het beeld van 2020"), sheet="Blad2")) == "beeld 2020"


def test_the_same_title_may_stand_in_many_places() -> None:
    text = "Het beeld van 2020"
    assert name_of(a_grid((1, 1, text), (2, 3, text)), a_grid((1, 1, text))) == "beeld 2020"


@pytest.mark.parametrize(
    ("row", "text"),
    [
        *((1, text) for text in ("", "2020", "Jaarverslag", "Over het beeld van 2020", "Iets anders", "Cijfers 1x0")),
        *((1, text) for text in ("Het beeld van", "Het beeld", "Het beeld van 2020x", "Het beeld van 2020e")),
        (13, "Het beeld van 2020"),
    ],
)
def test_a_workbook_without_a_title_in_its_upper_rows_is_refused(row: int, text: str) -> None:
    assert refused(a_grid((row, 1, text))) == ("the first 12 rows of every sheet", "no title")


@pytest.mark.parametrize("text", ["Het beeld van 2025", "Het beeld van 20201", "Het beeld van 2020-2", "Cijfers 2.0"])
def test_a_title_with_other_digits_is_that_of_an_edition_to_be_described(text: str) -> None:
    assert refused(a_grid((1, 1, "Toelichting"), (3, 2, text))) == ("sheet Blad1, cell B3", "another title")


def test_titles_of_two_editions_are_refused_at_the_last() -> None:
    for grids in (
        [a_grid((1, 1, "Het beeld van 2020"), (2, 1, "Het beeld van 2021"))],
        [a_grid((1, 1, "Het beeld van 2020")), a_grid((2, 1, "Het beeld van 2021"))],
        [a_grid((1, 1, "Het beeld van 2020"), (2, 1, "Het beeld van 2025"))],
        [a_grid((1, 1, "Het beeld van 2025"), (2, 1, "Het beeld van 2026"))],
    ):
        assert refused(*grids) == ("sheet Blad1, cell A2", "titles of several editions")


def test_texts_of_the_upper_rows_are_read_in_their_order_folded_and_with_their_places() -> None:
    sheets = [
        a_grid((2, 1, "Tabel"), (1, 2, "ÉÉN  titel"), (12, 1, "onder"), (13, 1, "te laag"), (3, 1, "2020"), (4, 1, "")),
        a_grid((1, 27, "x2"), sheet="Blad2"),
    ]
    assert titles(sheets) == [
        ("sheet Blad1, cell B1", "een titel"),
        ("sheet Blad1, cell A2", "tabel"),
        ("sheet Blad1, cell A12", "onder"),
        ("sheet Blad2, cell AA1", "x2"),
    ]
