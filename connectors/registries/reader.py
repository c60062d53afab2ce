"""Read a registry's workbook by the layout of its edition. Every figure keeps the address of its cell.

A table is recognised by the words of its header, wherever it is. A header, column or label that no seed row describes
stops the file, and the message names the cell, because a wrong figure is worse than no figure. Single cells that break
a rule, hidden cells and numbers outside the tables do not stop the file. They become findings.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pyarrow as pa
from openpyxl.utils import get_column_letter

from connectors.codelists.layouts import Edition, Layouts, Table, fold
from connectors.errors import SourceProblem
from connectors.formats.cells import BLANK, READING, Cell, Grid, address, read_grids
from connectors.formats.workbook import Place
from connectors.registries.editions import edition_of
from connectors.registries.headers import VALUES, WORD, Body, Field, Tables, is_number, problem
from connectors.registries.nearest_header import nearest_cell
from connectors.registries.numbers import other_unit, read_count, read_percentage
from connectors.source import Context, Item, Kind, Rejection, Row, Source, SourceFile

TABLE = "registry_figures"  # of every registry
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
BOUNDS = ("value_low", "value_high")
WITHOUT_FIGURE = (*BOUNDS, "nothing")
NO_LABELS = (*VALUES, *WITHOUT_FIGURE)
KEY = ("unit", "population", "variable", "category", "sex", "age", "reference_year", "month")
LABELLED = ("category", "sex", "age", "population")
TOTAL = "total"

# What the block labels above a row feed, by the field of their columns. An unknown label feeds nothing.
Blocks = dict[str, Mapping[str, Field]]
# The lowest, highest and exact value. All are None if the value is unknown.
Interval = tuple[float, float, float | None] | tuple[None, None, None]
UNKNOWN = (None, None, None)


class Reader:
    """A reader of one workbook.

    Args:
        where: The name of the workbook in an error message.
        edition: The edition of the workbook.
        layouts: The labels of the publisher.

    Attributes:
        findings: What was left out.
        corrected: The cells (sheet, address) whose known errors were corrected.
        unknown: The labels without a row in the crosswalk, as (dimension, text), with the first place of each.
    """

    def __init__(self, where: str, edition: Edition, layouts: Layouts) -> None:
        self.where = where
        self.edition = edition
        self.layouts = layouts
        self.tables = Tables(where, edition, layouts)
        self.findings: list[Rejection] = []
        self.corrected: set[tuple[str, str]] = set()
        self.unknown: dict[tuple[str, str], tuple[Grid, Place]] = {}

    def read(self, grids: list[Grid]) -> Iterator[Item]:
        """Yield all figures of all described tables, then the findings.

        Args:
            grids: The sheets of the workbook.

        Yields:
            Rows of the table `registry_figures`, then rejections.

        Raises:
            SourceProblem: If a table is missing, or if a header, label or correction is not as described.
        """
        rows: list[Row] = []
        found: list[tuple[Grid, list[Body]]] = []
        for grid in grids:
            self.findings += grid.findings()
            bodies = self.tables.on(grid)
            found.append((grid, bodies))
            self._plain_counts(grid, bodies)
            self._outside(grid, bodies)
            for body in bodies:
                rows += self._figures(body)
        self._all_found(found)
        self._all_known()
        yield from self._once(rows)
        yield from self.findings

    def _plain_counts(self, grid: Grid, bodies: list[Body]) -> None:
        """Raise a problem if a title or a cell of a table states another unit than plain counts, such as `x 1 000`."""
        last_header = max((body.header.row for body in bodies), default=0)
        has_percentages = any(body.is_for_percentages(column) for body in bodies for column in body.header.columns)
        for place, cell in grid.cells.items():
            body = next((body for body in bodies if body.covers(place)), None)
            if cell.number is not None or (body is None and place[0] > last_header):
                continue
            if body and (body.is_header(place) or self._is_described(body, place, cell)):
                continue
            is_count = not (body.is_for_percentages(place[1]) if body else has_percentages)
            if other_unit(cell.text, is_count=is_count):
                raise problem(
                    self.where,
                    grid,
                    place,
                    "another unit than plain counts",
                    "counts of one",
                    "Ask the publisher for plain counts, or describe the column as percent in "
                    "seeds/registry_columns.csv.",
                )

    def _is_described(self, body: Body, place: Place, cell: Cell) -> bool:
        """Return whether a cell of a table is a known label, or in a column that feeds nothing."""
        feeds = body.header.columns[place[1]][0].feeds
        return feeds == "nothing" or (feeds not in NO_LABELS and bool(self.tables.field(feeds, cell, place)))

    def _outside(self, grid: Grid, bodies: list[Body]) -> None:
        """Report numbers outside the tables: once for a sheet without tables, otherwise once for each column."""
        columns = {
            place[1]
            for place, cell in grid.cells.items()
            if is_number(cell) and not any(body.covers(place) for body in bodies)
        }
        if columns and not bodies:
            self.findings.append(Rejection(grid.sheet, "", "sheet_not_described"))
        elif columns:
            places = [f"{grid.sheet}!column {get_column_letter(column)}" for column in sorted(columns)]
            self.findings += [Rejection(place, "", "number_not_described") for place in places]

    def _leave_out(self, grid: Grid, place: Place, field: str, rule: str) -> None:
        self.findings.append(Rejection(f"{grid.sheet}!{address(place)}", field, rule))

    # --- Rows

    def _figures(self, body: Body) -> Iterator[Row]:
        blocks: Blocks = {}
        for row in body.filled_rows:
            cells = {number: self._corrected(body.grid, (row, number)) for number in body.header.columns}
            body.forget_hidden(row, blocks)
            if self._has_figures(body, row, cells):
                labels = self._labels(body, row, cells, blocks)
                if labels is not None:
                    yield from self._values(body, row, cells, labels)
            else:
                self._heading(body, row, cells, blocks)

    def _has_figures(self, body: Body, row: int, cells: Mapping[int, Cell]) -> bool:
        """Return whether a row has values. Words without a known label beside them are a note, units or a title."""
        values = [cells[number] for number in body.value_columns if cells[number] != BLANK]
        if values and all(WORD.search(cell.text) for cell in values):
            return any(
                self.tables.field(column.feeds, cells[number], (row, number))
                for number, (column, _) in body.header.columns.items()
                if column.feeds not in NO_LABELS and cells[number].text
            )
        return bool(values) or any(body.is_spread((row, number)) for number in body.value_columns)

    def _heading(self, body: Body, row: int, cells: Mapping[int, Cell], blocks: Blocks) -> None:
        """Read a row without values: a blank row, a note, or the heading of a block.

        Below a heading that cannot be read, rows belong to no block. A number in the row is reported, except in the
        first filled cell, where it is the mark of a note, and in columns of bounds or columns that feed nothing.
        """
        filled = [number for number in sorted(body.header.columns) if cells[number] != BLANK]
        for number in filled:
            column, _ = body.header.columns[number]
            read = self.tables.field(column.feeds, cells[number], (row, number))
            if column.is_block_label:
                blocks.pop(column.feeds, None)
                blocks |= {column.feeds: read} if read else {}
            if not read and number != filled[0] and column.feeds not in WITHOUT_FIGURE and is_number(cells[number]):
                self._leave_out(body.grid, (row, number), "", "number_not_described")

    def _labels(self, body: Body, row: int, cells: Mapping[int, Cell], blocks: Blocks) -> dict[str, Field] | None:
        """Return what the labels of a row feed, or None if one is unknown or missing. Unknown labels are noted."""
        labels: dict[str, Field] = {}
        is_known = True
        # Block labels come first. They hold for the rows below even if another label of this row is missing.
        for number, (column, _) in sorted(body.header.columns.items(), key=lambda item: not item[1][0].is_block_label):
            if column.feeds in NO_LABELS:
                continue
            if column.is_block_label and cells[number] != BLANK:
                blocks.pop(column.feeds, None)
            read = self._label(body, (row, number), column.feeds, cells[number])
            if read is None and column.is_block_label:
                read = blocks.get(column.feeds)
            if read is None:
                self._leave_out(body.grid, (row, number), column.feeds, "no_label")
                return None
            is_known = is_known and bool(read)
            self._one_year(body.grid, labels, read)
            labels |= read
            if column.is_block_label:
                blocks[column.feeds] = read
        return labels if is_known else None

    def _label(self, body: Body, place: Place, feeds: str, cell: Cell) -> Mapping[str, Field] | None:
        """Return what a label feeds: None for a blank label, an empty mapping for an unknown one.

        Raise a problem if a year or a month cannot be read.
        """
        if not cell.text:
            return None
        read = self.tables.field(feeds, cell, place)
        if read is None and feeds in ("reference_year", "month"):
            raise problem(
                self.where,
                body.grid,
                place,
                f"no {feeds.removeprefix('reference_')}",
                "2020, or maart, mrt. or 03",
                "Ask the publisher what is meant, or describe the column in seeds/registry_columns.csv.",
            )
        if read is None:
            self.unknown.setdefault((body.header.table.dimension(feeds), cell.text), (body.grid, place))
        return read or {}

    def _values(self, body: Body, row: int, cells: Mapping[int, Cell], labels: Mapping[str, Field]) -> Iterator[Row]:
        bounds = self._bounds(body, row, cells)
        if bounds is None:
            return
        for number in body.value_columns:
            column, fields = body.header.columns[number]
            cell, place = cells[number], (row, number)
            values = self._interval(body, place, cell, bounds)
            if isinstance(values, str):
                self._leave_out(body.grid, place, column.feeds, values)
                continue
            self._one_year(body.grid, labels, fields)
            keys = self._keys(body, {**labels, **fields}, place)
            if keys is None:
                continue
            notes = [cell.note, *(field.note for field in labels.values())]
            notes += [str(fields["note"].value)] if "note" in fields else []
            low, high, value = values
            yield Row(
                TABLE,
                {
                    **keys,
                    "publisher": self.edition.publisher,
                    "edition": self.edition.name,
                    "table_name": body.header.table.name,
                    "unit": "percent" if column.feeds == "percent" else keys["unit"],
                    "value_low": low,
                    "value_high": high,
                    "value": value,
                    "is_estimate": body.header.table.is_estimate,
                    "printed": cell.text,
                    "note": " ".join(note for note in notes if note) or None,
                    "sheet": body.grid.sheet,
                    "cell": address(place),
                },
            )

    def _bounds(self, body: Body, row: int, cells: Mapping[int, Cell]) -> dict[str, int] | None:
        """Return the printed bounds of an estimate, or None if one of them cannot be read."""
        bounds: dict[str, int] = {}
        for number, (column, _) in body.header.columns.items():
            if column.feeds in BOUNDS and cells[number] != BLANK:
                bound = read_count(cells[number].text, cells[number].number)
                if bound is None:
                    self._leave_out(body.grid, (row, number), column.feeds, "not_a_count")
                    return None
                bounds[column.feeds] = bound
        return bounds

    def _interval(self, body: Body, place: Place, cell: Cell, bounds: Mapping[str, int]) -> Interval | str:
        """Return the value of a cell, within the bounds that its row prints, or the rule that the cell breaks."""
        if body.is_spread(place):
            return "merged_value"
        read = self._printed(cell, body.header.columns[place[1]][0].feeds, place[1] in body.bare_shares)
        if isinstance(read, str) or read[0] is None:
            return read
        low, high, value = read
        around = bounds.get("value_low", low), bounds.get("value_high", high)
        return (*around, value) if around[0] <= low and high <= around[1] else "outside_its_bounds"

    def _printed(self, cell: Cell, feeds: str, is_bare_share: bool) -> Interval | str:
        if cell.broken:
            return cell.broken
        text = fold(cell.text)
        if not text:
            return UNKNOWN
        if text in self.edition.marks:
            meaning = self.edition.marks[text]
            if meaning is None:
                return UNKNOWN
            low, high = meaning
            return low, high, low if low == high else None
        number = read_percentage(cell.text) if feeds == "percent" else read_count(cell.text, cell.number)
        if number is None:
            return "not_a_percentage" if feeds == "percent" else "not_a_count"
        if is_bare_share and number and "%" not in text:
            return "share_or_percentage"
        return float(number), float(number), float(number)

    def _one_year(self, grid: Grid, labels: Mapping[str, Field], more: Mapping[str, Field]) -> None:
        """Raise a problem if two labels of a figure give different years. A date gives a year as well as a month."""
        year, other = labels.get("reference_year"), more.get("reference_year")
        if year and other and year.value != other.value:
            raise problem(
                self.where,
                grid,
                other.place,
                "a year other than that of its row or column",
                "one year for each figure",
                "Ask the publisher which one holds.",
            )

    def _keys(self, body: Body, fields: Mapping[str, Field], place: Place) -> dict[str, Any] | None:
        keys: dict[str, Any] = {
            "sex": TOTAL,
            "age": TOTAL,
            "month": None,
            "reference_year": self.edition.reference_year,
        }
        keys |= body.header.table.constants
        keys |= {name: field.value for name, field in fields.items() if name in KEY and name not in LABELLED}
        year = keys["reference_year"]
        # Only a target can be about a year after its publication.
        if year is None or (year > int(self.edition.published_on[:4]) and keys["unit"] != "target"):
            raise problem(
                self.where,
                body.grid,
                place,
                "no reference year" if year is None else "a year after that of publication",
                "the year that the figure is about",
                "Correct the edition's row in seeds/registry_editions.csv, or ask the publisher.",
            )
        for name in LABELLED:
            if name not in fields:
                continue
            dimension = keys["variable"] if name == "category" else name
            label = self.layouts.label(self.edition.publisher, dimension, fields[name].value, year)
            if label is None:
                self.unknown.setdefault((dimension, fields[name].value), (body.grid, fields[name].place))
                return None
            # A label that is only a part of the total, such as a combination of forms, keeps its own text.
            is_code = name == "population" or (label.category == TOTAL and label.is_exact)
            keys[name] = label.category if is_code else label.text
        return keys

    # --- Checks of the file as a whole

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

    def _all_found(self, found: list[tuple[Grid, list[Body]]]) -> None:
        names = {body.header.table.name for _, bodies in found for body in bodies}
        for table in self.edition.tables:
            if table.name not in names:
                raise problem(
                    self.where,
                    *self._likely_header(found, table),
                    f"no header of table {table.name} (this cell comes nearest)",
                    " | ".join(column.header for column in table.columns if not column.is_optional),
                    "Describe the layout in seeds/registry_tables.csv and registry_columns.csv: "
                    "`zicht sources check` prints the rows to add.",
                )
        for sheet, cell in sorted(set(self.edition.corrections) - self.corrected):
            raise SourceProblem(
                f"{self.where}, sheet {sheet}, cell {cell}",
                found="a value other than the one to correct",
                expected="what seeds/registry_corrections.csv says is printed",
                do="Remove that row if the publisher has corrected the figure, or correct the row.",
            )

    def _likely_header(self, found: list[tuple[Grid, list[Body]]], table: Table) -> tuple[Grid, Place]:
        strange = {(grid.sheet, place[0]) for grid, place in self.unknown.values()}
        grid, nearest, odd = nearest_cell(self.tables, table, found, strange)
        fields = {name for column in table.columns for part in column.parts for name in part.groupindex}
        for field, place in product(sorted(fields.intersection(LABELLED)), odd):
            self.unknown.setdefault((table.dimension(field), grid.at(*place).text), (grid, place))
        return grid, nearest

    def _once(self, rows: list[Row]) -> Iterator[Row]:
        """Yield each figure of a table once. Report an equal repetition, and raise a problem for a different one."""
        first: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in rows:
            key = (row.values["table_name"], *(row.values[name] for name in KEY))
            earlier = first.setdefault(key, row.values)
            if earlier is row.values:
                yield row
            elif all(earlier[name] == row.values[name] for name in (*BOUNDS, "value")):
                place = f"{row.values['sheet']}!{row.values['cell']}"
                self.findings.append(Rejection(place, "value", "repeated_figure"))
            else:
                raise SourceProblem(
                    f"{self.where}, sheet {row.values['sheet']}, cell {row.values['cell']}",
                    found=f"another figure for the same key as {earlier['sheet']}!{earlier['cell']}",
                    expected="one figure for each year, month and category",
                    do="Ask the publisher which one holds, and deliver the workbook again.",
                )

    def _all_known(self) -> None:
        if not self.unknown:
            return
        (dimension, _), (grid, place) = next(iter(self.unknown.items()))
        others = f" (and {len(self.unknown) - 1} more)" if len(self.unknown) > 1 else ""
        raise problem(
            self.where,
            grid,
            place,
            f"a label of {dimension} that is not known{others}",
            f"the labels of {self.edition.publisher} in seeds/crosswalk.csv",
            "Add its row: `zicht sources check` on this file prints it ready to paste.",
        )


def read_file(source: Source, file: SourceFile, context: Context) -> Iterator[Item]:
    """Yield the figures of one workbook.

    Args:
        source: The configured source.
        file: The file to read.
        context: What the reader needs besides the bytes.

    Yields:
        Rows of the table `registry_figures`, then rejections.

    Raises:
        SourceProblem: If the file is not a readable workbook, if its edition is unknown, or if it holds something that
            its layout does not describe.
    """
    where = f"{source.name}: {file.name}"
    grids = read_grids(source.name, file)
    edition = edition_of(where, grids, context.layouts, source.kind)
    yield from Reader(where, edition, context.layouts).read(grids)


KIND = Kind(
    tables={TABLE: FIGURES},
    suffixes=(".xlsx",),
    read_file=read_file,
    reading=lambda source, context: context.layouts.fingerprint + READING,
)
