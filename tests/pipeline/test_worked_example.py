"""The worked example, cell by cell: what the pipeline makes of it, and what the oracle does."""

import csv
import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyreadstat
from comparing import Rows, assert_same, keyed, limited
from deliveries import ChatFile, CodingFile, Deliveries
from oracle import count
from worked_example import EXAMPLE

INDICATORS = ["population", "period_type", "period_start", "period_end", "variable", "category"]
MEASURES = ["population", "period_type", "period_start", "period_end", "statistic"]
FUNNEL = ["source", "period_type", "period_start", "step"]


def printed(name: str, keys: list[str], values: list[str]) -> Rows:
    """An expected table, counts and dates read as such."""
    read: dict[str, Callable[[str], Any]] = {"n": int, "n_known": int, "share": float, "value": float}
    read |= {"period_start": date.fromisoformat, "period_end": date.fromisoformat}
    columns = keys + values
    with (EXAMPLE / "expected" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        rows = [tuple(read.get(column, str)(row[column]) for column in columns) for row in csv.DictReader(lines)]
    return keyed(rows, len(keys))


def compare(indicators: Rows, measures: Rows, funnel: Rows) -> None:
    """Compare three tables with the expected ones, in what those name."""
    for name, keys, values, places, found in (
        ("indicators", INDICATORS, ["n", "n_known", "share"], (0, 1, 4), indicators),
        ("measures", MEASURES, ["value"], (0, 1), measures),
        ("funnel", FUNNEL, ["n"], (), funnel),
    ):
        expected = printed(name, keys, values)
        allowed = set(limited(found, expected, places))
        assert_same(expected, {key: value for key, value in found.items() if key in allowed})


def test_pipeline_makes_the_expected_tables(worked_example: Any) -> None:
    rows = worked_example.rows
    indicators = f"select {', '.join(INDICATORS)}, n, n_known, share from marts.indicators where source = 'chat'"
    measures = f"select {', '.join(MEASURES)}, value from marts.measures where source = 'chat' and variable = 'age'"
    funnel = f"select {', '.join(FUNNEL)}, n from marts.funnel where n > 0"
    compare(keyed(rows(indicators), 6), keyed(rows(measures), 5), keyed(rows(funnel), 4))


def test_oracle_makes_the_expected_tables() -> None:
    expected = count(read_example())
    compare(
        {key: (n, known, n / known) for key, (n, known) in expected.indicators.items()},
        {(*key[:4], key[5]): (value,) for key, value in expected.measures.items()},
        {(*key[:3], key[4]): (n,) for key, n in expected.funnel.items() if n},
    )


def read_example() -> Deliveries:
    """The worked example's input as plain objects."""
    inbox = EXAMPLE / "inbox"
    lines = (inbox / "fier/a.jsonl").read_text(encoding="utf-8").splitlines()
    packed = gzip.decompress((inbox / "fier/b.jsonl.gz").read_bytes()).decode().splitlines()
    with (inbox / "csg/csg.csv").open(encoding="utf-8-sig", newline="") as table:
        exported = list(csv.DictReader(table, delimiter=";"))
    for record in exported:
        record.update(tags=record["tags"].split("|"), deleted=record["deleted"] == "true")
    chat = [
        ChatFile("fier", "a.jsonl", [json.loads(line) for line in lines]),
        ChatFile("fier", "b.jsonl.gz", [json.loads(line) for line in packed]),
        ChatFile("csg", "csg.csv", exported),
    ]
    return Deliveries("Europe/Amsterdam", chat, read_codings(inbox / "coding"))


def read_codings(folder: Path) -> list[CodingFile]:
    """The three coding files: missing values of SPSS are absent, days of a sheet have no time."""
    columns, _ = pyreadstat.read_sav(folder / "deel0.sav", output_format="dict")
    names = list(columns)
    cases = zip(*(columns[name] for name in names), strict=True)
    table = openpyxl.load_workbook(folder / "deel1.xlsx").worksheets[0]
    header, *sheet = table.iter_rows(values_only=True)
    with (folder / "deel2.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows: list[dict[str, Any]] = list(csv.DictReader(lines, delimiter=";"))
    files = {
        "deel0.sav": [dict(zip(names, case, strict=True)) for case in cases],
        "deel1.xlsx": [dict(zip(header, row, strict=True)) for row in sheet],
        "deel2.csv": rows,
    }
    for row in files["deel1.xlsx"]:
        row["gecodeerd_op"] = row["gecodeerd_op"].date()
    return [CodingFile([name], rows) for name, rows in files.items()]
