"""Check what a reader can find: everything under a final name is wholly old or wholly new."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePath
from typing import Any

from rigs.death.disk import Disk, Tree

WORK = "home/work"  # private; the next build clears it
SERVED = [
    f"home/{name}" for name in ("warehouse.duckdb", "persons.duckdb", "current/version.json", "current/docs.html")
]
PUBLISHED = ["home/versions/*", "home/extracts/*", "readers/*"]  # folders that are whole or not there
RECEIPTS = "home/landing/*/receipts/*.json"
DIGESTS = "home/landing/*/digests.json"  # identifies files by inodes and dates, and these differ in every home
NOTES = "home/runs/*.json"  # written more than once in a night
KEPT = ["home/landing/*", "home/extracts/*", "readers/*"]  # nothing in these is ever lost
MOMENTS = ("run", "received_at")  # fields that differ between two nights
RUN = re.compile(r"\d{8}T\d{12}Z")
SCRATCH = [f"{WORK}/dbt", f"{WORK}/receipts.parquet", "home/runs", "inbox"]

Folder = dict[str, str]  # content by path


class Versions:
    """The state before a night, and the state after a night that nothing disturbed."""

    def __init__(self, old: Path, new: Path) -> None:
        trees = [Disk(folder).tree() for folder in (old, new)]
        self.final = final(trees[1])
        self._kept = {path for path in trees[0].entries if fits(path, *KEPT) and not is_aside(path)}
        self._served = [_served(tree) for tree in trees]
        self._known: dict[str, set[str]] = {}
        self._whole: dict[str, list[Folder]] = {}
        for tree in trees:
            for path in tree.entries:
                self._known.setdefault(named(path), set()).add(content(tree, path))
                if is_published(path):
                    self._whole.setdefault(named(path), []).append(_below(tree, path))

    def wrong(self, found: Tree) -> Iterator[str]:
        """Yield one line for each thing that a reader of a tree would see and that is neither old nor new."""
        for path in found.entries:
            if is_aside(path):
                continue
            if fits(path, NOTES):
                if _parsed(found, path) is None:
                    yield f"{path} is torn"
            elif content(found, path) not in self._known.get(named(path), ()):
                yield f"{path} holds what is neither old nor new"
            if is_published(path) and _below(found, path) not in self._whole.get(named(path), []):
                yield f"{path} is not whole"
            if fits(path, RECEIPTS):
                yield from _missing_rows(found, path)
        if (served := _served(found)) not in self._served:
            yield f"readers see {sorted(path for path, said in served.items() if not said) or 'a mixture'}"
        yield from (f"{path} is lost" for path in sorted(self._kept - found.entries.keys()))

    def is_new(self, found: Tree) -> bool:
        """Return whether readers already see the new version."""
        return _served(found) == self._served[1]

    def unlike(self, found: Tree) -> list[str]:
        """Return the paths at which a finished night differs from the undisturbed one."""
        left = final(found)
        return sorted(path for path in left.keys() | self.final.keys() if left.get(path) != self.final.get(path))


def final(tree: Tree) -> Folder:
    """Return everything that a night leaves, also in private places, except run records and dbt's compiled files."""
    return {named(path): content(tree, path) for path in tree.entries if not path.startswith(tuple(SCRATCH))}


def content(tree: Tree, path: str) -> str:
    """Return the content under a path, without the times at which it was written."""
    if path.endswith("/version.json") or fits(path, RECEIPTS):
        parsed = _parsed(tree, path)
        return json.dumps(parsed if parsed is None else {**parsed, **dict.fromkeys(MOMENTS, "")})
    if fits(path, DIGESTS):
        return "torn" if _parsed(tree, path) is None else "whole"
    return named(tree.said(path))


@cache
def named(path: str) -> str:
    return RUN.sub("RUN", path)


@cache
def fits(path: str, *patterns: str) -> bool:
    """Return whether a path, or a folder that contains it, matches one of these patterns. A star matches one name."""
    parts = path.split("/")
    return any(PurePath(*parts[: pattern.count("/") + 1]).match(pattern) for pattern in patterns)


@cache
def is_published(path: str) -> bool:
    """Return whether a path is itself a published folder. Such a folder is complete or absent."""
    return not is_aside(path) and fits(path, *PUBLISHED) and not fits(path.rpartition("/")[0], *PUBLISHED)


@cache
def is_aside(path: str) -> bool:
    """Return whether a path is below a name that no reader opens."""
    return path.startswith(WORK) or any(part.startswith(".") or part.endswith(".tmp") for part in path.split("/"))


def _served(tree: Tree) -> dict[str, str]:
    return {path: content(tree, place) if (place := tree.resolved(path)) else "" for path in SERVED}


def _below(tree: Tree, folder: str) -> Folder:
    return {path[len(folder) :]: content(tree, path) for path in tree.entries if path.startswith(f"{folder}/")}


def _missing_rows(tree: Tree, path: str) -> Iterator[str]:
    receipt = _parsed(tree, path) or {"rows": {}, "rejected": 0}
    tables = [table for table, rows in receipt["rows"].items() if rows] + ["rejected"] * bool(receipt["rejected"])
    for table in tables:
        rows = f"home/landing/{receipt['source']}/{table}/{receipt['delivery']}.parquet"
        if rows not in tree.entries:
            yield f"{path} counts, and {rows} is not there"


def _parsed(tree: Tree, path: str) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads(tree.bytes(path))
    except ValueError:
        return None
    return content
