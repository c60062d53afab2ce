"""A standing Prefect server and a process worker: the deployments as an organisation runs them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.settings import ROOT

pytestmark = pytest.mark.full

BIN = Path(sys.executable).parent


@pytest.fixture
def environment(prefect_server: str, tmp_path: Path) -> dict[str, str]:
    """The surroundings of a worker: a demo inbox, its configuration, the server."""
    subprocess.run([BIN / "zicht", "demo"], cwd=tmp_path, check=True, capture_output=True)
    return {
        **os.environ,
        "PREFECT_API_URL": prefect_server,
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "ZICHT_CONFIG": str(tmp_path / "zicht.toml"),
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "PWD": str(ROOT),
    }


@pytest.fixture
def prefect(environment: dict[str, str]):  # type: ignore[no-untyped-def]
    def call(*arguments: str) -> str:
        ended = subprocess.run(
            [BIN / "prefect", "--no-prompt", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    return call


@pytest.fixture
def worker(prefect, environment: dict[str, str]) -> Iterator[None]:  # type: ignore[no-untyped-def]
    prefect("work-pool", "create", "zicht", "--type", "process")
    process = subprocess.Popen(
        [BIN / "prefect", "worker", "start", "--pool", "zicht"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield
    process.terminate()
    process.wait(30)


def test_deployed_flows_run_on_a_worker(prefect, worker: None, environment: dict[str, str], tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    prefect("deploy", "--all")
    prefect("deployment", "run", "nightly/nightly", "--watch", "--watch-timeout", "180")
    [record] = [json.loads(path.read_text()) for path in (tmp_path / "var" / "runs").glob("*.json")]
    assert (record["outcome"], record["problems"]) == ("completed", [])
    prefect("deployment", "run", "monthly-release/monthly-release", "--param", "month=2020-12", "--watch")
    assert (tmp_path / "var" / "extracts" / "2020-12" / "manifest.json").exists()
    schedules = prefect("deployment", "inspect", "nightly/nightly")
    assert "30 4 * * *" in schedules and "Europe/Amsterdam" in schedules
