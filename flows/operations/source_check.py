"""Show what would be read from a registry's workbook, cell by cell, before anything is loaded."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from connectors.codelists.layouts import Layouts
from connectors.errors import SourceProblem
from connectors.formats.cells import Grid, read_grids
from connectors.registries.editions import edition_of
from connectors.registries.propose_rows import Proposed, propose_edition, propose_labels
from connectors.registries.reader import Reader
from connectors.source import Rejection, Row, SourceFile

KEYS = ("sheet", "cell", "printed", "table_name", "reference_year", "month", "unit", "population", "variable")
COLUMNS = (*KEYS, "category", "sex", "age", "value_low", "value_high", "note")


def check_workbook(console: Console, path: Path, layouts: Layouts, kind: str | None) -> bool:
    """Print what would be read from a workbook, or the rows to add to `seeds/` first.

    Args:
        console: Where to print.
        path: The workbook (.xlsx).
        layouts: The layouts of all known editions.
        kind: The registry, or None to try all registries.

    Returns:
        True if the workbook can be read. Cells that would be left out are printed as findings.

    Raises:
        SourceProblem: The file is not a readable workbook.
    """
    kinds = [kind] if kind else sorted({row["kind"] for row in layouts.rows["registry_editions"]})
    grids = read_grids("check", SourceFile(path, path.name))
    problem: SourceProblem | None = None
    for one in kinds:
        try:
            edition = edition_of(path.name, grids, layouts, one)
        except SourceProblem as error:
            problem = error
            continue
        return _read(console, Reader(path.name, edition, layouts), grids)
    assert problem is not None
    _print_problem(console, problem)
    if kind:
        _print_rows(console, propose_edition(grids, layouts, kind, path.name))
    else:
        console.print(f"Next: name the registry with --kind ({', '.join(kinds)}), to see the rows to add.")
    return False


def _read(console: Console, reader: Reader, grids: list[Grid]) -> bool:
    edition = reader.edition
    console.print(f"Edition [bold]{escape(edition.name)}[/] of {edition.publisher}, layout {edition.layout}\n")
    try:
        items = list(reader.read(grids))
    except SourceProblem as problem:
        _print_problem(console, problem)
        _print_rows(console, propose_labels(reader))
        return False
    figures = Table(*COLUMNS, box=None, pad_edge=False)
    for item in items:
        if isinstance(item, Row):
            figures.add_row(*(_text(item.values[name]) for name in COLUMNS))
    console.print(figures)
    findings = [item for item in items if isinstance(item, Rejection)]
    for finding in findings:
        console.print(f"[yellow]Left out:[/] {escape(finding.location)}: {finding.rule}")
    console.print(f"\n{len(items) - len(findings)} cells read, {len(findings)} findings. Nothing was loaded.")
    return True


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else escape(str(value))


def _print_problem(console: Console, problem: SourceProblem) -> None:
    console.print("[red]Not read:[/]", end=" ")
    console.print(str(problem), markup=False, highlight=False, soft_wrap=True)


def _print_rows(console: Console, proposed: Iterable[Proposed]) -> None:
    last = ""
    for seed, row in proposed:
        if seed != last:
            console.print(f"\nAdd to seeds/{seed}.csv (fill in each ?):")
            last = seed
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(row)
        console.print(line.getvalue(), markup=False, highlight=False, soft_wrap=True)
