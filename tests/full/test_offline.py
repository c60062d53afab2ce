"""Without any network but loopback the whole pipeline works, and nothing tries to reach anybody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.runtime.configuration import ROOT

pytestmark = pytest.mark.full

ALONE = [sys.executable, str(ROOT / "tests" / "offline.py")]
TRY = "import contextlib, socket\nwith contextlib.suppress(OSError): socket."
LOOK_UP = f"{TRY}getaddrinfo('collector.example.org', 443)"
CONNECT = f"{TRY}create_connection(('192.0.2.7', 443), timeout=1)"


def alone(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "ZICHT_"))}
    return subprocess.run([*ALONE, *command], cwd=folder, env=surroundings, capture_output=True, text=True)


def test_the_demo_is_pulled_built_and_released(tmp_path: Path) -> None:
    ended = alone(tmp_path, "bash", str(ROOT / "demo" / "run.sh"), str(Path(sys.executable).parent / "zicht"), "demo")
    assert "offline: tried to reach" not in ended.stderr
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "demo" / "var" / "extracts" / "2020-12" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("attempt", "reached"), [(LOOK_UP, "the name collector.example.org"), (CONNECT, "192.0.2.7 port 443"), ("", "")]
)
def test_an_attempt_to_reach_somebody_is_seen(tmp_path: Path, attempt: str, reached: str) -> None:
    ended = alone(tmp_path, sys.executable, "-c", attempt)
    assert ended.returncode == (99 if reached else 0)
    assert ended.stderr == (f"offline: tried to reach {reached}\n" if reached else "")
