"""Register the exact statistics in DuckDB as SQL functions. `dbt_project/profiles.yml` names this module."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection
from duckdb.func import PythonUDFType

from flows.warehouse.statistics import FUNCTIONS, Statistic


class Plugin(BasePlugin):  # type: ignore[misc]
    """The plugin that dbt-duckdb looks for in this module."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Register the functions. dbt-duckdb calls this method for every connection."""
        register(conn)


def register(connection: DuckDBPyConnection) -> None:
    """Register every function on a connection under its own name; null in any argument gives null."""
    for function in FUNCTIONS:
        counts: list[Any] = ["BIGINT"] * len(inspect.signature(function).parameters)
        over_columns = _over_columns(function)
        connection.create_function(function.__name__, over_columns, counts, "DOUBLE", type=PythonUDFType.ARROW)


def _over_columns(function: Statistic) -> Callable[..., Any]:
    # DuckDB counts the parameters of the function. `wraps` lets it see those of the wrapped function.
    @functools.wraps(function)
    def over_columns(*columns: pa.ChunkedArray) -> pa.Array:
        return pa.array(function(*(column.to_numpy() for column in columns)))

    return over_columns
