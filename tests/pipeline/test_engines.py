"""The same project on DuckDB and Spark: equal marts, every row, and macros that mean the same."""

import math
import re
import shutil
import sys
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dbt.cli.main import dbtRunner
from homes import load, run_folder
from macro_cases import ADJUSTED, ALL_CASES, COMPONENTS, DOUBLES, EXPRESSIONS, KEYS, LINKS, P_VALUES
from promises import cases
from same_rows import difference
from spark_session import not_activated, spark_conf, spark_in
from worked_example import EXAMPLE
from world_files import write_world
from worlds import draw_world

from demo.inbox import write_demo
from flows.runtime.configuration import DBT_PROJECT, SEEDS
from flows.warehouse import dbt_runner, inputs

pytestmark = pytest.mark.full

REGISTRIES = ("ckm", "comensha", "glotip", "rapporteur")
SEED_OF_WORLD = 2
REBUILD = ("zicht", "rebuild", "--engine", "spark")

Build = Callable[..., Any]
# The rows of a table of marts, in the columns of another.
Read = Callable[[str, pa.Schema], pa.Table]


@dataclass(frozen=True)
class Spark:
    """A running Spark: how it builds a folder's models, and gives a table's rows."""

    build: Build
    read: Read


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The worked example with the demo's registries, and a random world, both landed and built on DuckDB."""
    base = tmp_path_factory.mktemp("engines")
    demo, example, world = (base / name for name in ("demo", "example", "world"))
    demo.mkdir()
    write_demo(demo, served=False)
    shutil.copytree(EXAMPLE / "inbox", example / "inbox")
    sections = [(EXAMPLE / "zicht.toml").read_text()]
    for kind in REGISTRIES:
        shutil.copytree(demo / "inbox" / kind, example / "inbox" / kind)
        sections.append(f'[sources.{kind}]\nkind = "{kind}"\npath = "inbox/{kind}"\n')
    (example / "zicht.toml").write_text("\n".join(sections))
    write_world(draw_world(SEED_OF_WORLD), world)
    for folder in (example, world):
        run_folder(folder, approving=True)
    return {"example": example, "world": world}


@pytest.fixture(scope="module")
def a_spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    from flows.warehouse import spark

    with spark_in(tmp_path_factory.mktemp("spark")) as session:

        def read(table: str, schema: pa.Schema) -> pa.Table:
            return session.sql(f"select {', '.join(schema.names)} from marts.{table}").toArrow()

        yield Spark(partial(spark.build, session), read)


def marts(folder: Path) -> dict[str, pa.Table]:
    """Every table of `marts` as DuckDB made it."""
    with duckdb.connect(str(load(folder).home / "warehouse.duckdb"), read_only=True) as connection:
        names = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
        return {name: connection.execute(f"from marts.{name}").to_arrow_table() for (name,) in sorted(names)}


def assert_same_marts(folder: Path, read: Read) -> None:
    """Every table of `marts`, every row."""
    expected = marts(folder)
    assert len(expected) > 15 and len(expected["comparisons"]) > 10_000
    differing = {name: difference(table, read(name, table.schema)) for name, table in expected.items()}
    assert {name: found for name, found in differing.items() if found} == {}


def test_marts_of_copied_deliveries_on_spark_are_those_of_duckdb(
    folders: dict[str, Path], a_spark: Spark, tmp_path: Path
) -> None:
    from pyspark.sql import SparkSession

    configuration, session = load(folders["world"]), SparkSession.active()
    copy = shutil.copytree(configuration.landing, tmp_path / "copy")
    # Spark takes a second for each of dbt's data tests. `make test-full` runs them on the example only, by the command.
    arguments = [] if cases(0, 1) else ["--exclude-resource-type", "test"]
    session.conf.set("spark.zicht.landing", copy.as_uri())
    a_spark.build(configuration, arguments)
    session.conf.unset("spark.zicht.landing")
    files = session.sql("select filename from landing.conversations").toArrow()["filename"].to_pylist()
    assert files and all(f"{copy}/" in file for file in files)
    assert_same_marts(folders["world"], a_spark.read)


