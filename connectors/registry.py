"""A registry's workbook, read by the layout of its edition: every figure with the cell it stands in.

A table is recognised by the words of its header, wherever it stands. What no layout row tells stops the file and names
the cell: a wrong figure is worse than none.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import pyarrow as pa

from connectors.errors import SourceProblem
from connectors.layouts import Column, Edition, Layouts, Table, fold
from connectors.numbers import read_count, read_month, read_percentage, read_year
from connectors.shown import BLANK, Cell, Grid, Place, address, opened_grids
from connectors.source import Context, Item, Kind, Rejection, Row, Source, SourceFile
from connectors.titles import edition_of

FIGURES = pa.schema(
    [
        *((name, pa.string()) for name in ("publisher", "edition", "table_name", "unit", "population")),
        *((name, pa.string()) for name in ("variable", "category", "sex", "age")),
        ("reference_year", pa.int32()),
        ("month", pa.int32()),
        ("value_low", pa.float64()),
        ("value_high", pa.float64()),
        ("value", pa.float64()),
        ("is_estimate", pa.bool_()),
        *((name, pa.string()) for name in ("printed", "note", "sheet", "cell")),
    ]
)
VALUES = ("value", "percent")
BOUNDS = ("value_low", "value_high")
NO_LABELS = (*VALUES, *BOUNDS, "nothing")
KEY = ("unit", "population", "variable", "category", "sex", "age", "reference_year", "month")
TOTAL = "total"


@dataclass(frozen=True)
class Field:
    """A label that was read: what it feeds, and where it stands."""

    value: Any
    place: Place
    note: str = ""


@dataclass(frozen=True)
class Header:
    """A table that was recognised: the row below its header, and of each column its description and what the header
    itself feeds."""

    table: Table
    row: int
    first_data_row: int
    columns: Mapping[int, tuple[Column, Mapping[str, Field]]]


class Reader:
    """Reads one workbook; `rows` are the figures, `findings` what was left out."""

    def __init__(self, where: str, edition: Edition, layouts: Layouts) -> None:
        self.where = where
        self.edition = edition
        self.layouts = layouts
        self.findings: list[Rejection] = []
        self.corrected: set[tuple[str, str]] = set()
        # Labels without a row in the crosswalk: (dimension, text) and where each was met first.
        self.unknown: dict[tuple[str, str], tuple[Grid, Place]] = {}

    def read(self, grids: list[Grid]) -> Iterator[Item]:
        """All figures of all described tables.

        Raises:
            SourceProblem: a table is missing, or a header, label or correction is not as described.
        """
        rows: list[Row] = []
        found: set[str] = set()
        for grid in grids:
            self.findings += [
                Rejection(f"{grid.sheet}!{place}".rstrip("!"), "", "hidden_content") for place in grid.hidden
            ]
            headers = self.headers(grid)
            found.update(header.table.name for header in headers)
            if not headers and any(_is_number(cell) for cell in grid.cells.values()):
                self.findings.append(Rejection(grid.sheet, "", "sheet_not_described"))
            for header in headers:
                rows += self._figures(grid, header, _end(header, headers, grid))
        self._all_found(grids, found)
        self._all_known()
        yield from self._once(rows)
        yield from self.findings

    # --- Headers

    def headers(self, grid: Grid) -> list[Header]:
        """The described tables of a sheet, in the order of their rows."""
        headers: list[Header] = []
        for row in range(1, grid.last_row + 1):
            matches = [match for table in self.edition.tables for match in self._matches(grid, row, table)]
            # Of two tables that share a header's words, the one that knows more of its columns.
            taken: set[int] = set()
            for match in sorted(matches, key=lambda match: (-len(match.columns), match.table.name)):
                if not taken.intersection(match.columns):
                    taken.update(match.columns)
                    headers.append(match)
                    self._no_strangers(grid, match)
        return sorted(headers, key=lambda header: (header.row, min(header.columns)))

    def _matches(self, grid: Grid, row: int, table: Table) -> list[Header]:
        texts = {
            column: stacked(grid, row, table.header_rows, column)
            for column in range(1, grid.last_column + 1)
            if any(grid.at(line, column).text for line in range(row, row + table.header_rows))
            or any((line, column) in grid.merged for line in range(row, row + table.header_rows))
        }
        if not any(grid.at(row, column).text for column in texts):
            return []
        separate = [match for part in _segments(texts) if (match := self._match(grid, row, table, part))]
        whole = self._match(grid, row, table, texts)
        return separate or ([whole] if whole else [])

    def _match(self, grid: Grid, row: int, table: Table, texts: "Mapping[int, Stack]") -> Header | None:
        columns: dict[int, tuple[Column, Mapping[str, Field]]] = {}
        for number, stack in texts.items():
            for column in sorted(table.columns, key=lambda column: not column.is_literal):
                fields = self._header_fields(column, stack, row)
                if fields is not None:
                    columns[number] = (column, fields)
                    break
        used = [column for column, _ in columns.values()]
        if any(column not in used and not column.is_optional for column in table.columns):
            return None
        for column in used:
            if column.is_literal and used.count(column) > 1:
                raise self._problem(
                    grid,
                    (row, max(number for number, (one, _) in columns.items() if one == column)),
                    f"the header {column.header} twice",
                    "each header once",
                    "Ask the publisher which column counts.",
                )
        return Header(table, row, row + table.header_rows, columns)

    def _header_fields(self, column: Column, stack: "Stack", row: int) -> Mapping[str, Field] | None:
        """What a header itself feeds where it fits a description, None where it does not."""
        for cells in dict.fromkeys((stack.own, stack.filled)):
            if len(cells) != len(column.parts):
                continue
            read = [self._fits(part, *header) for part, header in zip(column.parts, cells, strict=True)]
            if all(fields is not None for fields in read):
                note = "".join(cell.note for _, cell in cells)
                fields = {name: field for part in read if part for name, field in part.items()}
                return fields | ({"note": Field(note, cells[0][0])} if note else {})
        return None

    def _fits(self, part: re.Pattern[str], place: Place, cell: Cell) -> Mapping[str, Field] | None:
        """What one header cell feeds where it fits one part of a description."""
        match = part.fullmatch(fold(cell.text))
        if match is None:
            return None
        fields: dict[str, Field] = {}
        for name, text in match.groupdict().items():
            # A whole cell keeps its own spelling and date.
            read = self._field(name, cell if fold(cell.text) == text else Cell(text, cell.note), place)
            if read is None:
                return None
            fields |= read
        return fields

    def _no_strangers(self, grid: Grid, header: Header) -> None:
        """No column that touches the table may go unread: figures would be left out, or shifted."""
        first, last = min(header.columns), max(header.columns)
        while self._is_used(grid, header, first - 1):
            first -= 1
        while self._is_used(grid, header, last + 1):
            last += 1
        for number in range(first, last + 1):
            if number not in header.columns and self._is_used(grid, header, number):
                raise self._problem(
                    grid,
                    (header.row, number),
                    "a column that the layout does not describe",
                    f"the columns of table {header.table.name} in layout {self.edition.layout}",
                    "Add its row to seeds/registry_columns.csv: `zicht sources check` prints it.",
                )

    def _is_used(self, grid: Grid, header: Header, column: int) -> bool:
        if column < 1 or column > grid.last_column:
            return False
        heads = range(header.row, header.first_data_row)
        body = range(header.first_data_row, grid.last_row + 1)
        return any(grid.at(row, column).text for row in heads) or (
            any(_is_number(grid.at(row, column)) for row in body)
            and not any(self._is_header_row(grid, row, column) for row in body)
        )

    def _is_header_row(self, grid: Grid, row: int, column: int) -> bool:
        """Whether another table's header may start here: its numbers are its own affair."""
        return bool(grid.at(row, column).text) and not _is_number(grid.at(row, column))

    # --- Rows

    def _figures(self, grid: Grid, header: Header, end: int) -> Iterator[Row]:
        blocks: dict[str, Field | None] = {}
        for row in range(header.first_data_row, end):
            cells = {number: self._corrected(grid, (row, number)) for number in header.columns}
            if any(cells[number] != BLANK for number, (column, _) in header.columns.items() if column.feeds in VALUES):
                labels = self._labels(grid, header, row, cells, blocks)
                if labels is not None:
                    yield from self._values(grid, header, row, cells, labels)
            else:
                self._heading(header, row, cells, blocks)

    def _heading(self, header: Header, row: int, cells: Mapping[int, Cell], blocks: dict[str, Field | None]) -> None:
        """A row without values is blank, a note, or the heading of a block."""
        for number, (column, _) in header.columns.items():
            if column.is_block_label and cells[number].text:
                blocks.update(self._field(column.feeds, cells[number], (row, number)) or {})

    def _labels(
        self, grid: Grid, header: Header, row: int, cells: Mapping[int, Cell], blocks: dict[str, Field | None]
    ) -> dict[str, Field] | None:
        """What the labels of a row feed, None where one is unknown or missing; all that are unknown are noted."""
        labels: dict[str, Field | None] = {}
        for number, (column, _) in header.columns.items():
            if column.feeds in NO_LABELS:
                continue
            cell = cells[number]
            if cell.text:
                read: Mapping[str, Field | None] | None = self._field(column.feeds, cell, (row, number))
                if read is None and column.feeds in ("reference_year", "month"):
                    raise self._problem(
                        grid,
                        (row, number),
                        f"no {column.feeds.removeprefix('reference_')}",
                        "2020, or maart, mrt. or 03",
                        "Ask the publisher what is meant, or describe the column in seeds/registry_columns.csv.",
                    )
                if read is None:
                    dimension = header.table.dimension(column.feeds)
                    self.unknown.setdefault((dimension, cell.text), (grid, (row, number)))
                    read = {column.feeds: None}
                labels |= read
                if column.is_block_label:
                    blocks |= read
            elif column.is_block_label and column.feeds in blocks:
                labels[column.feeds] = blocks[column.feeds]
            else:
                place = f"{grid.sheet}!{address((row, number))}"
                self.findings.append(Rejection(place, column.feeds, "no_label"))
                return None
        known = {name: field for name, field in labels.items() if field}
        return known if known.keys() == labels.keys() else None

    def _values(
        self, grid: Grid, header: Header, row: int, cells: Mapping[int, Cell], labels: Mapping[str, Field]
    ) -> Iterator[Row]:
        bounds: dict[str, int] = {}
        for number, (column, _) in header.columns.items():
            if column.feeds in BOUNDS and cells[number] != BLANK:
                bound = read_count(cells[number].text, cells[number].number)
                if bound is None:
                    place = f"{grid.sheet}!{address((row, number))}"
                    self.findings.append(Rejection(place, column.feeds, "not_a_count"))
                    return
                bounds[column.feeds] = bound
        for number, (column, fields) in header.columns.items():
            if column.feeds not in VALUES:
                continue
            cell = cells[number]
            location = f"{grid.sheet}!{address((row, number))}"
            values = self._interval(cell, column.feeds)
            if isinstance(values, str):
                self.findings.append(Rejection(location, column.feeds, values))
                continue
            keys = self._keys(grid, header, {**labels, **fields}, (row, number))
            if keys is None:
                continue
            notes = [cell.note, *(field.note for field in labels.values())]
            notes += [str(fields["note"].value)] if "note" in fields else []
            low, high, value = values
            yield Row(
                f"{self.edition.kind}_figures",
                {
                    **keys,
                    "publisher": self.edition.publisher,
                    "edition": self.edition.name,
                    "table_name": header.table.name,
                    "unit": "percent" if column.feeds == "percent" else keys["unit"],
                    "value_low": bounds.get("value_low", low) if value is not None else low,
                    "value_high": bounds.get("value_high", high) if value is not None else high,
                    "value": value,
                    "is_estimate": header.table.is_estimate,
                    "printed": cell.text,
                    "note": " ".join(note for note in notes if note) or None,
                    "sheet": grid.sheet,
                    "cell": address((row, number)),
                },
            )

    def _interval(self, cell: Cell, feeds: str) -> tuple[float | None, float | None, float | None] | str:
        """(lowest, highest, exact) of a cell, all None where it is unknown; or the rule that it breaks."""
        if cell.broken:
            return cell.broken
        text = fold(cell.text)
        if not text:
            return None, None, None
        if text in self.edition.marks:
            stands_for = self.edition.marks[text]
            if stands_for is None:
                return None, None, None
            low, high = stands_for
            return low, high, low if low == high else None
        number = read_percentage(cell.text) if feeds == "percent" else read_count(cell.text, cell.number)
        if number is None:
            return "not_a_percentage" if feeds == "percent" else "not_a_count"
        return float(number), float(number), float(number)

    def _keys(self, grid: Grid, header: Header, fields: Mapping[str, Field], place: Place) -> dict[str, Any] | None:
        keys: dict[str, Any] = {
            "sex": TOTAL,
            "age": TOTAL,
            "month": None,
            "reference_year": self.edition.reference_year,
        }
        keys |= header.table.constants
        keys |= {name: field.value for name, field in fields.items() if name in KEY and name not in _LABELLED}
        year = keys["reference_year"]
        # A target is set for years to come.
        if year is None or (year > int(self.edition.published_on[:4]) and keys["unit"] != "target"):
            raise self._problem(
                grid,
                place,
                "no reference year" if year is None else "a year after that of publication",
                "the year that the figure is about",
                "Correct the edition's row in seeds/registry_editions.csv, or ask the publisher.",
            )
        for name in _LABELLED:
            if name not in fields:
                continue
            dimension = keys["variable"] if name == "category" else name
            label = self.layouts.label(self.edition.publisher, dimension, fields[name].value, year)
            if label is None:
                self.unknown.setdefault((dimension, fields[name].value), (grid, fields[name].place))
                return None
            # What is only a part of the total, such as a combination of forms, keeps its own name.
            is_code = name == "population" or (label.category == TOTAL and label.is_exact)
            keys[name] = label.category if is_code else label.text
        return keys

    def _field(self, name: str, cell: Cell, place: Place) -> dict[str, Field] | None:
        """What a label feeds; None where it is no such label."""
        if name == "reference_year":
            year = cell.moment.year if cell.moment else read_year(cell.text)
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

    # --- What the file as a whole must hold

    def _corrected(self, grid: Grid, place: Place) -> Cell:
        cell = grid.at(*place)
        key = (grid.sheet, address(place))
        if key not in self.edition.corrections:
            return cell
        _, printed, corrected = self.edition.corrections[key]
        if fold(printed) != fold(cell.text):
            return cell
        self.corrected.add(key)
        return Cell(corrected, f"{cell.note} corrected".strip())

    def _all_found(self, grids: list[Grid], found: set[str]) -> None:
        for table in self.edition.tables:
            if table.name not in found:
                grid, place = self._nearest(grids, table)
                raise self._problem(
                    grid,
                    place,
                    f"no header of table {table.name} (this cell comes nearest)",
                    " | ".join(column.header for column in table.columns if not column.is_optional),
                    "Describe the layout in seeds/registry_tables.csv and registry_columns.csv: "
                    "`zicht sources check` prints the rows to add.",
                )
        for sheet, cell in sorted(set(self.edition.corrections) - self.corrected):
            raise SourceProblem(
                f"{self.where}, sheet {sheet}, cell {cell}",
                found="another print than the one to correct",
                expected="what seeds/registry_corrections.csv says is printed",
                do="Remove that row if the publisher has mended the figure, or correct it.",
            )

    def _nearest(self, grids: list[Grid], table: Table) -> tuple[Grid, Place]:
        """Where the row is of which most cells fit the header. What fits nothing there may be an unknown label."""
        parts = [part for column in table.columns for part in column.parts]
        fitting, nearest, place, odd = -1, grids[0], (1, 1), list[Place]()
        for grid in grids:
            for row in range(1, grid.last_row + 1):
                places = [(row, column) for column in range(1, grid.last_column + 1) if grid.at(row, column).text]
                strange = [one for one in places if all(self._fits(part, one, grid.at(*one)) is None for part in parts)]
                if places and len(places) - len(strange) > fitting:
                    fitting, nearest, odd = len(places) - len(strange), grid, strange
                    place = (odd or places)[0]
        fields = sorted({name for part in parts for name in part.groupindex if name in _LABELLED})
        for field, one in product(fields, odd if fitting else []):
            self.unknown.setdefault((table.dimension(field), nearest.at(*one).text), (nearest, one))
        return nearest, place

    def _once(self, rows: list[Row]) -> Iterator[Row]:
        """Each figure once in a table: the same again is left out and told, another one stops the file."""
        first: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in rows:
            key = (row.values["table_name"], *(row.values[name] for name in KEY))
            earlier = first.setdefault(key, row.values)
            if earlier is row.values:
                yield row
            elif all(earlier[name] == row.values[name] for name in ("value_low", "value_high")):
                place = f"{row.values['sheet']}!{row.values['cell']}"
                self.findings.append(Rejection(place, "value", "repeated_figure"))
            else:
                raise SourceProblem(
                    f"{self.where}, sheet {row.values['sheet']}, cell {row.values['cell']}",
                    found=f"another figure for what {earlier['sheet']}!{earlier['cell']} tells",
                    expected="one figure for each year, month and category",
                    do="Ask the publisher which one holds, and deliver the workbook again.",
                )

    def _all_known(self) -> None:
        if not self.unknown:
            return
        (dimension, _), (grid, place) = next(iter(self.unknown.items()))
        others = f" (and {len(self.unknown) - 1} more)" if len(self.unknown) > 1 else ""
        raise self._problem(
            grid,
            place,
            f"a label of {dimension} that is not known{others}",
            f"the labels of {self.edition.publisher} in seeds/crosswalk.csv",
            "Add its row: `zicht sources check` on this file prints it ready to paste.",
        )

    def _problem(self, grid: Grid, place: Place, found: str, expected: str, do: str) -> SourceProblem:
        where = f"{self.where}, sheet {grid.sheet}, cell {address(place)}"
        return SourceProblem(where, found=found, expected=expected, do=do)


