"""The whole mutation corpus: `make corpus`."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]


@pytest.mark.full
def test_all_gates_of_the_corpus_hold(record_property: Callable[[str, object], None]) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "rigs.corpus"]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    found = dict(re.findall(r"^holds +(.+): (.+)$", done.stdout, flags=re.MULTILINE))
    silent, read = (found[name] for name in found if "silence" in name or "unattended" in name)
    record_property("corpus", f"{silent} silent wrong values; {read} benign workbooks read unattended")
