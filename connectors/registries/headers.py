"""Where a workbook's described tables stand: found by the words of their headers, wherever that is."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from connectors.codelists.layouts import Column, Edition, Layouts, Table, fold
from connectors.errors import SourceProblem
from connectors.formats.cells import Cell, Grid, Place, address
from connectors.registries.numbers import read_count, read_month, read_percentage, read_year

VALUES = ("value", "percent")
WORD = re.compile(r"[^\W\d_]{2}")  # two letters: no number and no mark


@dataclass(frozen=True)
class Field:
    """A label that was read: what it feeds, and where it stands."""

    value: Any
    place: Place
    note: str = ""


@dataclass(frozen=True)
class Stack:
    """The headers above one column, from top to bottom, blanks left out: as they stand, and with a header that stands
    over several columns repeated in each."""

    own: tuple[tuple[Place, Cell], ...]
    filled: tuple[tuple[Place, Cell], ...]


@dataclass(frozen=True)
class Header:
    """A table that was recognised: the row below its header, and of each column its description and what the header
    itself feeds."""

    table: Table
    row: int
    first_data_row: int
    columns: Mapping[int, tuple[Column, Mapping[str, Field]]]


@dataclass(frozen=True)
class Body:
    """A table that was found: its header, and the rows below it up to `end`."""

    grid: Grid
    header: Header
    end: int

    @property
    def rows(self) -> range:
        return range(self.header.first_data_row, self.end)

    @cached_property
    def filled_rows(self) -> list[int]:
        """The rows in which there is anything: between them there can be a million without."""
        return [row for row in self.grid.rows if row in self.rows]

    @cached_property
    def value_columns(self) -> list[int]:
        return [number for number, (column, _) in self.header.columns.items() if column.feeds in VALUES]

    def is_spread(self, place: Place) -> bool:
        """Whether a value stands over several places for values, and so is nobody's: they are merged."""
        first = self.grid.merged.get(place)
        return first is not None and self._is_for_values(first) and self._merged_values[first] > 1

    @cached_property
    def _merged_values(self) -> Counter[Place]:
        """Over how many places for values each merged range stands, by its first place."""
        return Counter(first for place, first in self.grid.merged.items() if self._is_for_values(place))

    def _is_for_values(self, place: Place) -> bool:
        return place[0] in self.rows and place[1] in self.value_columns

    @cached_property
    def bare_shares(self) -> frozenset[int]:
        """The columns of percentages in which no bare number passes 1: is 0.12 meant as 12 % or as 0.12 %?"""
        bare: set[int] = set()
        for number in self.value_columns:
            if self.header.columns[number][0].feeds == "percent":
                cells = [self.grid.at(row, number) for row in self.filled_rows]
                read = [read_percentage(cell.text) for cell in cells if "%" not in cell.text]
                bare |= {number} if max((one for one in read if one is not None), default=1) <= 1 else set()
        return frozenset(bare)

    def forget_hidden(self, row: int, blocks: dict[str, Any]) -> None:
        """The label of a block that is hidden does not hold for the rows below, nor does the one above it."""
        for number, (column, _) in self.header.columns.items():
            if column.is_block_label and (row, number) in self.grid.concealed:
                blocks.pop(column.feeds, None)

    def covers(self, place: Place) -> bool:
        """Whether a cell lies within the table, its header included."""
        return self.header.row <= place[0] < self.end and place[1] in self.header.columns

    def is_header(self, place: Place) -> bool:
        return self.covers(place) and place[0] < self.header.first_data_row

    def is_used(self, column: int) -> bool:
        """Whether a column has a header, or numbers beside the table's rows that are no other table's."""
        if any(self.grid.at(row, column).text for row in range(self.header.row, self.header.first_data_row)):
            return True
        return not self.has_words(column) and any(is_number(self.grid.at(row, column)) for row in self.filled_rows)

    def has_words(self, column: int) -> bool:
        return any(WORD.search(self.grid.at(row, column).text) for row in self.filled_rows)


