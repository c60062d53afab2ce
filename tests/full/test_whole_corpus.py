"""The whole mutation corpus: `make corpus`."""

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.full
def test_all_gates_of_the_corpus_hold() -> None:
    command = [sys.executable, "-W", "ignore", "-m", "corpus"]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
