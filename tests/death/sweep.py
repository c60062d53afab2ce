"""Every point at which a recorded night can die, one after the other."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from death.disk import KILLED, Disk
from death.seen import WORK, Versions, is_aside
from death.trace import Call, apply

Visit = Callable[[int, Disk], None]


@dataclass
class Sweep:
    """What was looked at: points where the process can be killed, states of the disk after the power failed at them;
    and what was wrong, a line each."""

    points: int = 0
    power: int = 0
    wrong: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)  # the paths at which the replay is not what really lay there


def sweep(before: Path, after: Path, done: Iterable[Call], visit: Visit = lambda number, disk: None) -> Sweep:
    """Look at the disk after every call that changed it. `before` and `after` are the folder before a recorded night
    and after it; `visit` is called at every point."""
    found, disk, losses = Sweep(), Disk(before), 0
    versions = Versions(before, after)
    for call in done:
        apply(disk, call)
        if call.is_change:
            found.points += 1
            # What happens aside changes nothing of what is looked at.
            if not all(is_aside(path) for path in call.paths):
                losses = len(disk.losses(WORK))
                for told, line in _wrong(disk, versions):
                    found.wrong.append(f"point {found.points}, after {call.name} {call.paths[-1]}, {told}: {line}")
            found.power += losses
            visit(found.points, disk)
    replayed, real = disk.tree().all_said(), Disk(after).tree().all_said()
    found.differs = sorted(path for path in replayed.keys() | real.keys() if replayed.get(path) != real.get(path))
    return found


def _wrong(disk: Disk, versions: Versions) -> Iterator[tuple[str, str]]:
    for loss in [KILLED, *disk.losses(WORK)]:
        for line in versions.wrong(disk.tree(loss, WORK)):
            yield loss.told, line
