"""Find the described tables of a workbook by the words of their headers, wherever the tables are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from connectors.codelists.layouts import Column, Edition, Layouts, Table, fold
from connectors.errors import SourceProblem
from connectors.formats.cells import Cell, Grid, address
from connectors.formats.workbook import Place
from connectors.registries.found_table import Body, Field, Header
from connectors.registries.numbers import read_month, read_year


@dataclass(frozen=True)
class Stack:
    """The headers above one column, from top to bottom, without blanks.

    Attributes:
        own: The headers as they are printed.
        filled: The same, but a header that extends over several columns is repeated in each of them.
    """

    own: tuple[tuple[Place, Cell], ...]
    filled: tuple[tuple[Place, Cell], ...]


class Tables:
    """The finder of the tables of one edition.

    Args:
        where: The name of the workbook in an error message.
        edition: The edition.
        layouts: The labels of the publisher.
    """

    def __init__(self, where: str, edition: Edition, layouts: Layouts) -> None:
        self.where = where
        self.edition = edition
        self.layouts = layouts

    def on(self, grid: Grid) -> list[Body]:
        """Return the described tables of a sheet, in the order of their rows.

        Args:
            grid: The sheet.

        Returns:
            The tables that were found.

        Raises:
            SourceProblem: If a header occurs twice in a table, or if a column that touches a table is not described.
        """
        found = [header for row in grid.rows for header in self._in_row(grid, row)]
        headers = sorted(found, key=lambda header: (header.row, min(header.columns)))
        bodies = [Body(grid, header, _end(header, headers, grid)) for header in headers]
        for body in bodies:
            self._no_strangers(body)
            self._once_each(body)
        return bodies

    def _in_row(self, grid: Grid, row: int) -> list[Header]:
        matches = [match for table in self.edition.tables for match in self._matches(grid, row, table)]
        # If two tables share the words of a header, the table that knows more of its columns is chosen.
        chosen: list[Header] = []
        for match in sorted(matches, key=lambda match: (-len(match.columns), match.table.name)):
            if not any(set(match.columns).intersection(other.columns) for other in chosen):
                chosen.append(match)
        return [self._widened(grid, match, chosen) for match in chosen]

    def _matches(self, grid: Grid, row: int, table: Table) -> list[Header]:
        """Return the narrowest places where a table fits. Blank columns lie between tables, but also within a table."""
        texts = _texts(grid, row, table.header_rows)
        if not any(grid.at(row, column).text for column in texts):
            return []
        runs = _runs(texts)
        for length in range(1, len(runs) + 1):
            places = [reduce(or_, runs[first : first + length]) for first in range(len(runs) - length + 1)]
            if found := [match for place in places if (match := self._match(row, table, place))]:
                return found
        return []

    def _widened(self, grid: Grid, header: Header, others: list[Header]) -> Header:
        """Add the columns after a blank or hidden column, up to the next table, as long as any of them fits."""
        first, last = min(header.columns), max(header.columns)
        until = min((start for other in others if (start := min(other.columns)) > first), default=grid.last_column + 1)
        texts = _texts(grid, header.row, header.table.header_rows)
        reach = {column: stack for column, stack in texts.items() if first <= column <= last}
        for run in _runs({column: stack for column, stack in texts.items() if last < column < until}):
            read = [self._header_fields(column, stack) for column in header.table.columns for stack in run.values()]
            if all(fields is None for fields in read):
                break
            reach |= run
        return self._match(header.row, header.table, reach) or header

    def _match(self, row: int, table: Table, texts: Mapping[int, Stack]) -> Header | None:
        columns: dict[int, tuple[Column, Mapping[str, Field]]] = {}
        for number, stack in texts.items():
            for column in sorted(table.columns, key=lambda column: not column.is_literal):
                fields = self._header_fields(column, stack)
                if fields is not None:
                    columns[number] = (column, fields)
                    break
        used = [column for column, _ in columns.values()]
        if any(column not in used and not column.is_optional for column in table.columns):
            return None
        return Header(table, row, row + table.header_rows, columns)

    def _header_fields(self, column: Column, stack: Stack) -> Mapping[str, Field] | None:
        """Return what a header itself feeds if it fits a description, or None if it does not fit."""
        for cells in dict.fromkeys((stack.own, stack.filled)):
            if len(cells) != len(column.parts):
                continue
            read = [self.fits(part, *header) for part, header in zip(column.parts, cells, strict=True)]
            if all(fields is not None for fields in read):
                note = "".join(cell.note for _, cell in cells)
                fields = {name: field for part in read if part for name, field in part.items()}
                return fields | ({"note": Field(note, cells[0][0])} if note else {})
        return None

    def fits(self, part: re.Pattern[str], place: Place, cell: Cell) -> Mapping[str, Field] | None:
        """Return what one header cell feeds if it fits one part of a description.

        Args:
            part: The pattern of one header row.
            place: The cell.
            cell: The content of the cell.

        Returns:
            The fields, by name. None if the cell does not fit.

        Example:
            The cell `2020` fits the pattern of `{reference_year}` and gives `{"reference_year": Field(2020, (1, 3))}`.
        """
        match = part.fullmatch(fold(cell.text))
        if match is None:
            return None
        fields: dict[str, Field] = {}
        for name, text in match.groupdict().items():
            # A placeholder for the whole cell keeps the spelling and the date of the cell.
            read = self.field(name, cell if fold(cell.text) == text else Cell(text, cell.note), place)
            if read is None:
                return None
            fields |= read
        return fields

    def field(self, name: str, cell: Cell, place: Place) -> dict[str, Field] | None:
        """Return what a label feeds.

        Args:
            name: The field that the label should feed, such as `month`.
            cell: The content of the cell.
            place: The cell.

        Returns:
            The fields, by name. A label of `month` can also feed `reference_year`. None if the cell is not such a
                label.
        """
        if name == "reference_year":
            year = read_year(cell.text, cell.moment)
            return {name: Field(year, place, cell.note)} if year else None
        if name == "month":
            return _months(cell, place)
        if name == "variable":
            label = self.layouts.label(self.edition.publisher, name, cell.text)
            return {name: Field(label.category, place, cell.note)} if label else None
        dimensions = self._variables() if name == "category" else {name}
        known = any(self.layouts.label(self.edition.publisher, dimension, cell.text) for dimension in dimensions)
        return {name: Field(cell.text, place, cell.note)} if known else None

    def _variables(self) -> set[str]:
        fixed = {table.constants["variable"] for table in self.edition.tables if "variable" in table.constants}
        return fixed | {row["category"] for row in self.layouts.rows["crosswalk"] if row["dimension"] == "variable"}

    def problem(self, grid: Grid, place: Place, found: str, expected: str, do: str) -> SourceProblem:
        """Return an error about one cell, to be raised.

        Args:
            grid: The sheet.
            place: The cell.
            found: What was found there.
            expected: What was expected.
            do: What the reader of the message should do.
        """
        where = f"{self.where}, sheet {grid.sheet}, cell {address(place)}"
        return SourceProblem(where, found=found, expected=expected, do=do)

    # --- Columns that are ambiguous or not described

    def _once_each(self, body: Body) -> None:
        """Raise a problem if two columns mean the same. One of them would be left out."""
        seen: set[tuple[Any, ...]] = set()
        for number, (column, fields) in sorted(body.header.columns.items()):
            what = (column, *sorted((name, field.value) for name, field in fields.items() if name != "note"))
            if what in seen:
                raise self.problem(
                    body.grid,
                    (body.header.row, number),
                    f"the header {column.header} twice",
                    "each header once",
                    "Ask the publisher which column counts.",
                )
            seen.add(what)

    def _no_strangers(self, body: Body) -> None:
        """Raise a problem if a column that touches the table is not described. Figures would be left out or shifted."""
        columns = body.header.columns
        first, last = min(columns), max(columns)
        while first > 1 and body.is_used(first - 1):
            first -= 1
        while last < body.grid.last_column and body.is_used(last + 1):
            last += 1
        for number in range(first, last + 1):
            if number not in columns and (body.is_used(number) or body.has_words(number)):
                raise self.problem(
                    body.grid,
                    self._strange_cell(body, number),
                    "a column that the layout does not describe",
                    f"the columns of table {body.header.table.name} in layout {self.edition.layout}",
                    "Add its row to seeds/registry_columns.csv: `zicht sources check` prints it.",
                )

    def _strange_cell(self, body: Body, column: int) -> Place:
        """Return the header cell of a column that fits no description, or its top header cell if all fit."""
        table, row = body.header.table, body.header.row
        stack = _stacked(body.grid, row, table.header_rows, column)
        parts = [part for described in table.columns for part in described.parts]
        return next(
            (place for place, cell in stack.own if all(self.fits(part, place, cell) is None for part in parts)),
            (row, column),
        )


def _end(header: Header, headers: list[Header], grid: Grid) -> int:
    """Return the row after the last row of a table: the next header over its columns, or the row after the sheet."""
    below = [
        other.row for other in headers if other.row > header.row and set(other.columns).intersection(header.columns)
    ]
    return min(below, default=grid.last_row + 1)


def _texts(grid: Grid, row: int, depth: int) -> dict[int, Stack]:
    """Return the headers of each column that has any, within `depth` rows from `row`."""
    rows = range(row, row + depth)
    return {
        column: _stacked(grid, row, depth, column)
        for column in sorted({column for line in rows for column in grid.rows.get(line, ())})
        if any(grid.at(line, column).text or (line, column) in grid.merged for line in rows)
    }


def _stacked(grid: Grid, row: int, depth: int, column: int) -> Stack:
    own: dict[Place, Cell] = {}
    filled: dict[Place, Cell] = {}
    for line in range(row, row + depth):
        place = grid.merged.get((line, column), (line, column))
        if place[0] >= row and grid.at(*place).text:
            own[place] = filled[place] = grid.at(*place)
        elif line < row + depth - 1:
            filled_columns = reversed(grid.rows.get(line, ()))
            left = next((one for one in filled_columns if one <= column and grid.at(line, one).text), None)
            if left:
                filled[line, left] = grid.at(line, left)
    return Stack(tuple(own.items()), tuple(filled.items()))


def _runs(texts: Mapping[int, Stack]) -> list[dict[int, Stack]]:
    """Return the columns with a header, in runs without a gap."""
    runs: list[dict[int, Stack]] = []
    for column in sorted(texts):
        if not runs or column - 1 not in runs[-1]:
            runs.append({})
        runs[-1][column] = texts[column]
    return runs


def _months(cell: Cell, place: Place) -> dict[str, Field] | None:
    read = read_month(cell.text, cell.moment)
    if read is None:
        return None
    month, year = read
    fields = {"month": Field(month, place, cell.note)}
    return fields | ({"reference_year": Field(year, place)} if year else {})
