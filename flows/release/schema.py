"""Declare the tables of a release: their columns with types, and their keys.

The content of a release is one data frame for each of these tables. All data files are written and read by this schema.
"""

import tomllib
from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

FILE = Path(__file__).with_suffix(".toml")
OF_STEPS = "all"  # source and population of the steps of the funnel: all platforms together

# The type names of Frictionless Table Schema, each with the nullable type of pandas. Whole numbers stay whole.
TEXT, WHOLE, NUMBER, YES_NO, DAY = "string", "integer", "number", "boolean", "date"
DTYPES = {TEXT: "string", WHOLE: "Int64", NUMBER: "Float64", YES_NO: "boolean", DAY: "date32[pyarrow]"}


@dataclass(frozen=True)
class Schema:
    """The columns of a table of a release. Their descriptions for readers are in seeds/labels.csv, kind `column`.

    Attributes:
        name: The name of the table and of its files.
        columns: The type of each column, by name. The key comes first.
        key: The columns that identify a row. Their values are never missing.
        is_sorted: Whether the rows are sorted by the key.
    """

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    is_sorted: bool = True

    def typed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame in which the columns that this table also has are of their types."""
        return frame.astype({name: DTYPES[kind] for name, kind in self.columns.items() if name in frame})

    def frame(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of this table from a frame that has them, typed and sorted.

        Raises:
            KeyError: the frame has not all columns.
        """
        found = self.typed(rows[list(self.columns)])
        return (found.sort_values(list(self.key)) if self.is_sorted else found).reset_index(drop=True)

    def check(self, frame: pd.DataFrame) -> None:
        """Raise ValueError unless the frame has the columns, types, unique keys and order of this table."""
        key = list(self.key)
        expected = self.typed(pd.DataFrame(columns=list(self.columns)))
        if list(frame.columns) != list(expected.columns) or not (frame.dtypes == expected.dtypes).all():
            raise ValueError(f"{self.name}: found other columns or types than flows/release/schema.py declares.")
        if frame[key].isna().any(axis=None) or frame.duplicated(key).any():
            raise ValueError(f"{self.name}: found a key that is incomplete or occurs twice, expected one for each row.")
        if self.is_sorted and not frame[key].equals(frame[key].sort_values(key, ignore_index=True)):
            raise ValueError(f"{self.name}: found rows in another order, expected them sorted by their key.")


def _schema(name: str, key: str, others: str, is_sorted: bool = True) -> Schema:
    """Return a schema from texts such as `pair n:integer`."""
    columns = dict([*column.split(":"), TEXT][:2] for column in f"{key} {others}".split())
    return Schema(name, columns, tuple(column.partition(":")[0] for column in key.split()), is_sorted)


SCHEMAS = {name: _schema(name, **columns) for name, columns in tomllib.loads(FILE.read_text("utf-8")).items()}
KEY = list(SCHEMAS["indicators"].key)


class Period(NamedTuple):
    """A period of a figure. Both days are included."""

    period_type: str
    period_start: Any
    period_end: Any


def period_of(row: Any) -> Period:
    """Return the period of a row."""
    return Period(row.period_type, row.period_start, row.period_end)


def periods(frame: pd.DataFrame) -> list[Period]:
    """Return the distinct periods of the rows, in the order of their first rows."""
    return list(map(Period._make, frame[list(Period._fields)].drop_duplicates().itertuples(index=False, name=None)))


def records(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield each row as a named tuple of Python values. A missing value is None."""
    values = (column.to_numpy(object, na_value=None) for _, column in frame.items())
    return map(_row(tuple(frame.columns))._make, zip(*values, strict=True))


@cache
def _row(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names)


def differ(pairs: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Return for each row whether a column differs from the column of the same name with `_before` after it."""
    found = pd.Series(False, index=pairs.index)
    for column in columns:
        now, before = pairs[column], pairs[f"{column}_before"]
        found |= ~((now == before).fillna(False) | (now.isna() & before.isna())).astype(bool)
    return found
