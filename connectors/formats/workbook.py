"""Read the sheets of a workbook as the cells that its file holds.

A workbook that unpacks to too much is refused before it is opened. openpyxl's own sheets return every cell up to the
last one of the file, which may be a blank cell in the very last row. They also create a cell for every place in a
merged range. openpyxl's parser returns only what the file holds. The work therefore depends only on the cells that
hold something.
"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import openpyxl
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook
from openpyxl.worksheet._reader import WorkSheetParser
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.merge import MergeCells

from connectors.errors import SourceProblem
from connectors.formats.text import UNPACKED_RATIO, most_unpacked
from connectors.source import SourceFile

UNPACKED_BYTES = 2 << 30
WHOLE_BYTES = 64 << 20  # for a workbook that is held in memory; one of a registry has some hundred kilobytes
LAST_ROW = 1 << 20  # the highest row number of the .xlsx format

# The errors that zipfile and openpyxl raise on bytes that are not a whole workbook.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    EOFError,
    RuntimeError,  # a part with a password, or with a compression that zipfile does not know
    SyntaxError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
)


@dataclass(frozen=True)
class Book:
    """An open workbook, with the name by which people know its file."""

    where: str
    workbook: Workbook


@dataclass(frozen=True)
class Sheet:
    """What a file holds for one sheet.

    Attributes:
        title: The name of the sheet.
        is_hidden: Whether the whole sheet is hidden.
        cells: The cells that hold something, by row and column (from 1).
        merged: The merged ranges.
        hidden_rows: The numbers of the hidden rows.
        hidden_columns: The hidden columns, as ranges of their numbers.
    """

    title: str
    is_hidden: bool
    cells: dict[tuple[int, int], ReadOnlyCell]
    merged: list[CellRange]
    hidden_rows: set[int]
    hidden_columns: list[range]


@contextmanager
def opened_workbook(source: str, file: SourceFile, *, streamed: bool = True, formulas: bool = False) -> Iterator[Book]:
    """Open an .xlsx file.

    Args:
        source: The name of the source.
        file: The file to open.
        streamed: True accepts large files, which must be read with `sheet_rows`. False keeps the formats of texts, for
            `whole_sheets`.
        formulas: True gives the formulas. False gives the values that they had when the file was saved.

    Yields:
        The open workbook.

    Raises:
        SourceProblem: If the file is not a workbook, is damaged, or unpacks to too much.
    """
    where = f"{source}: {file.name}"
    try:
        with zipfile.ZipFile(file.path) as archive:
            packed = sum(part.compress_size for part in archive.infolist())
            unpacked = sum(part.file_size for part in archive.infolist())
        most = UNPACKED_BYTES if streamed else WHOLE_BYTES
        if unpacked > most or unpacked > most_unpacked(packed):
            raise SourceProblem(
                where,
                found=f"{packed >> 10} KiB that unpack to {unpacked >> 20} MiB",
                expected=f"at most {UNPACKED_RATIO} times as much and {most >> 20} MiB",
                do="Check where the file comes from; save it again from a spreadsheet program.",
            )
        workbook = openpyxl.load_workbook(
            file.path, read_only=True, data_only=not formulas, rich_text=not streamed and not formulas
        )
    except DAMAGE:
        raise _no_workbook(where) from None
    try:
        yield Book(where, workbook)
    finally:
        workbook.close()


def _no_workbook(where: str) -> SourceProblem:
    return SourceProblem(
        where,
        found="no readable workbook",
        expected="an .xlsx file without a password",
        do="Open it in a spreadsheet program, save it as .xlsx and deliver it again.",
    )


def sheet_rows(book: Book) -> Iterator[tuple[str, Iterator[tuple[int, tuple[Any, ...]]]]]:
    """Yield each sheet with its rows that hold something.

    Args:
        book: The open workbook.

    Yields:
        Pairs (title, rows). Each row is a pair (number, values), numbered as a spreadsheet numbers it.

    Raises:
        SourceProblem: If a sheet is damaged.

    Example:
        `("Tabel 1", iterator)`, where the iterator yields `(3, ("Jaar", None, 2020))`
    """
    for sheet in book.workbook.worksheets:
        yield sheet.title, _filled_rows(book, sheet)


def _filled_rows(book: Book, sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    with _parser(book, sheet) as parser:
        for number, cells in parser.parse():
            parser.row_dimensions.clear()  # they are not used, and there can be a million
            if number > LAST_ROW:
                raise _no_workbook(book.where)
            if any(cell["value"] is not None for cell in cells):
                values = [None] * max(cell["column"] for cell in cells)
                for cell in cells:
                    values[cell["column"] - 1] = cell["value"]
                yield number, tuple(values)


def whole_sheets(book: Book, *, rich_text: bool = False) -> Iterator[Sheet]:
    """Yield all that a file holds for each sheet.

    Args:
        book: The open workbook.
        rich_text: Whether texts in cells keep their formats.

    Yields:
        One sheet at a time, in the order of the workbook.

    Raises:
        SourceProblem: If a sheet is damaged.
    """
    for sheet in book.workbook.worksheets:
        found = Sheet(sheet.title, sheet.sheet_state != "visible", {}, [], set(), [])
        with _parser(book, sheet, rich_text=rich_text) as parser:
            for number, cells in parser.parse():
                if _is_hidden(parser.row_dimensions.pop(str(number), {})):
                    found.hidden_rows.add(number)
                for one in cells:
                    if one["value"] is not None:
                        cell = found.cells[one["row"], one["column"]] = ReadOnlyCell(sheet, **one)
                        _ = cell.font, cell.number_format  # fails if the file lacks them: it is damaged
            found.merged.extend(CellRange(one.ref) for one in (parser.merged_cells or MergeCells()).mergeCell)
            columns = [attributes for attributes in parser.column_dimensions.values() if _is_hidden(attributes)]
            found.hidden_columns.extend(range(int(one["min"]), int(one["max"]) + 1) for one in columns)
        yield found


def _is_hidden(attributes: dict[str, str]) -> bool:
    return attributes.get("hidden", "0") not in ("0", "f", "false")


@contextmanager
def _parser(book: Book, sheet: Any, *, rich_text: bool = False) -> Iterator[WorkSheetParser]:
    workbook: Any = book.workbook
    try:
        with sheet._get_source() as source:
            yield WorkSheetParser(
                source,
                sheet._shared_strings,
                data_only=workbook.data_only,
                epoch=workbook.epoch,
                date_formats=workbook._date_formats,
                timedelta_formats=workbook._timedelta_formats,
                rich_text=rich_text,
            )
    except DAMAGE:
        raise _no_workbook(book.where) from None
