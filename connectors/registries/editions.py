"""Recognise the edition of a workbook by a title in its upper rows, and correct its known errors."""

import re

from connectors.codelists.layouts import Edition, Layouts, fold
from connectors.errors import SourceProblem
from connectors.formats.cells import Cell, Grid, address
from connectors.formats.workbook import Place

TITLE_ROWS = 12


class Corrections:
    """The corrections of known errors of one edition.

    Args:
        edition: The edition.
    """

    def __init__(self, edition: Edition) -> None:
        self._by_place = edition.corrections
        self._used: set[tuple[str, str]] = set()

    def cell(self, grid: Grid, place: Place) -> Cell:
        """Return a cell of a sheet. If it prints a known error, return what is right, with the note `corrected`.

        Args:
            grid: The sheet.
            place: The cell.
        """
        cell = grid.at(*place)
        key = (grid.sheet, address(place))
        if key not in self._by_place:
            return cell
        _, printed, right = self._by_place[key]
        if fold(printed) != fold(cell.text):
            return cell
        self._used.add(key)
        return Cell(right, f"{cell.note} corrected".strip())

    def check(self, where: str) -> None:
        """Check that every error was printed where its correction says it is.

        Args:
            where: The name of the workbook in an error message.

        Raises:
            SourceProblem: If one was not.
        """
        for sheet, cell in sorted(set(self._by_place) - self._used):
            raise SourceProblem(
                f"{where}, sheet {sheet}, cell {cell}",
                found="a value other than the one to correct",
                expected="what seeds/registry_corrections.csv says is printed",
                do="Remove that row if the publisher has corrected the figure, or correct the row.",
            )


def edition_of(where: str, grids: list[Grid], layouts: Layouts, kind: str) -> Edition:
    """Return the edition whose title the workbook has.

    Args:
        where: The name of the workbook in an error message.
        grids: The sheets of the workbook.
        layouts: The described editions.
        kind: The kind of the source.

    Returns:
        The edition. If several titles fit a text, the longest one counts.

    Raises:
        SourceProblem: If the workbook has no title of a described edition, or titles of several editions. A title that
            differs only in its digits counts as the title of another edition.
    """
    editions = layouts.editions(kind)
    found: dict[str, tuple[Edition, str]] = {}
    strangers: list[str] = []
    for place, text in titles(grids):
        bearing = [edition for edition in editions if _begins(text, edition.title)]
        if bearing:
            edition = max(bearing, key=lambda edition: len(edition.title))
            found.setdefault(edition.name, (edition, place))
        elif any(re.match(_shape(edition.title), text) for edition in editions):
            strangers.append(place)
    if len(found) == 1 and not strangers:
        [(edition, _)] = found.values()
        return edition
    places = [place for _, place in found.values()] + strangers
    raise SourceProblem(
        f"{where}, {places[-1]}" if places else f"{where}, the first {TITLE_ROWS} rows of every sheet",
        found="titles of several editions" if len(places) > 1 else f"{'another' if places else 'no'} title",
        expected="the title of one edition in seeds/registry_editions.csv",
        do="Add the edition's row: `zicht sources check` on this file prints it ready to paste.",
    )


def titles(grids: list[Grid]) -> list[tuple[str, str]]:
    """Return every text in the upper rows of the sheets, except texts of digits only.

    Args:
        grids: The sheets of the workbook.

    Returns:
        Pairs (place, folded text).

    Example:
        `[("sheet Inhoud, cell A1", "het beeld van 2020")]`
    """
    return [
        (f"sheet {grid.sheet}, cell {address(place)}", fold(cell.text))
        for grid in grids
        for place, cell in sorted(grid.cells.items())
        if place[0] <= TITLE_ROWS and cell.text and not cell.text.isdigit()
    ]


def _begins(text: str, title: str) -> bool:
    return re.match(rf"{re.escape(title)}(?!\w|-\d)", text) is not None


def _shape(title: str) -> str:
    """Return a pattern for a title with any digits. It also matches titles of editions that are not described yet."""
    return re.sub(r"\d+", r"\\d+", re.escape(title)) + r"(?!\w)"
