"""A run that is killed leaves its temporary Prefect server behind; the next command on its home ends it."""

import os
import select
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from organisation import BIN, children_of, wait_for

pytestmark = pytest.mark.full


def test_the_server_of_a_killed_run_is_ended_by_the_next_command(tmp_path: Path) -> None:
    (tmp_path / "zicht.toml").write_text('home = "home"\n[sources.coding]\nkind = "coding"\npath = "c"\n')
    foreign = {"ZICHT_CONFIG", "PREFECT_API_URL", "PREFECT_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in foreign}
    run = subprocess.Popen([BIN / "zicht", "run"], cwd=tmp_path, env=environment)
    [server] = wait_for(lambda: children_of(run.pid))
    handle = os.pidfd_open(server)
    try:
        run.kill()
        run.wait()
        assert select.select([handle], [], [], 3.0) == ([], [], [])  # it goes on
        command = [BIN / "zicht", "release", "2020-12"]
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert "there is no warehouse yet" in ended.stderr
        assert select.select([handle], [], [], 3.0) == ([handle], [], [])
    finally:
        with suppress(ProcessLookupError):  # it was ended, as it should be
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        os.close(handle)