def test_the_command_builds_on_this_machine_s_spark_and_leaves_all_below_home_to_its_owner(
    folders: dict[str, Path], tmp_path: Path, record_property: Any
) -> None:
    elsewhere, home = tmp_path / "elsewhere", load(folders["example"]).home
    elsewhere.mkdir()
    config, conf = str(folders["example"] / "zicht.toml"), str(spark_conf(tmp_path / "conf"))
    ended = not_activated(elsewhere, *REBUILD, ZICHT_CONFIG=config, SPARK_CONF_DIR=conf)
    assert (ended.returncode, ended.stderr) == (0, "")
    # The command runs all of dbt's data tests, and fails if one of them does.
    built = re.fullmatch(r"Built on Spark: (\d+) models, \d+ seeds, (\d{3}) tests\.\n", ended.stdout)
    assert built and int(built[1]) == len([*(DBT_PROJECT / "models").rglob("*.sql")])
    assert list(elsewhere.iterdir()) == []
    assert sorted(path.name for path in (home / "spark").iterdir()) == ["metastore", "tables"]
    # A version's files are their owner's alone as well.
    assert [path for path in (home, *home.rglob("*")) if path.stat().st_mode & 0o077] == []

    def read(table: str, schema: pa.Schema) -> pa.Table:
        # Spark reads the time zone of a moment back as that of a session.
        return pq.read_table(home / "spark" / "tables" / "marts.db" / table, columns=schema.names).cast(schema)

    assert_same_marts(folders["example"], read)
    record_property("spark", f"all rows of {len(marts(folders['example']))} marts equal; {built[2]} data tests passed")


PLACES = """
from flows.runtime.configuration import load_configuration
from flows.runtime.permissions import keep_private
from flows.warehouse import spark
keep_private()
with spark.session(load_configuration()) as session:
    session.sql("create schema marts")
    session.sql("create table marts.one as select 1 as one")
    print(session.sparkContext.pythonExec, session.catalog.getDatabase("marts").locationUri)
"""
HIVE = "<configuration><property><name>{name}</name><value>{value}</value></property></configuration>"


