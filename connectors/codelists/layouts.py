"""Read the layouts of the registries' workbooks, edition by edition, and their labels: reviewed rows in `seeds/`.

registry_editions.csv     the editions, the title that identifies each of them, and its layout
registry_tables.csv       the tables of a layout, with what all figures of a table share
registry_columns.csv      the columns of a table, recognised by their headers, and the field that each column feeds
registry_totals.csv       which rows must add up to which total (checked in dbt)
registry_marks.csv        what `-`, `<5` and `x` mean
registry_corrections.csv  known errors of a publisher
crosswalk.csv             every label that a publisher prints
"""

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FILES = (
    *(f"registry_{name}" for name in ("editions", "tables", "columns", "totals", "marks", "corrections")),
    "crosswalk",
)
PLACEHOLDER = re.compile(r"\{(\w+)\}")
DASHES = re.compile("[\u2010-\u2015\u2212]")
INVISIBLE = re.compile("[\u00ad\u200b-\u200d\ufeff]")

Seed = Mapping[str, str]


def fold(text: str) -> str:
    """Return a text in the form in which texts are compared.

    The form ignores case, accents, invisible characters, kinds of dash, and kinds and numbers of blanks.

    Example:
        `fold("Slachtoffers 2014–2018")` is `slachtoffers 2014-2018`.
    """
    plain = "".join(mark for mark in unicodedata.normalize("NFD", text) if not unicodedata.combining(mark))
    return " ".join(DASHES.sub("-", INVISIBLE.sub("", plain)).casefold().split())


@dataclass(frozen=True)
class Column:
    """A described column.

    Attributes:
        header: The stacked headers of the column, from top to bottom, separated by ` / `. A placeholder such as
            `{month}` takes the place of a printed label.
        feeds: The field that the cells of the column feed.
        is_block_label: Whether a label holds for the rows below it, until the next label.
        is_optional: Whether a table may lack the column.
    """

    header: str
    feeds: str
    is_block_label: bool
    is_optional: bool

    @cached_property
    def parts(self) -> tuple[re.Pattern[str], ...]:
        """Return one pattern for each header row, from top to bottom. A placeholder is a group with its name."""
        return tuple(re.compile(_pattern(part)) for part in self.header.split(" / "))

    @property
    def is_literal(self) -> bool:
        return not PLACEHOLDER.search(self.header)


def _pattern(part: str) -> str:
    pieces = PLACEHOLDER.split(fold(part))
    return "".join(f"(?P<{piece}>.+)" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces))


@dataclass(frozen=True)
class Table:
    """A described table.

    Attributes:
        name: The name of the table within its layout.
        header_rows: The number of header rows.
        constants: The fields that all figures of the table share, with their values.
        is_estimate: Whether the figures are estimates.
        columns: The columns of the table.
    """

    name: str
    header_rows: int
    constants: Mapping[str, str]
    is_estimate: bool
    columns: tuple[Column, ...]

    def dimension(self, field: str) -> str:
        """Return the dimension of the labels that feed a field.

        Labels that feed `category` belong to the dimension of the table's variable. Other labels belong to the
        dimension with the name of the field.

        Args:
            field: The name of the field.

        Returns:
            The dimension. It is an empty text for `category` if the table has no fixed variable.
        """
        return self.constants.get("variable", "") if field == "category" else field


@dataclass(frozen=True)
class Edition:
    """One edition of a publisher, with its tables.

    Attributes:
        kind: The kind of the source.
        publisher: The publisher.
        name: The name of the edition.
        title: The folded title that identifies the workbook.
        layout: The name of the layout.
        reference_year: The year of figures that have no year of their own, or None.
        published_on: The date of publication (ISO 8601).
        tables: The tables of the layout.
        marks: The lowest and highest count that a folded mark means, or None for 'unknown'.
        corrections: The (field, printed text, corrected text) for a cell (sheet, address).
    """

    kind: str
    publisher: str
    name: str
    title: str
    layout: str
    reference_year: int | None
    published_on: str
    tables: tuple[Table, ...]
    marks: Mapping[str, tuple[float, float] | None]
    corrections: Mapping[tuple[str, str], tuple[str, str, str]]


