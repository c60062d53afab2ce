"""Write a world to a folder as the files that a source would deliver, with a `zicht.toml`."""

import csv
import gzip
import io
import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat
from deliveries import Broken, ChatFile, CodingFile, Deliveries
from oracle_ingest import CODEBOOK

# The third platform has other names for its fields. The configuration maps them.
MAPPED = {"conversation_id": "chatnr", "nickname": "naam", "started_at": "begonnen", "tags": "labels"}
FIELDS = [
    "conversation_id",
    "nickname",
    "connection_group",
    "started_at",
    "ended_at",
    "language",
    "tags",
    "updated_at",
    "deleted",
]
TRANSCRIPT = 'CANARY; zei "ja",\nen toen'


def write_world(world: Deliveries, folder: Path) -> None:
    """Write all files, and some unfinished files that the pipeline must leave alone."""
    for file in world.chat:
        write_chat(file, folder)
    for coding in world.coding:
        paths = [folder / "inbox" / "coding" / name for name in coding.names]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
        write_coding(coding, paths[0])
        for copy in paths[1:]:
            shutil.copy(paths[0], copy)
    unfinished = json.dumps({"conversation_id": "te vroeg", "updated_at": "2020-01-01T00:00:00Z", "deleted": True})
    for name in ("fier/a.jsonl.part", "fier/.b.jsonl", "csg/c.csv.tmp", "coding/~$deel1.xlsx"):
        (folder / "inbox" / name).write_text(unfinished)
    (folder / "zicht.toml").write_text(configuration(world))


def configuration(world: Deliveries) -> str:
    """Return the `zicht.toml` of a world."""
    lines = ['home = "home"', f'timezone = "{world.timezone}"', 'pseudonym_key_env = "ZICHT_PSEUDONYM_KEY"']
    for source in dict.fromkeys(file.source for file in world.chat):
        lines += [f"[sources.{source}]", 'kind = "chat"', f'path = "inbox/{source}"']
        if source == "derde":
            lines.append("columns = { " + ", ".join(f'{field} = "{name}"' for field, name in MAPPED.items()) + " }")
    lines += ["[sources.coding]", 'kind = "coding"', 'path = "inbox/coding"']
    return "\n".join(lines) + "\n"


def write_chat(file: ChatFile, folder: Path) -> None:
    """Write one export to its platform's folder."""
    path = folder / "inbox" / file.source / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(chat_bytes(file))


def chat_bytes(file: ChatFile) -> bytes:
    """Return one export in the format of its file name."""
    if file.name.endswith(".csv"):
        return csv_bytes(file)
    records = [record | {"transcript": TRANSCRIPT} if isinstance(record, dict) else record for record in file.records]
    if file.name.endswith(".json"):
        return json.dumps(records, ensure_ascii=False, indent=1).encode()
    # Only the file `a.jsonl` escapes every letter that is not ASCII.
    lines = [
        record.text if isinstance(record, Broken) else json.dumps(record, ensure_ascii=file.name.startswith("a"))
        for record in records
    ]
    content = "".join(f"{line}\n" for line in lines).encode()
    return gzip.compress(content) if file.name.endswith(".gz") else content


def csv_bytes(file: ChatFile) -> bytes:
    """Return a table with semicolons or commas, in UTF-8 with or without a byte order mark, or in cp1252."""
    names = {field: MAPPED.get(field, field) if file.source == "derde" else field for field in FIELDS}
    text = io.StringIO()
    writer = csv.writer(text, delimiter="," if Path(file.name).name == "komma.csv" else ";")
    writer.writerow([*names.values(), "transcript"])
    for record in file.records:
        writer.writerow([*(csv_cell(record.get(field)) for field in FIELDS), TRANSCRIPT])
    encoding = {"cp1252.csv": "cp1252", "puntkomma.csv": "utf-8-sig"}.get(Path(file.name).name, "utf-8")
    try:
        return text.getvalue().encode(encoding)
    except UnicodeEncodeError:  # cp1252 has no invisible characters
        return text.getvalue().encode()


def csv_cell(value: Any) -> str:
    if isinstance(value, list):
        # The number of letters chooses one of the ways in which tags are joined.
        joins = ["|", ",", ";", "\n"]
        letters = sum(map(len, value))
        return json.dumps(value) if letters % 5 == 4 else joins[letters % 5].join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def write_coding(file: CodingFile, path: Path) -> None:
    """Write one coding file in the format of its file name."""
    columns = list(file.rows[0])
    if path.suffix == ".csv":
        # Spreadsheet programs use several encodings and delimiters: the number of rows chooses one.
        encoding = ("utf-8", "utf-8-sig", "cp1252")[len(file.rows) % 3]
        with path.open("w", encoding=encoding, newline="") as lines:
            writer = csv.writer(lines, delimiter=";,"[len(file.rows) % 2])
            writer.writerow(columns)
            writer.writerows([["" if cell is None else cell for cell in row.values()] for row in file.rows])
    elif path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for cells in [columns, *(list(row.values()) for row in file.rows)]:
            book.worksheets[0].append(cells)
        book.save(path)
    else:
        write_sav(file, path, columns)


def write_sav(file: CodingFile, path: Path, columns: list[str]) -> None:
    """Write an SPSS file. A column is text, numbers or dates; absent numbers are system-missing."""
    frame = {}
    for column in columns:
        cells = [row[column] for row in file.rows]
        if any(isinstance(cell, str) for cell in cells) or all(cell is None for cell in cells):
            frame[column] = pd.Series([cell or "" for cell in cells], dtype=object)
        elif any(isinstance(cell, date) for cell in cells):
            frame[column] = pd.Series(cells, dtype=object)
        else:
            frame[column] = pd.Series([float("nan") if cell is None else float(cell) for cell in cells])
    numeric = {column for column, cells in frame.items() if cells.dtype == float}
    missing = {column: sorted(values) for column, values in file.user_missing.items() if column in numeric}
    labels = {column: sav_labels(column) for column in columns if column in numeric and sav_labels(column)}
    pyreadstat.write_sav(pd.DataFrame(frame), path, missing_ranges=missing, variable_value_labels=labels)


def sav_labels(column: str) -> dict[float, str]:
    """Return the value labels of a numeric column."""
    labels = {float(row["code"]): row["label_nl"] for row in CODEBOOK if row["column"] == column and row["code"]}
    return labels | {9.0: "Onbekend"} if labels else {}
