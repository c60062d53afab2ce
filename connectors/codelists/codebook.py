"""Read the researchers' codebook for the coding reader: for each column, which cells mean which code."""

import csv
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.codelists.layouts import fold

# Codes that mean 'not known', unless the codebook gives them a meaning of their own.
MISSING_CODES = frozenset({"8", "9", "98", "99", "998", "999"})
MISSING_NUMBERS = frozenset({"998", "999"})  # not 8, 9, 98 and 99, which are ages
WHOLE_NUMBER = re.compile(r"(-?\d+)\.0+", flags=re.ASCII)


@dataclass(frozen=True)
class Column:
    """One column of a coding.

    Attributes:
        kind: One of `single`, `multiple`, `number` and `month`.
        codes: The code for each known cell. The cells are folded codes and Dutch labels.
        english: The code for each folded English label. Cells do not hold these, but labels in SPSS can.
    """

    kind: str
    codes: Mapping[str, str]
    english: Mapping[str, str] = field(default_factory=dict)

    def is_missing(self, text: str) -> bool:
        """Return whether a folded cell means that nothing is known."""
        if text in ("", "onbekend"):
            return True
        if self.kind == "number":
            return text in MISSING_NUMBERS
        return text in MISSING_CODES and text not in self.codes


YES_OR_NO = Column("single", {"1": "1", "ja": "1", "0": "0", "nee": "0"}, {"yes": "1", "no": "0"})


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
    english: dict[str, dict[str, str]] = {}
    for row in csv.DictReader(content.decode().splitlines()):
        name, code = row["column"], row["code"]
        kinds[name] = row["kind"]
        cells, labels = codes.setdefault(name, {}), english.setdefault(name, {})
        if code:
            cells |= {code: code, fold(row["label_nl"]): code}
            labels[fold(row["label_en"])] = code
    columns = {name: Column(kind, codes[name], english[name]) for name, kind in kinds.items()}
    return Codebook(columns, hashlib.sha256(content).hexdigest()[:16])


def text_of(cell: Any) -> str:
    """Return a cell as trimmed text. The text of 17.0 is `17`, whether it was typed as a number or as text."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    text = str(cell).strip()
    number = WHOLE_NUMBER.fullmatch(text)
    return number[1] if number else text
