"""State what the figures of tables are about, without the reader."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from openpyxl.utils.cell import coordinate_to_tuple, get_column_letter

from rigs.corpus.book import Figure

Keys = Mapping[str, Any]
WHOLE: Keys = {}  # a row or column that adds no meaning
VARIABLES = {
    **{"forms": "form", "forms_by_sex": "form", "sexes": "form", "nationalities": "nationality", "ages": "nationality"},
    **{
        "reporters": "reporter",
        "dutch_by_reporter": "reporter",
        "dutch_by_age": "age_group",
        "age_groups": "age_group",
    },
}


@dataclass(frozen=True)
class Stated:
    """The meaning of the figures of one table."""

    name: str
    sheet: str
    first: str  # the cell of its first figure
    rows: Sequence[Keys | None]  # what each row is about, from the first figure on; None if a row has no figures
    columns: Sequence[Keys]  # what each column is about
    common: Keys  # what all its figures have in common


def table(
    name: str, sheet: str, first: str, rows: Sequence[Keys | None], columns: Sequence[Keys], **common: Any
) -> Stated:
    return Stated(name, sheet, first, rows, columns, {"variable": VARIABLES.get(name, "total"), **common})


victims = partial(table, unit="victim")
notifications = partial(table, unit="notification")


def years(*values: int) -> list[Keys]:
    return [{"reference_year": year} for year in values]


def categories(*labels: str, **more: Any) -> list[Keys]:
    return [{"category": label, **more} for label in labels]


def months(year: int | None = None) -> list[Keys]:
    known = {"reference_year": year} if year else {}
    return [{"month": month, **known} for month in range(1, 13)]


def true_figures(
    tables: Iterable[Stated], printed: Mapping[str, Sequence[Sequence[Any]]], **edition: str
) -> Iterator[Figure]:
    """Yield the true figures of tables.

    Args:
        tables: What is stated about them.
        printed: What each sheet prints, row by row.
        **edition: The publisher and the edition.
    """
    for one in tables:
        top, left = coordinate_to_tuple(one.first)
        for row, of_row in enumerate(one.rows, start=top):
            for column, of_column in enumerate(one.columns if of_row is not None else (), start=left):
                place = {"table_name": one.name, "sheet": one.sheet, "cell": f"{get_column_letter(column)}{row}"}
                keys = {**edition, **one.common, **(of_row or {}), **of_column, **place}
                yield figure(printed[one.sheet][row - 1][column - 1], **keys)


def figure(printed: Any, **keys: Any) -> Figure:
    """Return the true figure of a cell.

    Args:
        printed: What the cell prints, for example 1334, "1.334", "<5", "-" or "62,5%".
        **keys: What the figure is about, and fields that replace the default ones.
    """
    low, high, value = _interval(printed)
    common = {"population": "all", "variable": "total", "category": "total", "sex": "total", "age": "total"}
    known = {"month": None, "value_low": low, "value_high": high, "value": value, "is_estimate": False}
    return common | known | keys


def _interval(printed: Any) -> tuple[float | None, float | None, float | None]:
    """Return (lowest, highest, exact) of a printed value."""
    if printed in ("x", ".", None):
        return None, None, None
    if printed == "<5":
        return 1.0, 4.0, None
    if printed == "-":
        return 0.0, 0.0, 0.0
    text = str(printed)
    percent = text.removesuffix("%").replace(",", ".") if text.endswith("%") else None
    number = float(percent or (re.sub(r"[. \u2009]", "", printed) if isinstance(printed, str) else printed))
    return number, number, number
