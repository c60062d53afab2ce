"""Read the corpus, print the results, and exit with 1 if a gate fails.

    python -m rigs.corpus [STEP]

in the folder tests. With STEP, only each STEP-th workbook is read, and a mutation may be missing.
"""

import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from rigs.corpus.corpus import bases, mutant, plans
from rigs.corpus.gates import by_group, gates
from rigs.corpus.mutation import MUTATIONS
from rigs.corpus.verdict import Verdict, judge

SHOWN = 20  # surprises


def main() -> int:
    console = Console(width=120)
    step = int(sys.argv[1]) if sys.argv[1:] else 1
    n = len(bases())
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        judged = pool.map(partial(verdicts_on, step=step), range(n))
        read = track(judged, "Reading mutated workbooks", n, console=console, transient=True)
        verdicts = [verdict for some in read for verdict in some]
    table = Table("group", "workbooks", "read", "read with findings", "stopped", "silent", box=None)
    for row in by_group(verdicts):
        table.add_row(*row)
    console.print(table)
    surprises = [verdict for verdict in verdicts if verdict.surprise]
    for verdict in surprises[:SHOWN]:
        text = f"{verdict.label}: foreseen {verdict.foreseen}, got {verdict.got}: {verdict.surprise}"
        console.print(text, markup=False, highlight=False)
    all_gates = gates(verdicts, MUTATIONS if step == 1 else ())
    for name, found, holds in all_gates:
        console.print(f"[{'green]holds' if holds else 'red]FAILS'}[/]  {name}: {found}")
    return 0 if all(holds for _, _, holds in all_gates) else 1


def verdicts_on(number: int, step: int) -> list[Verdict]:
    """Return the verdicts on each `step`-th mutation of one workbook."""
    among = bases()
    base = among[number]
    with tempfile.TemporaryDirectory() as folder:
        made = (mutant(base, plan) for plan in islice(plans(base, among), None, None, step))
        return [judge(one, Path(folder)) for one in made if one]


if __name__ == "__main__":
    sys.exit(main())
