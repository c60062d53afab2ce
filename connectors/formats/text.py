"""Read the records of JSON files, and open files that may be packed."""

import gzip
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
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
            where, found="gzip data that is cut off or damaged", expected="a whole .gz file", do="Deliver it again."
        ) from None


class Repeated(dict[str, Any]):
    """A JSON object in which a key occurs more than once. `repeated` holds such keys."""

    def __init__(self, values: dict[str, Any], repeated: set[str]) -> None:
        super().__init__(values)
        self.repeated = repeated


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    return Repeated(values, {key for key, count in Counter(key for key, _ in pairs).items() if count > 1})


# Python's decoder is three times as slow with a hook. So it is used only for texts in which a key may occur twice.
PLAIN_JSON = json.JSONDecoder()
HOOKED_JSON = json.JSONDecoder(object_pairs_hook=_object)
ESCAPED_ASCII = re.compile(r"\\u00[2-7]")  # an escape that could hide a key


class Keys:
    """The keys that matter to a reader. If one occurs twice in an object, the object is a `Repeated`."""

    def __init__(self, names: Iterable[str]) -> None:
        self._written = {json.dumps(name, ensure_ascii=ascii) for name in names for ascii in (True, False)}

    def checked(self, text: str, value: Any) -> Any:
        """Return the value of a JSON text, with each `Repeated` object in it.

        Most texts are proved to repeat no key by counting: as many keys were written as the object has.
        """
        # Python looks for one character many times as fast as for two.
        if "\\" not in text or not ESCAPED_ASCII.search(text):
            are_tight = not ("\n" in text or "\r" in text or "\t" in text or '" ' in text)  # no blank before a colon
            if are_tight and isinstance(value, dict) and text.count('":') == len(value):
                return value
            if max(map(text.count, self._written), default=0) < 2:
                return value
        return HOOKED_JSON.decode(text)


def json_records(source: str, file: SourceFile, names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Yield the records of a file that holds one JSON object a line (NDJSON), or one JSON array.

    The first character decides, because exports are often named otherwise. NaN and Infinity are read as numbers.

    Args:
        source: The name of the source.
        file: The file.
        names: The keys that matter. A record that holds one of them twice is a `Repeated`.

    Yields:
        Pairs (`line N` or `item N`, record). The record is `UNREADABLE` if a line is not JSON, or is too long.

    Raises:
        SourceProblem: If an array is not whole, if no line holds a JSON object, if a line holds more than one, or if
            the last object is cut off.

    Example:
        `("line 1", {"conversation_id": "F-0000001"})`
    """
    keys = Keys(names)
    with opened(source, file) as stream:
        start = b""
        while not start and (line := stream.readline(CHUNK_BYTES)):
            start = line.removeprefix(b"\xef\xbb\xbf").strip()
    is_named_array = file.name.lower().removesuffix(".gz").endswith(".json")
    if start.startswith(b"[") or (is_named_array and not start.startswith(b"{")):
        yield from _array_records(source, file, keys)
    else:
        yield from _line_records(source, file, keys)


def _line_records(source: str, file: SourceFile, keys: Keys) -> Iterator[tuple[str, Any]]:
    has_object, has_lines, cut = False, False, 0
    with opened(source, file) as stream:
        for number, (line, has_end) in enumerate(_ndjson_lines(stream), start=1):
            text = line and line.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip()
            if text == b"":
                continue
            record = UNREADABLE if text is None else _line_record(f"{source}: {file.name}, line {number}", text, keys)
            has_lines, has_object = True, has_object or isinstance(record, dict)
            if record is UNREADABLE and not has_end and text and text.startswith(b"{"):
                cut = number
            else:
                yield f"line {number}", record
    if cut:
        raise SourceProblem(
            f"{source}: {file.name}, line {cut}",
            found="a last line that is cut off",
            expected="one whole JSON object a line",
            do="Deliver the file again once it is finished.",
        )
    if has_lines and not has_object:
        raise SourceProblem(
            f"{source}: {file.name}",
            found="no line that holds a JSON object",
            expected="one whole JSON object a line, in UTF-8, or one array of objects",
            do="Check what was delivered, and deliver it again.",
        )


def _line_record(where: str, line: bytes, keys: Keys) -> Any:
    try:
        text = line.decode()
        return keys.checked(text, PLAIN_JSON.decode(text))
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text[error.pos :].lstrip(" ,").startswith("{"):
            raise SourceProblem(
                where,
                found="more than one JSON object on a line",
                expected="one whole JSON object a line, or one array of objects",
                do="Deliver it again, with a line break after each object.",
            ) from None
        return UNREADABLE
    except (ValueError, RecursionError):
        return UNREADABLE


def _ndjson_lines(stream: IO[bytes]) -> Iterator[tuple[bytes | None, bool]]:
    """Yield (line, whether the line ends in a line break). A line of more than RECORD_BYTES is None."""
    while line := stream.readline(RECORD_BYTES):
        is_whole = len(line) < RECORD_BYTES or line.endswith(b"\n")
        rest = line
        while len(rest) == RECORD_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(RECORD_BYTES)
        yield line if is_whole else None, rest.endswith(b"\n")


def parse_json(text: bytes) -> Any:
    """Return the value of a JSON text, with objects that repeat a key as `Repeated`, or `UNREADABLE`.

    Args:
        text: The JSON text in UTF-8.
    """
    try:
        return HOOKED_JSON.decode(text.decode())
    except (ValueError, RecursionError):
        return UNREADABLE


def is_unicode(text: str) -> bool:
    """Return False for a text with half a surrogate pair. JSON can contain such a half, but UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _array_records(source: str, file: SourceFile, keys: Keys) -> Iterator[tuple[str, Any]]:
    """Yield the items of a JSON array, without holding the whole file in memory."""
    with opened(source, file) as stream:
        try:
            text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
            for number, (written, item) in enumerate(_array_items(text), start=1):
                yield f"item {number}", keys.checked(written, item)
        except (ValueError, RecursionError):
            raise SourceProblem(
                f"{source}: {file.name}",
                found="text that is not one whole JSON array",
                expected="`[ {...}, ... ]` in UTF-8",
                do="Deliver it again.",
            ) from None


def _array_items(text: IO[str]) -> Iterator[tuple[str, Any]]:
    """Yield the items of one JSON array, as (JSON text, value). At most one item and one chunk are in memory at a time.

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
            item, end, after, mark = found
            yield held[place:end], item
            place = after
        else:
            # The item continues in the next chunk.
            chunk = text.read(CHUNK_BYTES)
            held, place = held[place:] + chunk, 0
            if not chunk or len(held) > RECORD_BYTES + CHUNK_BYTES:
                raise ValueError
    if held[place:].strip() or any(chunk.strip() for chunk in iter(lambda: text.read(CHUNK_BYTES), "")):
        raise ValueError


def _item_at(held: str, place: int) -> tuple[Any, int, int, str] | None:
    """Return (item, its end, start of the next item, `,` or `]`), or None if the text in memory ends too early."""
    try:
        item, end = PLAIN_JSON.raw_decode(held, place)
    except json.JSONDecodeError:
        return None
    separator = ITEM_SEPARATOR.match(held, end)
    return (item, end, separator.end(), separator[1] or "]") if separator else None
