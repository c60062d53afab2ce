"""The same marts on Spark (docs/engines.md). It needs the extra `spark` and Java 17; Spark's own settings say which
cluster and which metastore, and its workers need zicht's environment.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql.functions import arrow_udf

from connectors.catalogue import TABLES
from flows import warehouse
from flows.dbt_runner import Build, run_dbt
from flows.settings import Configuration
from flows.statistics import FUNCTIONS, Statistic


def session() -> SparkSession:
    """The session that Spark's own settings describe. It logs nothing: errors quote values; dbt names what failed."""
    started = SparkSession.builder.appName("zicht").enableHiveSupport().getOrCreate()
    started.sparkContext.setLogLevel("OFF")
    return started


def build(
    session: SparkSession, configuration: Configuration, arguments: Iterable[str] = (), *, landing: str | None = None
) -> Build:
    """Show the session the statistics, and the deliveries where its workers find them (`landing`, an address); build
    all models and run their tests.

    Raises:
        BuildFailed: a model or a test failed; it is named.
    """
    warehouse.prepare(configuration)
    # Moments are shown in UTC, in which no hour comes twice.
    session.conf.set("spark.sql.session.timeZone", "UTC")
    create_functions(session)
    show_landing(session, landing or f"file://{configuration.landing}")
    receipts = pq.read_table(warehouse.receipts_file(configuration))
    session.createDataFrame(receipts).write.mode("overwrite").saveAsTable("landing.receipts")
    options = ["--target", "spark", "--exclude-resource-type", "unit_test"]
    return run_dbt(["build", *options, *arguments], lambda node: None)


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


def show_landing(session: SparkSession, landing: str) -> None:
    """Make a view of every table of the landing, with the file that a row stands in as `filename`."""
    session.sql("create schema if not exists landing")
    for table in (*TABLES, "rejected"):
        rows = f"select *, _metadata.file_path as filename from parquet.`{landing}/*/{table}/*.parquet`"
        session.sql(f"create or replace view landing.{table} as {rows}")
