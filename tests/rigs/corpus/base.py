"""The workbooks that are mutated: their bytes, the layout rows that describe them, the true figure of every cell."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from openpyxl.utils.cell import coordinate_to_tuple

from connectors.codelists.layouts import Layouts
from rigs.corpus.book import Area, Book, Cell, Sheet, opened

LABELS = ("category", "reference_year", "month", "sex", "age", "population", "variable")


@dataclass(frozen=True)
class Base:
    """A workbook that is mutated. `truth` has one row a printed figure, with `sheet` and `cell`."""

    name: str
    content: bytes
    layouts: Layouts
    kind: str
    truth: Sequence[Mapping[str, Any]]

    @property
    def edition(self) -> Mapping[str, str]:
        """Return the edition's row of the layouts."""
        return next(
            row
            for row in self.layouts.rows["registry_editions"]
            if (row["kind"], row["edition"]) == (self.kind, self.truth[0]["edition"])
        )

    @property
    def layout(self) -> tuple[str, str]:
        return self.kind, self.edition["layout"]

    def book(self) -> Book:
        """Return a new model of the workbook, with the role and the true figure of every cell."""
        return self._marked.copy()

    @cached_property
    def _marked(self) -> Book:
        book = opened(self.content)
        edition = self.edition
        sheets = {sheet.name: sheet for sheet in book.sheets}
        for row in self.truth:
            cell = sheets[row["sheet"]].cells.setdefault(coordinate_to_tuple(row["cell"]), Cell())
            cell.role, cell.table = "value", row["table_name"]
            cell.figure = {name: value for name, value in row.items() if name not in ("sheet", "cell")}
        for sheet in book.sheets:
            for cell in sheet.cells.values():
                if str(cell.value).replace("–", "-").startswith(edition["title"]):
                    cell.role = "title"
        for area in book.areas():
            self._mark(area, edition["layout"])
        self._tell_words(book, edition)
        return book

    def _tell_words(self, book: Book, edition: Mapping[str, str]) -> None:
        """Give the book the words that mutations need: marks, the title of another edition, variables with totals."""
        rows = self.layouts.rows
        for row in rows["registry_marks"]:
            if row["kind"] == self.kind and row["layout"] in ("", edition["layout"]):
                is_count = row["meaning"] == "count"
                book.marks[row["mark"]] = (float(row["value_low"]), float(row["value_high"])) if is_count else None
        book.other_title = next(
            row["title"] for row in rows["registry_editions"] if row["kind"] == self.kind and row != edition
        )
        book.with_totals = {
            row["dimension"]
            for row in rows["crosswalk"]
            if (row["source"], row["source_label"]) == (edition["publisher"], "Totaal")
        }

    def _mark(self, area: Area, layout: str) -> None:
        """Mark headers and labels. The header is the nearest row above the figures with all fixed required words."""
        described = [
            row
            for row in self.layouts.rows["registry_columns"]
            if (row["kind"], row["table_name"]) == (self.kind, area.name) and row["layout"] in ("", layout)
        ]
        [depth] = {
            int(row["header_rows"])
            for row in self.layouts.rows["registry_tables"]
            if (row["kind"], row["table_name"], row["layout"]) == (self.kind, area.name, layout)
        }
        literal = {row["header"].split(" / ")[0]: row for row in described if "{" not in row["header"]}
        needed = {word for word, row in literal.items() if row["is_optional"] == "no"}
        rows = area.rows()
        top = next(row for row in range(rows[0] - 1, 0, -1) if needed <= set(_words(area.sheet, row).values()))
        columns = {column: literal[word] for column, word in _words(area.sheet, top).items() if word in literal}
        reach = {*columns, *area.columns()}
        for (row, column), cell in area.sheet.cells.items():
            if top <= row < top + depth and min(reach) <= column <= max(reach):
                cell.role, cell.table = "header", area.name
                cell.feeds = columns[column]["feeds"] if column in columns else _kind_of_header(cell)
            elif row in rows and column in columns and cell.role == "":
                feeds = columns[column]["feeds"]
                cell.table = area.name
                cell.role = "label" if feeds in LABELS else "bound" if feeds in ("value_low", "value_high") else feeds
                cell.feeds = feeds + "_block" * (columns[column]["is_block_label"] == "yes")


def _words(sheet: Sheet, row: int) -> dict[int, str]:
    return {column: str(cell.value).strip() for (line, column), cell in sheet.cells.items() if line == row}


def _kind_of_header(cell: Cell) -> str:
    if re.fullmatch(r"(19|20)\d\d", str(cell.value)):
        return "reference_year"
    return "month" if str(cell.value)[:3] in MONTHS else "other"


MONTHS = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
