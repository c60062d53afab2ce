"""The floor: the SQL of all models, as dbt compiled it before, run by DuckDB alone on the same Parquet files. No dbt, no
Prefect, no tests, no copy for readers.

`python -m benchmarks.floor SCRIPT DATABASE` runs it; `compiled` makes the script out of a home.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.catalogue import REGISTRIES, TABLES
from connectors.landing import Landing
from flows import warehouse
from flows.dbt_plugin import Plugin
from flows.settings import DBT_PROJECT, Configuration

Step = tuple[str, str]  # name and SQL


def compiled(configuration: Configuration, script: Path) -> None:
    """Write what the floor runs: the seeds and models of the project, in an order in which each finds what it needs."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    folder = script.parent
    folder.mkdir(parents=True, exist_ok=True)
    Landing(configuration.landing).prepare(TABLES)
    receipts = pa.Table.from_pylist(warehouse._receipts(configuration), schema=warehouse.RECEIPTS)
    pq.write_table(receipts, folder / "receipts.parquet")
    os.environ.update(
        ZICHT_DBT_DATABASE=str(folder / "floor.duckdb"),
        ZICHT_DBT_LANDING=str(configuration.landing),
        ZICHT_DBT_RECEIPTS=str(folder / "receipts.parquet"),
        ZICHT_DBT_REGISTRIES=",".join(REGISTRIES),
        ZICHT_DBT_TIMEZONE=configuration.settings.timezone,
        ZICHT_DBT_COUNTRIES=",".join(configuration.countries()),
        ZICHT_DBT_TARGET=str(folder / "dbt"),
    )
    try:
        outcome = dbtRunner().invoke(
            ["--log-level", "none", "--log-level-file", "none", "compile", "--project-dir", str(DBT_PROJECT)]
            + ["--profiles-dir", str(DBT_PROJECT)]
        )
    finally:
        DuckDBConnectionManager.close_all_connections()
    if not outcome.success:
        raise SystemExit(f"dbt could not compile: {outcome.exception}")
    nodes = json.loads((folder / "dbt" / "manifest.json").read_text())["nodes"]
    script.write_text(json.dumps(list(_steps(nodes)), indent=1))


def _steps(nodes: dict[str, Any]) -> "list[Step]":
    done: set[str] = set()
    steps: list[Step] = []

    def add(key: str) -> None:
        node = nodes.get(key)
        if node is None or key in done:
            return
        done.add(key)
        for needed in node["depends_on"].get("nodes", []):
            add(needed)
        name = f"{node['schema']}.{node['name']}"
        if node["resource_type"] == "seed":
            steps.append((name, f"create table {name} as {_seed(node)}"))
        else:
            kind = "view" if node["config"]["materialized"] == "view" else "table"
            steps.append((name, f"create {kind} {name} as {node['compiled_code']}"))

    for key in sorted(nodes):
        if nodes[key]["resource_type"] in ("model", "seed"):
            add(key)
    return steps


def _seed(node: dict[str, Any]) -> str:
    path = DBT_PROJECT / node["original_file_path"]
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in node["config"]["column_types"].items())
    given = f", types = {{{types}}}" if types else ""
    return f"select * from read_csv('{path}', header = true, nullstr = ''{given})"


def run(script: Path, database: Path) -> dict[str, float]:
    """Run the script into a new database; the seconds of each step."""
    seconds: dict[str, float] = {}
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as connection:
        connection.execute("set threads = 2; set preserve_insertion_order = false; set TimeZone = 'UTC'")
        connection.execute(f"set temp_directory = '{database}.tmp'")
        if limit := os.environ.get("LIMIT"): connection.execute(f"set memory_limit = '{limit}'")
        Plugin.configure_connection(None, connection)
        for schema in ("seeds", "staging", "intermediate", "comparing", "marts"):
            connection.execute(f"create schema {schema}")
        for name, sql in json.loads(script.read_text()):
            started = time.monotonic()
            connection.execute(sql)
            seconds[name] = round(time.monotonic() - started, 3)
    return seconds


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), Path(sys.argv[2]))))
