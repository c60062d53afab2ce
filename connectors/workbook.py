"""Sheets as rows of cells, streamed; a workbook that unpacks to too much is refused before it is opened."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook

from connectors.errors import SourceProblem
from connectors.files import UNPACKED_RATIO, most_unpacked
from connectors.source import SourceFile

UNPACKED_BYTES = 2 << 30
WHOLE_BYTES = 64 << 20  # of a workbook that is held whole: a registry's has some hundred kilobytes
LAST_ROW = 1 << 20  # of any .xlsx: a file that numbers a row beyond it would keep us counting for ever

# What zipfile and openpyxl raise on bytes that are no whole workbook.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    EOFError,
    RuntimeError,  # a part with a password, or packed in a way that zipfile does not know
    SyntaxError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
)


class _Damaged(Exception):
    """The sheet cannot be read on; kept apart from errors of the code that uses its rows."""


@contextmanager
def opened_workbook(
    source: str, file: SourceFile, *, streamed: bool = True, formulas: bool = False
) -> Iterator[Workbook]:
    """An .xlsx file with the values that its formulas had when it was saved, or with the `formulas` themselves.

    `streamed`, rows come one by one and large files take no memory; whole, merged ranges, formats and what is hidden
    are known as well, and less is accepted.

    Raises:
        SourceProblem: no workbook, a damaged one, or one that unpacks to too much.
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
            file.path, read_only=streamed, data_only=not formulas, rich_text=not streamed and not formulas
        )
    except DAMAGE:
        raise _no_workbook(where) from None
    try:
        yield workbook
    except _Damaged:
        raise _no_workbook(where) from None
    finally:
        workbook.close()


def _no_workbook(where: str) -> SourceProblem:
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
        yield sheet.title, _numbered(sheet.iter_rows(values_only=True))


def _numbered(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    try:
        for number, cells in enumerate(rows, start=1):
            if number > LAST_ROW:
                raise _Damaged
            yield number, cells
    except DAMAGE:
        raise _Damaged from None