_LABELLED = ("category", "sex", "age", "population")


@dataclass(frozen=True)
class Stack:
    """The headers above one column, from top to bottom, blanks left out: as they stand, and with a header that stands
    over several columns repeated in each."""

    own: tuple[tuple[Place, Cell], ...]
    filled: tuple[tuple[Place, Cell], ...]


def stacked(grid: Grid, row: int, depth: int, column: int) -> Stack:
    """The headers of one column in `depth` rows from `row`."""
    own: dict[Place, Cell] = {}
    filled: dict[Place, Cell] = {}
    for line in range(row, row + depth):
        place = grid.merged.get((line, column), (line, column))
        if place[0] >= row and grid.at(*place).text:
            own[place] = filled[place] = grid.at(*place)
        elif line < row + depth - 1:
            left = next((one for one in range(column, 0, -1) if grid.at(line, one).text), None)
            if left:
                filled[line, left] = grid.at(line, left)
    return Stack(tuple(own.items()), tuple(filled.items()))


def _segments(texts: Mapping[int, Stack]) -> list[dict[int, Stack]]:
    """The columns with a header, in runs without a gap."""
    runs: list[dict[int, Stack]] = []
    for column in sorted(texts):
        if not runs or column - 1 not in runs[-1]:
            runs.append({})
        runs[-1][column] = texts[column]
    return runs


