"""The folder of a release: written aside, synced, renamed; once out, it never changes."""

import csv
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from connectors.errors import Foreseen
from connectors.landing import sync
from flows.release.tables import Table
from flows.release.workbook import write_workbook

SUMS = "SHA256SUMS"


class ReleaseRefused(Foreseen):
    """The release cannot be published; says why and what to do."""


def write_package(folder: Path, manifest: dict[str, Any], remark: str, tables: list[Table]) -> bool:
    """Publish a release as `folder`; False where the same bytes are out already.

    Raises:
        ReleaseRefused: the release is out and would now say something else.
    """
    temporary = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    (temporary / "data").mkdir(parents=True)
    for table in tables:
        _write_csv(temporary / "data" / f"{table.name}.csv", remark, table)
    write_workbook(temporary / "monitor.xlsx", f"zicht {manifest['release']}", remark, tables)
    rows = {table.name: len(table.rows) for table in tables}
    _write_json(temporary / "manifest.json", {**manifest, "remark": remark, "rows": rows})
    names = sorted(path.relative_to(temporary).as_posix() for path in temporary.rglob("*") if path.is_file())
    sums = [f"{hashlib.sha256((temporary / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (temporary / SUMS).write_text("".join(sums))
    if folder.exists():
        is_same = (folder / SUMS).read_text() == (temporary / SUMS).read_text()
        shutil.rmtree(temporary)
        if is_same:
            return False
        raise ReleaseRefused(
            f"{folder} is out and the warehouse now says something else; a release never changes. "
            "Keep it, and let the next month's release carry the new figures."
        )
    for name in [*names, SUMS, "data", "."]:
        sync(temporary / name)
    temporary.rename(folder)
    sync(folder.parent)
    return True


def _write_csv(path: Path, remark: str, table: Table) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*table.columns, *(["remark"] if remark else [])])
        writer.writerows([[*row, *([remark] if remark else [])] for row in table.rows])


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
