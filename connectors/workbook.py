"""Sheets as rows of cells, streamed; a workbook that unpacks to too much is refused before it is opened."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook

from connectors.errors import SourceProblem
from connectors.source import SourceFile

UNPACKED_BYTES = 2 << 30
UNPACKED_RATIO = 200


@contextmanager
def opened_workbook(source: str, file: SourceFile) -> Iterator[Workbook]:
    """An .xlsx file, read-only, with the values that its formulas had when it was saved.

    Raises:
        SourceProblem: no workbook, a damaged one, or one that unpacks to too much.
    """
    where = f"{source}: {file.name}"
    try:
        with zipfile.ZipFile(file.path) as archive:
            packed = sum(part.compress_size for part in archive.infolist())
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > UNPACKED_BYTES or unpacked > UNPACKED_RATIO * max(packed, 1 << 16):
            raise SourceProblem(
                where,
                found=f"{packed >> 10} KiB that unpack to {unpacked >> 20} MiB",
                expected=f"at most {UNPACKED_RATIO} times as much and {UNPACKED_BYTES >> 20} MiB",
                do="Check where the file comes from; save it again from a spreadsheet program.",
            )
        workbook = openpyxl.load_workbook(file.path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError):
        raise _damaged(where) from None
    try:
        yield workbook
    except (zipfile.BadZipFile, EOFError, SyntaxError, KeyError):
        raise _damaged(where) from None
    finally:
        workbook.close()


def _damaged(where: str) -> SourceProblem:
    return SourceProblem(
        where,
        found="no readable workbook",
        expected="an .xlsx file without a password",
        do="Open it in a spreadsheet program, save it as .xlsx and deliver it again.",
    )


def sheet_rows(workbook: Workbook) -> Iterator[tuple[str, Iterator[tuple[int, tuple[Any, ...]]]]]:
    """(sheet, rows) for each sheet; rows as (number, values), as a spreadsheet numbers them."""
    for sheet in workbook.worksheets:
        sheet.reset_dimensions()  # files can lie about their size
        yield sheet.title, enumerate(sheet.iter_rows(values_only=True), start=1)
