"""Make deliveries with given content, and read what landed of them. All names and persons are invented."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyreadstat

from connectors.catalogue import KINDS, REGISTRIES
from connectors.codelists.codebook import load_codebook
from connectors.codelists.layouts import FILES, Layouts
from connectors.codelists.no_names import load_no_names
from connectors.errors import SourceProblem
from connectors.ingest import Received, receive
from connectors.landing import Landing
from connectors.pseudonym import Pseudonymiser
from connectors.source import Context, Item, Rejection, Row, Rows, Source, SourceFile
from flows.runtime.configuration import SEEDS

KEY = b"a key of at least sixteen bytes"
NAME = "bron"
CODEBOOK = load_codebook(SEEDS / "codebook.csv")
GLOTIP_LABELS = ["Indicator", "Dimension", "Category", "Sex", "Age"]
GLOTIP_HEADER = ["Iso3_code", "Country", "Region", "Subregion", *GLOTIP_LABELS]
GLOTIP_HEADER += ["Year", "Unit of measurement", "txtVALUE", "Source"]
UPDATED = "2021-01-01T00:00:00Z"


def layouts_of(**seeds: Iterable[str]) -> Layouts:
    """Return layouts from the lines of some seeds, without their headers. The other seeds have no rows."""

    def rows(name: str) -> list[dict[str, str]]:
        header = (SEEDS / f"{name}.csv").read_text().splitlines()[0]
        return list(csv.DictReader([header, *seeds.get(name, ())]))

    return Layouts({name: rows(name) for name in FILES}, "sample")


def sample_layouts() -> Layouts:
    """Return layouts with one edition of each registry and one table that is wide by year."""

    def of_each(*lines: str) -> list[str]:
        return [line.replace("KIND", kind) for kind in REGISTRIES for line in lines]

    return layouts_of(
        registry_editions=of_each("KIND,KIND,uitgave 2020,Uitgave 2020,wide,,2021-10-18,"),
        registry_tables=of_each("KIND,wide,forms,1,victim,all,form,,no"),
        registry_columns=of_each(
            "KIND,wide,forms,Vorm,category,no,no",
            "KIND,wide,forms,{reference_year},value,no,no",
            "KIND,wide,forms,Toelichting,nothing,no,yes",
        ),
        registry_marks=of_each("KIND,,<5,count,1,4"),
        crosswalk=of_each("KIND,form,Seksuele uitbuiting,,,sexual,exact,", "KIND,form,Totaal,,,total,exact,"),
    )


LAYOUTS = sample_layouts()


def a_context(key: bytes = KEY) -> Context:
    return Context(CODEBOOK, LAYOUTS, Pseudonymiser(key, load_no_names(SEEDS / "no_names.csv")))


class Inbox:
    """One source with a folder (or a server's address), and the landing that it fills."""

    def __init__(
        self, folder: Path, kind: str, url: str | None = None, token: str | None = None, **columns: str
    ) -> None:
        self.requests: list[Any] = []  # those that the server at the address received
        self.folder = folder / "inbox"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.landing = Landing(folder / "landing")
        self.source = Source(NAME, kind, path=None if url else self.folder, url=url, token=token, columns=columns)

    def put(self, name: str, content: bytes) -> Path:
        return put(self.folder, name, content).path

    def receive(self, context: Context | None = None) -> Received:
        return receive(self.source, self.landing, context or a_context())

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return all rows of all accepted deliveries."""
        deliveries = list(dict.fromkeys(receipt.delivery for receipt in self.landing.receipts(NAME)))
        paths = [self.landing.root / NAME / table / f"{delivery}.parquet" for delivery in deliveries]
        return [row for path in paths if path.exists() for row in pq.ParquetFile(path).read().to_pylist()]

    def rejected(self) -> list[tuple[str, str, str]]:
        return [(row["location"], row["field"], row["rule"]) for row in self.rows("rejected")]

    def landed(self) -> dict[str, bytes]:
        """Return every file below the landing, with its bytes."""
        paths = [path for path in self.landing.root.rglob("*") if path.is_file()]
        return {path.relative_to(self.landing.root).as_posix(): path.read_bytes() for path in paths}


def put(folder: Path, name: str, content: bytes = b"") -> SourceFile:
    """Write a file and return it as the connectors name it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return SourceFile(path, name)


def read(folder: Path, kind: str, name: str, content: bytes, **columns: str) -> list[Item]:
    """Return the items that the reader of a kind yields for one file."""
    source = Source(NAME, kind, path=folder, columns=columns)
    return one_by_one(KINDS[kind].read_file(source, put(folder, name, content), a_context()))


def problem_of(read: Callable[..., object], *arguments: Any) -> SourceProblem:
    """Return the problem that a call raises. If the call returns an iterator, it is read to its end."""
    try:
        found = read(*arguments)
        if isinstance(found, Iterator):
            list(found)
    except SourceProblem as problem:
        return problem
    raise AssertionError("no problem was raised")


def problem_in(line: str) -> SourceProblem:
    """Return the problem that a run reports in one line."""
    parts = re.fullmatch(r"(.+?): found (.+?), expected (.+?)\. (.+\.)", line)
    assert parts and line.isprintable(), line
    where, found, expected, do = parts.groups()
    return SourceProblem(where, found=found, expected=expected, do=do)


def one_by_one(items: Iterable[Item | Rows]) -> list[Item]:
    """Return the items with each row as an item of its own."""
    found: list[Item] = []
    for item in items:
        found += [Row(item.table, row) for row in item.values.to_pylist()] if isinstance(item, Rows) else [item]
    return found


def rows_of(items: Iterable[Item], table: str) -> list[dict[str, Any]]:
    return [item.values for item in items if isinstance(item, Row) and item.table == table]


def rules_of(items: Iterable[Item]) -> list[tuple[str, str, str]]:
    return [(item.location, item.field, item.rule) for item in items if isinstance(item, Rejection)]


def a_record(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a conversation as a platform sends it. A field whose value is `...` is left out."""
    record = {
        "conversation_id": f"C-{number}",
        "nickname": f"verzonnen{number}",
        "connection_group": f"groep{number}",
        "started_at": "2020-06-15T12:00:00+02:00",
        "ended_at": "2020-06-15T12:30:00+02:00",
        "language": "nl",
        "tags": ["mensenhandel"],
        "updated_at": UPDATED,
        "deleted": False,
        **changes,
    }
    return {field: value for field, value in record.items() if value is not ...}


def ndjson(*records: Any) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def table_bytes(header: Sequence[str], *rows: Sequence[Any], delimiter: str = ";") -> bytes:
    """Return a CSV without quotes."""
    return "".join(delimiter.join(map(str, row)) + "\n" for row in [header, *rows]).encode()


def workbook_bytes(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """Return an .xlsx. A cell that is None is left out of the file, as spreadsheet programs do."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for number, row in enumerate(rows, start=1):
            for place, cell in enumerate(row, start=1):
                if cell is not None:
                    sheet.cell(number, place, cell)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_sheets(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Return a workbook in which `change` has been applied to the XML of each sheet."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, change(part) if name.startswith("xl/worksheets/sheet") else part)
    return stream.getvalue()


def spss_bytes(folder: Path, columns: Mapping[str, Sequence[Any]], **options: Any) -> bytes:
    path = folder / "made.sav"
    pyreadstat.write_sav(pd.DataFrame(columns), str(path), **options)
    content = path.read_bytes()
    path.unlink()
    return content


def a_figure(value: Any, **changes: Any) -> list[Any]:
    """Return one row of UNODC's workbook."""
    cells = {
        "Iso3_code": "NLD",
        "Country": "Netherlands",
        "Region": "Europe",
        "Subregion": "Western Europe",
        "Indicator": "Detected trafficking victims",
        "Dimension": "Total",
        "Category": "Total",
        "Sex": "Total",
        "Age": "Total",
        "Year": 2019,
        "Unit of measurement": "Counts",
        "txtVALUE": value,
        "Source": "CTS",
        **changes,
    }
    return [cells[name] for name in GLOTIP_HEADER]


def glotip_bytes(*rows: Sequence[Any], notes: Sequence[Sequence[Any]] = ()) -> bytes:
    return workbook_bytes({"data_glotip_1": [*notes, GLOTIP_HEADER, *rows]})


def registry_bytes(
    *rows: Sequence[Any], title: str = "Uitgave 2020", header: Sequence[Any] = ("Vorm", 2019, 2020)
) -> bytes:
    return workbook_bytes({"Blad1": [[title], header, *rows]})


CODING_HEADER = ["gesprek_id", "gecodeerd_op", "mensenhandel", "dubbel_van", "rol", "vorm_seks", "leeftijd"]


def a_coding(number: int = 1, **cells: Any) -> list[Any]:
    """Return one coded conversation, with its cells in the order of CODING_HEADER."""
    row = {"gesprek_id": f"fier:C-{number}", "gecodeerd_op": "2021-02-01", "mensenhandel": "1", **cells}
    return [row.get(name, "") for name in CODING_HEADER]


def coding_bytes(*rows: Sequence[Any]) -> bytes:
    return table_bytes(CODING_HEADER, *rows)


@contextmanager
def soon(seconds: float = 20) -> Iterator[None]:
    """Raise TimeoutError if the work inside takes longer."""

    def stop(*_: object) -> NoReturn:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


PEAK = """
import re, resource, sys
from pathlib import Path
from samples import Inbox

rows = Inbox(Path(sys.argv[2]), sys.argv[1]).receive().rows
status = Path("/proc/self/status")
# On Linux ru_maxrss also counts the process that started this one.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1] if status.exists() else None
print(rows, peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak_of(kind: str, folder: Path) -> tuple[int, int]:
    """Take in an inbox in a process of its own and return (rows, peak memory in MiB)."""
    tests = Path(__file__).resolve().parent
    path = os.pathsep.join([str(tests), str(tests.parent)])
    command = [sys.executable, "-c", PEAK, kind, str(folder)]
    said = subprocess.check_output(command, env={**os.environ, "PYTHONPATH": path}, stderr=subprocess.PIPE, text=True)
    rows, kilobytes = said.split()
    return int(rows), int(kilobytes) >> 10
