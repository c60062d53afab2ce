"""Write the data of a release as tidy tables in CSV and Parquet, and read the figures of a published release back."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.errors import UserFacingError
from flows.release.content import Content, RegistryFigure
from flows.release.disclosure.protect import STEP, Figure, Key, Measure
from flows.release.specs import CHAT
from flows.warehouse.query import FORMULA

FICTITIOUS = "FICTITIOUS"
ALL = "all"  # source and population of the funnel's steps: all platforms together, as in the marts, no population

# The type names of Frictionless Table Schema.
TEXT, WHOLE, NUMBER, YES_NO, DAY = "string", "integer", "number", "boolean", "date"
ARROW = {TEXT: pa.string(), WHOLE: pa.int64(), NUMBER: pa.float64(), YES_NO: pa.bool_(), DAY: pa.date32()}
TYPES = {
    **dict.fromkeys(("period_start", "period_end", "previous_start", "previous_end"), DAY),
    **dict.fromkeys(("n", "n_known", "n_previous", "difference", "change_percent", "reference_year"), WHOLE),
    **dict.fromkeys(("total", "total_low", "total_high", "total_from", "total_to"), WHOLE),
    **dict.fromkeys(("share", "share_low", "share_high", "value", "value_low", "value_high"), NUMBER),
    "is_comparable": YES_NO,
}

Value = str | int | float | bool | date | None


class UnfitText(UserFacingError):
    """A spreadsheet would take a text for a formula. The message says where the text is and what to change."""


class UnreadableRelease(UserFacingError):
    """The figures of a published release cannot be read back. The message names the file, and the line if known."""


@dataclass(frozen=True)
class Column:
    """A column of the data. Its description for readers is in seeds/labels.csv, under the kind `column`."""

    name: str
    type: str


@dataclass(frozen=True)
class DataTable:
    """A table whose grain is the columns in `key`. A value that is not shown is None."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def data_tables(content: Content) -> list[DataTable]:
    """Return the content of a release as tidy tables.

    In a fictitious release, every table has a column `remark` with FICTITIOUS in every row.
    """
    tables = [
        _indicators(content),
        _funnel(content),
        _measures(content),
        _comparisons(content),
        _coverage(content),
        _registries(content),
        _revisions(content),
    ]
    return [_marked(table) for table in tables] if content.is_fictitious else tables


def _marked(table: DataTable) -> DataTable:
    columns, rows = (*table.columns, Column("remark", TEXT)), tuple((*row, FICTITIOUS) for row in table.rows)
    return replace(table, columns=columns, rows=rows)


def _table(name: str, key: str, others: str, rows: Iterable[tuple[Value, ...]], **types: str) -> DataTable:
    """Return a table whose first columns are its key. `key` and `others` are column names separated by spaces."""
    of_type = TYPES | types
    columns = tuple(Column(column, of_type.get(column, TEXT)) for column in [*key.split(), *others.split()])
    return DataTable(name, columns, tuple(key.split()), tuple(rows))


def _whose(source: str, unit: str, population: str) -> tuple[str, str, str]:
    return (source, unit, population) if population else (ALL, unit, ALL)


def _indicators(content: Content) -> DataTable:
    return _table(
        "indicators",
        "source unit population period_type period_start period_end variable category",
        "n n_known share status released_in",
        (
            (*one.key, one.n, one.n_known, one.share, one.status, one.released_in)
            for one in content.figures
            if one.key.variable != STEP
        ),
    )


def _funnel(content: Content) -> DataTable:
    return _table(
        "funnel",
        "source unit period_type period_start period_end step",
        "n status released_in",
        (
            (ALL, one.key.unit, *one.key[3:6], one.key.category, one.n, one.status, one.released_in)
            for one in content.figures
            if one.key.variable == STEP
        ),
    )


def _measures(content: Content) -> DataTable:
    return _table(
        "measures",
        "source unit population period_type period_start period_end variable statistic",
        "value status released_in",
        ((*one.key, one.value, one.status, one.released_in) for one in content.measures),
        value=WHOLE,
    )


def _comparisons(content: Content) -> DataTable:
    return _table(
        "comparisons",
        "source unit population period_type period_start period_end variable category basis",
        "previous_start previous_end n n_previous difference change_percent change reason_nl reason_en",
        (
            (
                *(*_whose(one.key.source, one.key.unit, one.key.population), *one.key[3:]),
                *(one.basis, one.previous_start, one.previous_end),
                *(one.n, one.n_previous, one.difference, one.change_percent, one.change),
                *(one.reason.get("nl"), one.reason.get("en")),
            )
            for one in content.comparisons
        ),
    )


def _coverage(content: Content) -> DataTable:
    return _table(
        "coverage",
        "pair reference_year",
        "source unit population variable category n total total_low total_high"
        " total_source total_edition total_from total_to share share_low share_high is_comparable"
        " note_nl note_en status",
        (
            (
                *(one.pair, one.reference_year, one.source, one.unit, one.population, one.variable, one.category),
                *(one.n, one.total, one.total_low, one.total_high),
                *(one.total_source, one.total_edition, one.total_from, one.total_to),
                *(one.share, one.share_low, one.share_high),
                *(one.is_comparable, one.note.get("nl"), one.note.get("en"), one.status),
            )
            for one in content.coverage
        ),
    )


