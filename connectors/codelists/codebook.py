"""The researchers' codebook, as the coding reader needs it: per column, which cells mean which code."""

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Codes that mean 'not known' wherever the codebook gives them no meaning of their own.
MISSING_CODES = frozenset({"8", "9", "98", "99", "998", "999"})
MISSING_NUMBERS = frozenset({"998", "999"})  # 8, 9, 98 and 99 are ages


@dataclass(frozen=True)
class Column:
    """One column of a coding: `kind` is single, multiple, number or month; `codes` maps a folded cell to its code."""

    kind: str
    codes: Mapping[str, str]

    def is_missing(self, text: str) -> bool:
        """Whether a folded cell says that nothing is known."""
        if text in ("", "onbekend"):
            return True
        if self.kind == "number":
            return text in MISSING_NUMBERS
        return text in MISSING_CODES and text not in self.codes


@dataclass(frozen=True)
class Codebook:
    """All columns by name, and a fingerprint of the codebook's bytes."""

    columns: Mapping[str, Column]
    fingerprint: str


def load_codebook(path: Path) -> Codebook:
    """Read `codebook.csv` (variable, kind, column, code, label_nl, label_en, category)."""
    content = path.read_bytes()
    kinds: dict[str, str] = {}
    codes: dict[str, dict[str, str]] = {}
    for row in csv.DictReader(content.decode().splitlines()):
        kinds[row["column"]] = row["kind"]
        cells = codes.setdefault(row["column"], {})
        if row["code"]:
            cells[row["code"]] = row["code"]
            cells[row["label_nl"].casefold()] = row["code"]
    columns = {name: Column(kind, codes[name]) for name, kind in kinds.items()}
    return Codebook(columns, hashlib.sha256(content).hexdigest()[:16])
