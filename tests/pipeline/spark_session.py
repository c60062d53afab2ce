"""Spark for tests: a session in one process on two cores with its catalogue in memory, and commands in a bare
environment.
"""

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
    # For small tables, planning takes longer than running: switch off adaptive plans and costly optimisation.
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m",
}


@contextmanager
def spark_in(folder: Path) -> "Iterator[SparkSession]":
    """Yield a session whose tables are below a folder."""
    # Imported here because only the full tests have Spark.
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.sql.warehouse.dir", str(folder / "tables"))
    for name, value in {**SETTINGS, "spark.sql.catalogImplementation": "in-memory"}.items():
        builder = builder.config(name, value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        # The other files of a run go below the same folder.
        patch.setenv("SPARK_LOCAL_DIRS", str(folder))
        session = builder.getOrCreate()
        try:
            yield session
        finally:
            session.stop()


def spark_conf(folder: Path, **settings: str) -> Path:
    """Write Spark's folder of settings, for two cores, and return it. An `_` in a name stands for a `.`."""
    folder.mkdir()
    named = {name.replace("_", "."): value for name, value in settings.items()}
    lines = [f"{name} {value}\n" for name, value in {"spark.master": "local[2]", **SETTINGS, **named}.items()]
    (folder / "spark-defaults.conf").write_text("".join(lines))
    return folder


def not_activated(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the environment by its full path, from a folder, without the environment on the PATH."""
    kept = {name: os.environ[name] for name in ("HOME", "JAVA_HOME", "PYTHONPATH") if name in os.environ}
    words = [Path(sys.executable).parent / command[0], *command[1:]]
    environment = {"PATH": os.defpath, **kept, **variables}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
