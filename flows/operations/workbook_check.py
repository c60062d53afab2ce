"""Show what would be read from a registry's workbook, cell by cell, before anything is loaded."""

import csv
import io
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from connectors.codelists.layouts import Layouts
from connectors.errors import SourceProblem, printable
from connectors.formats.cells import Grid, read_grids
from connectors.registries.editions import edition_of
from connectors.registries.propose_rows import Proposed, propose_edition, propose_labels
from connectors.registries.reader import Reader
from connectors.source import Rejection, Row, SourceFile
from flows.operations.report import Report, text_table

KEYS = ("sheet", "cell", "printed", "table_name", "reference_year", "month", "unit", "population", "variable")
COLUMNS = (*KEYS, "category", "sex", "age", "value_low", "value_high", "note")
IN_EVERY_TABLE = ("cell", "printed", "value_low", "value_high")
Figures = list[dict[str, Any]]


def check_workbook(path: Path, layouts: Layouts, kind: str | None) -> Report:
    """Report what would be read from a workbook, or the rows to add to `seeds/` first.

    Args:
        path: The workbook (.xlsx).
        layouts: The layouts of all known editions.
        kind: The registry, or None to try all registries.

    Returns:
        A row for each figure, and one for each cell that would be left out: its note is the rule that it breaks.

    Raises:
        SourceProblem: The file is not a readable workbook.
    """
    kinds = [kind] if kind else sorted({row["kind"] for row in layouts.rows["registry_editions"]})
    grids = read_grids("check", SourceFile(path, path.name))
    for one in kinds:
        try:
            edition = edition_of(path.name, grids, layouts, one)
        except SourceProblem as error:
            problem = str(error)
            continue
        return _read(Reader(path.name, edition, layouts), grids)
    lines = [f"Next: name the registry with --kind ({', '.join(kinds)}) to see the rows to add, or coding or glotip."]
    if kind:
        lines = list(_rows(propose_edition(grids, layouts, kind, path.name)))
    return Report(COLUMNS, [], lines, [problem])


def _read(reader: Reader, grids: list[Grid]) -> Report:
    lines = [f"Edition {reader.edition.name} of {reader.edition.publisher}, layout {reader.edition.layout}"]
    try:
        items = list(reader.read(grids))
    except SourceProblem as problem:
        return Report(COLUMNS, [], [*lines, *_rows(propose_labels(reader))], [str(problem)])
    figures = [{name: _exact(item.values[name]) for name in COLUMNS} for item in items if isinstance(item, Row)]
    left_out = [{"cell": item.location, "note": item.rule} for item in items if isinstance(item, Rejection)]
    lines += _tables(figures)
    lines += [printable(f"Left out: {one['cell']}: {one['note']}") for one in left_out]
    lines += [f"\n{len(figures)} cells read, {len(left_out)} findings. Nothing was loaded."]
    return Report(COLUMNS, [[row.get(name) for name in COLUMNS] for row in (*figures, *left_out)], lines)


def _exact(value: Any) -> Any:
    """Return a number without a fraction as a whole number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _tables(figures: Figures) -> Iterator[str]:
    """Yield the lines of each table. What all its figures have in common is stated once."""
    tables: dict[tuple[str, str], Figures] = {}
    for figure in figures:
        tables.setdefault((figure["sheet"], figure["table_name"]), []).append(figure)
    for found in tables.values():
        names = [name for name in COLUMNS if name in IN_EVERY_TABLE or len({row[name] for row in found}) > 1]
        common = [f"{name} {found[0][name]}" for name in COLUMNS if name not in names and found[0][name]]
        yield from ("", *textwrap.wrap(printable(", ".join(common), 1000), 80))
        heads = [name.removeprefix("value_").removeprefix("reference_") for name in names]
        yield from text_table(heads, [[row[name] for name in names] for row in found])


def _rows(proposed: Iterable[Proposed]) -> Iterator[str]:
    last = ""
    for seed, row in proposed:
        if seed != last:
            yield f"\nAdd to seeds/{seed}.csv (fill in each ?):"
            last = seed
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(row)
        yield line.getvalue()
