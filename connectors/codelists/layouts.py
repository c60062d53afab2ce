"""The layouts of the registries' workbooks, edition by edition, and their words: reviewed rows in `seeds/`.

registry_editions.csv     which editions there are, the title by which each is recognised, and its layout
registry_tables.csv       the tables of a layout, with what all their figures have in common
registry_columns.csv      their columns, recognised by header, and the field that each feeds
registry_marks.csv        what `-`, `<5`, `x` stand for
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
    "registry_editions",
    "registry_tables",
    "registry_columns",
    "registry_totals",
    "registry_marks",
    "registry_corrections",
    "crosswalk",
)
PLACEHOLDER = re.compile(r"\{(\w+)\}")
DASHES = re.compile("[\u2010-\u2015\u2212]")
INVISIBLE = re.compile("[\u00ad\u200b-\u200d\ufeff]")

Seed = Mapping[str, str]


def fold(text: str) -> str:
    """A text as it is compared: without case, accents, kinds of dash, and kinds and numbers of blanks."""
    plain = "".join(mark for mark in unicodedata.normalize("NFD", text) if not unicodedata.combining(mark))
    return " ".join(DASHES.sub("-", INVISIBLE.sub("", plain)).casefold().split())


@dataclass(frozen=True)
class Column:
    """A described column: what its stacked headers look like, and the field that its cells feed."""

    header: str
    feeds: str
    is_block_label: bool
    is_optional: bool

    @cached_property
    def parts(self) -> tuple[re.Pattern[str], ...]:
        """One pattern a header row, from top to bottom; a placeholder's text is the group of its name."""
        return tuple(re.compile(_pattern(part)) for part in self.header.split(" / "))

    @property
    def is_literal(self) -> bool:
        return not PLACEHOLDER.search(self.header)


def _pattern(part: str) -> str:
    pieces = PLACEHOLDER.split(fold(part))
    return "".join(f"(?P<{piece}>.+)" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces))


@dataclass(frozen=True)
class Table:
    """A described table: how deep its header is, what all its figures share, and its columns."""

    name: str
    header_rows: int
    constants: Mapping[str, str]
    is_estimate: bool
    columns: tuple[Column, ...]

    def dimension(self, field: str) -> str:
        """The dimension of the labels that feed a field: categories are those of the table's variable."""
        return self.constants.get("variable", "") if field == "category" else field


@dataclass(frozen=True)
class Edition:
    """One edition of a publisher, with the tables in which it is printed."""

    kind: str
    publisher: str
    name: str
    title: str
    layout: str
    reference_year: int | None
    published_on: str
    tables: tuple[Table, ...]
    # What a mark stands for: lowest and highest count, or None for 'unknown'.
    marks: Mapping[str, tuple[float, float] | None]
    # Cell (sheet, address): field, printed, corrected.
    corrections: Mapping[tuple[str, str], tuple[str, str, str]]


@dataclass(frozen=True)
class Label:
    """A label as the crosswalk spells it, its harmonised category and whether it means exactly that, and the reference
    years in which it holds."""

    text: str
    category: str
    is_exact: bool
    first_year: int
    last_year: int


@dataclass(frozen=True)
class Layouts:
    """All rows, by file; and a fingerprint of their bytes."""

    rows: Mapping[str, Sequence[Seed]]
    fingerprint: str

    def editions(self, kind: str) -> list[Edition]:
        """The editions of a kind, in the order of the file."""
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
        """The crosswalk's row for a printed label; with a year, the one that holds in it."""
        found = self._labels.get((publisher, dimension, fold(text)), [])
        return next((one for one in found if year is None or one.first_year <= year <= one.last_year), None)

    def _of_layout(self, file: str, row: Seed) -> Iterator[Seed]:
        for other in self.rows[file]:
            if other["kind"] == row["kind"] and other["layout"] in ("", row["layout"]):
                yield other

    def _edition(self, row: Seed) -> Edition:
        tables = tuple(
            Table(
                name=table["table_name"],
                header_rows=int(table["header_rows"]),
                constants={
                    field: table[field] for field in ("unit", "population", "variable", "category") if table[field]
                },
                is_estimate=table["is_estimate"] == "yes",
                columns=tuple(
                    Column(
                        column["header"],
                        column["feeds"],
                        column["is_block_label"] == "yes",
                        column["is_optional"] == "yes",
                    )
                    for column in self._of_layout("registry_columns", row)
                    if column["table_name"] == table["table_name"]
                ),
            )
            for table in self._of_layout("registry_tables", row)
        )
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
            tables=tables,
            marks=marks,
            corrections=corrections,
        )


def load_layouts(folder: Path) -> Layouts:
    """Read the seeds that describe workbooks and labels."""
    digest = hashlib.sha256()
    rows: dict[str, list[Seed]] = {}
    for name in FILES:
        content = (folder / f"{name}.csv").read_bytes()
        digest.update(name.encode() + b"\0" + content)
        rows[name] = list(csv.DictReader(content.decode().splitlines()))
    return Layouts(rows, digest.hexdigest()[:16])
