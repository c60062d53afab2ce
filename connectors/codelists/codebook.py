"""Read the researchers' codebook for the coding reader: for each column, which cells mean which code."""

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Codes that mean 'not known', unless the codebook gives them a meaning of their own.
MISSING_CODES = frozenset({"8", "9", "98", "99", "998", "999"})
MISSING_NUMBERS = frozenset({"998", "999"})  # not 8, 9, 98 and 99, which are ages


@dataclass(frozen=True)
class Column:
    """One column of a coding.

    Attributes:
        kind: One of `single`, `multiple`, `number` and `month`.
        codes: The code for each known cell. The cells are case-folded codes and Dutch labels.
    """

    kind: str
    codes: Mapping[str, str]

    def is_missing(self, text: str) -> bool:
        """Return whether a case-folded cell means that nothing is known."""
        if text in ("", "onbekend"):
            return True
        if self.kind == "number":
            return text in MISSING_NUMBERS
        return text in MISSING_CODES and text not in self.codes


@dataclass(frozen=True)
class Codebook:
    """The researchers' codebook.

    Attributes:
        columns: All columns, by name.
        fingerprint: The first 16 hex digits of the SHA-256 of the codebook file.
    """

    columns: Mapping[str, Column]
    fingerprint: str


def load_codebook(path: Path) -> Codebook:
    """Read a codebook file.

    Args:
        path: A CSV file with the columns variable, kind, column, code, label_nl, label_en and category.

    Returns:
        The codebook.
    """
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
