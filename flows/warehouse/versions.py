"""Versions of the warehouse: which there are, which one readers see, and whether its files are what was published."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from connectors.errors import Foreseen
from connectors.landing import sync
from flows.runtime.configuration import Configuration

KEPT_VERSIONS = 5
# Only what stands here ever leaves the work file: figures to everyone, person-level models to a group of their own.
EXPORTS = {"warehouse.duckdb": "marts", "persons.duckdb": "intermediate"}
DOCS = "docs.html"  # dbt's documentation of all models, in one file
# No file but the version, no network, no extension, no spilling to disk, no Python object as a table; locked last.
CLOSED = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "lock_configuration": "true",
}


class Damaged(Foreseen):
    """A version's file is missing, is not what was published, or cannot be opened."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file}: this version is damaged or cannot be opened; build a new one from the deliveries: zicht rebuild"
        )


def is_there(name: Path) -> bool:
    """Whether there is something of this name, be it a link that leads nowhere."""
    return name.is_symlink() or name.exists()


def manifest(version: Path) -> dict[str, Any]:
    """What a version says of itself.

    Raises:
        Damaged: it says nothing that can be read.
    """
    file = version / "version.json"
    try:
        said = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        raise Damaged(file) from None
    if not isinstance(said, dict) or not {"run", "inputs", "code", "deliveries", "sha256"} <= said.keys():
        raise Damaged(file)
    return said


def whole(version: Path) -> dict[str, Any]:
    """What a version says of itself, once its files can be opened and hold the bytes that were published.

    Raises:
        Damaged: they are not, or do not.
        PermissionError: the user of this process may not read one.
    """
    folder = version.resolve()  # a run may turn the link meanwhile
    said = manifest(folder)
    for file, digest in said["sha256"].items():
        with opened(folder / file):
            if sha256(folder / file) != digest:
                raise Damaged(folder / file)
    return said


def sha256(path: Path) -> str:
    """The checksum of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def opened(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A version's file, to read and nothing else.

    Raises:
        Damaged: it cannot be opened, or a part of it not be read.
        PermissionError: the user of this process may not read it.
    """
    try:
        with database.open("rb"):  # says who may not read it in the operating system's way
            pass
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise Damaged(database) from None
    try:
        with duckdb.connect(str(database.resolve()), read_only=True, config=dict(CLOSED)) as connection:
            yield connection
    except duckdb.IOException:
        raise Damaged(database) from None


def query(configuration: Configuration, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
    """Rows of the current warehouse."""
    with opened(configuration.home / "warehouse.duckdb") as connection:
        return connection.execute(sql, list(parameters)).fetchall()


def current_version(
    configuration: Configuration, look: Callable[[Path], dict[str, Any]] = manifest
) -> dict[str, Any] | None:
    """The manifest of the version that readers see, None before the first. `look` may look at its files as well.

    Raises:
        Damaged: it cannot be read, or they are not what was published.
    """
    link = configuration.home / "current"
    return look(link) if is_there(link) else None


def current_name(configuration: Configuration) -> str:
    return (configuration.home / "current").resolve().name


def version_names(configuration: Configuration) -> list[str]:
    """The versions that are kept, oldest first."""
    return sorted(path.parent.name for path in configuration.versions.glob("*/version.json"))


def make_current(configuration: Configuration, run_id: str) -> None:
    """Turn the one link over; readers' names beside it lead through it, so that both files change in one step."""
    link_readers(configuration)
    _link(Path("versions") / run_id, configuration.home / "current")
    sync(configuration.home)


def link_readers(configuration: Configuration) -> None:
    for file in EXPORTS:
        link, target = configuration.home / file, Path("current") / file
        if not link.is_symlink() or link.readlink() != target:
            _link(target, link)


def _link(target: Path, link: Path) -> None:
    temporary = link.with_name(f".{link.name}.tmp")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.rename(link)
