"""The same marts on Spark (docs/engines.md): `python -m flows.spark`. Spark's own settings (SPARK_CONF_DIR, spark-defaults)
say which cluster and which metastore; it needs the extra `spark`, Java 17, and on the workers zicht's environment.
"""

import sys
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.functions import arrow_udf

from connectors.catalogue import TABLES
from flows import warehouse
from flows.settings import Configuration, load_configuration
from flows.statistics import FUNCTIONS, Statistic
from flows.warehouse import Build


def build(session: SparkSession, configuration: Configuration, arguments: Iterable[str] = ()) -> Build:
    """Show the session the deliveries and the statistics, and run dbt's command on it: all models and their tests.

    Raises:
        BuildFailed: a model or a test failed; it is named.
    """
    warehouse.prepare(configuration)
    # Moments are shown in UTC, in which no hour comes twice.
    session.conf.set("spark.sql.session.timeZone", "UTC")
    create_functions(session)
    show_landing(session, configuration)
    options = ["--target", "spark", "--exclude-resource-type", "unit_test"]
    return warehouse.run_dbt(["build", *options, *arguments], lambda node: None)


def create_functions(session: SparkSession) -> None:
    """Give the session the exact statistics of flows/statistics.py as SQL functions."""
    for function in FUNCTIONS:
        session.udf.register(function.__name__, arrow_udf(_over_known(function), "double"))


def _over_known(function: Statistic) -> Any:
    def over_known(*columns: pa.Array) -> pa.Array:
        known = np.logical_and.reduce([column.is_valid().to_numpy(zero_copy_only=False) for column in columns])
        results = np.zeros(len(known))
        results[known] = function(*(column.filter(pa.array(known)).to_numpy() for column in columns))
        return pa.array(results, mask=~known)

    return over_known


def show_landing(session: SparkSession, configuration: Configuration) -> None:
    """Make a view of every table of the landing, with the file that a row stands in as `filename`."""
    session.sql("create schema if not exists landing")
    for table in (*TABLES, "rejected"):
        files = f"{configuration.landing}/*/{table}/*.parquet"
        _show(session, table, f"select *, _metadata.file_path as filename from parquet.`{files}`")
    _show(session, "receipts", f"select * from parquet.`{warehouse.receipts_file(configuration)}`")


def _show(session: SparkSession, table: str, query: str) -> None:
    session.sql(f"create or replace view landing.{table} as {query}")


if __name__ == "__main__":
    build(SparkSession.builder.enableHiveSupport().getOrCreate(), load_configuration(), sys.argv[1:])
