"""Build the same marts in Postgres (docs/engines.md).

The module needs the extra `postgres`. The server needs PL/Python with numpy and scipy. The variables of libpq (PGHOST,
PGUSER, ...) name the database. Its collation must be C, because text must sort by its bytes there as everywhere else.
"""

import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg2.extras import execute_values

from connectors.catalogue import TABLES
from connectors.landing import files_of
from connectors.source import REJECTED
from flows.runtime.configuration import ROOT, Configuration
from flows.warehouse.build import RECEIPTS, prepare, receipts_file
from flows.warehouse.dbt_runner import Build, run_dbt
from flows.warehouse.statistics import FUNCTIONS

COLUMN_TYPES = {
    pa.string(): "text",
    pa.bool_(): "boolean",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.date32(): "date",
    pa.timestamp("us", tz="UTC"): "timestamptz",
    pa.list_(pa.string()): "text[]",
}
# Where a server on this machine finds numpy, scipy and this package.
LIBRARIES = (sysconfig.get_path("purelib"), str(ROOT))


def build(configuration: Configuration, arguments: Iterable[str] = ()) -> Build:
    """Load the accepted deliveries into the database, build all models and run their tests.

    Args:
        configuration: The configuration with the landing.
        arguments: Further arguments for `dbt build`.

    Returns:
        What dbt did.

    Raises:
        BuildFailed: A model or a test failed. The message names it.
    """
    prepare(configuration)
    with psycopg2.connect("") as connection:
        create_functions(connection)
        load(connection, configuration)
    connection.close()
    options = ["--target", "postgres", "--exclude-resource-type", "unit_test"]
    return run_dbt(["build", *options, *arguments], lambda node: None)


def create_functions(connection: Any) -> None:
    """Create the exact statistics of flows/warehouse/statistics.py as SQL functions in the database."""
    with connection.cursor() as cursor:
        cursor.execute("create extension if not exists plpython3u")
        for function, n_counts in FUNCTIONS.items():
            names = [f"count_{place}" for place in range(n_counts)]
            arrays = ", ".join(f"numpy.array([{name}])" for name in names)
            cursor.execute(f"""
                create or replace function public.{function.__name__}({", ".join(f"{name} bigint" for name in names)})
                returns double precision language plpython3u immutable strict parallel safe as $$
import sys
sys.path.extend(path for path in {LIBRARIES} if path not in sys.path)
import numpy
from flows.warehouse import statistics
return float(statistics.{function.__name__}({arrays})[0])
$$""")


def load(connection: Any, configuration: Configuration) -> None:
    """Load every table of the landing again, into the schema `landing`.

    The column `filename` of a row is the file from which the row comes. The table of receipts has no such column.

    Args:
        connection: A connection of psycopg2.
        configuration: The configuration with the landing.
    """
    with connection.cursor() as cursor:
        cursor.execute("drop schema if exists landing cascade")
        cursor.execute("create schema landing")
        for table, schema in {**TABLES, "rejected": REJECTED}.items():
            files = sorted(configuration.landing.glob(files_of(table)))
            _load(cursor, table, schema.append(pa.field("filename", pa.string())), _rows(files, schema))
        _load(cursor, "receipts", RECEIPTS, _rows([receipts_file(configuration)], RECEIPTS, named=False))


def _load(cursor: Any, table: str, schema: pa.Schema, rows: Iterable[tuple[Any, ...]]) -> None:
    columns = ", ".join(f"{field.name} {COLUMN_TYPES[field.type]}" for field in schema)
    cursor.execute(f"create table landing.{table} ({columns})")
    execute_values(cursor, f"insert into landing.{table} values %s", rows, page_size=1000)
    cursor.execute(f"analyze landing.{table}")


def _rows(files: Iterable[Path], schema: pa.Schema, *, named: bool = True) -> Iterator[tuple[Any, ...]]:
    for path in files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=schema.names):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    yield (*row, str(path)) if named else row