@pytest.mark.parametrize("by", ["spark-defaults.conf", "hive-site.xml"])
def test_what_spark_s_own_settings_name_is_used_and_nothing_of_it_is_removed(
    by: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    theirs, home = tmp_path / "theirs", load(folders["world"]).home
    (theirs / "kept").mkdir(parents=True)
    (home / "spark" / "tables").mkdir(parents=True, exist_ok=True)
    python = tmp_path / "python3"
    python.symlink_to(sys.executable)
    if by == "spark-defaults.conf":
        metastore = f"jdbc:derby:;databaseName={theirs}/metastore;create=true"
        named = {"spark_sql_warehouse_dir": str(theirs), "spark_hadoop_javax_jdo_option_ConnectionURL": metastore}
        conf, variables = spark_conf(tmp_path / "conf", spark_pyspark_python=str(python), **named), {}
    else:
        conf, variables = spark_conf(tmp_path / "conf"), {"PYSPARK_PYTHON": str(python)}
        (conf / "hive-site.xml").write_text(HIVE.format(name="hive.metastore.warehouse.dir", value=theirs))
    config = str(folders["world"] / "zicht.toml")
    ended = not_activated(tmp_path, "python", "-c", PLACES, ZICHT_CONFIG=config, SPARK_CONF_DIR=str(conf), **variables)
    assert (ended.returncode, ended.stdout.split()) == (0, [str(python), f"file:{theirs}/marts.db"])
    assert (theirs / "kept").exists() and (home / "spark" / "tables").exists()
    assert (theirs / "metastore").exists() == (by == "spark-defaults.conf")


def test_a_spark_that_does_not_start_says_what_it_needs(folders: dict[str, Path], tmp_path: Path) -> None:
    config = str(folders["world"] / "zicht.toml")
    ended = not_activated(tmp_path, *REBUILD, ZICHT_CONFIG=config, JAVA_HOME="/nowhere")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.fullmatch(r"zicht: Spark did not start \(PySparkRuntimeError\); expected Java 17 .*\n", ended.stderr)


def test_what_a_worker_of_spark_lacks_is_said(
    folders: dict[str, Path], a_spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyspark.sql import SparkSession

    venv.create(tmp_path / "bare")
    project = copied_project(tmp_path)
    calls = "select poisson_p(cast(1 as bigint), cast(2 as bigint)) as p_value"
    (project / "models" / "intermediate" / "int_rejections_current.sql").write_text(calls)
    monkeypatch.setattr(dbt_runner, "DBT_PROJECT", project)
    monkeypatch.setattr(SparkSession.active().sparkContext, "pythonExec", str(tmp_path / "bare" / "bin" / "python"))
    with pytest.raises(dbt_runner.BuildFailed) as failed:
        a_spark.build(load(folders["world"]), ["--select", "int_rejections_current", "--exclude-resource-type", "test"])
    assert str(failed.value).startswith(
        "model int_rejections_current: error (ModuleNotFoundError: No module named 'pyarrow', in a Python worker; have "
        "PYSPARK_PYTHON name the Python in which zicht is installed)."
    )


def copied_project(folder: Path) -> Path:
    """A copy of the models that a test may change."""
    shutil.copytree(DBT_PROJECT, folder / "dbt_project", ignore=shutil.ignore_patterns("target"))
    (folder / "seeds").symlink_to(SEEDS)
    return folder / "dbt_project"


def shown(target: str, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query with macros, as dbt renders and runs it."""
    options = ["--no-version-check", "--quiet", "--log-level-file", "none", "--no-write-json", "show", "--limit", "100"]
    places = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    outcome = dbtRunner().invoke([*options, "--inline", query, "--target", target, *places])
    assert outcome.success, outcome.exception or outcome.result.results[0].message
    return [tuple(row) for row in outcome.result.results[0].agate_table.rows]


@pytest.fixture(scope="module", params=["warehouse", "spark"])
def target(request: pytest.FixtureRequest, folders: dict[str, Path]) -> str:
    """A target of dbt whose engine runs and knows the statistics."""
    inputs.prepare(load(folders["example"]))
    if request.param == "spark":
        request.getfixturevalue("a_spark").build(load(folders["example"]), ["--select", "windows"])
    return str(request.param)


def same(expected: Any, found: Any) -> bool:
    """dbt gives doubles as decimals."""
    if isinstance(expected, float) and found is not None:
        return math.isclose(expected, float(found), rel_tol=1e-12, abs_tol=0.0)
    return bool(expected == found)


def test_every_macro_means_the_same_on_every_engine(target: str) -> None:
    (row,) = shown(target, ALL_CASES)
    wrong = [
        f"{sql}: expected {expected}, found {found}"
        for (sql, expected), found in zip(EXPRESSIONS.items(), row, strict=True)
        if not same(expected, found)
    ]
    assert wrong == []
    found = {int(label): float(adjusted) for label, adjusted in shown(target, P_VALUES)}
    assert found == pytest.approx(ADJUSTED, rel=1e-12)
    assert dict(shown(target, LINKS)) == COMPONENTS
    assert {(one, other) for one, other in shown(target, KEYS)} == DOUBLES


def test_a_model_that_spark_does_not_understand_is_named(
    folders: dict[str, Path], a_spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = copied_project(tmp_path)
    model = project / "models" / "intermediate" / "int_rejections_current.sql"
    model.write_text(model.read_text().replace("select distinct", "select distinct on (1) strptime('2020', '%Y'),"))
    monkeypatch.setattr(dbt_runner, "DBT_PROJECT", project)
    names = "stg_landing__receipts stg_landing__rejections int_deliveries_current int_rejections_current"
    with pytest.raises(dbt_runner.BuildFailed, match="model int_rejections_current: error"):
        a_spark.build(load(folders["example"]), ["--select", names])
