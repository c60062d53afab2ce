"""Check the seeds by the rules beside them, and join an organisation's own rows to them.

The files `_*.yml` in the folder of the seeds describe each seed for dbt: its columns, their types and its key. Below
`meta` they have what only this module reads: `is_extendable` if an organisation may add rows, `is_free_text` if cells
may be a ? or have blanks around them, and `rules`. A rule holds for the rows with the values in `where`, except those
in `unless`, and says one thing about its `columns`:

    is_filled: true     none of them is blank
    is_unique: true     no other row has the same texts in them, after folding (without folding: `as written`)
    is_ascending: true  the whole numbers in them do not fall
    like: PATTERN       each is blank or matches the pattern
    in: [SEED, ...]     one is blank, or a row of these seeds has the same texts in the same columns (or in those named
                        by `as`); the last may also be the word in `or`; a `|` separates several texts

`expected` gives a rule better words for its message.
"""

import csv
import hashlib
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import yaml  # type: ignore[import-untyped]  # dbt brings it

from connectors.codelists.layouts import fold
from connectors.errors import printable
from connectors.storage.durable_files import sync

WHOLE = {"like": r"-?\d+", "expected": "a whole number"}
TYPES = {
    "integer": WHOLE,
    "bigint": WHOLE,
    "double": {"like": r"-?\d+(\.\d+)?", "expected": "a number"},
    "boolean": {"like": "yes|no"},
    "date": {"like": "date", "expected": "a date such as 2020-12-31"},
}
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same ten times faster, where there is one

Rule = Mapping[str, Any]
Texts = Sequence[str]


class SeedRow(NamedTuple):
    """A row of a seed.

    Attributes:
        place: Its file and line.
        cells: Its cells, by column.
    """

    place: str
    cells: Mapping[str, str]


