"""Copy one schema of the work file into a separate file, so that equal rows give equal bytes (docs/decisions.md).

DuckDB writes the old content of memory into the gaps of its blocks. So the copy runs in a separate process whose memory
starts as zeros. That process reads only the rows that it writes. So no other data of the build can get into a file that
others may read.
"""

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb

from connectors.errors import UserFacingError
from flows.runtime.permissions import keep_private

# For DuckDB's own allocator and the C library's allocator below it (Linux). On other systems, the rows are equal, but
# the bytes may differ.
ZEROED = {
    "DUCKDB_JE_MALLOC_CONF": "zero:true",
    "GLIBC_TUNABLES": "glibc.malloc.perturb=255:glibc.malloc.tcache_count=0",
}

OF_SCHEMA = "where database_name = 'work' and schema_name = ?"
MEMORY = "1800MB"  # if it needs more, DuckDB sorts rows on disk
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class ExportFailed(UserFacingError):
    """The tables could not be copied. The current version stays."""


def export(work_file: Path, target: Path, schema: str) -> None:
    """Copy one schema of the work file into a new file, in a separate process.

    Tables are copied in the order of their names, and rows in the order of their columns. A view is copied only if it
    reads nothing outside the schema.

    Args:
        work_file: The database file that dbt built.
        target: The file to create.
        schema: The name of the schema.

    Raises:
        ExportFailed: The copy is not complete.
    """
    command = [sys.executable, "-m", "flows.warehouse.export", str(work_file), str(target), schema, str(os.getpid())]
    place = Path(__file__).resolve().parents[2]
    ended = subprocess.run(command, cwd=place, env={**os.environ, **ZEROED}, capture_output=True, text=True)
    if ended.returncode:
        last_line = ended.stderr.strip().rpartition("\n")[2]
        kind = last_line if last_line.isidentifier() else "killed"  # any other text does not come from this module
        raise ExportFailed(
            f"the tables of {schema} could not be copied to {target} ({kind}); make room on the disk or in memory, and "
            "run again."
        )


def copy_schema(work_file: Path, target: Path, schema: str) -> None:
    """Copy one schema of the work file into a new file, in this process.

    Args:
        work_file: The database file that dbt built.
        target: The file to create.
        schema: The name of the schema.
    """
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute(f"set memory_limit = '{MEMORY}'")
        # FSST draws samples at random, so equal rows would give different bytes.
        connection.execute("set disabled_compression_methods = 'fsst,dict_fsst'")
        connection.execute(f"set temp_directory = '{_quoted(work_file)}.{schema}'")
        connection.execute(f"attach '{_quoted(work_file)}' as work (read_only)")
        connection.execute(f"attach '{_quoted(target)}' as version")
        connection.execute(f"create schema version.{schema}")
        relations = [
            (kind, *row)
            for kind in ("table", "view")
            for row in connection.execute(
                f"select {kind}_name, comment, sql from duckdb_{kind}s() {OF_SCHEMA} order by 1", [schema]
            ).fetchall()
        ]
        for kind, name, comment, sql in relations:
            if kind == "table":
                connection.execute(f"create table version.{schema}.{name} as from work.{schema}.{name} order by all")
            else:
                # The SQL of a view names the database in which it was created. The copy has another name.
                freed = sql.replace(f"{work_file.stem}.{schema}.", f"{schema}.")
                if f"{work_file.stem}." in freed:
                    continue
                connection.execute("use version")
                connection.execute(freed)
            connection.execute(f"comment on {kind} version.{schema}.{name} is '{_quoted(comment or '')}'")
            columns = f"select column_name, comment from duckdb_columns() {OF_SCHEMA} and table_name = ?"
            for column, text in connection.execute(f"{columns} order by column_index", [schema, name]).fetchall():
                connection.execute(f"comment on column version.{schema}.{name}.{column} is '{_quoted(text or '')}'")
        connection.execute("use memory")
        connection.execute("detach work")
        connection.execute("detach version")


def _die_with_the_run(run: int) -> None:
    """End this process with its run (a process id): a late copy would write where the next run clears up."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != run:  # the run has already ended, so no signal will come
        sys.exit("Orphan")


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")


if __name__ == "__main__":
    keep_private()
    _die_with_the_run(int(sys.argv[4]))
    try:
        copy_schema(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
    except Exception as failed:  # noqa: BLE001 - only the type is safe: DuckDB's text can quote a value
        sys.exit(type(failed).__name__)
