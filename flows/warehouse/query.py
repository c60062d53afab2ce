"""Answer one read-only SQL query on a version of the warehouse, on a connection that can do nothing else."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os.path import lexists
from pathlib import Path
from typing import Any, TextIO

import duckdb

from connectors.errors import UserFacingError, printable
from flows.warehouse.versions import opened

# The texts of these errors contain only names from the query and the catalogue. Other errors occur while rows are read,
# and their texts quote values.
BEFORE_READING = (duckdb.ParserException, duckdb.CatalogException, duckdb.BinderException)

# A spreadsheet recognises a formula by its first character. It may also split a text at a separator, which depends
# on the country, and then recognise a formula after that separator.
FORMULA = re.compile(r"[\x00-\x1f]|(^|[,;|])[\s\"']*[=+\-@＝＋－＠]")


class QueryRefused(UserFacingError):
    """The query was not answered. The message contains no value of a row."""


@dataclass(frozen=True)
class Answer:
    """The result of a query: the names of its columns, and its rows."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def answer(database: Path, sql: str) -> Answer:
    """Return the result of one query that reads.

    Args:
        database: A database file of a version.
        sql: The query.

    Raises:
        QueryRefused: There is no warehouse yet; or the text is not exactly one query, tries to do more than read, or
            fails.
        Damaged: The file cannot be opened, or a part of it cannot be read.
        PermissionError: The user of this process may not read the file.
    """
    if not lexists(database):
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
        except duckdb.IOException:  # the file is at fault, not the query
            raise
        except duckdb.Error as error:
            raise QueryRefused(
                f"the query failed on what it read ({type(error).__name__}); change it, for example by try_cast."
            ) from None


def table(found: Answer) -> Iterator[str]:
    """Yield the lines of a plain-text table, with numbers aligned right."""
    cells = [[_cell(value) for value in row] for row in found.rows]
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
    """Write a result as CSV in the format of the release files.

    The format has commas, LF, ISO dates, and an empty field for an unknown value.

    Raises:
        QueryRefused: The result contains a text that a spreadsheet would treat as a formula.
    """
    for place, row in enumerate([tuple(found.columns), *found.rows], start=1):
        for column, value in zip(found.columns, row, strict=True):
            if isinstance(value, str) and FORMULA.search(value):
                raise QueryRefused(
                    f"line {place}, column {printable(column)}: found a text that a spreadsheet would take for a "
                    "formula; leave the column out, or print without --csv."
                )
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(found.columns)
    writer.writerows([cell_text(value) for value in row] for row in found.rows)


def cell_text(value: Any) -> str:
    """Return a value as text for a cell of a CSV file.

    An unknown value is blank, and a date is in ISO format. A fraction is the shortest decimal that gives the same
    float.
    """
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cell(value: Any) -> str:
    return printable(cell_text(value), limit=1000)
