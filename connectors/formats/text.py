"""Read the records inside a file, whatever its format, encoding and compression."""

import codecs
import csv
import gzip
import io
import itertools
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from connectors.errors import SourceProblem, printable
from connectors.source import SourceFile

CHUNK_BYTES = 1 << 20
UNPACKED_RATIO = 200  # a packed file may unpack to at most this many times its size
RECORD_BYTES = 16 << 20  # a longer record is refused, because memory use must not grow with a delivery

# Patterns to read a JSON array in chunks. A separator matches only if the start of the next item was read as well.
EMPTY_ARRAY = re.compile(r"[ \t\r\n]*\[[ \t\r\n]*\][ \t\r\n]*")
ARRAY_OPENING = re.compile(r"[ \t\r\n]*\[[ \t\r\n]*")
ITEM_SEPARATOR = re.compile(r"[ \t\r\n]*(?:(,)[ \t\r\n]*(?=[^ \t\r\n])|(\]))")


def _refuse_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are not JSON


STRICT_JSON = json.JSONDecoder(parse_constant=_refuse_constant)

# Marks a record that could not be read at all. Readers turn it into a rejection.
UNREADABLE = object()


def most_unpacked(packed: int) -> int:
    """Return the maximum size in bytes that a packed file may unpack to.

    Args:
        packed: The size of the packed file in bytes. A file of less than 64 KiB counts as 64 KiB.
    """
    return UNPACKED_RATIO * max(packed, 1 << 16)


class _Unpacked(io.RawIOBase):
    """The bytes that a .gz file unpacks to. Reading raises a SourceProblem if they are far too many."""

    def __init__(self, where: str, path: Path) -> None:
        self._where = where
        self._stream = gzip.open(path)  # noqa: SIM115
        self._packed = path.stat().st_size

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._stream.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        count = self._stream.readinto(buffer)
        if self._stream.tell() > most_unpacked(self._packed):
            raise SourceProblem(
                self._where,
                found=f"{self._packed >> 10} KiB that unpack to more than {UNPACKED_RATIO} times as much",
                expected="an export that was packed once",
                do="Check where the file comes from, and deliver it again.",
            )
        return count


@contextmanager
def opened(source: str, file: SourceFile) -> Iterator[IO[bytes]]:
    """Open a file for reading. Unpack it if its name ends in .gz.

    Args:
        source: The name of the source.
        file: The file to open.

    Yields:
        A stream of the bytes.

    Raises:
        SourceProblem: If the packed data is cut off or damaged, or unpacks to far too much.
    """
    where = f"{source}: {file.name}"
    try:
        is_packed = file.name.lower().endswith(".gz")
        unpacked = io.BufferedReader(_Unpacked(where, file.path)) if is_packed else file.path.open("rb")
        with unpacked as stream:
            yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise SourceProblem(
            where,
            found="gzip data that is cut off or damaged",
            expected="a whole .gz file",
            do="Deliver it again.",
        ) from None


def ndjson_records(source: str, file: SourceFile) -> Iterator[tuple[str, Any]]:
    """Yield one record for each line of an NDJSON file that is not blank.

    Args:
        source: The name of the source.
        file: The file to read.

    Yields:
        Pairs (`line N`, record). The record is `UNREADABLE` if the line is not JSON, or is too long.

    Raises:
        SourceProblem: If no line is JSON and some lines are not even text, or if the last object is cut off.

    Example:
        `("line 1", {"conversation_id": "F-0000001"})`
    """
    is_json, is_text, cut = False, True, 0
    with opened(source, file) as stream:
        for number, (line, has_end) in enumerate(_ndjson_lines(stream), start=1):
            text = line and line.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip()
            if text == b"":
                continue
            record = UNREADABLE if text is None else parse_json(text)
            is_json = is_json or record is not UNREADABLE
            is_text = is_text and (is_json or text is None or _is_text(text))
            if record is UNREADABLE and not has_end and text and text.startswith(b"{"):
                cut = number
            else:
                yield f"line {number}", record
    if not is_json and not is_text:
        raise SourceProblem(
            f"{source}: {file.name}",
            found="bytes that are no text",
            expected="one JSON object a line, in UTF-8",
            do="Check what was delivered, and deliver it again.",
        )
    if cut:
        raise SourceProblem(
            f"{source}: {file.name}, line {cut}",
            found="a last line that is cut off",
            expected="one whole JSON object a line",
            do="Deliver the file again once it is finished.",
        )


def _ndjson_lines(stream: IO[bytes]) -> Iterator[tuple[bytes | None, bool]]:
    """Yield (line, whether the line ends in a line break). A line of more than RECORD_BYTES is None."""
    while line := stream.readline(RECORD_BYTES):
        is_whole = len(line) < RECORD_BYTES or line.endswith(b"\n")
        rest = line
        while len(rest) == RECORD_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(RECORD_BYTES)
        yield line if is_whole else None, rest.endswith(b"\n")


def _is_text(line: bytes) -> bool:
    try:
        return "\0" not in line.decode()
    except UnicodeDecodeError:
        return False


def parse_json(text: bytes) -> Any:
    """Return the value of a JSON text, or `UNREADABLE`.

    Args:
        text: The JSON text in UTF-8.
    """
    try:
        return json.loads(text.decode())
    except (ValueError, RecursionError):
        return UNREADABLE