class Tables:
    """Finds the tables of one edition."""

    def __init__(self, where: str, edition: Edition, layouts: Layouts) -> None:
        self.where = where
        self.edition = edition
        self.layouts = layouts

    def on(self, grid: Grid) -> list[Body]:
        """The described tables of a sheet, in the order of their rows.

        Raises:
            SourceProblem: a header stands twice, or touches a column that is not described.
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
        # Of two tables that share a header's words, the one that knows more of its columns.
        chosen: list[Header] = []
        for match in sorted(matches, key=lambda match: (-len(match.columns), match.table.name)):
            if not any(set(match.columns).intersection(other.columns) for other in chosen):
                chosen.append(match)
        return [self._widened(grid, match, chosen) for match in chosen]

    def _matches(self, grid: Grid, row: int, table: Table) -> list[Header]:
        """The narrowest places where a table fits: blank columns lie between tables, but also within one."""
        texts = _texts(grid, row, table.header_rows)
        if not any(grid.at(row, column).text for column in texts):
            return []
        runs = _runs(texts)
        for length in range(1, len(runs) + 1):
            found = [
                match
                for first in range(len(runs) - length + 1)
                if (match := self._match(row, table, _joined(runs[first : first + length])))
            ]
            if found:
                return found
        return []

    def _widened(self, grid: Grid, header: Header, others: list[Header]) -> Header:
        """With the columns that come after a blank or hidden one, up to the next table, as long as any of them fits."""
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
        """What a header itself feeds where it fits a description, None where it does not."""
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
        """What one header cell feeds where it fits one part of a description."""
        match = part.fullmatch(fold(cell.text))
        if match is None:
            return None
        fields: dict[str, Field] = {}
        for name, text in match.groupdict().items():
            # A whole cell keeps its own spelling and date.
            read = self.field(name, cell if fold(cell.text) == text else Cell(text, cell.note), place)
            if read is None:
                return None
            fields |= read
        return fields

    def field(self, name: str, cell: Cell, place: Place) -> dict[str, Field] | None:
        """What a label feeds; None where it is no such label."""
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

    # --- Columns that are ambiguous, or that nobody described

    def _once_each(self, body: Body) -> None:
        """No two columns may tell the same: one of them would be left out."""
        told: set[tuple[Any, ...]] = set()
        for number, (column, fields) in sorted(body.header.columns.items()):
            what = (column, *sorted((name, field.value) for name, field in fields.items() if name != "note"))
            if what in told:
                raise problem(
                    self.where,
                    body.grid,
                    (body.header.row, number),
                    f"the header {column.header} twice",
                    "each header once",
                    "Ask the publisher which column counts.",
                )
            told.add(what)

    def _no_strangers(self, body: Body) -> None:
        """No column that touches the table may go unread: figures would be left out, or shifted."""
        columns = body.header.columns
        first, last = min(columns), max(columns)
        while first > 1 and body.is_used(first - 1):
            first -= 1
        while last < body.grid.last_column and body.is_used(last + 1):
            last += 1
        for number in range(first, last + 1):
            if number not in columns and (body.is_used(number) or body.has_words(number)):
                raise problem(
                    self.where,
                    body.grid,
                    self._strange_cell(body, number),
                    "a column that the layout does not describe",
                    f"the columns of table {body.header.table.name} in layout {self.edition.layout}",
                    "Add its row to seeds/registry_columns.csv: `zicht sources check` prints it.",
                )

    def _strange_cell(self, body: Body, column: int) -> Place:
        """Of the headers above a column, the one that no description has; the upper one where there is none."""
        table, row = body.header.table, body.header.row
        stack = _stacked(body.grid, row, table.header_rows, column)
        parts = [part for described in table.columns for part in described.parts]
        return next(
            (place for place, cell in stack.own if all(self.fits(part, place, cell) is None for part in parts)),
            (row, column),
        )


def problem(where: str, grid: Grid, place: Place, found: str, expected: str, do: str) -> SourceProblem:
    """The error of one cell."""
    return SourceProblem(f"{where}, sheet {grid.sheet}, cell {address(place)}", found=found, expected=expected, do=do)


def _end(header: Header, headers: list[Header], grid: Grid) -> int:
    """The row after a table's last: the next header over any of its columns, or the end of the sheet."""
    below = [
        other.row for other in headers if other.row > header.row and set(other.columns).intersection(header.columns)
    ]
    return min(below, default=grid.last_row + 1)


def is_number(cell: Cell) -> bool:
    """Whether a cell shows a count."""
    return cell.moment is None and read_count(cell.text, cell.number) is not None


def _texts(grid: Grid, row: int, depth: int) -> dict[int, Stack]:
    """The headers of each column that has any in `depth` rows from `row`."""
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
    """The columns with a header, in runs without a gap."""
    runs: list[dict[int, Stack]] = []
    for column in sorted(texts):
        if not runs or column - 1 not in runs[-1]:
            runs.append({})
        runs[-1][column] = texts[column]
    return runs


def _joined(runs: list[dict[int, Stack]]) -> dict[int, Stack]:
    return {column: stack for run in runs for column, stack in run.items()}


def _months(cell: Cell, place: Place) -> dict[str, Field] | None:
    read = read_month(cell.text, cell.moment)
    if read is None:
        return None
    month, year = read
    fields = {"month": Field(month, place, cell.note)}
    return fields | ({"reference_year": Field(year, place)} if year else {})
