"""Bytes in from folders: which files there are, whether they stand still, and the records inside."""

import codecs
import csv
import gzip
import hashlib
import io
import itertools
import json
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import ijson

from connectors.errors import SourceProblem, printable
from connectors.source import SourceFile

CHUNK_BYTES = 1 << 20
RECORD_BYTES = 16 << 20  # a longer record is refused: memory must not grow with what is delivered
UNFINISHED_SUFFIXES = (".part", ".tmp")

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
    """(`line N`, record) for each line that is not blank; a line that is no JSON gives UNREADABLE."""
    with opened(source, file) as stream:
        number = 0
        while line := stream.readline(RECORD_BYTES):
            number += 1
            whole = len(line) < RECORD_BYTES or line.endswith(b"\n")
            while len(line) == RECORD_BYTES and not line.endswith(b"\n"):
                line = stream.readline(RECORD_BYTES)
            if not whole:
                yield f"line {number}", UNREADABLE
            elif text := line.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip():
                yield f"line {number}", parse_json(text)


def parse_json(text: bytes) -> Any:
    """One JSON value, or UNREADABLE."""
    try:
        return json.loads(text.decode())
    except (ValueError, RecursionError):
        return UNREADABLE


def json_records(source: str, file: SourceFile) -> Iterator[tuple[str, Any]]:
    """(`item N`, record) for each item of a JSON array, streamed.

    Raises:
        SourceProblem: the file is not one whole JSON array.
    """
    with opened(source, file) as stream:
        array = io.BufferedReader(stream, CHUNK_BYTES)  # type: ignore[type-var]
        start = array.peek(64)[:64].removeprefix(b"\xef\xbb\xbf")
        try:
            if not start.lstrip().startswith(b"["):
                raise ijson.JSONError
            array.read(array.peek(3).startswith(b"\xef\xbb\xbf") * 3)
            for number, item in enumerate(ijson.items(array, "item", use_float=True), start=1):
                yield f"item {number}", item
        except (ijson.JSONError, UnicodeDecodeError):
            raise SourceProblem(
                f"{source}: {file.name}",
                found="text that is not one whole JSON array",
                expected="`[ {...}, ... ]` in UTF-8",
                do="Deliver it again.",
            ) from None


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
        first_line = text.readline()
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
        rows = csv.reader(text, delimiter=delimiter, strict=True)
        for number in itertools.count(2):
            lines_before = rows.line_num
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error:
                cells = []
                broken = True
            else:
                broken = bool(cells) and len(cells) != len(header)
            if broken and rows.line_num - lines_before > 1:
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


def _csv_encoding(source: str, file: SourceFile, stream: IO[bytes]) -> str:
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8-sig", "cp1252")}
    start = True
    while chunk := stream.read(CHUNK_BYTES):
        if start and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            decoders.clear()
        start = False
        for name in list(decoders):
            try:
                decoders[name].decode(chunk)
            except UnicodeDecodeError:
                del decoders[name]
    for name, decoder in decoders.items():
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return name
    raise SourceProblem(
        f"{source}: {printable(file.name)}",
        found="bytes that are neither UTF-8 nor cp1252",
        expected="one of these encodings",
        do="Export it again as UTF-8.",
    )