@dataclass(frozen=True)
class Label:
    """A label of the crosswalk.

    Attributes:
        text: The label as the crosswalk spells it.
        category: The harmonised category.
        is_exact: Whether the label means exactly this category.
        first_year: The first reference year in which the row holds.
        last_year: The last reference year in which the row holds.
    """

    text: str
    category: str
    is_exact: bool
    first_year: int
    last_year: int


@dataclass(frozen=True)
class Layouts:
    """All rows of the seeds that describe workbooks and labels.

    Attributes:
        rows: The rows, by file name without `.csv`.
        fingerprint: The first 16 hex digits of the SHA-256 of all files.
    """

    rows: Mapping[str, Sequence[Seed]]
    fingerprint: str

    def editions(self, kind: str) -> list[Edition]:
        """Return the editions of a kind of source, in the order of the file."""
        return [self._edition(row) for row in self.rows["registry_editions"] if row["kind"] == kind]

    @cached_property
    def _labels(self) -> Mapping[tuple[str, str, str], list[Label]]:
        labels: dict[tuple[str, str, str], list[Label]] = {}
        for row in self.rows["crosswalk"]:
            years = (int(row["valid_from"] or 0), int(row["valid_to"] or 9999))
            label = Label(row["source_label"], row["category"], row["relation"] == "exact", *years)
            labels.setdefault((row["source"], row["dimension"], fold(row["source_label"])), []).append(label)
        return labels

    def label(self, publisher: str, dimension: str, text: str, year: int | None = None) -> Label | None:
        """Return the crosswalk's row for a printed label.

        Args:
            publisher: The publisher.
            dimension: The dimension of the label, such as `sex`.
            text: The printed label.
            year: The reference year in which the row must hold, or None for any year.

        Returns:
            The first row that fits, or None if the crosswalk has no such row.
        """
        found = self._labels.get((publisher, dimension, fold(text)), [])
        return next((one for one in found if year is None or one.first_year <= year <= one.last_year), None)

    def _of_layout(self, file: str, row: Seed) -> Iterator[Seed]:
        for other in self.rows[file]:
            if other["kind"] == row["kind"] and other["layout"] in ("", row["layout"]):
                yield other

    def _tables(self, row: Seed) -> Iterator[Table]:
        for table in self._of_layout("registry_tables", row):
            columns = [
                Column(one["header"], one["feeds"], one["is_block_label"] == "yes", one["is_optional"] == "yes")
                for one in self._of_layout("registry_columns", row)
                if one["table_name"] == table["table_name"]
            ]
            fields = ("unit", "population", "variable", "category")
            yield Table(
                name=table["table_name"],
                header_rows=int(table["header_rows"]),
                constants={field: table[field] for field in fields if table[field]},
                is_estimate=table["is_estimate"] == "yes",
                columns=tuple(columns),
            )

    def _edition(self, row: Seed) -> Edition:
        marks = {
            fold(mark["mark"]): (float(mark["value_low"]), float(mark["value_high"]))
            if mark["meaning"] == "count"
            else None
            for mark in sorted(self._of_layout("registry_marks", row), key=lambda mark: mark["layout"])
        }
        corrections = {
            (one["sheet"], one["cell"]): (one["field"], one["printed"], one["corrected"])
            for one in self.rows["registry_corrections"]
            if (one["kind"], one["edition"]) == (row["kind"], row["edition"])
        }
        return Edition(
            kind=row["kind"],
            publisher=row["publisher"],
            name=row["edition"],
            title=fold(row["title"]),
            layout=row["layout"],
            reference_year=int(row["reference_year"]) if row["reference_year"] else None,
            published_on=row["published_on"],
            tables=tuple(self._tables(row)),
            marks=marks,
            corrections=corrections,
        )


def load_layouts(folder: Path) -> Layouts:
    """Read the seeds that describe workbooks and labels.

    Args:
        folder: The folder with the CSV files.

    Returns:
        The rows and their fingerprint.
    """
    digest = hashlib.sha256()
    rows: dict[str, list[Seed]] = {}
    for name in FILES:
        content = (folder / f"{name}.csv").read_bytes()
        digest.update(name.encode() + b"\0" + content)
        rows[name] = list(csv.DictReader(content.decode().splitlines()))
    return Layouts(rows, digest.hexdigest()[:16])
