"""Spark for tests: a session of its own, in one process on two cores with its catalogue in memory, and the `zicht` of
somebody who has not activated the environment."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "2g",
    "spark.sql.shuffle.partitions": "2",
    # Plans of small tables are quick to run and slow to make: no second thoughts, no last bit of speed.
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m",
}


@contextmanager
def spark_in(folder: Path) -> "Iterator[SparkSession]":
    """A session whose tables lie below a folder."""
    # Imported here: only the full tests have Spark.
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.sql.warehouse.dir", str(folder / "tables"))
    for name, value in {**SETTINGS, "spark.sql.catalogImplementation": "in-memory"}.items():
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


def spark_conf(folder: Path, **settings: str) -> Path:
    """Spark's folder of settings, in which `_` of a name is written for `.`, on two cores."""
    folder.mkdir()
    named = {name.replace("_", "."): value for name, value in settings.items()}
    lines = [f"{name} {value}\n" for name, value in {"spark.master": "local[2]", **SETTINGS, **named}.items()]
    (folder / "spark-defaults.conf").write_text("".join(lines))
    return folder


def not_activated(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the environment from a folder, by its full path, where no path leads to the environment."""
    kept = {name: os.environ[name] for name in ("HOME", "JAVA_HOME", "PYTHONPATH") if name in os.environ}
    program, *arguments = command
    return subprocess.run(
        [Path(sys.executable).parent / program, *arguments],
        cwd=folder,
        env={"PATH": os.defpath, **kept, **variables},
        capture_output=True,
        text=True,
    )
