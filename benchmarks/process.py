"""Measure one command as a whole, including all processes that it starts."""

import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.05  # seconds between two samples of memory
PAGE = resource.getpagesize()


@dataclass(frozen=True)
class Measured:
    """The measurements of one command.

    Attributes:
        wall: Seconds on the clock.
        cpu: Seconds of CPU.
        memory: The most memory at one time, in bytes.
        output: What the command printed.
    """

    wall: float
    cpu: float
    memory: int
    output: str


class Failed(Exception):
    """The command did not succeed. The message ends with the last part of its output."""


def measure(command: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> Measured:
    """Run a command to its end and measure it.

    Args:
        command: The program and its arguments.
        folder: The working directory.
        environment: Variables to add to those of this process.

    Returns:
        Its seconds, its peak memory and its output.

    Raises:
        Failed: The command ended with an exit code other than 0.
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
    """A thread that samples the memory of a process and of its descendants until `ended`; `bytes` is the maximum."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self.ended = threading.Event()
        self._process = process

    def run(self) -> None:
        while not self.ended.wait(EVERY):
            self.bytes = max(self.bytes, _resident(self._process))


def _resident(process: int) -> int:
    """Return the resident memory in bytes of a process and its descendants (Linux only)."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        for task in Path(f"/proc/{process}/task").iterdir():
            if task.name != str(process):
                children += (task / "children").read_text().split()
    except (OSError, IndexError):  # the process has ended meanwhile
        return 0
    return pages * PAGE + sum(_resident(int(child)) for child in children)
