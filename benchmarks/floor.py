"""Measure the floor: the SQL of all models, run by DuckDB alone on the same Parquet files.

dbt compiles the SQL beforehand. The run itself uses no dbt and no Prefect. It runs no tests and makes no copy for
readers.

    python -m benchmarks.floor write SCRIPT         write the script from the home in the working directory
    python -m benchmarks.floor run SCRIPT           run the script into a new database in the folder of the script
    python -m benchmarks.floor chain SCRIPT SIZE    run only the connected components, on a chain of SIZE links
    python -m benchmarks.floor star SCRIPT SIZE     run only the connected components, on a star of SIZE links

A run prints the seconds of each step as JSON.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import yaml  # type: ignore[import-untyped]

from flows.runtime.configuration import DBT_PROJECT, Configuration, load_configuration
from flows.warehouse import inputs
from flows.warehouse.dbt_plugin import register
from flows.warehouse.dbt_runner import run_dbt

Step = tuple[str, str]  # name and SQL
COMPONENTS = "intermediate.int_hub_components"
SHAPES = {
    "chain": "select '{0}' || i as hub_id, '{0}' || (i + 1) as other_hub_id from range({1}) as links (i)",
    "star": "select '{0}centre' as hub_id, '{0}' || i as other_hub_id from range({1}) as links (i)",
}


def write_script(configuration: Configuration, script: Path) -> None:
    """Write the steps of the floor as JSON: the seeds and models of the project, in order of their dependencies.

    Args:
        configuration: The home whose project dbt compiles.
        script: The file to write, a list of `[name, SQL]`.
    """
    inputs.prepare(configuration)
    run_dbt(["compile"], lambda node: None, write_json=True)
    manifest = configuration.work / "dbt" / "manifest.json"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(json.dumps(_steps(json.loads(manifest.read_text())["nodes"]), indent=1))
    for leftover in manifest.parent.glob("*.json"):
        leftover.unlink()


def _steps(nodes: dict[str, Any]) -> list[Step]:
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


def run(steps: list[Step], database: Path) -> dict[str, float]:
    """Run steps into a new database and return the seconds of each.

    Args:
        steps: Pairs of name (`schema.table`) and SQL, in the order in which to run them.
        database: The DuckDB file. An existing one is deleted first.

    Returns:
        Seconds by name of step.
    """
    seconds: dict[str, float] = {}
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as connection:
        for name, value in _settings().items():
            connection.execute(f"set {name} = '{value}'")
        register(connection)
        for schema in sorted({name.partition(".")[0] for name, _ in steps}):
            connection.execute(f"create schema {schema}")
        for name, sql in steps:
            started = time.monotonic()
            connection.execute(sql)
            seconds[name] = round(time.monotonic() - started, 3)
    return seconds


def _settings() -> dict[str, Any]:
    """Return the settings that dbt gives to DuckDB."""
    profile = yaml.safe_load((DBT_PROJECT / "profiles.yml").read_text())["zicht"]["outputs"]["warehouse"]
    return {**profile["config_options"], **profile["settings"]}


def main(what: str, script: Path, size: int = 0) -> None:
    """Run one command of the command line.

    Args:
        what: `write`, `run`, `chain` or `star`.
        script: The script to write or to run.
        size: The number of links of a chain or star.
    """
    if what == "write":
        write_script(load_configuration(), script)
        return
    steps: list[Step] = [(name, sql) for name, sql in json.loads(script.read_text())]
    if what in SHAPES:
        links = SHAPES[what].format("nickname|fier|" + "0" * 48, size)
        steps = [step for step in steps if step[0] == COMPONENTS]
        steps.insert(0, ("intermediate.int_hub_links", f"create table intermediate.int_hub_links as {links}"))
    print(json.dumps(run(steps, script.parent / inputs.DATABASE)))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).absolute(), *map(int, sys.argv[3:4]))
