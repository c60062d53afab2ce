"""Print what a command found: as text for a screen, as CSV, or as one JSON object."""

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import typer

from connectors.errors import printable
from flows.warehouse.query import FORMULA, Answer, cell_text, table

WIDEST_TEXT = 32  # characters of a cell in a table of text


@dataclass(frozen=True)
class Report:
    """What a command found.

    Attributes:
        columns: The names of the columns in `rows`.
        rows: What `--csv` and `--json` print.
        lines: What is printed otherwise.
        problems: One line for each part that could not be read.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    lines: Sequence[str]
    problems: Sequence[str] = ()

    def write(self, as_json: bool, as_csv: bool) -> None:
        """Print the report, and end the command with exit code 1 if there are problems."""
        if as_json:
            rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
            typer.echo(json.dumps({"problems": self.problems, "rows": rows}, ensure_ascii=False))
        elif as_csv:
            csv.writer(sys.stdout, lineterminator="\n").writerows(map(_cells, (self.columns, *self.rows)))
        else:
            typer.echo("\n".join(self.lines))
        for line in () if as_json else self.problems:
            typer.echo(f"\nNot read: {line}", err=as_csv)
        if self.problems:
            raise typer.Exit(1)


def _cells(row: Sequence[Any]) -> list[str]:
    """Return a row of CSV. No spreadsheet takes a text of it for a formula."""
    is_formula = [isinstance(cell, str) and len(cell) > 1 and FORMULA.search(cell) for cell in row]
    return [f"'{cell}" if formula else cell_text(cell) for cell, formula in zip(row, is_formula, strict=True)]


def text_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return the lines of a table for a screen. Long texts are cut."""
    cut = [tuple(printable(one, WIDEST_TEXT) if isinstance(one, str) else one for one in row) for row in rows]
    return list(table(Answer(list(columns), cut)))
