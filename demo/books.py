"""Describe and write a registry's workbook for the demo: its sheets, and the kinds of cells that publishers use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from demo.coding_files import CREATED

MARK = "FICTITIOUS"


@dataclass(frozen=True)
class Raised:
    """A number with a superscript footnote mark."""

    text: str
    mark: str


@dataclass(frozen=True)
class Percent:
    """A number that the workbook shows as a percentage. A share of 0.31 appears as 31.0%."""

    share: float


@dataclass(frozen=True)
class Sum:
    """A formula, with the value that it had when the workbook was saved."""

    formula: str
    value: int


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Attributes:
        name: The name of the sheet.
        rows: The cells, row by row.
        merged: The merged ranges, as (first row, first column, last row, last column) from 0.
        is_hidden: Whether the sheet is hidden.
    """

    name: str
    rows: Sequence[Sequence[Any]]
    merged: Sequence[tuple[int, int, int, int]] = ()
    is_hidden: bool = False


@dataclass(frozen=True)
class Book:
    """The workbook of one edition.

    Attributes:
        source: The name of the source.
        file: The name of the file, without mark and suffix.
        sheets: The sheets.
    """

    source: str
    file: str
    sheets: Sequence[Sheet] = ()


def write_book(path: Path, book: Book) -> None:
    """Write one workbook.

    Args:
        path: The path of the .xlsx file.
        book: The content of the workbook.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(path) as workbook:
        workbook.set_properties({"created": CREATED, "comments": f"{MARK} demo"})
        formats = {
            "raised": workbook.add_format({"font_script": 1}),
            "percent": workbook.add_format({"num_format": "0.0%"}),
            "date": workbook.add_format({"num_format": "mmm yyyy"}),
        }
        for sheet in book.sheets:
            target = workbook.add_worksheet(sheet.name)
            if sheet.is_hidden:
                target.hide()
            for area in sheet.merged:
                target.merge_range(*area, "")
            for row, cells in enumerate(sheet.rows):
                for column, cell in enumerate(cells):
                    _write_cell(target, row, column, cell, formats)


def _write_cell(target: Any, row: int, column: int, cell: Any, formats: dict[str, Any]) -> None:
    if isinstance(cell, Raised):
        target.write_rich_string(row, column, cell.text, formats["raised"], cell.mark)
    elif isinstance(cell, Percent):
        target.write_number(row, column, cell.share, formats["percent"])
    elif isinstance(cell, Sum):
        target.write_formula(row, column, cell.formula, None, cell.value)
    elif isinstance(cell, date):
        target.write_datetime(row, column, cell, formats["date"])
    elif cell not in (None, ""):
        target.write(row, column, cell)
