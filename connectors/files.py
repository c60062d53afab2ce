"""Bytes in from folders: which files there are, whether they stand still, and the records inside."""

import codecs
import csv
import gzip
import hashlib
import io
import itertools
import json
import os
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from connectors.errors import SourceProblem, printable
from connectors.source import SourceFile

CHUNK_BYTES = 1 << 20
RECORD_BYTES = 16 << 20  # a longer record is refused: memory must not grow with what is delivered
UNFINISHED_SUFFIXES = (".part", ".tmp")

# One JSON array, chunk by chunk. A separator counts once the start of what follows it has been read as well.
EMPTY_ARRAY = re.compile(r"[ \t\r\n]*\[[ \t\r\n]*\][ \t\r\n]*")
ARRAY_OPENING = re.compile(r"[ \t\r\n]*\[[ \t\r\n]*")
ITEM_SEPARATOR = re.compile(r"[ \t\r\n]*(?:(,)[ \t\r\n]*(?=[^ \t\r\n])|(\]))")


def _refuse_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON


STRICT_JSON = json.JSONDecoder(parse_constant=_refuse_constant)

# A record that could not be read at all; readers turn it into a rejection.
UNREADABLE = object()


def list_files(source: str, root: Path) -> list[SourceFile]:
    """The files below a source's folder (or the one file), in the order of their names.

    Files that are still being written (`*.part`, `*.tmp`, `~$*`, dot files) are left alone.

    Raises:
        SourceProblem: the path is missing, cannot be listed, or holds no file.
    """
    if not root.exists():
        raise SourceProblem(
            f"{source}: {root}",
            found="nothing there",
            expected="a folder or a file",
            do=f"Create it, or correct `path` of [sources.{source}].",
        )
    if not root.is_dir():
        return [SourceFile(root, _name(Path(root.name)))]
    files = [SourceFile(path, _name(path.relative_to(root))) for path in _walk(source, root)]
    if not files:
        raise SourceProblem(
            f"{source}: {root}",
            found="an empty folder",
            expected="at least one file",
            do="Ask for the delivery; what was received earlier is kept.",
        )
    return sorted(files, key=lambda file: file.name)


def _name(path: Path) -> str:
    """A path as text that every later step can hold, also where its bytes are no UTF-8."""
    return path.as_posix().encode("utf-8", "backslashreplace").decode()


