"""Read the whole corpus and print what came of it: `python -m corpus` in the folder tests."""

import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import track

from corpus.corpus import mutants
from corpus.demo_books import demo_bases
from corpus.own import own_bases
from corpus.verdict import judge


def main() -> int:
    console = Console(width=140)
    with tempfile.TemporaryDirectory() as folder:
        everything = list(mutants([*demo_bases(), *own_bases()]))
        verdicts = [judge(one, Path(folder)) for one in track(everything, "Reading", console=console, transient=True)]
    for verdict in verdicts:
        if not verdict.is_as_foreseen:
            print(f"[{verdict.mutant.outcome} -> {verdict.got}] {verdict.mutant.label}: {verdict.detail}"[:600])
    return 0


if __name__ == "__main__":
    sys.exit(main())