class Seeds:
    """The seeds, with an organisation's own rows behind them.

    Args:
        folder: The folder of the seeds.
        own: A folder of files with own rows, which have the names and headers of seeds.

    Attributes:
        malformed: One line for each file or row that does not have the form of a seed.
    """

    def __init__(self, folder: Path, own: Path | None) -> None:
        self.malformed: list[str] = []
        files = [yaml.load(path.read_text(encoding="utf-8"), LOADER) for path in sorted(folder.glob("_*.yml"))]
        self._folder = folder
        self._seeds = {seed["name"]: seed for file in files for seed in file["seeds"]}
        self._rows = {name: list(self._read(folder / f"{name}.csv", name)) for name in self._seeds}
        self._extended: list[str] = []
        if own and not own.is_dir():
            self.malformed.append(f"{own}: found no folder, expected the one that `seeds` names; make it.")
            own = None
        names = {f"{name}.csv": name for name, seed in self._seeds.items() if _meta(seed).get("is_extendable")}
        for path in sorted(own.iterdir()) if own else []:
            if name := names.get(path.name):
                self._extended.append(name)
                self._rows[name] += self._read(path, name)
            elif not path.name.startswith("."):
                expected = f"a seed to which rows can be added: {', '.join(names)}"
                self.malformed.append(f"{path}: found another name, expected {expected}; remove it.")

    def faults(self) -> list[str]:
        """Return one line for each fault in the seeds, with file, line and value.

        Example:
            `["/srv/my-seeds/windows.csv, line 3: first_month: found '13', expected a month from 1 to 12; correct it."]`
        """
        # Faults of form would have others follow from them.
        return self.malformed or [fault for name in self._seeds for fault in self._faults(name)]

    def join(self, work: Path) -> Path:
        """Write the seeds with the own rows behind them into a folder that is named by its content, and return it.

        Args:
            work: The folder in which to write it.
        """
        work.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="seeds-", dir=work) as temporary:
            for path in (*self._folder.glob("*.csv"), *self._folder.glob("_*.yml")):
                shutil.copyfile(path, Path(temporary, path.name))
            for name in self._extended:
                rows = [row.cells.values() for row in self._rows[name]]
                with Path(temporary, f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                    csv.writer(file, lineterminator="\n").writerows([self._header(name), *rows])
            digest = hashlib.sha256()
            for path in sorted(Path(temporary).iterdir()):
                digest.update(path.name.encode() + b"\0" + path.read_bytes())
                sync(path)
            joined = work / f"seeds-{digest.hexdigest()}"
            try:
                Path(temporary).rename(joined)
            except OSError:  # the folder is there already
                if not joined.is_dir():
                    raise
        return joined

    def _header(self, name: str) -> list[str]:
        return [column["name"] for column in self._seeds[name]["columns"]]

    def _read(self, path: Path, name: str) -> Iterator[SeedRow]:
        """Yield the rows of a file, and add a line to `malformed` for each fault of its form."""
        header = self._header(name)
        shown = path.relative_to(self._folder.parent) if path.parent == self._folder else path
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.reader(file, strict=True)
                if next(reader, None) != header:
                    self.malformed.append(
                        f"{shown}, line 1: found another header, expected {','.join(header)}; correct it."
                    )
                    return
                line = reader.line_num + 1  # a row can have several lines
                for cells in reader:
                    if cells and len(cells) != len(header):
                        found = f"found {len(cells)} cells, expected {len(header)}"
                        self.malformed.append(f"{shown}, line {line}: {found}; correct it.")
                    elif cells:
                        yield SeedRow(f"{shown}, line {line}", dict(zip(header, cells, strict=True)))
                    line = reader.line_num + 1
        except (OSError, ValueError, csv.Error) as error:
            self.malformed.append(f"{shown}: found no CSV in UTF-8 ({type(error).__name__}), expected it; correct it.")

    def _faults(self, name: str) -> Iterator[str]:
        seed, rows = self._seeds[name], self._rows[name]
        types = seed.get("config", {}).get("column_types", {})
        tests = [test["unique_combination"] for test in seed.get("data_tests", ()) if "unique_combination" in test]
        rules: list[Rule] = [
            *({"columns": [column], **TYPES[kind]} for column, kind in types.items() if kind in TYPES),
            *({"columns": test["arguments"]["columns"], "is_unique": True} for test in tests),
            *_meta(seed).get("rules", ()),
        ]
        if not _meta(seed).get("is_free_text"):
            plain = {"like": r"(?!\?$)\S(.*\S)?", "expected": "a text without a ? and without blanks around it"}
            rules = [*({"columns": [column], **plain} for column in self._header(name)), *rules]
        for rule in rules:
            expected, is_right = _expectation(rule, self._rows)
            for row in rows:
                if _holds(rule, row) and not is_right([row.cells[column] for column in rule["columns"]]):
                    texts = ", ".join(repr(printable(row.cells[column])) for column in rule["columns"])
                    expected = rule.get("expected", expected)
                    yield f"{row.place}: {', '.join(rule['columns'])}: found {texts}, expected {expected}; correct it."


def _meta(seed: Mapping[str, Any]) -> Mapping[str, Any]:
    meta: Mapping[str, Any] = seed.get("config", {}).get("meta", {})
    return meta


def _holds(rule: Rule, row: SeedRow) -> bool:
    excepted = [row.cells[column] in values for column, values in rule.get("unless", {}).items()]
    return not any(excepted) and all(row.cells[column] in values for column, values in rule.get("where", {}).items())


def _expectation(rule: Rule, rows: Mapping[str, Sequence[SeedRow]]) -> tuple[str, Callable[[Texts], bool]]:
    """Return what a rule expects, in words and as a test of the texts in its columns."""
    if "is_filled" in rule:
        return "a text", all
    if "is_ascending" in rule:
        return "numbers that do not fall", _is_ascending
    if "like" in rule:
        is_like = _is_date if rule["like"] == "date" else re.compile(rule["like"], re.ASCII | re.DOTALL).fullmatch
        return rule["like"], lambda texts: all(map(is_like, filter(None, texts)))
    if "in" in rule:
        names = rule.get("as", rule["columns"])
        known = {tuple(row.cells[name] for name in names) for seed in rule["in"] for row in rows[seed]}

        def is_known(texts: Texts) -> bool:
            several = product(*(text.split("|") for text in texts))
            return all("" in one or one[-1] == rule.get("or") or one in known for one in several)

        return f"{', '.join(names)} of a row in {' or '.join(rule['in'])}", is_known
    seen: set[Texts] = set()

    def is_new(texts: Texts) -> bool:
        key, before = tuple(texts if rule["is_unique"] == "as written" else map(fold, texts)), len(seen)
        seen.add(key)
        return len(seen) > before

    return "texts that no other row has", is_new


def _is_ascending(texts: Texts) -> bool:
    numbers = [text for text in texts if text]
    return numbers == sorted(numbers, key=lambda text: (len(text), text))


def _is_date(text: str) -> bool:
    with suppress(ValueError):
        return date.fromisoformat(text).isoformat() == text
    return False


if __name__ == "__main__":
    sys.exit("\n".join(Seeds(Path("seeds"), None).faults()) or None)
