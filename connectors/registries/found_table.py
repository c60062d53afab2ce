"""Describe a table that was found in a workbook: its header, its columns and the rows below it."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from connectors.codelists.layouts import Column, Table
from connectors.formats.cells import Cell, Grid
from connectors.formats.workbook import Place
from connectors.registries.numbers import read_count, read_percentage

VALUES = ("value", "percent")
BOUNDS = ("value_low", "value_high")
WITHOUT_FIGURE = (*BOUNDS, "nothing")
NO_LABELS = (*VALUES, *WITHOUT_FIGURE)
WORD = re.compile(r"[^\W\d_]{2}")  # two letters, which no number and no mark has


@dataclass(frozen=True)
class Field:
    """A label that was read.

    Attributes:
        value: The value that the label feeds.
        place: The cell of the label.
        note: The footnote marks of the label.
    """

    value: Any
    place: Place
    note: str = ""


@dataclass(frozen=True)
class Header:
    """A table that was recognised.

    Attributes:
        table: The description of the table.
        row: The first row of the header.
        first_data_row: The row below the header.
        columns: For each column number, the description of the column and what the header itself feeds.
    """

    table: Table
    row: int
    first_data_row: int
    columns: Mapping[int, tuple[Column, Mapping[str, Field]]]


@dataclass(frozen=True)
class Body:
    """A table that was found: its header, and the rows below it. The row `end` is the first row after the table."""

    grid: Grid
    header: Header
    end: int

    @property
    def rows(self) -> range:
        return range(self.header.first_data_row, self.end)

    @cached_property
    def filled_rows(self) -> list[int]:
        """Return the rows of the table that hold something. There can be a million empty rows between them."""
        return [row for row in self.grid.rows if row in self.rows]

    @cached_property
    def value_columns(self) -> list[int]:
        return [number for number, (column, _) in self.header.columns.items() if column.feeds in VALUES]

    def is_spread(self, place: Place) -> bool:
        """Return whether a value is merged over several value cells, and so belongs to none of them.

        Args:
            place: The cell.
        """
        first = self.grid.merged.get(place)
        return first is not None and self._is_for_values(first) and self._merged_values[first] > 1

    @cached_property
    def _merged_values(self) -> Counter[Place]:
        """Return the number of value cells in each merged range, by the first place of the range."""
        return Counter(first for place, first in self.grid.merged.items() if self._is_for_values(place))

    def _is_for_values(self, place: Place) -> bool:
        return place[0] in self.rows and place[1] in self.value_columns

    @cached_property
    def bare_shares(self) -> frozenset[int]:
        """Return the columns of percentages whose numbers without a % sign are all 1 or less.

        In such a column it is unclear whether 0.12 means 12 % or 0.12 %. A column in which every number has a % sign
        is one of them, since it has no number that would settle the question.

        Returns:
            The numbers of the columns in the sheet, from 1.
        """
        bare: set[int] = set()
        for number in self.value_columns:
            if self.header.columns[number][0].feeds == "percent":
                cells = [self.grid.at(row, number) for row in self.filled_rows]
                read = [read_percentage(cell.text) for cell in cells if "%" not in cell.text]
                bare |= {number} if max((one for one in read if one is not None), default=1) <= 1 else set()
        return frozenset(bare)

    def forget_hidden(self, row: int, blocks: dict[str, Any]) -> None:
        """Stop carrying the label of a block down the rows if this row has another label, in a hidden cell.

        A label holds for its own row and the rows below, until the next label. If the next label is in a cell that the
        spreadsheet hides, the earlier label has ended and the hidden one must not be read. So neither is used.

        Args:
            row: The number of the row.
            blocks: The label that holds now, by field. This dict is changed.
        """
        for number, (column, _) in self.header.columns.items():
            if column.is_block_label and (row, number) in self.grid.concealed:
                blocks.pop(column.feeds, None)

    def covers(self, place: Place) -> bool:
        """Return whether a cell lies within the table, including its header.

        Args:
            place: The cell.
        """
        return self.header.row <= place[0] < self.end and place[1] in self.header.columns

    def is_for_percentages(self, column: int) -> bool:
        return self.header.columns[column][0].feeds == "percent"

    def is_header(self, place: Place) -> bool:
        return self.covers(place) and place[0] < self.header.first_data_row

    def is_used(self, column: int) -> bool:
        """Return whether a column has a header, or has numbers but no words in the rows of the table.

        Words show that the numbers belong to another table.

        Args:
            column: The number of the column.
        """
        if any(self.grid.at(row, column).text for row in range(self.header.row, self.header.first_data_row)):
            return True
        return not self.has_words(column) and any(is_number(self.grid.at(row, column)) for row in self.filled_rows)

    def has_words(self, column: int) -> bool:
        return any(WORD.search(self.grid.at(row, column).text) for row in self.filled_rows)


def is_number(cell: Cell) -> bool:
    """Return whether a cell shows a count."""
    return cell.moment is None and read_count(cell.text, cell.number) is not None
