"""A sample of the mutation corpus is as foreseen, and the corpus catches readers that are broken on purpose."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from promises import cases

from connectors.formats import cells
from connectors.formats.cells import Cell
from connectors.registries import intervals, reader
from connectors.registries.found_table import Body
from connectors.registries.reader import Reader
from rigs.corpus import corpus, gates
from rigs.corpus.base import Base
from rigs.corpus.mutation import MUTATIONS
from rigs.corpus.verdict import Mutant, Verdict, judge

TESTS = Path(__file__).parents[2]
A_GROUP = 6  # workbooks


@pytest.fixture(scope="module")
def bases() -> list[Base]:
    return corpus.bases()


def sample(bases: list[Base]) -> list[Mutant]:
    """Some workbooks of every group, the same each time."""
    plans = [(one, plan) for one in bases for plan in corpus.plans(one, bases)]
    Random(1).shuffle(plans)
    chosen: dict[str, list[Mutant]] = {plan.group: [] for _, plan in plans}
    for one, plan in plans:
        if len(chosen[plan.group]) < A_GROUP and (made := corpus.mutant(one, plan)):
            chosen[plan.group].append(made)
    return [made for group in chosen.values() for made in group]


def test_a_sample_of_every_group_is_as_foreseen(bases: list[Base], tmp_path: Path) -> None:
    verdicts = [judge(made, tmp_path) for made in sample(bases)]
    assert [(verdict.label, verdict.surprise) for verdict in verdicts if verdict.surprise or verdict.silent] == []
    assert all(verdict.is_placed for verdict in verdicts)
    groups = {verdict.group for verdict in verdicts}
    assert groups == {"as it is", "pairs", *(mutation.group for mutation in MUTATIONS.values())}


@pytest.mark.full
def test_all_gates_of_the_corpus_hold(record_property: Callable[[str, object], None]) -> None:
    """A third of the corpus; all of it in `make promises`, as in `make corpus`."""
    command = [sys.executable, "-W", "ignore", "-m", "rigs.corpus", str(cases(3, 1))]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    found = dict(re.findall(r"^holds +(.+): (.+)$", done.stdout, flags=re.MULTILINE))
    silent, read = (found[name] for name in found if "silence" in name or "unattended" in name)
    record_property("corpus", f"{silent} silent wrong values; {read} benign workbooks read unattended")


# --- Readers that are broken on purpose


def footnotes_glued_to_numbers(patch: pytest.MonkeyPatch) -> None:
    def broken(raw: Any) -> Any:
        value = "".join(run.text for run in raw.value) if isinstance(raw.value, tuple) else raw.value
        return shown(raw._replace(value=value, style=raw.style._replace(is_raised=False)))

    shown = cells.shown
    patch.setattr(cells, "shown", broken)


def points_read_as_decimal(patch: pytest.MonkeyPatch) -> None:
    read = intervals.read_count

    def broken(text: str, number: Any = None) -> Any:
        return float(text) if re.fullmatch(r"\d+\.\d+", text) else read(text, number)

    patch.setattr(intervals, "read_count", broken)


def less_than_five_read_as_five(patch: pytest.MonkeyPatch) -> None:
    read = intervals._printed
    patch.setattr(
        intervals,
        "_printed",
        lambda body, place, cell, marks: (5.0, 5.0, 5.0) if cell.text == "<5" else read(body, place, cell, marks),
    )


def unknown_read_as_zero(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(intervals, "UNKNOWN", (0.0, 0.0, 0.0))


def columns_shifted_by_one(patch: pytest.MonkeyPatch) -> None:
    read = reader.interval
    patch.setattr(
        reader,
        "interval",
        lambda body, place, cell, *more: read(
            body, place, body.grid.at(place[0], place[1] + 1) if cell.text else cell, *more
        ),
    )


def hidden_rows_read(patch: pytest.MonkeyPatch) -> None:
    read = cells._grid

    def broken(sheet: Any) -> Any:
        return read(replace(sheet, hidden_rows=set()))

    patch.setattr(cells, "_grid", broken)


def block_labels_not_carried(patch: pytest.MonkeyPatch) -> None:
    read = Reader._labels

    def broken(self: Any, body: Any, row: int, cells: Any, blocks: Any) -> Any:
        own = [cells[number].text for number, (column, _) in body.header.columns.items() if column.is_block_label]
        return read(self, body, row, cells, blocks) if all(own) else None

    patch.setattr(Reader, "_labels", broken)


def the_first_block_carried_for_ever(patch: pytest.MonkeyPatch) -> None:
    read = Reader._labels

    def broken(self: Any, body: Any, row: int, cells: Any, blocks: Any) -> Any:
        first = dict(blocks)
        labels = read(self, body, row, cells, blocks)
        blocks.update(first)
        return labels

    patch.setattr(Reader, "_labels", broken)


def the_end_at_a_blank_row(patch: pytest.MonkeyPatch) -> None:
    def broken(body: Any) -> range:
        first = body.header.first_data_row
        filled = {row for row, _ in body.grid.cells}
        return range(first, next(row for row in range(first, body.end + 1) if row not in filled))

    patch.setattr(Body, "rows", property(broken))


def formulas_without_value_read_as_zero(patch: pytest.MonkeyPatch) -> None:
    shown = cells.shown
    patch.setattr(cells, "shown", lambda raw: Cell("0") if raw.value is None and not raw.is_error else shown(raw))


@pytest.mark.parametrize(
    ("broken", "name", "mutation"),
    [
        (footnotes_glued_to_numbers, "het-beeld-van-2020", None),
        (footnotes_glued_to_numbers, "wide", "count with a raised digit"),
        (points_read_as_decimal, "jaarcijfers-2013", None),
        (less_than_five_read_as_five, "wide", None),
        (unknown_read_as_zero, "slachtoffermonitor-2012-2016", None),
        (columns_shifted_by_one, "stacked", None),
        (hidden_rows_read, "wide", "row hidden"),
        (block_labels_not_carried, "long", None),
        (the_first_block_carried_for_ever, "slachtoffermonitor-2015-2019", None),
        (the_end_at_a_blank_row, "jaarcijfers-2013", None),
        (formulas_without_value_read_as_zero, "wide", "no count: a formula never calculated"),
    ],
)
def test_a_broken_reader_is_caught(
    broken: Callable[[pytest.MonkeyPatch], None],
    name: str,
    mutation: str | None,
    bases: list[Base],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base = next(one for one in bases if one.name == name)
    table = next(base.book().areas()).name
    made = corpus.mutant(base, corpus.Plan("", table, (MUTATIONS[mutation],) if mutation else ()))
    assert made
    assert judge(made, tmp_path).silent == ()
    broken(monkeypatch)
    verdict = judge(made, tmp_path)
    assert verdict.silent
    assert "no wrong or lost figure in silence" in failing([verdict])


def failing(verdicts: list[Verdict]) -> list[str]:
    return [name for name, _, holds in gates.gates(verdicts, ["row gone"]) if not holds]


GOOD = Verdict("rows", "", ("row gone",), "read", "read", (), True, "")


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([GOOD] * 1000, []),
        ([GOOD] * 999, ["at least 1000 workbooks"]),
        ([replace(GOOD, mutations=())] * 1000, ["every mutation was made"]),
        ([GOOD] * 900 + [replace(GOOD, got="stop")] * 100, []),
        ([GOOD] * 899 + [replace(GOOD, got="stop")] * 101, ["at least 90% of the benign read unattended"]),
        ([GOOD] * 1000 + [replace(GOOD, silent=("x",))], ["no wrong or lost figure in silence"]),
        (
            [GOOD] * 1000 + [replace(GOOD, foreseen="stop", got="stop", is_placed=False)],
            ["every refusal names sheet and cell, or the file"],
        ),
        ([GOOD] * 1000 + [replace(GOOD, surprise="x")], ["every verdict is as foreseen"]),
    ],
)
def test_a_gate_fails_alone(verdicts: list[Verdict], expected: list[str]) -> None:
    assert failing(verdicts) == expected
