"""Read a registry's workbook by the layout of its edition. Every figure keeps the address of its cell.

A table is recognised by the words of its header, wherever it is. A header, column or label that no seed row describes
stops the file, and the message names the cell, because a wrong figure is worse than no figure. Single cells that break
a rule, hidden cells and numbers outside the tables do not stop the file. They become findings.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from connectors.codelists.layouts import Edition, Layouts
from connectors.formats.cells import BLANK, READING, Cell, Grid, address, read_grids
from connectors.formats.workbook import Place
from connectors.registries import checks
from connectors.registries.editions import Corrections, edition_of
from connectors.registries.found_table import BOUNDS, NO_LABELS, VALUES, WITHOUT_FIGURE, WORD, Body, Field, is_number
from connectors.registries.headers import Tables
from connectors.registries.intervals import interval, row_bounds
from connectors.source import Context, Item, Kind, Rejection, Row, Source, SourceFile

TABLE = "registry_figures"  # of every registry
FIGURES = pa.schema(
    [
        *((name, pa.string()) for name in ("publisher", "edition", "table_name", "unit", "population")),
        *((name, pa.string()) for name in ("variable", "category", "sex", "age")),
        *((name, pa.int32()) for name in ("reference_year", "month")),
        *((name, pa.float64()) for name in ("value_low", "value_high", "value")),
        ("is_estimate", pa.bool_()),
        *((name, pa.string()) for name in ("printed", "note", "sheet", "cell")),
    ]
)
KEY = ("unit", "population", "variable", "category", "sex", "age", "reference_year", "month")
TOTAL = "total"
UNLESS_LABELLED = {"sex": TOTAL, "age": TOTAL, "month": None}

# What the block labels above a row feed, by the field of their columns. An unknown label feeds nothing.
Blocks = dict[str, Mapping[str, Field]]


class Reader:
    """A reader of one workbook.

    Args:
        where: The name of the workbook in an error message.
        edition: The edition of the workbook.
        layouts: The labels of the publisher.

    Attributes:
        findings: What was left out.
        corrections: The corrections of known errors.
        unknown: The labels without a row in the crosswalk, as (dimension, text), with the first place of each.
    """

    def __init__(self, where: str, edition: Edition, layouts: Layouts) -> None:
        self.edition = edition
        self.tables = Tables(where, edition, layouts)
        self.findings: list[Rejection] = []
        self.corrections = Corrections(edition)
        self.unknown: checks.Unknown = {}

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
            checks.plain_counts(self.tables, grid, bodies)
            self.findings += checks.outside(grid, bodies)
            for body in bodies:
                rows += self._figures(body)
        checks.all_found(self.tables, found, self.unknown)
        self.corrections.check(self.tables.where)
        checks.all_known(self.tables, self.unknown)
        yield from checks.once(self.tables.where, KEY, rows, self.findings)
        yield from self.findings

    def _leave_out(self, grid: Grid, place: Place, field: str, rule: str) -> None:
        self.findings.append(Rejection(f"{grid.sheet}!{address(place)}", field, rule))

    # --- Rows

    def _figures(self, body: Body) -> Iterator[Row]:
        blocks: Blocks = {}
        for row in body.filled_rows:
            cells = {number: self.corrections.cell(body.grid, (row, number)) for number in body.header.columns}
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
            raise self.tables.problem(
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
        bounds = row_bounds(body, cells)
        if isinstance(bounds, int):
            self._leave_out(body.grid, (row, bounds), body.header.columns[bounds][0].feeds, "not_a_count")
            return
        for number in body.value_columns:
            column, fields = body.header.columns[number]
            cell, place = cells[number], (row, number)
            values = interval(body, place, cell, bounds, self.edition.marks)
            if isinstance(values, str):
                self._leave_out(body.grid, place, column.feeds, values)
                continue
            self._one_year(body.grid, labels, fields)
            keys = self._keys(body, {**labels, **fields}, place)
            if keys is None:
                continue
            notes = [cell.note, *(field.note for field in labels.values())]
            notes += [str(fields["note"].value)] if "note" in fields else []
            yield Row(
                TABLE,
                {
                    **keys,
                    "publisher": self.edition.publisher,
                    "edition": self.edition.name,
                    "table_name": body.header.table.name,
                    "unit": "percent" if column.feeds == "percent" else keys["unit"],
                    **dict(zip((*BOUNDS, "value"), values, strict=True)),
                    "is_estimate": body.header.table.is_estimate,
                    "printed": cell.text,
                    "note": " ".join(note for note in notes if note) or None,
                    "sheet": body.grid.sheet,
                    "cell": address(place),
                },
            )

    def _one_year(self, grid: Grid, labels: Mapping[str, Field], more: Mapping[str, Field]) -> None:
        """Raise a problem if two labels of a figure give different years. A date gives a year as well as a month."""
        year, other = labels.get("reference_year"), more.get("reference_year")
        if year and other and year.value != other.value:
            raise self.tables.problem(
                grid,
                other.place,
                "a year other than that of its row or column",
                "one year for each figure",
                "Ask the publisher which one holds.",
            )

    def _keys(self, body: Body, fields: Mapping[str, Field], place: Place) -> dict[str, Any] | None:
        keys: dict[str, Any] = {**UNLESS_LABELLED, "reference_year": self.edition.reference_year}
        keys |= body.header.table.constants
        keys |= {name: field.value for name, field in fields.items() if name in KEY and name not in checks.LABELLED}
        year = keys["reference_year"]
        # Only a target can be about a year after its publication.
        if year is None or (year > int(self.edition.published_on[:4]) and keys["unit"] != "target"):
            raise self.tables.problem(
                body.grid,
                place,
                "no reference year" if year is None else "a year after that of publication",
                "the year that the figure is about",
                "Correct the edition's row in seeds/registry_editions.csv, or ask the publisher.",
            )
        for name in filter(fields.__contains__, checks.LABELLED):
            dimension = keys["variable"] if name == "category" else name
            label = self.tables.layouts.label(self.edition.publisher, dimension, fields[name].value, year)
            if label is None:
                self.unknown.setdefault((dimension, fields[name].value), (body.grid, fields[name].place))
                return None
            # A label that is only a part of the total, such as a combination of forms, keeps its own text.
            is_code = name == "population" or (label.category == TOTAL and label.is_exact)
            keys[name] = label.category if is_code else label.text
        return keys


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
    main=TABLE,
    loses_record=lambda rejection: rejection.field in VALUES and rejection.rule != checks.REPEATED,
)
