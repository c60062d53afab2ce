"""Compare tables of two engines row by row."""

import duckdb
import numpy as np
import pyarrow as pa

# The relative difference allowed between two engines' sums of doubles, because they add in different orders.
TOLERANCE = 1e-12


def difference(expected: pa.Table, found: pa.Table) -> str | None:
    """Return the first difference between two tables in any order of rows, or None if they are the same.

    Doubles may differ by TOLERANCE. All other values must be equal.
    """
    if expected.schema.names != found.schema.names or expected.schema.types != found.schema.types:
        return f"columns {found.schema} instead of {expected.schema}"
    if len(expected) != len(found):
        return f"{len(found)} rows instead of {len(expected)}"
    expected, found = _sorted(expected), _sorted(found)
    for name in expected.column_names:
        differing = _differing(expected[name], found[name])
        if differing.any():
            row = int(differing.argmax())
            text = f"{name} is {found[name][row]} instead of {expected[name][row]}"
            return f"{text} ({differing.sum()} of {len(found)} rows) in {expected.slice(row, 1).to_pylist()[0]}"
    return None


def _differing(expected: pa.ChunkedArray, found: pa.ChunkedArray) -> np.ndarray:
    nulls, other_nulls = (column.is_null().to_numpy() for column in (expected, found))
    if pa.types.is_floating(expected.type):
        values, other_values = (column.fill_null(0.0).to_numpy() for column in (expected, found))
        is_same = np.abs(other_values - values) <= TOLERANCE * np.abs(values)
    else:
        values, other_values = (column.to_numpy(zero_copy_only=False) for column in (expected, found))
        is_same = (values == other_values) | nulls
    return (nulls != other_nulls) | ~is_same.astype(bool)


def _sorted(table: pa.Table) -> pa.Table:
    """Sort by all exact columns first. Doubles decide only between rows that are equal in these."""
    doubles = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    order = [name for name in table.column_names if name not in doubles] + doubles
    with duckdb.connect() as connection:
        connection.register("unsorted", table)
        return connection.execute(f"from unsorted order by {', '.join(order)}").to_arrow_table()
