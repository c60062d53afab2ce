"""Run nights in processes of their own, which can be killed. Each is forked from one that has all imports."""

import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rigs.death import night

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["rigs.death.night", "dbt.cli.main", "dbt.adapters.duckdb"])
PATIENCE = 300.0  # seconds


@dataclass(frozen=True)
class Ended:
    """The end of a night: the problems that it returned (None if it did not finish), and its seconds."""

    problems: list[str] | None
    seconds: float


def prepare(folder: Path, how: night.How) -> Ended:
    """Make a home with its old version and a later delivery."""
    return _wait(_begin(_prepare, folder, how), folder)


def perform(folder: Path, how: night.How) -> Ended:
    """Run a night from its beginning to its end."""
    return _wait(_begin(_act, folder, how), folder)


def kill(folder: Path, how: night.How, after: float, *, with_children: bool) -> Ended:
    """Run a night and kill it after some seconds: the process alone, or with everything that it started."""
    process = _begin(_act, folder, how)
    process.join(after)
    if process.is_alive():
        assert process.pid is not None
        (os.killpg if with_children else os.kill)(process.pid, signal.SIGKILL)
    return _wait(process, folder)


def _begin(act: Callable[[Path, night.How], None], folder: Path, how: night.How) -> multiprocessing.process.BaseProcess:
    ready = _beside(folder, ".ready")
    for path in (ready, _beside(folder, ".problems")):
        path.unlink(missing_ok=True)
    process = PROCESSES.Process(target=act, args=(folder, how))
    process.start()
    while process.is_alive() and not ready.exists():
        time.sleep(0.005)
    return process


def _wait(process: multiprocessing.process.BaseProcess, folder: Path) -> Ended:
    process.join(PATIENCE)
    assert not process.is_alive(), f"a night of {folder} did not end in {PATIENCE:.0f} s"
    problems = _beside(folder, ".problems")
    seconds = time.time() - _beside(folder, ".ready").stat().st_mtime
    return Ended(problems.read_text().splitlines() if problems.exists() else None, seconds)


def _prepare(folder: Path, how: night.How) -> None:
    _beside(folder, ".ready").touch()
    night.prepare(folder, how)
    _beside(folder, ".problems").touch()


def _act(folder: Path, how: night.How) -> None:
    os.setsid()
    _beside(folder, ".ready").touch()
    problems = night.night(folder, how)
    _beside(folder, ".problems").write_text("\n".join(problems))


def _beside(folder: Path, suffix: str) -> Path:
    return folder.with_name(folder.name + suffix)


def copy(base: Path, folder: Path) -> Path:
    """Copy a stage to another folder."""
    return Path(shutil.copytree(base, folder, symlinks=True))
