"""Gives DuckDB the exact statistics as SQL functions; dbt_project/profiles.yml names this module."""

import functools
from collections.abc import Callable
from typing import Any

import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection
from duckdb.func import PythonUDFType

from flows.statistics import FUNCTIONS, Statistic


class Plugin(BasePlugin):  # type: ignore[misc]
    """What dbt-duckdb looks for in a plugin's module."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Register every function under its own name; null in any argument gives null."""
        for function, n_counts in FUNCTIONS.items():
            counts: list[Any] = ["BIGINT"] * n_counts
            conn.create_function(function.__name__, _over_columns(function), counts, "DOUBLE", type=PythonUDFType.ARROW)


def _over_columns(function: Statistic) -> Callable[..., Any]:
    # DuckDB counts the parameters that it finds, which are those of what is wrapped.
    @functools.wraps(function)
    def over_columns(*columns: pa.ChunkedArray) -> pa.Array:
        return pa.array(function(*(column.to_numpy() for column in columns)))

    return over_columns
