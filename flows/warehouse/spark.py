"""The same marts on Spark (docs/engines.md). It needs the extra `spark` and Java 17; Spark's own settings say which
cluster and which metastore, and its workers need zicht's environment. What they leave open lies below home.
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
from connectors.errors import Foreseen
from flows.runtime import permissions
from flows.runtime.configuration import Configuration
from flows.warehouse.build import prepare, receipts_file
from flows.warehouse.dbt_runner import Build, run_dbt
from flows.warehouse.statistics import FUNCTIONS, Statistic


class NotStarted(Foreseen):
    """Spark could not be started."""


@contextmanager
def session(configuration: Configuration) -> Iterator[SparkSession]:
    """The session that Spark's own settings describe; at the end its Java process ends. It says and logs nothing:
    errors quote values; dbt names what failed.

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
            "that Spark accepts. Correct them, and build again (docs/engines.md)."
        ) from None
    try:
        yield started
    finally:
        with suppress(ConnectionError):  # of a Java that died
            context.stop()
        gateway.shutdown()
        if gateway.proc:  # None where spark-submit started this process
            gateway.proc.stdin.close()
            gateway.proc.wait()
        shutil.rmtree(configuration.spark / "scratch", ignore_errors=True)


def _completed(conf: SparkConf, jvm: Any, configuration: Configuration) -> SparkConf:
    """Spark's own settings, from wherever it reads them, and what they leave open."""
    conf.setAppName("zicht").set("spark.sql.catalogImplementation", "hive")
    ours = {} if _names_tables(conf, jvm) else _own_tables(configuration)
    # Derby alone looks here: the metastore of those whose settings name none.
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
    """Whether Spark's settings, or those of Hive that it reads, say where tables lie."""
    hadoop = jvm.org.apache.spark.deploy.SparkHadoopUtil.get().newConfiguration(conf._jconf)
    return conf.contains("spark.sql.warehouse.dir") or hadoop.get("hive.metastore.warehouse.dir") is not None


def _own_tables(configuration: Configuration) -> dict[str, str]:
    """Settings that put tables below home, private. What an earlier build left, whole or not, goes first: Spark makes
    no table where files of another one lie."""
    if configuration.spark.exists():
        shutil.rmtree(configuration.spark)
    return {
        "spark.sql.warehouse.dir": f"file://{configuration.spark / 'tables'}",
        "spark.hadoop.fs.permissions.umask-mode": f"{permissions.UMASK:03o}",
    }


def _on_this_machine(configuration: Configuration) -> dict[str, str]:
    """Settings of a Spark that is one process here: nobody else reaches it, and its scratch files lie below home."""
    scratch = str(configuration.spark / "scratch")
    return {
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.local.dir": scratch,
        "spark.hadoop.hive.downloaded.resources.dir": scratch,
    }


def build(
    session: SparkSession, configuration: Configuration, arguments: Iterable[str] = (), *, landing: str | None = None
) -> Build:
    """Show the session the statistics, and the deliveries where its workers find them (`landing`, an address); build
    all models and run their tests.

    Raises:
        BuildFailed: a model or a test failed; it is named.
    """
    prepare(configuration)
    # Moments are shown in UTC, in which no hour comes twice.
    session.conf.set("spark.sql.session.timeZone", "UTC")
    create_functions(session)
    show_landing(session, landing or f"file://{configuration.landing}")
    receipts = pq.read_table(receipts_file(configuration))
    session.createDataFrame(receipts).write.mode("overwrite").saveAsTable("landing.receipts")
    options = ["--target", "spark", "--exclude-resource-type", "unit_test"]
    return run_dbt(["build", *options, *arguments], lambda node: None)


def create_functions(session: SparkSession) -> None:
    """Give the session the exact statistics of flows/warehouse/statistics.py as SQL functions."""
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
