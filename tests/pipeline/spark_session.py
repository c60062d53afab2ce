"""A Spark of its own for tests: one process on two cores, with its catalogue in memory."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "2g",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.shuffle.partitions": "2",
    # Plans of small tables are quick to run and slow to make: no second thoughts, no last bit of speed.
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m",
}


@contextmanager
def spark_in(folder: Path) -> Iterator[SparkSession]:
    """A session whose tables lie below a folder."""
    builder = SparkSession.builder.master("local[2]").config("spark.sql.warehouse.dir", str(folder / "tables"))
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        # What a run writes beside its tables lies there too.
        patch.setenv("SPARK_LOCAL_DIRS", str(folder))
        session = builder.getOrCreate()
        try:
            yield session
        finally:
            session.stop()