def _end(header: Header, headers: list[Header], grid: Grid) -> int:
    """The row after a table's last: the next header over any of its columns, or the end of the sheet."""
    below = [
        other.row for other in headers if other.row > header.row and set(other.columns).intersection(header.columns)
    ]
    return min(below, default=grid.last_row + 1)


def _is_number(cell: Cell) -> bool:
    return cell.moment is None and read_count(cell.text, cell.number) is not None


def _months(cell: Cell, place: Place) -> dict[str, Field] | None:
    read = read_month(cell.text, cell.moment)
    if read is None:
        return None
    month, year = read
    fields = {"month": Field(month, place, cell.note)}
    return fields | ({"reference_year": Field(year, place)} if year else {})


def read_file(source: Source, file: SourceFile, context: Context) -> Iterator[Item]:
    """The figures of one workbook.

    Raises:
        SourceProblem: no readable workbook, no known edition, or something that its layout does not describe.
    """
    where = f"{source.name}: {file.name}"
    with opened_grids(source.name, file) as grids:
        edition = edition_of(where, grids, context.layouts, source.kind)
        yield from Reader(where, edition, context.layouts).read(grids)


def registry_kind(name: str) -> Kind:
    """A registry whose workbooks are described in `seeds/`."""
    return Kind(
        tables={f"{name}_figures": FIGURES},
        suffixes=(".xlsx",),
        read_file=read_file,
        reading=lambda source, context: context.layouts.fingerprint,
    )
