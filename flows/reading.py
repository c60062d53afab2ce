"""The door to a version: whether it is whole, and for people one query that reads, on a connection that can do nothing
else."""

import csv
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import duckdb

from connectors.errors import Foreseen, printable

# No file but the version, no network, no extension, no spilling to disk, no Python object as a table; locked last.
CLOSED = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "lock_configuration": "true",
}
# Their texts name what the query names and the catalogue has. Others are found while rows are read, and quote values.
BEFORE_READING = (duckdb.ParserException, duckdb.CatalogException, duckdb.BinderException)


class QueryRefused(Foreseen):
    """The query was not answered; holds no value of a row."""


@dataclass(frozen=True)
class Answer:
    """What a query gave."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


class Damaged(Foreseen):
    """A version's file is missing, is not what was published, or cannot be opened."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file}: this version is damaged or cannot be opened; build a new one from the deliveries: zicht rebuild"
        )


def is_there(name: Path) -> bool:
    """Whether there is something of this name, be it a link that leads nowhere."""
    return name.is_symlink() or name.exists()


def manifest(version: Path) -> dict[str, Any]:
    """What a version says of itself.

    Raises:
        Damaged: it says nothing that can be read.
    """
    file = version / "version.json"
    try:
        said = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        raise Damaged(file) from None
    if not isinstance(said, dict) or not {"run", "inputs", "code", "deliveries", "sha256"} <= said.keys():
        raise Damaged(file)
    return said


def whole(version: Path) -> dict[str, Any]:
    """What a version says of itself, once its files can be opened and hold the bytes that were published.

    Raises:
        Damaged: they are not, or do not.
        PermissionError: the user of this process may not read one.
    """
    folder = version.resolve()  # a run may turn the link meanwhile
    said = manifest(folder)
    for file, digest in said["sha256"].items():
        with opened(folder / file):
            if sha256(folder / file) != digest:
                raise Damaged(folder / file)
    return said


def sha256(path: Path) -> str:
    """The checksum of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def opened(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A version's file, to read and nothing else.

    Raises:
        Damaged: it cannot be opened, or a part of it not be read.
        PermissionError: the user of this process may not read it.
    """
    try:
        with database.open("rb"):  # says who may not read it in the operating system's way
            pass
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise Damaged(database) from None
    try:
        with duckdb.connect(str(database.resolve()), read_only=True, config=dict(CLOSED)) as connection:
            yield connection
    except duckdb.IOException:
        raise Damaged(database) from None


def answer(database: Path, sql: str) -> Answer:
    """What one query gives.

    Raises:
        QueryRefused: it is not one query, it tries to do more than read, or it fails.
        Damaged: the file cannot be opened, or a part of it not be read.
        PermissionError: the user of this process may not read the file.
    """
    if not is_there(database):
        raise QueryRefused(f"{database}: there is no warehouse yet; run `zicht run` first.")
    with opened(database) as connection:
        try:
            statements = connection.extract_statements(sql)
            if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
                raise QueryRefused("found something else than one query, expected one that reads (select, from, with).")
            cursor = connection.execute(statements[0])
            return Answer([column[0] for column in cursor.description or ()], cursor.fetchall())
        except BEFORE_READING as error:
            text = re.sub(r"\s+", " ", str(error).partition("\n\nLINE ")[0])
            raise QueryRefused(f"the query is wrong: {printable(text, limit=300)}") from None
        except duckdb.PermissionException:
            raise QueryRefused(
                "the query reaches for a file, an address or an extension; it may read tables."
            ) from None
        except duckdb.IOException:  # not the query's fault
            raise
        except duckdb.Error as error:
            raise QueryRefused(
                f"the query failed on what it read ({type(error).__name__}); change it, for example by try_cast."
            ) from None


def table(found: Answer) -> Iterator[str]:
    """The lines of a plain table, numbers to the right."""
    cells = [[_shown(value) for value in row] for row in found.rows]
    widths = [max(map(len, column)) for column in zip(found.columns, *cells, strict=True)]
    yield _line(found.columns, widths, [False] * len(widths))
    yield "  ".join("-" * width for width in widths)
    for row, values in zip(cells, found.rows, strict=True):
        is_number = [isinstance(value, int | float) and not isinstance(value, bool) for value in values]
        yield _line(row, widths, is_number)


def _line(cells: Sequence[str], widths: Sequence[int], to_the_right: Sequence[bool]) -> str:
    placed = zip(cells, widths, to_the_right, strict=True)
    return "  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in placed).rstrip()


def write_csv(stream: TextIO, found: Answer) -> None:
    """Comma, LF, ISO dates, empty where nothing is known; as the files of a release.

    Raises:
        QueryRefused: a text that a spreadsheet would take for a formula.
    """
    # Imported here: it brings the release's statistics along, for which every command would wait.
    from flows.release.data import FORMULA

    for place, row in enumerate([tuple(found.columns), *found.rows], start=1):
        for column, value in zip(found.columns, row, strict=True):
            if isinstance(value, str) and FORMULA.search(value):
                raise QueryRefused(
                    f"line {place}, column {printable(column)}: found a text that a spreadsheet would take for a "
                    "formula; leave the column out, or print without --csv."
                )
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(found.columns)
    writer.writerows([_text(value) for value in row] for row in found.rows)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(value: Any) -> str:
    return printable(_text(value), limit=1000)
