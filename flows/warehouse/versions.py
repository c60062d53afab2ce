"""Manage versions of the warehouse: list them, find the current one, and check that its files are as published."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from os.path import lexists
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from connectors.errors import UserFacingError
from connectors.storage.durable_files import sync
from flows.runtime.configuration import Configuration

if TYPE_CHECKING:
    import pandas as pd

KEPT_VERSIONS = 5
# Only these schemas ever leave the work file. Figures are for all readers, person-level models for a separate group.
EXPORTS = {"warehouse.duckdb": "marts", "persons.duckdb": "intermediate"}
DOCS = "docs.html"  # dbt's documentation of all models, in one file
# A reader's connection has no other file, no network, no extension, no spilling to disk, and no Python object as a
# table. The lock comes last, because it forbids all later settings.
ALLOWED = ("enable_external_access", "allow_community_extensions", "allow_unsigned_extensions")
AUTOMATIC = ("autoload_known_extensions", "autoinstall_known_extensions", "python_enable_replacements")
CLOSED = {**dict.fromkeys((*ALLOWED, *AUTOMATIC), "false"), "temp_directory": "", "lock_configuration": "true"}


class Damaged(UserFacingError):
    """A file of a version is missing, differs from the published file, or cannot be opened."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file}: this version is damaged or cannot be opened; build a new one from the deliveries: zicht rebuild"
        )


def manifest(version: Path) -> dict[str, Any]:
    """Return the manifest of a version.

    Args:
        version: The folder of the version, or a link to it.

    Returns:
        The content of `version.json`. It has at least the keys `run`, `inputs`, `code`, `deliveries` and `sha256` (the
        checksum of each file by its name).

    Raises:
        Damaged: The manifest is missing, cannot be read, or lacks a key.
    """
    file = version / "version.json"
    try:
        content = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        raise Damaged(file) from None
    if not isinstance(content, dict) or not {"run", "inputs", "code", "deliveries", "sha256"} <= content.keys():
        raise Damaged(file)
    return content


def whole(version: Path) -> dict[str, Any]:
    """Check the files of a version, and return its manifest.

    Args:
        version: The folder of the version, or a link to it.

    Returns:
        The manifest (see `manifest`).

    Raises:
        Damaged: A file cannot be opened, or its bytes are not those that were published.
        PermissionError: The user of this process may not read a file.
    """
    folder = version.resolve()  # a run may replace the link meanwhile
    content = manifest(folder)
    for file, digest in content["sha256"].items():
        with opened(folder / file):
            if sha256(folder / file) != digest:
                raise Damaged(folder / file)
    return content


def sha256(path: Path) -> str:
    """Return the SHA-256 checksum of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def opened(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database file of a version for reading only.

    Yields:
        A connection that can reach nothing else than this file.

    Raises:
        Damaged: The file cannot be opened, or a part of it cannot be read.
        PermissionError: The user of this process may not read it.
    """
    try:
        with database.open("rb"):  # raises the PermissionError of the operating system
            pass
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise Damaged(database) from None
    try:
        with duckdb.connect(str(database.resolve()), read_only=True, config=dict(CLOSED)) as connection:
            yield connection
    except duckdb.IOException:
        raise Damaged(database) from None


def query(
    configuration: Configuration, sql: str, parameters: Iterable[Any] = (), file: str = "warehouse.duckdb"
) -> list[tuple[Any, ...]]:
    """Return the rows of a query on the current warehouse.

    Args:
        configuration: The configuration with home.
        sql: The query.
        parameters: The values of the placeholders (`?`) in the query.
        file: The file of the version, a key of `EXPORTS`.

    Returns:
        The rows, each as a tuple.
    """
    with opened(configuration.home / file) as connection:
        return connection.execute(sql, list(parameters)).fetchall()


def frame(configuration: Configuration, sql: str, parameters: Iterable[Any] = ()) -> "pd.DataFrame":
    """Return the rows of a query on the current warehouse as a data frame with the names of its columns.

    The values are Python objects, and a missing value is None. So whole numbers stay whole, and dates stay dates.

    Args:
        configuration: The configuration with home.
        sql: The query.
        parameters: The values of the placeholders (`?`) in the query.
    """
    import pandas as pd  # slow to import, and only a release needs it

    with opened(configuration.home / "warehouse.duckdb") as connection:
        cursor = connection.execute(sql, list(parameters))
        names = [column[0] for column in cursor.description or ()]
        return pd.DataFrame(cursor.fetchall(), columns=names, dtype=object)


def current_version(
    configuration: Configuration, look: Callable[[Path], dict[str, Any]] = manifest
) -> dict[str, Any] | None:
    """Return the manifest of the version that readers see, or None before the first version.

    Args:
        configuration: The configuration with home.
        look: Reads the manifest. `whole` also checks the files of the version.

    Raises:
        Damaged: The manifest cannot be read; or, with `whole`, the files are not those that were published.
    """
    link = configuration.home / "current"
    return look(link) if lexists(link) else None  # a link without its target is damaged


def current_name(configuration: Configuration) -> str:
    return (configuration.home / "current").resolve().name


def version_names(configuration: Configuration) -> list[str]:
    """Return the names of the versions that are kept, oldest first."""
    return sorted(path.parent.name for path in configuration.versions.glob("*/version.json"))


def make_current(configuration: Configuration, run_id: str) -> None:
    """Make a version the current one by replacing one link.

    The links that readers open lead through that link, so both files change in one step.

    Args:
        configuration: The configuration with home.
        run_id: The name of the version, which is the id of its run.
    """
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
