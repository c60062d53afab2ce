"""Propose the section of `zicht.toml` for a chat export or coding file that zicht does not know.

A person reviews the proposal. It holds names of fields, and of values only those that `seeds/field_names.csv` lists.
"""

import csv
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from connectors.chat.blocks import BOOLEANS
from connectors.chat.conversations import REQUIRED_COLUMNS, TAG_SEPARATORS
from connectors.chat.moments import read_moments
from connectors.codelists.codebook import load_codebook
from connectors.coding.tables import BASE_COLUMNS
from connectors.errors import SourceProblem
from connectors.formats.cells import read_grids
from connectors.formats.csv_table import TITLE_ROWS, csv_rows
from connectors.formats.folding import folded
from connectors.formats.spss import read_spss
from connectors.formats.text import UNREADABLE, json_records
from connectors.registries.propose_rows import TO_FILL_IN
from connectors.source import Source, SourceFile
from flows.operations.report import Report
from flows.runtime.configuration import SEEDS

SAMPLE = 2_000  # records
LONGEST = 400  # characters of a value; longer ones are texts that decide nothing
MOST = 0.9  # of the values of a field have its shape; a few may be faulty
MOMENTS = ("started_at", "ended_at", "updated_at")
TIMEZONE = "Europe/Amsterdam"
DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d-%m-%Y", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y")
LOCAL = [f"{day} {time}" for day in DAYS for time in ("%H:%M:%S", "%H:%M")]
# Pairs (timezone, date_format) that read moments: with an offset, in the usual local form, and in other forms.
WAYS = [(None, None), (TIMEZONE, None), *((TIMEZONE, form) for form in LOCAL)]
AROUND = re.compile("^(conversation|chat|gesprek|session|sessie)(?=.)")  # objects that hold a whole record
NOTES = {
    "path": "  # or the folder that holds all such files",
    "timezone": "  # moments have no offset; is this the platform's clock?",
    "flag_tags": "  # the tags that mean human trafficking",
}

Values = dict[str, list[Any]]  # the values of a sample, by the name of their field


def describe(path: Path) -> Report:
    """Propose the section of a source for a file.

    Args:
        path: A chat export or coding file.

    Raises:
        SourceProblem: The file cannot be read, or zicht recognises less than two of its fields.
    """
    values = _values(SourceFile(path, path.name))
    kinds = ("coding",) if path.name.lower().endswith((".sav", ".xlsx")) else ("chat", "coding")
    kind, found = max(((kind, _match(kind, values)) for kind in kinds), key=lambda one: len(one[1]))
    if len(found) < 2:
        do = "Check the header, or write `columns` by hand."
        raise SourceProblem(path.name, found="no known names of fields", expected="a chat export or coding", do=do)
    for field in REQUIRED_COLUMNS if kind == "chat" else BASE_COLUMNS:
        found.setdefault(field, TO_FILL_IN)
    columns = {f"columns.{field}": name for field, name in found.items() if name != field}
    settings = {"kind": kind, "path": str(path), **(_of_chat(found, values) if kind == "chat" else {}), **columns}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}{NOTES.get(key, '')}" for key, value in settings.items()]
    name = "platform" if kind == "chat" else kind
    lines.insert(0, f"# Replace each ?, check each line, and add this to zicht.toml.\n[sources.{name}]")
    lines.append(f"# zicht does not read {len({*values} - {*found.values()})} other fields of the file.")
    return Report(("key", "value"), list(settings.items()), [*lines, f"# Next: zicht sources check {name}"])


