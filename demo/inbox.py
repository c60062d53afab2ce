"""Write the demo: an inbox with all sources, their secrets and a `zicht.toml`.

Everything except the secrets has the same bytes each time.
"""

import csv
import gzip
import json
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from demo.coding_files import MARK, write_csv, write_spss, write_workbook
from demo.deliveries import Record, chat_records, chat_trouble, coding_trouble, stale_codings
from demo.registries import write_book, write_books
from demo.world import Coding, codings

CONFIGURATION = "zicht.toml"
# The configuration in which the platform fier has files.
TEMPLATE = Path(__file__).with_name("zicht.toml").read_text(encoding="utf-8")
FIRST_LINE = TEMPLATE.partition("\n")[0]
GLOTIP_FIGURES = Path(__file__).with_name("glotip.csv")


def write_demo(folder: Path, served: bool, port: int = 0) -> dict[str, int]:
    """Write the demo below a folder.

    Args:
        folder: The folder of the demo.
        served: True if the demo's API serves the platform fier. The platform then has no files.
        port: The port of the API, if it is served.

    Returns:
        The number of records of each source, or of workbooks for the registries.

    Raises:
        FileExistsError: If the folder has a `zicht.toml` that is not the demo's.
    """
    configuration = folder / CONFIGURATION
    if configuration.exists() and not configuration.read_text(encoding="utf-8").startswith(FIRST_LINE):
        raise FileExistsError(f"{configuration} is not the demo's; run `zicht demo` in another folder.")
    inbox = folder / "inbox"
    for path in sorted(inbox.glob(f"*/{MARK}-*")):
        path.unlink()
    for source in ("csg", "coding", "glotip") if served else ("fier", "csg", "coding", "glotip"):
        (inbox / source).mkdir(parents=True, exist_ok=True)
    written = {
        "fier": len(fier_records()) if served else _write_fier(inbox / "fier"),
        "csg": _write_csg(inbox / "csg"),
        "coding": _write_codings(inbox / "coding"),
        "glotip": _write_glotip(inbox / "glotip" / f"{MARK}-data_glotip.xlsx"),
        **write_books(inbox),
    }
    _keep_secret(folder / "demo.key")
    if served:
        _keep_secret(folder / "demo.token")
    # The configuration is written last and in one step. A process that waits for it finds all files complete.
    unready = folder / f"{CONFIGURATION}.part"
    unready.write_text(_configuration(served, port), encoding="utf-8")
    unready.replace(configuration)
    return written


def fier_records() -> list[Record]:
    """Return all records that the platform fier delivers, including the faulty ones."""
    records = chat_records("fier")
    return records + chat_trouble(records)


def _configuration(served: bool, port: int) -> str:
    served_at = f'url = "http://127.0.0.1:{port}"\ntoken_file = "demo.token"'
    return TEMPLATE.replace('path = "inbox/fier"', served_at) if served else TEMPLATE


def _keep_secret(path: Path) -> None:
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(secrets.token_hex(32) + "\n")


def _write_fier(folder: Path) -> int:
    records = chat_records("fier")
    files = {
        f"{MARK}-fier-2019.jsonl": [record for record in records if record["started_at"] < "2020"],
        f"{MARK}-fier-2020.jsonl.gz": [record for record in records if record["started_at"] >= "2020"],
        f"{MARK}-fier-corrections.jsonl": chat_trouble(records),
    }
    for name, part in files.items():
        content = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in part).encode()
        # Without a time and a name in the header, the packed file has the same bytes each time.
        (folder / name).write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
    return sum(map(len, files.values()))


def _write_csg(folder: Path) -> int:
    import pandas  # type: ignore[import-untyped]

    records = chat_records("csg")
    before = [record for record in records if record["started_at"] < "2020"]
    after = [record for record in records if record["started_at"] >= "2020"] + chat_trouble(records)
    for year, part, encoding in ((2019, before, "utf-8-sig"), (2020, after, "cp1252")):
        frame = pandas.DataFrame(part)
        frame["tags"] = frame["tags"].str.join("|")
        frame["deleted"] = frame["deleted"].map({True: "true", False: "false"})
        path = folder / f"{MARK}-csg-{year}.csv"
        frame.to_csv(path, sep=";", index=False, encoding=encoding, lineterminator="\r\n")
    return len(before) + len(after)


def _write_codings(folder: Path) -> int:
    coded = codings()
    early = [coding for coding in coded if str(coding["gecodeerd_op"]) < "2020"]
    rest = [coding for coding in coded if str(coding["gecodeerd_op"]) >= "2020"]
    half = len(rest) // 2
    parts: list[tuple[str, Callable[[Path, Sequence[Coding]], None], list[Coding]]] = [
        ("deel1.sav", write_spss, early + stale_codings(rest)),
        ("deel2.xlsx", write_workbook, rest[:half]),
        ("deel3.csv", write_csv, coding_trouble(rest[half:])),
    ]
    for name, write, part in parts:
        write(folder / f"{MARK}-{name}", part)
    return sum(len(part) for _, _, part in parts)


def _write_glotip(path: Path) -> int:
    """Write a workbook in the form of UNODC's: two note rows, the header, then figures as text."""
    with GLOTIP_FIGURES.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    notes = [[f"{MARK} demo after UNODC GLOTIP"], ["30/05/2023"]]
    write_book(path, {f"{MARK} data_glotip": [*notes, header, *rows]})
    return len(rows)
