"""One command, measured as a whole: with all processes that it starts."""

import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.05  # seconds between two looks at memory
PAGE = resource.getpagesize()


@dataclass(frozen=True)
class Measured:
    """Seconds on the clock, seconds of CPU, and the most memory held at a time (bytes); and what it printed."""

    wall: float
    cpu: float
    memory: int
    output: str


class Failed(Exception):
    """The command did not succeed; its text is the end of what it said."""


def measure(command: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> Measured:
    """Run a command to its end.

    Raises:
        Failed: it ended with another code than 0.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        most = _Most(process.pid)
        most.start()
        output, _ = process.communicate()
        most.ended.set()
        most.join()
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise Failed(f"{' '.join(command)}: {output[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(wall, cpu, most.bytes, output)


class _Most(threading.Thread):
    """Looks at the memory of a process and all below it until `ended`; `bytes` is the most that it saw."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self.ended = threading.Event()
        self._process = process

    def run(self) -> None:
        while not self.ended.wait(EVERY):
            self.bytes = max(self.bytes, _resident(self._process))


def _resident(process: int) -> int:
    """The resident memory of a process and of all that it started. Linux."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        for task in Path(f"/proc/{process}/task").iterdir():
            if task.name != str(process):
                children += (task / "children").read_text().split()
    except (OSError, IndexError):  # it ended meanwhile
        return 0
    return pages * PAGE + sum(_resident(int(child)) for child in children)
