"""Visit every point at which a recorded night can die, one after the other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rigs.death.disk import KILLED, Disk, Loss
from rigs.death.seen import WORK, Versions, is_aside
from rigs.death.trace import Call, apply

Visit = Callable[[int, Disk], None]


@dataclass
class Sweep:
    """The result of a sweep."""

    points: int = 0  # at which the process can be killed
    power: int = 0  # states of the disk after a power failure at these points
    wrong: list[str] = field(default_factory=list)  # one line each
    differs: list[str] = field(default_factory=list)  # paths at which the replayed disk differs from the real one


def sweep(before: Path, after: Path, done: Iterable[Call], visit: Visit = lambda number, disk: None) -> Sweep:
    """Check the disk after every call that changed it.

    Args:
        before: The folder before a recorded night.
        after: The folder after it.
        done: The recorded calls.
        visit: Called at every point with its number and the disk.
    """
    found, disk = Sweep(), Disk(before)
    losses: list[Loss] = []
    versions = Versions(before, after)
    for call in done:
        apply(disk, call)
        if call.is_change:
            found.points += 1
            # A change in a private place changes nothing that is checked.
            if not all(is_aside(path) for path in call.paths):
                losses = disk.losses(WORK)
                place = f"point {found.points}, after {call.name} {call.paths[-1]}"
                for loss in [KILLED, *losses]:
                    wrong = versions.wrong(disk.tree(loss, WORK))
                    found.wrong += [f"{place}, {loss.description}: {line}" for line in wrong]
            found.power += len(losses)
            visit(found.points, disk)
    replayed, real = disk.tree().all_said(), Disk(after).tree().all_said()
    found.differs = sorted(path for path in replayed.keys() | real.keys() if replayed.get(path) != real.get(path))
    return found
