"""Which edition a workbook is: by a title that stands in its upper rows."""

import re

from connectors.codelists.layouts import Edition, Layouts, fold
from connectors.errors import SourceProblem
from connectors.formats.cells import Grid, address

TITLE_ROWS = 12


def edition_of(where: str, grids: list[Grid], layouts: Layouts, kind: str) -> Edition:
    """The edition whose title the workbook bears.

    Raises:
        SourceProblem: it bears none that is described, or more than one.
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
    """(place, folded text) of every text in the upper rows."""
    return [
        (f"sheet {grid.sheet}, cell {address(place)}", fold(cell.text))
        for grid in grids
        for place, cell in sorted(grid.cells.items())
        if place[0] <= TITLE_ROWS and cell.text and not cell.text.isdigit()
    ]


def _begins(text: str, title: str) -> bool:
    return re.match(rf"{re.escape(title)}(?!\w|-\d)", text) is not None


def _shape(title: str) -> str:
    """A title with any digits: that of an edition which is still to be described."""
    return re.sub(r"\d+", r"\\d+", re.escape(title)) + r"(?!\w)"