def _values(file: SourceFile) -> Values:
    """Return the values of each field of the first records. Of SPSS files and workbooks, return only the names."""
    name = file.name.lower()
    if name.endswith(".sav"):
        return {column: [] for column in read_spss("describe", file).columns}
    if name.endswith(".xlsx"):
        heads = [(grid, row) for grid in read_grids("describe", file) for row in grid.rows if row <= TITLE_ROWS]
        return max(({grid.at(row, one).text: [] for one in grid.rows[row]} for grid, row in heads), key=len, default={})
    values: Values = {}
    if name.removesuffix(".gz").endswith(".csv"):
        lines = csv_rows("describe", file, lambda rows: rows.index(max(rows, key=lambda row: sum(map(bool, row)))))
        _, header = next(lines)
        records = [dict(zip(header, row, strict=True)) for _, row in islice(lines, SAMPLE) if row is not UNREADABLE]
        values = {column: [] for column in header}
    else:
        records = [dict(_fields(one)) for _, one in islice(json_records("describe", file, ()), SAMPLE)]
    for record in records:
        for field, value in record.items():
            values.setdefault(field, []).extend([value] if 0 < len(str(value or "")) <= LONGEST else [])
    return values


def _fields(record: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the fields of a record with dotted names, such as `visitor.name` and `labels[].title`."""
    for key, value in record.items() if isinstance(record, dict) else ():
        name = f"{above}{key}"
        if isinstance(value, dict) and above.count(".") < 2:
            yield from _fields(value, f"{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for part in value[0]:
                yield f"{name}[].{part}", [one.get(part) for one in value if isinstance(one, dict)]
        elif value != []:
            yield name, value


def _names(kind: str) -> dict[str, list[str]]:
    """Return the names of each field, the likeliest first."""
    columns = load_codebook(SEEDS / "codebook.csv").columns if kind == "coding" else ()
    names = {column: [column] for column in columns}
    with (SEEDS / "field_names.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["kind"] == kind:
                names.setdefault(row["field"], []).append(row["name"])
    return names


def _match(kind: str, values: Values) -> dict[str, str]:
    """Return the name in the file of each field that is recognised: by a known name, else by a name much like it."""
    plain = {AROUND.sub("", _plain(column)): column for column in reversed(values)}
    plain |= {_plain(column): column for column in reversed(values)}
    found: dict[str, str] = {}
    for cutoff in (1.0, 0.88):
        for field, names in _names(kind).items():
            forms = [form for name in names for form in get_close_matches(_plain(name), plain, 1, cutoff)]
            for column in [plain[form] for form in forms if field not in (*found, "flag_tags")]:
                if column not in found.values() and _has_shape(field, values[column]):
                    found.setdefault(field, column)
                elif field == "deleted":  # a deletion that cannot be read would not be honoured
                    found.setdefault(field, TO_FILL_IN)
    return found


def _plain(name: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", folded(name)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", ascii_only)


def _has_shape(field: str, values: list[Any]) -> bool:
    """Return whether most values can be those of a field."""
    if field in MOMENTS:
        return any(_are_read(values, way) for way in WAYS)
    shape = {"deleted": "|".join(BOOLEANS), "language": "[a-z]{2}"}.get(field, "(?s).*")
    fitting = [one for one in values if field == "tags" or re.fullmatch(shape, str(one).strip().lower())]
    return len(fitting) >= MOST * len(values)


def _are_read(moments: list[Any], way: tuple[str | None, str | None]) -> bool:
    texts = pa.array([str(moment).strip() for moment in moments], pa.string())
    read = read_moments(texts, Source("describe", "chat", timezone=way[0], date_format=way[1]))
    return bool(len(read) - read.null_count >= MOST * len(read))


def _of_chat(found: Mapping[str, str], values: Values) -> dict[str, Any]:
    """Return the settings that the moments and tags of a platform need."""
    moments = [value for field in MOMENTS for value in values.get(found.get(field, ""), [])]
    ways = [way for way in WAYS if _are_read(moments, way)] or [(TIMEZONE, TO_FILL_IN)]
    timezone, date_format = ways[0]
    settings: dict[str, Any] = {"timezone": timezone} if timezone else {}
    if date_format:
        settings["date_format"] = date_format if len(ways) == 1 else TO_FILL_IN
    cells = values.get(found["tags"], [])
    parts = [one if isinstance(one, list) else TAG_SEPARATORS.split(str(one)) for one in cells]
    tags = {folded(str(tag).strip('[] "')) for part in parts for tag in part}
    usual, *others = _names("chat")["flag_tags"]
    if usual not in tags:
        settings["flag_tags"] = [flag for flag in others if folded(flag) in tags] or [TO_FILL_IN]
    return settings
