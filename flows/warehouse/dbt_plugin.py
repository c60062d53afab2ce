"""Gives DuckDB the exact statistics as SQL functions; dbt_project/profiles.yml names this module."""

import functools
from collections.abc import Callable
from typing import Any

import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection
from duckdb.func import PythonUDFType

from flows.warehouse.statistics import FUNCTIONS, Statistic


class Plugin(BasePlugin):  # type: ignore[misc]
    """What dbt-duckdb looks for in a plugin's module."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Called by dbt-duckdb on every connection."""
        register(conn)


def register(connection: DuckDBPyConnection) -> None:
    """Give a connection every function under its own name; null in any argument gives null."""
    for function, n_counts in FUNCTIONS.items():
        counts: list[Any] = ["BIGINT"] * n_counts
        over_columns = _over_columns(function)
        connection.create_function(function.__name__, over_columns, counts, "DOUBLE", type=PythonUDFType.ARROW)


def _over_columns(function: Statistic) -> Callable[..., Any]:
    # DuckDB counts the parameters that it finds, which are those of what is wrapped.
    @functools.wraps(function)
    def over_columns(*columns: pa.ChunkedArray) -> pa.Array:
        return pa.array(function(*(column.to_numpy() for column in columns)))

    return over_columns