def _walk(source: str, root: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise SourceProblem(
            f"{source}: {error.filename}",
            found=error.strerror or "an error",
            expected="a folder that can be listed",
            do="Give zicht the right to read it.",
        )

    for folder, folders, names in os.walk(root, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            if not (name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED_SUFFIXES)):
                yield Path(folder, name)


@contextmanager
def standing_still(source: str, root: Path, file: SourceFile) -> Iterator[str]:
    """Give the SHA-256 of a file's bytes, and make sure on leaving that they did not change meanwhile.

    Raises:
        SourceProblem: not a regular file inside the folder, not readable, or changed while being read.
    """
    where = f"{source}: {file.name}"
    try:
        inside = file.path.resolve().is_relative_to(root.resolve())
        before = file.path.stat()
        if not inside or not stat.S_ISREG(before.st_mode):
            raise SourceProblem(
                where,
                found="a link or special file that leads out of the folder",
                expected="a plain file inside it",
                do="Put the file itself there.",
            )
        yield _digest(file.path)
        after = file.path.stat()
    except OSError as error:
        raise SourceProblem(
            where,
            found=error.strerror or type(error).__name__,
            expected="a file that can be read",
            do="Give zicht the right to read it, or deliver it again.",
        ) from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise SourceProblem(
            where,
            found="that it changed while it was read",
            expected="a finished file",
            do="Nothing of it was taken; the next run reads it again.",
        )


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def opened(source: str, file: SourceFile) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where its name ends in .gz.

    Raises:
        SourceProblem: the packed data is cut off or damaged.
    """
    try:
        is_packed = file.name.lower().endswith(".gz")
        with cast("IO[bytes]", gzip.open(file.path) if is_packed else file.path.open("rb")) as stream:
            yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise SourceProblem(
            f"{source}: {file.name}",
            found="gzip data that is cut off or damaged",
            expected="a whole .gz file",
            do="Deliver it again.",
        ) from None


def ndjson_records(source: str, file: SourceFile) -> Iterator[tuple[str, Any]]:
    """(`line N`, record) for each line that is not blank; a line that is no JSON gives UNREADABLE.

    Raises:
        SourceProblem: no line is JSON, and some are not even text.
    """
    with opened(source, file) as stream:
        number, is_json, is_text = 0, False, True
        while line := stream.readline(RECORD_BYTES):
            number += 1
            whole = len(line) < RECORD_BYTES or line.endswith(b"\n")
            while len(line) == RECORD_BYTES and not line.endswith(b"\n"):
                line = stream.readline(RECORD_BYTES)
            if not whole:
                yield f"line {number}", UNREADABLE
            elif text := line.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip():
                record = parse_json(text)
                is_json = is_json or record is not UNREADABLE
                is_text = is_text and (is_json or _is_text(text))
                yield f"line {number}", record
    if not is_json and not is_text:
        raise SourceProblem(
            f"{source}: {file.name}",
            found="bytes that are no text",
            expected="one JSON object a line, in UTF-8",
            do="Check what was delivered, and deliver it again.",
        )


def _is_text(line: bytes) -> bool:
    try:
        return "\0" not in line.decode()
    except UnicodeDecodeError:
        return False


def parse_json(text: bytes) -> Any:
    """One JSON value, or UNREADABLE."""
    try:
        return json.loads(text.decode())
    except (ValueError, RecursionError):
        return UNREADABLE


def is_unicode(text: str) -> bool:
    """False for half a surrogate pair, which JSON can smuggle in and UTF-8 cannot hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def json_records(source: str, file: SourceFile) -> Iterator[tuple[str, Any]]:
    """(`item N`, record) for each item of a JSON array, streamed.

    Raises:
        SourceProblem: the file is not one whole JSON array.
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
    """The items of one JSON array; no more than one item and one chunk are held at a time.

    Raises:
        ValueError: it is cut off, goes on after its end, or holds an item of over RECORD_BYTES.
        RecursionError: it nests too deeply.
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
            # The item goes on in the next chunk.
            chunk = text.read(CHUNK_BYTES)
            held, place = held[place:] + chunk, 0
            if not chunk or len(held) > RECORD_BYTES + CHUNK_BYTES:
                raise ValueError
    if held[place:].strip() or any(chunk.strip() for chunk in iter(lambda: text.read(CHUNK_BYTES), "")):
        raise ValueError


def _item_at(held: str, place: int) -> tuple[Any, int, str] | None:
    """(item, where the next one starts, `,` or `]`), or None where the text held does not reach that far."""
    try:
        item, end = STRICT_JSON.raw_decode(held, place)
    except json.JSONDecodeError:
        return None
    separator = ITEM_SEPARATOR.match(held, end)
    return (item, separator.end(), separator[1] or "]") if separator else None


def csv_rows(source: str, file: SourceFile) -> Iterator[tuple[str, Any]]:
    """The header's names as (`row 1`, list), then (`row N`, list of cells) for each row that is not blank.

    Rows are numbered as a spreadsheet shows them. UTF-8 (with or without BOM) or cp1252; `;` or `,`. A row whose
    quotes are broken, or that has not as many cells as the header, gives UNREADABLE.

    Raises:
        SourceProblem: neither encoding fits, the header is empty or names a column twice, or the file ends inside a
            quoted cell (it was cut off).
    """
    csv.field_size_limit(RECORD_BYTES)
    with opened(source, file) as stream:
        encoding = _csv_encoding(source, file, stream)
    with opened(source, file) as stream:
        text = io.TextIOWrapper(stream, encoding=encoding, newline="")
        lines = _lines(source, file, text)
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
                # An open quote swallows the rows after it: how many were lost cannot be known.
                raise SourceProblem(
                    f"{source}: {file.name}, row {number}",
                    found="a quoted cell that does not end, or the end of the file inside one",
                    expected="a whole CSV file",
                    do="Deliver it again.",
                )
            if broken:
                yield f"row {number}", UNREADABLE
            elif any(cells):
                yield f"row {number}", cells


def _lines(source: str, file: SourceFile, text: IO[str]) -> Iterator[str]:
    while line := text.readline(RECORD_BYTES):
        if len(line) == RECORD_BYTES:
            raise SourceProblem(
                f"{source}: {file.name}",
                found=f"a line of over {RECORD_BYTES >> 20} million characters",
                expected="one row a line",
                do="Export it again.",
            )
        yield line


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
            break  # UTF-8 that ends inside a letter was cut off; read as cp1252, every name would become another
        return name
    raise SourceProblem(
        f"{source}: {printable(file.name)}",
        found="bytes that are neither whole UTF-8 nor cp1252",
        expected="one of these encodings",
        do="Export it again as UTF-8.",
    )
