"""Read the records of NDJSON and JSON files, and open files that may be packed."""

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from connectors.errors import SourceProblem
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
