"""Build the same marts on Spark (docs/engines.md).

The module needs the extra `spark` and Java 17. Spark's own settings name the cluster and the metastore. Spark's workers
need the Python environment of zicht. If Spark's settings do not name a place for files, these lie below home. The
setting `spark.zicht.landing` names the folder in which the workers find copied deliveries.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession
from pyspark.sql.functions import arrow_udf

from connectors.catalogue import TABLES
from connectors.errors import UserFacingError
from connectors.landing import files_of
from flows.runtime import permissions
from flows.runtime.configuration import Configuration
from flows.warehouse.dbt_runner import Build, run_dbt
from flows.warehouse.inputs import prepare, receipts_file
from flows.warehouse.statistics import FUNCTIONS, Statistic

LANDING = "spark.zicht.landing"


class NotStarted(UserFacingError):
    """Spark could not be started."""


@contextmanager
def session(configuration: Configuration) -> Iterator[SparkSession]:
    """Start the session that Spark's own settings describe, and end its Java process afterwards.

    Spark prints and logs nothing, because its errors quote values. dbt names the models and tests that failed.

    Yields:
        The session.

    Raises:
        NotStarted: Java is missing, or Spark refuses its settings.
    """
    try:
        gateway = launch_gateway(popen_kwargs={"stderr": subprocess.DEVNULL})
        conf = _completed(SparkConf(_jvm=gateway.jvm), gateway.jvm, configuration)
        context = SparkContext(conf=conf, gateway=gateway)
        context.setLogLevel("OFF")
        started = SparkSession.builder.getOrCreate()
    except (PySparkException, Py4JError) as error:
        raise NotStarted(
            f"Spark did not start ({type(error).__name__}); expected Java 17 or newer (`java -version`), and settings "
            "that Spark accepts. Correct them, and rebuild again (docs/engines.md)."
        ) from None
    try:
        yield started
    finally:
        with suppress(ConnectionError):  # the Java process may have died
            context.stop()
        gateway.shutdown()
        if gateway.proc:  # None if spark-submit started this process
            gateway.proc.stdin.close()
            gateway.proc.wait()
        shutil.rmtree(configuration.spark / "scratch", ignore_errors=True)


def _completed(conf: SparkConf, jvm: Any, configuration: Configuration) -> SparkConf:
    """Return Spark's own settings, from all places where Spark reads them, completed with our defaults."""
    conf.setAppName("zicht").set("spark.sql.catalogImplementation", "hive")
    ours = {} if _names_tables(conf, jvm) else _own_tables(configuration)
    # Only Derby reads this property. Derby is the metastore if the settings name none.
    if jvm.System.getProperty("derby.system.home") is None:
        metastore = configuration.spark / "metastore"
        metastore.mkdir(parents=True, exist_ok=True)
        jvm.System.setProperty("derby.system.home", str(metastore))
    if python := conf.get("spark.pyspark.python"):
        os.environ.update(PYSPARK_PYTHON=python)
    if conf.get("spark.master").startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        ours |= _on_this_machine(configuration)
    for key, value in ours.items():
        conf.setIfMissing(key, value)
    return conf


def _names_tables(conf: SparkConf, jvm: Any) -> bool:
    """Return whether the settings of Spark, or those of Hive that Spark reads, name a place for tables."""
    hadoop = jvm.org.apache.spark.deploy.SparkHadoopUtil.get().newConfiguration(conf._jconf)
    return conf.contains("spark.sql.warehouse.dir") or hadoop.get("hive.metastore.warehouse.dir") is not None


def _own_tables(configuration: Configuration) -> dict[str, str]:
    """Remove what an earlier build left below home, and return settings for private tables there.

    The files must go first, because Spark creates no table in a folder that contains files of another table.
    """
    if configuration.spark.exists():
        shutil.rmtree(configuration.spark)
    return {
        "spark.sql.warehouse.dir": f"file://{configuration.spark / 'tables'}",
        "spark.hadoop.fs.permissions.umask-mode": f"{permissions.UMASK:03o}",
    }


def _on_this_machine(configuration: Configuration) -> dict[str, str]:
    """Return settings for a Spark in one process here: no access from outside, scratch files below home."""
    scratch = str(configuration.spark / "scratch")
    return {
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.local.dir": scratch,
        "spark.hadoop.hive.downloaded.resources.dir": scratch,
    }


def build(session: SparkSession, configuration: Configuration, arguments: Iterable[str] = ()) -> Build:
    """Build all models from the accepted deliveries and run their data tests.

    Args:
        session: The Spark session.
        configuration: The configuration with the landing.
        arguments: Further arguments for `dbt build`.

    Returns:
        What dbt did.

    Raises:
        BuildFailed: A model or a test failed. The message names it.
    """
    prepare(configuration)
    # In UTC, no hour occurs twice when the clocks change.
    session.conf.set("spark.sql.session.timeZone", "UTC")
    create_functions(session)
    show_landing(session, session.conf.get(LANDING, f"file://{configuration.landing}"))
    receipts = pq.read_table(receipts_file(configuration))
    session.createDataFrame(receipts).write.mode("overwrite").saveAsTable("landing.receipts")
    options = ["--target", "spark", "--exclude-resource-type", "unit_test"]
    return run_dbt(["build", *options, *arguments], lambda node: None)


def create_functions(session: SparkSession) -> None:
    """Register the exact statistics of flows/warehouse/statistics.py as SQL functions of the session."""
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
    """Create one view for each table of the deliveries, in the schema `landing`.

    The column `filename` holds the path of the file from which a row comes. Earlier views are replaced.

    Args:
        session: The Spark session.
        landing: The URL of the folder in which Spark's workers find the deliveries.
    """
    session.sql("create schema if not exists landing")
    for table in (*TABLES, "rejected"):
        rows = f"select *, _metadata.file_path as filename from parquet.`{landing}/{files_of(table)}`"
        session.sql(f"create or replace view landing.{table} as {rows}")