def _registries(content: Content) -> DataTable:
    return _table(
        "registries",
        "publisher edition reference_year unit population variable category",
        "label_nl label_en value_low value_high value status",
        (
            (
                *(one.publisher, one.edition, one.reference_year, one.unit, one.population, one.variable, one.category),
                *(one.label["nl"], one.label["en"], one.value_low, one.value_high, one.value),
                "interval" if one.value is None else "exact",
            )
            for one in content.registries
        ),
    )


def _revisions(content: Content) -> DataTable:
    return _table(
        "revisions",
        "source unit population variable category period_type period_start period_end printed_in",
        "printed_before_in n_previous n",
        (
            (
                *(*_whose(one.source, one.unit, one.population), one.variable, one.category),
                *(one.period_type, one.period_start, one.period_end),
                *(one.printed_in, one.printed_before_in, one.n_previous, one.n),
            )
            for one in content.revisions
        ),
        n=NUMBER,
        n_previous=NUMBER,
    )


# --- Files


def write_csv(path: Path, table: DataTable) -> None:
    """Write a table as CSV: UTF-8, commas, LF, ISO dates, and an empty cell for a value that is not shown.

    Raises:
        UnfitText: a spreadsheet would take a text for a formula.
    """
    lines = [_line(row, table, place) for place, row in enumerate(table.rows, start=2)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(column.name for column in table.columns)
        writer.writerows(lines)


def _line(row: tuple[Value, ...], table: DataTable, line: int) -> list[str]:
    for column, value in zip(table.columns, row, strict=True):
        if isinstance(value, str) and FORMULA.search(value):
            raise UnfitText(
                f"{table.name}.csv, line {line}, column {column.name}: found a text that a spreadsheet would take for "
                "a formula, expected none of = + - @ at its start or behind , ; | and no control character. "
                "Change the label or note in seeds/."
            )
    return [_cell(value) for value in row]


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)  # a date in ISO format, a fraction as the shortest decimal that gives the same float


def write_parquet(path: Path, table: DataTable, metadata: Mapping[str, str]) -> None:
    """Write the rows of a table as typed Parquet. `metadata` becomes the key-value metadata of the file."""
    schema = pa.schema([(column.name, ARROW[column.type]) for column in table.columns], metadata=dict(metadata))
    columns = zip(*table.rows, strict=True) if table.rows else ([] for _ in table.columns)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    pq.write_table(pa.table(arrays, schema=schema), path, compression="zstd")


# --- What a release printed


def read_figures(folder: Path) -> list[Figure]:
    """Read the figures of a published release exactly as it printed them, sorted by key.

    Raises:
        UnreadableRelease: a file is missing, or is no longer readable as the file of a release.
    """
    figures = [*_read(folder, "indicators", _indicator), *_read(folder, "funnel", _step)]
    return sorted(figures, key=lambda figure: figure.key)


def read_measures(folder: Path) -> list[Measure]:
    """Read the measures of a published release.

    Raises:
        UnreadableRelease: as for `read_figures`.
    """
    return list(_read(folder, "measures", _measure))


def read_registries(folder: Path) -> list[RegistryFigure]:
    """Read the figures of registries of a published release.

    Raises:
        UnreadableRelease: as for `read_figures`.
    """
    return list(_read(folder, "registries", _registry))


Printed = TypeVar("Printed")


def _read(folder: Path, name: str, read: Callable[[Mapping[str, str]], Printed]) -> Iterator[Printed]:
    path = folder / "data" / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableRelease(f"{path}: {type(error).__name__}. Restore the release from its backup.") from None
    for line, row in enumerate(rows, start=2):
        try:
            yield read(row)
        except (KeyError, TypeError, ValueError):
            raise UnreadableRelease(
                f"{path}, line {line}: found no figure, expected the columns and values of a release. "
                "Restore the release from its backup."
            ) from None


def _indicator(row: Mapping[str, str]) -> Figure:
    key = Key(row["source"], row["unit"], row["population"], *_period(row), row["variable"], row["category"])
    n, n_known, share = _whole(row["n"]), _whole(row["n_known"]), _number(row["share"])
    return Figure(key, n, n_known, share, row["status"], row["released_in"])


def _step(row: Mapping[str, str]) -> Figure:
    key = Key(CHAT, row["unit"], "", *_period(row), STEP, row["step"])
    return Figure(key, _whole(row["n"]), None, None, row["status"], row["released_in"])


def _measure(row: Mapping[str, str]) -> Measure:
    key = Key(row["source"], row["unit"], row["population"], *_period(row), row["variable"], row["statistic"])
    return Measure(key, _whole(row["value"]), row["status"], row["released_in"])


def _registry(row: Mapping[str, str]) -> RegistryFigure:
    what = (row["unit"], row["population"], row["variable"], row["category"])
    label = {"nl": row["label_nl"], "en": row["label_en"]}
    value_low, value_high, value = float(row["value_low"]), float(row["value_high"]), _number(row["value"])
    year = int(row["reference_year"])
    return RegistryFigure(row["publisher"], row["edition"], year, *what, label, value_low, value_high, value)


def _period(row: Mapping[str, str]) -> tuple[str, date, date]:
    return row["period_type"], date.fromisoformat(row["period_start"]), date.fromisoformat(row["period_end"])


def _whole(cell: str) -> int | None:
    return int(cell) if cell else None


def _number(cell: str) -> float | None:
    return float(cell) if cell else None