def is_unicode(text: str) -> bool:
    """Return False for a text with half a surrogate pair. JSON can contain such a half, but UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def json_records(source: str, file: SourceFile) -> Iterator[tuple[str, Any]]:
    """Yield the items of a JSON array, without holding the whole file in memory.

    Args:
        source: The name of the source.
        file: The file to read.

    Yields:
        Pairs (`item N`, record).

    Raises:
        SourceProblem: If the file is not one whole JSON array.

    Example:
        `("item 1", {"conversation_id": "F-0000001"})`
    """
    with opened(source, file) as stream:
        try:
            for number, item in enumerate(_array_items(io.TextIOWrapper(stream, "utf-8-sig", newline="")), start=1):
                yield f"item {number}", item
        except (ValueError, RecursionError):
            raise SourceProblem(
                f"{source}: {file.name}",
                found="text that is not one whole JSON array",
                expected="`[ {...}, ... ]` in UTF-8",
                do="Deliver it again.",
            ) from None


def _array_items(text: IO[str]) -> Iterator[Any]:
    """Yield the items of one JSON array. At most one item and one chunk are in memory at a time.

    Raises:
        ValueError: If the array is cut off, continues after its end, or has an item of more than RECORD_BYTES.
        RecursionError: If an item is nested too deeply.
    """
    held = text.read(CHUNK_BYTES)
    if EMPTY_ARRAY.fullmatch(held):
        return
    opening = ARRAY_OPENING.match(held)
    if not opening:
        raise ValueError
    place, mark = opening.end(), ","
    while mark == ",":
        if found := _item_at(held, place):
            item, place, mark = found
            yield item
        else:
            # The item continues in the next chunk.
            chunk = text.read(CHUNK_BYTES)
            held, place = held[place:] + chunk, 0
            if not chunk or len(held) > RECORD_BYTES + CHUNK_BYTES:
                raise ValueError
    if held[place:].strip() or any(chunk.strip() for chunk in iter(lambda: text.read(CHUNK_BYTES), "")):
        raise ValueError


def _item_at(held: str, place: int) -> tuple[Any, int, str] | None:
    """Return (item, start of the next item, `,` or `]`), or None if the text in memory ends too early."""
    try:
        item, end = STRICT_JSON.raw_decode(held, place)
    except json.JSONDecodeError:
        return None
    separator = ITEM_SEPARATOR.match(held, end)
    return (item, separator.end(), separator[1] or "]") if separator else None


def csv_rows(source: str, file: SourceFile) -> Iterator[tuple[str, Any]]:
    """Yield the header of a CSV file, then each row that is not blank.

    Rows are numbered as a spreadsheet shows them. The encoding is UTF-8 (with or without BOM) or cp1252. The delimiter
    is `;` or `,`.

    Args:
        source: The name of the source.
        file: The file to read.

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
    with opened(source, file) as stream:
        encoding = _csv_encoding(source, file, stream)
    with opened(source, file) as stream:
        text = io.TextIOWrapper(stream, encoding=encoding, newline="")
        lines = _Lines(source, file, text)
        first_line = next(lines, "")
        delimiter = ";" if first_line.count(";") >= first_line.count(",") else ","
        header = [name.strip() for name in next(csv.reader([first_line], delimiter=delimiter), [])]
        if not any(header) or len(set(header)) < len(header):
            raise SourceProblem(
                f"{source}: {file.name}",
                found="a header that is empty or names a column twice",
                expected="one row of different column names",
                do="Export it again with its header.",
            )
        yield "row 1", header
        rows = csv.reader(lines, delimiter=delimiter, strict=True)
        for number in itertools.count(2):
            lines_before = rows.line_num
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                cells = []
                broken, is_open = True, "unexpected end" in str(error)
            else:
                broken, is_open = bool(cells) and len(cells) != len(header), False
            if broken and (is_open or rows.line_num - lines_before > 1):
                # An open quote swallows the rows after it. The number of lost rows is unknown.
                raise _cut_csv(
                    source, file, number, "a quoted cell that does not end, or the end of the file inside one"
                )
            if broken and len(cells) < len(header) and not lines.has_end:
                raise _cut_csv(source, file, number, "a last row that is cut off")
            if broken:
                yield f"row {number}", UNREADABLE
            elif any(cells):
                yield f"row {number}", cells


def _cut_csv(source: str, file: SourceFile, number: int, found: str) -> SourceProblem:
    return SourceProblem(
        f"{source}: {file.name}, row {number}", found=found, expected="a whole CSV file", do="Deliver it again."
    )


class _Lines:
    """The lines of a text. A line that is too long raises a SourceProblem.

    `has_end` is True if the last line that was returned ends in a line break.
    """

    def __init__(self, source: str, file: SourceFile, text: IO[str]) -> None:
        self.has_end = True
        self._where = f"{source}: {file.name}"
        self._text = text

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(RECORD_BYTES)
        if not line:
            raise StopIteration
        self.has_end = line.endswith(("\n", "\r"))
        if len(line) == RECORD_BYTES:
            raise SourceProblem(
                self._where,
                found=f"a line of over {RECORD_BYTES >> 20} million characters",
                expected="one row a line",
                do="Export it again.",
            )
        return line


def _csv_encoding(source: str, file: SourceFile, stream: IO[bytes]) -> str:
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
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            if not has_wide[name]:
                continue
            break  # UTF-8 that ends inside a letter was cut off; cp1252 would misread every name
        return name
    raise SourceProblem(
        f"{source}: {printable(file.name)}",
        found="bytes that are neither whole UTF-8 nor cp1252",
        expected="one of these encodings",
        do="Export it again as UTF-8.",
    )
