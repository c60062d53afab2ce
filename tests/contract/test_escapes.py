"""A query reads tables of one version and does nothing else, whatever it says."""

import csv
import io
import shutil
from contextlib import chdir
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.warehouse import query, versions
from flows.warehouse.query import QueryRefused

CANARY = "CANARY-7"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version's two files, and beside them what a query should not reach."""
    folder: Path = tmp_path_factory.mktemp("written")
    with chdir(folder):
        for name, schema in (("warehouse", "marts"), ("persons", "intermediate"), ("writable", "marts")):
            with duckdb.connect(f"{name}.duckdb") as connection:
                connection.execute(f"create schema {schema}")
                connection.execute(f"create table {schema}.t as select range as n, '{CANARY}' as word from range(5)")
        for statement in ("copy (select 1 as a) to 'f.parquet'", "export database 'd'"):
            duckdb.execute(statement)
        Path("f.csv").write_text(f"a,b\n1,{CANARY}\n")
        Path("f.json").write_text('[{"a": 1}]')
    return folder


@pytest.fixture
def version(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of these files, in the working directory."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / "warehouse.duckdb"


ESCAPES = (
    "from read_csv('f.csv')",
    "from 'f.csv'",
    "from read_text('f.csv')",
    "from read_blob('persons.duckdb')",
    "from read_text('/etc/passwd')",
    "from parquet_scan('f.parquet')",
    "from parquet_metadata('f.parquet')",
    "from read_json('f.json')",
    "from sniff_csv('f.csv')",
    "from glob('*')",
    "from query_table('f.csv')",
    "from query('from ''f.csv''')",
    "from read_duckdb('persons.duckdb')",
    "from 'persons.duckdb'",
    "from read_csv('http://127.0.0.1:1/f.csv')",
    "from 's3://bucket/f.parquet'",
    "select getenv('HOME')",
    "from frame",
    "copy (select 1) to 'out.csv'",
    "copy marts.t to 'out.parquet' (format parquet)",
    "copy marts.t from 'f.csv'",
    "attach 'persons.duckdb' as p",
    "attach 'new.duckdb' as p",
    "attach ':memory:' as m",
    "export database 'out'",
    "import database 'd'",
    "install httpfs",
    "force install sqlite from community",
    "load httpfs",
    "load 'x.duckdb_extension'",
    "update extensions",
    "create secret s (type s3, key_id 'k', secret 's')",
    "create persistent secret s (type s3, key_id 'k', secret 's')",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "set python_enable_replacements = true",
    "set temp_directory = 'spill'",
    "set home_directory = 'elsewhere'",
    "set allowed_directories = ['/etc']",
    "set threads = 1",
    "reset enable_external_access",
    "set variable v = 1",
    "pragma threads = 1",
    "pragma enable_profiling = 'json'",
    "pragma profiling_output = 'profile.json'",
    "call enable_logging(storage = 'file', storage_path = 'logs')",
    "insert into marts.t values (9, 'x')",
    "update marts.t set n = 9",
    "delete from marts.t",
    "drop table marts.t",
    "create table marts.u as select 1",
    "create temp table u as select 1",
    "create view marts.v as select 1",
    "create macro f() as 1",
    "comment on table marts.t is 'x'",
    "checkpoint",
    "vacuum",
    "begin transaction",
    "prepare q as select 1",
    "explain analyze copy (select 1) to 'out.csv'",
    "from marts.t; copy marts.t to 'out.csv'",
    "from marts.t; from marts.t",
    "",
)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# What would ask for an extension where there is a network.
ASKING = ("install", "force install", "update extensions")


def works(sql: str, frame: Any) -> bool:
    """Whether a plain connection, to a file that may be written, does it without asking anybody."""
    if sql.startswith(ASKING):
        return False
    with duckdb.connect("writable.duckdb", config={"autoinstall_known_extensions": "false"}) as connection:
        try:
            connection.execute(sql)
        except duckdb.Error:
            return False
    return True


@pytest.mark.parametrize("sql", ESCAPES)
def test_an_escape_is_refused_and_leaves_no_file(version: Path, sql: str) -> None:
    frame = duckdb.sql("select 1 as n").arrow()  # what Python holds is no table either
    assert frame
    before = contents(version.parent)
    with pytest.raises(QueryRefused) as refused:
        query.answer(version, sql)
    assert contents(version.parent) == before
    assert CANARY not in str(refused.value) and "\n" not in str(refused.value)


# What changes nothing but this connection is refused only because it is no query.
HARMLESS = (
    "set variable",
    "create temp",
    "checkpoint",
    "vacuum",
    "begin",
    "prepare",
    "pragma enable_p",
    "call enable_l",
)


def test_the_connection_itself_lets_none_of_them_out(version: Path) -> None:
    before = contents(version.parent)
    done = []
    for sql in ESCAPES:
        with versions.opened(version) as connection:
            try:
                connection.execute(sql)
            except duckdb.Error:
                continue
            done.append(sql)
    assert contents(version.parent) == before
    assert [sql for sql in done if sql and not sql.startswith(HARMLESS)] == ["from marts.t; from marts.t"]


def test_most_of_them_work_on_a_plain_connection(version: Path, record_property: Any) -> None:
    frame = duckdb.sql("select 1 as n").to_arrow_table()
    count = sum(works(sql, frame) for sql in ESCAPES)
    assert count >= 30
    record_property("escapes", f"{len(ESCAPES)} of {len(ESCAPES)} refused; {count} work on a plain connection")


@pytest.mark.parametrize(
    "sql",
    [
        "select word::int from marts.t",
        "select error(word) from marts.t",
        "select cast(word as date) from marts.t",
        "select (select word from marts.t)",
        "select n::tinyint * 100::tinyint from marts.t",
        "select strptime(word, '%Y') from marts.t",
        "select nosuch from marts.t",
        "selct 1",
    ],
)
def test_an_error_states_its_kind_and_no_value(version: Path, sql: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        query.answer(version, sql)
    assert CANARY not in str(refused.value) and "\n" not in str(refused.value)


def test_a_wrong_name_is_answered_with_the_right_one(version: Path) -> None:
    with pytest.raises(QueryRefused, match=r'the query is wrong: .*"nn" not found .*"n"'):
        query.answer(version, "select nn from marts.t")


def test_an_answer_is_a_table_or_csv(version: Path) -> None:
    sql = "select n, n / 2 as half, n = 1 as one, nullif(word, word) as none, e'a\\nb' as line from marts.t limit 2;"
    found = query.answer(version, sql)
    assert list(query.table(found)) == [
        "n  half  one    none  line",
        "-  ----  -----  ----  ----",
        "0   0.0  false        a\\nb",
        "1   0.5  true         a\\nb",
    ]
    stream = io.StringIO()
    query.write_csv(stream, query.answer(version, "select n, 'a,b' as t, date '2020-01-02' as d from marts.t limit 1"))
    assert list(csv.reader(io.StringIO(stream.getvalue()))) == [["n", "t", "d"], ["0", "a,b", "2020-01-02"]]


@pytest.mark.parametrize(
    "sql", ["select '=1+1' as a", "select 'b;-1' as a", 'select 1 as "@sum"', "select e'\\t=1' as a"]
)
def test_no_cell_of_the_csv_opens_as_a_formula(version: Path, sql: str) -> None:
    stream = io.StringIO()
    with pytest.raises(QueryRefused, match="would take for a formula"):
        query.write_csv(stream, query.answer(version, sql))
    assert stream.getvalue() == ""


def test_queries_that_read_are_answered(version: Path) -> None:
    reads = ("from marts.t", "describe marts.t", "show tables", "summarize marts.t", "with a as (from marts.t) from a")
    assert all(query.answer(version, sql).columns for sql in reads)


def test_without_a_warehouse_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(QueryRefused, match="there is no warehouse yet; run `zicht run` first"):
        query.answer(tmp_path / "warehouse.duckdb", "select 1")
