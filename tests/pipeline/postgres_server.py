"""Run a Postgres server for one test, with PL/Python and with text sorted by its bytes."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = Path("/usr/lib/postgresql/15/bin")


@contextmanager
def postgres() -> Iterator[dict[str, str]]:
    """Start a server that listens on a socket in a temporary folder, and yield the libpq variables that lead to it."""
    # Postgres refuses to run as root. Then Debian's user `postgres` owns the folder, which is removed after the test.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    data = folder / "data"
    quick = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_parallel_workers_per_gather=0"
    options = f"-k {folder} -c listen_addresses='' -c timezone=UTC {quick}"

    def run(program: str, *arguments: str) -> None:
        command = [str(PROGRAMS / program), "--pgdata", str(data), *arguments]
        done = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    try:
        if user:
            shutil.chown(folder, user)
        run("initdb", "--username", "zicht", "--auth", "trust", "--locale", "C", "--encoding", "UTF8", "--no-sync")
        run("pg_ctl", "--wait", "--log", str(folder / "log"), "--options", options, "start")
        try:
            yield {"PGHOST": str(folder), "PGUSER": "zicht", "PGDATABASE": "postgres"}
        finally:
            run("pg_ctl", "--wait", "--mode", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
