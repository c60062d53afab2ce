"""Write the demo's workbooks of CoMensha, the Nationaal Rapporteur and CKM, in layouts that differ.

Figures that the publishers print are the same here. Other figures that a table needs are invented and have the mark
(v). `workbooks.csv` holds one row for each row of a sheet: the source, the file, the sheet, and the cells.

Most cells are plain text or whole numbers. Five kinds are written as a mark and a value: `1013^1` (a number with a
superscript footnote mark), `%0.31` (a share that the workbook shows as 31.0%), `=1*42` (a formula), `'42` (digits as
text) and `2024-01-01` (a date).
"""

import csv
import re
from datetime import date
from pathlib import Path
from typing import Any

from demo.coding_files import CREATED, MARK

WORKBOOKS = Path(__file__).with_name("workbooks.csv")
HIDDEN = "Hulpblad"
MERGED = {"T4 geslacht": ((1, 0, 2, 0), (1, 1, 1, 3), (1, 4, 1, 6))}  # first row, first column, last row, last column


def read_books() -> dict[tuple[str, str], dict[str, list[list[str]]]]:
    """Return the cells of every workbook, row by row.

    Returns:
        The rows of each sheet by its name, by (source, file). The file has no suffix.

    Example:
        `{("ckm", "onzichtbare-slachtoffers-2019"): {"Bezoekers": [["Jaar", "Unieke bezoekers"], ["2019", "299"]]}}`
    """
    workbooks: dict[tuple[str, str], dict[str, list[list[str]]]] = {}
    with WORKBOOKS.open(encoding="utf-8", newline="") as stream:
        _, *rows = csv.reader(stream)
    for source, file, sheet, *cells in rows:
        workbooks.setdefault((source, file), {}).setdefault(sheet, []).append(cells)
    return workbooks


def write_books(inbox: Path) -> dict[str, int]:
    """Write every workbook into the folder of its source.

    Args:
        inbox: The folder with one folder for each source.

    Returns:
        The number of workbooks, by source.
    """
    written: dict[str, int] = {}
    for (source, file), sheets in read_books().items():
        (inbox / source).mkdir(parents=True, exist_ok=True)
        write_book(inbox / source / f"{MARK}-{file}.xlsx", sheets)
        written[source] = written.get(source, 0) + 1
    return written


def write_book(path: Path, sheets: dict[str, list[list[str]]]) -> None:
    """Write one workbook.

    Args:
        path: The path of the .xlsx file.
        sheets: The cells of each sheet by its name, row by row.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(path) as workbook:
        workbook.set_properties({"created": CREATED, "comments": f"{MARK} demo"})
        formats = {
            "raised": workbook.add_format({"font_script": 1}),
            "percent": workbook.add_format({"num_format": "0.0%"}),
            "date": workbook.add_format({"num_format": "mmm yyyy"}),
        }
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            if name == HIDDEN:
                sheet.hide()
            for area in MERGED.get(name, ()):
                sheet.merge_range(*area, "")
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    _write_cell(sheet, row, column, cell, formats)


def _write_cell(sheet: Any, row: int, column: int, cell: str, formats: dict[str, Any]) -> None:
    text, _, raised = cell.partition("^")
    if raised:
        sheet.write_rich_string(row, column, text, formats["raised"], raised)
    elif cell.startswith("'"):
        sheet.write_string(row, column, cell[1:])
    elif cell.startswith("%"):
        sheet.write_number(row, column, float(cell[1:]), formats["percent"])
    elif cell.startswith("="):
        sheet.write_formula(row, column, cell, None, int(cell.removeprefix("=1*")))
    elif re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
        sheet.write_datetime(row, column, date.fromisoformat(cell), formats["date"])
    elif cell:
        sheet.write(row, column, int(cell) if cell.isdecimal() else cell)
