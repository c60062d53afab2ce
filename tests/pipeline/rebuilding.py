"""Build and release a folder's deliveries in a process of its own, and print the results as hashes.

    python rebuilding.py FOLDER MONTH THREADS

If the folder has a `dbt_project`, that one is built instead of the real one.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import duckdb
from homes import KEY, erase, load, take_in_folder

from connectors.codelists.codebook import load_codebook
from connectors.codelists.layouts import load_layouts
from connectors.codelists.no_names import load_no_names
from connectors.ingest import receive
from connectors.landing import Landing
from connectors.pseudonym import Pseudonymiser
from connectors.source import Context
from connectors.transport import folder as inbox
from flows import monthly
from flows.release.package import SUMS
from flows.runtime import runs
from flows.runtime.configuration import SEEDS
from flows.warehouse import build, dbt_runner, versions
from flows.warehouse.inputs import input_hash

# The file and location of a rejected record change when rows are moved.
PLACES = ("file", "location")


def contents(database: Path) -> str:
    """Return one hash of all rows of all marts, independent of their order."""
    digest = hashlib.sha256()
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() order by all").fetchall()
        for (table,) in tables:
            columns = f"* exclude ({', '.join(PLACES)})" if table == "rejected" else "*"
            rows = connection.execute(f"select {columns} from marts.{table}").fetchall()
            digest.update(f"{table} {sorted(map(repr, rows))}".encode())
    return digest.hexdigest()


def with_threads(threads: int) -> None:
    """Make DuckDB and dbt use this number of threads. Leave out dbt's tests, because they produce no data."""
    from dbt.cli.main import dbtRunner

    connect, invoke = duckdb.connect, dbtRunner.invoke

    def connect_so(*arguments: Any, **options: Any) -> Any:
        return connect(*arguments, **{**options, "config": {**(options.get("config") or {}), "threads": threads}})

    duckdb.connect = connect_so  # type: ignore[assignment]

    def invoke_so(self: dbtRunner, words: list[str]) -> Any:
        return invoke(self, [*words, "--threads", str(threads)])

    dbtRunner.invoke = invoke_so
    build.test = lambda configuration, built, progress: built


def deliver(folder: Path) -> None:
    """Take in the files of `inbox`, or the files of `nights/<n>/<source>`, one night after the other."""
    nights = sorted((folder / "nights").glob("*"), key=lambda path: int(path.name))
    if not nights:
        take_in_folder(folder)
    context = Context(
        load_codebook(SEEDS / "codebook.csv"),
        load_layouts(SEEDS),
        Pseudonymiser(KEY.encode(), load_no_names(SEEDS / "no_names.csv")),
    )
    configuration = load(folder)
    for night in nights:
        for file in [path for path in night.rglob("*") if path.is_file()]:
            source = file.relative_to(night).parts[0]
            file.rename(folder / "inbox" / file.relative_to(night))
            receive(configuration.source(source), Landing(configuration.landing), context)


def rebuild(folder: Path, month: str, threads: int) -> dict[str, Any]:
    """Run everything from the files to the release, and return its hashes.

    Returns:
        Two hashes under each of two keys. `bytes`: of the version and of the release as files. `figures`: of the rows
        of the marts and of the data files of the release.
    """
    inbox.SETTLED_SECONDS = 0.0
    with_threads(threads)
    configuration = load(folder)
    deliver(folder)
    erase(configuration)
    built = build.build(configuration, is_new_code=False, progress=lambda node: None)
    inputs = input_hash(configuration)
    build.publish(configuration, built, runs.new_run().id, inputs, progress=lambda node: None)
    version = versions.current_version(configuration)
    assert version is not None
    released = monthly.release(configuration, month).folder
    data = b"".join(path.read_bytes() for path in sorted((released / "data").glob("*.csv")))
    return {
        "bytes": [version["sha256"], hashlib.sha256((released / SUMS).read_bytes()).hexdigest()],
        "figures": [contents(configuration.home / "warehouse.duckdb"), hashlib.sha256(data).hexdigest()],
    }


if __name__ == "__main__":
    place = Path(sys.argv[1])
    if (place / "dbt_project").exists():
        dbt_runner.DBT_PROJECT = place / "dbt_project"
    print(json.dumps(rebuild(place, sys.argv[2], int(sys.argv[3]))))
