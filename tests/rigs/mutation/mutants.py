"""Measure mutation scores: how many small changes of a module its unit tests notice.

`make mutants` runs mutmut on the modules of [tool.mutmut], or on the given ones, and writes docs/mutation_scores.csv.
It takes hours; one module at a time is possible. Words of messages and names of encodings are not changed. A mutant
that no test runs counts as a survivor.
"""

import csv
import json
import platform
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCORES = ROOT / "docs" / "mutation_scores.csv"
COLUMNS = ["module", "mutants", "killed", "date", "versions"]
KILLED = {1, 3, 24, 36, 152, 255, -24}  # mutmut's exit codes of failed tests and of time-outs
GOAL = 0.85

Scores = dict[str, dict[str, str]]


def modules() -> list[str]:
    """Return the files whose mutants are made."""
    files: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]["only_mutate"]
    return files


def read_scores() -> Scores:
    """Return the stored scores by module."""
    with SCORES.open(encoding="utf-8", newline="") as stream:
        return {row["module"]: row for row in csv.DictReader(stream)}


def measured(mutants: Path, file: str) -> dict[str, str]:
    """Return the score of a module from the files of mutmut."""
    codes = json.loads((mutants / f"{file}.meta").read_text())["exit_code_by_key"].values()
    return {
        "module": file,
        "mutants": str(len(codes)),
        "killed": str(sum(code in KILLED for code in codes)),
        "date": datetime.now(UTC).date().isoformat(),
        "versions": f"mutmut {version('mutmut')}, Python {platform.python_version()}",
    }


def write_scores(rows: Iterable[dict[str, str]]) -> None:
    """Store these scores and keep those of other modules."""
    scores = (read_scores() if SCORES.exists() else {}) | {row["module"]: row for row in rows}
    with SCORES.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(scores[name] for name in sorted(scores))


def main() -> None:
    """Measure each module and store its score."""
    mutmut = Path(sys.executable).with_name("mutmut")
    for file in sys.argv[1:] or modules():
        name = file.removesuffix(".py").replace("/", ".")
        subprocess.run([mutmut, "run", "--max-children", "1", f"{name}.*"], cwd=ROOT, check=True)
        row = measured(ROOT / "mutants", file)
        write_scores([row])
        print(f"{file}: {row['killed']} of {row['mutants']} killed")


if __name__ == "__main__":
    main()
