"""Read the rows of CSV files, in the encodings and with the delimiters that spreadsheet programs write."""

import codecs
import csv
import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

from connectors.errors import SourceProblem
from connectors.formats.text import CHUNK_BYTES, RECORD_BYTES, UNREADABLE, opened
from connectors.source import SourceFile

TITLE_ROWS = 20  # a header below titles is looked for in so many rows
SEPARATOR = re.compile(r'"?sep=(.)"?[;,]*', flags=re.IGNORECASE)  # a first line that Excel writes and does not show

# Returns which of the first rows is the header, counted from 0.
HeaderOf = Callable[[list[list[str]]], int]


def csv_rows(source: str, file: SourceFile, header_of: HeaderOf | None = None) -> Iterator[tuple[str, Any]]:
    """Yield the header of a CSV file, then each row that is not blank.

    Rows are numbered as a spreadsheet shows them. The encoding is UTF-8 (with or without BOM) or cp1252. The delimiter
    is `;` or `,`, or the one that a first line `sep=` names. Blank columns at the end are left out.

    Args:
        source: The name of the source.
        file: The file to read.
        header_of: Finds the header below titles. Without it, the first row is the header.

    Yields:
        First the pair (`row 1`, list of column names), then pairs (`row N`, list of cells). The list is replaced by
        `UNREADABLE` if the quotes of the row are broken, or if its number of cells differs from the header.

    Raises:
        SourceProblem: If neither encoding fits, if the header is empty or names a column twice, if a line is too long,
            or if the file ends inside a quoted cell or inside its last row (it was cut off).

    Example:
        `("row 1", ["conversation_id", "tags"])`, then `("row 2", ["C-0000001", ""])`
    """
    csv.field_size_limit(RECORD_BYTES)
    where = f"{source}: {file.name}"
    with opened(source, file) as stream:
        encoding = _encoding(where, stream)
    with opened(source, file) as stream:
        text = io.TextIOWrapper(stream, encoding=encoding, newline="")
        lines = _lines(where, text)
        ahead = list(itertools.islice(lines, TITLE_ROWS + 1)) or [""]
        separator = SEPARATOR.fullmatch(ahead[0].rstrip("\r\n"))
        if separator:
            ahead = ahead[1:] or [""]
        first = [_cells(line, separator) for line in ahead[:TITLE_ROWS]]
        above = header_of([cells for _, cells in first]) if header_of else 0
        delimiter, header = first[above]
        while len(header) > 1 and not header[-1]:
            header.pop()
        if not any(header) or len(set(header)) < len(header):
            raise SourceProblem(
                where,
                found="a header that is empty or names a column twice",
                expected="one row of different column names",
                do="Export it again with its header.",
            )
        yield f"row {above + 1}", header
        rest = _Noted(itertools.chain(ahead[above + 1 :], lines))
        yield from _rows(where, rest, delimiter, len(header), above + 2)


def _cells(line: str, separator: re.Match[str] | None) -> tuple[str, list[str]]:
    """Return the delimiter and the trimmed cells of a line."""
    delimiter = separator[1] if separator else ";" if line.count(";") >= line.count(",") else ","
    return delimiter, [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def _lines(where: str, text: IO[str]) -> Iterator[str]:
    """Yield the lines of a text. A line that is too long raises a SourceProblem."""
    while line := text.readline(RECORD_BYTES):
        if len(line) == RECORD_BYTES:
            raise SourceProblem(
                where,
                found=f"a line of over {RECORD_BYTES >> 20} million characters",
                expected="one row a line",
                do="Export it again.",
            )
        yield line


class _Noted:
    """Lines, and in `last` the one that was read last."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines
        self.last = ""

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.last = line
            yield line


def _rows(where: str, lines: _Noted, delimiter: str, width: int, first: int) -> Iterator[tuple[str, Any]]:
    """Yield the rows below the header, numbered from `first`. A row has `width` cells and perhaps blank ones."""
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    for number in itertools.count(first):
        lines_before = rows.line_num
        is_open = False
        try:
            cells = next(rows)
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            is_broken = len(cells) not in (0, width)
        except StopIteration:
            return
        except csv.Error as error:
            cells, is_broken, is_open = [], True, "unexpected end" in str(error)
        if not is_broken:
            if any(cells):
                yield f"row {number}", cells
            continue
        cut_off = ""
        if is_open or rows.line_num - lines_before > 1:
            # An open quote swallows the rows after it. The number of lost rows is unknown.
            cut_off = "a quoted cell that does not end, or the end of the file inside one"
        elif len(cells) < width and not lines.last.endswith(("\n", "\r")):
            cut_off = "a last row that is cut off"
        if cut_off:
            place = f"{where}, row {number}"
            raise SourceProblem(place, found=cut_off, expected="a whole CSV file", do="Deliver it again.")
        yield f"row {number}", UNREADABLE


def _encoding(where: str, stream: IO[bytes]) -> str:
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8-sig", "cp1252")}
    start, has_wide = True, dict.fromkeys(decoders, False)
    while chunk := stream.read(CHUNK_BYTES):
        if start and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            decoders.clear()
        start = False
        for name in list(decoders):
            try:
                has_wide[name] = not decoders[name].decode(chunk).isascii() or has_wide[name]
            except UnicodeDecodeError:
                del decoders[name]
    for name, decoder in decoders.items():
        if not decoder.getstate()[0]:  # no bytes of an unfinished letter are left
            return name
        if has_wide[name]:
            break  # UTF-8 that ends inside a letter was cut off; cp1252 would misread every name
    raise SourceProblem(
        where,
        found="bytes that are neither whole UTF-8 nor cp1252",
        expected="one of these encodings",
        do="Export it again as UTF-8.",
    )
