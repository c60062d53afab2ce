"""Death at any point: readers see the old or the new, and the next night ends as if nothing had been."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from promises import cases

from flows.release.package import problems
from flows.runtime.configuration import ROOT
from rigs.death import broken, stage
from rigs.death.disk import ALL, KILLED, Disk
from rigs.death.night import SHORT, WHOLE, How
from rigs.death.seen import Versions
from rigs.death.sweep import sweep
from rigs.death.trace import NAMES, Call, calls, record

Note = Callable[[str, object], None]
PATHS = {**os.environ, "PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{ROOT}"}
SEED = 6


@dataclass(frozen=True)
class Home:
    """A home before a night, and after one that nothing disturbed; about how many seconds a night takes."""

    how: How
    before: Path
    after: Path
    seconds: float

    @property
    def versions(self) -> Versions:
        return Versions(self.before, self.after)

    def finish(self, folder: Path) -> Iterator[str]:
        """One more night on what a dead one left; a line for all that is wrong after it."""
        ended = stage.perform(folder, self.how)
        yield from ["the next night did not come to its end"] if ended.problems is None else ended.problems
        for path in self.versions.unlike(Disk(folder).tree()):
            yield f"{path} is not as after an undisturbed night"


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, list[Call]]:
    """A night with dbt and a release, and all its calls."""
    folder = tmp_path_factory.mktemp("whole")
    before, after = folder / "before", folder / "after"
    seconds = stage.prepare(before, WHOLE).seconds
    stage.copy(before, after)
    record([sys.executable, "-m", "rigs.death.night", f"{after}=whole"], PATHS, folder / "calls")
    return Home(WHOLE, before, after, seconds), list(calls(folder / "calls", after))


@pytest.fixture(scope="session")
def whole(recorded: tuple[Home, list[Call]]) -> Home:
    return recorded[0]


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A night that takes in and publishes, without dbt."""
    folder = tmp_path_factory.mktemp("short")
    stage.prepare(folder / "before", SHORT)
    stage.copy(folder / "before", folder / "after")
    ended = stage.perform(folder / "after", SHORT)
    assert ended.problems == []
    return Home(SHORT, folder / "before", folder / "after", ended.seconds)


# --- Every point


@pytest.mark.full
def test_every_point_of_a_night_and_a_release_leaves_old_or_new(
    recorded: tuple[Home, list[Call]], tmp_path: Path, record_property: Note
) -> None:
    """After each call that changes the disk, if the process is killed there, and if the power fails there."""
    home, done = recorded
    for extract in [*home.after.glob("home/extracts/*"), *home.after.glob("readers/*")]:
        assert problems(extract) == []
    stops, wrong = stops_of(done, cases(1, 1_000), cases(1, 20)), []

    def go_on(number: int, disk: Disk) -> None:
        if number in stops:
            loss = (KILLED, ALL)[stops.index(number) % 2]
            disk.tree(loss).write(tmp_path / f"{number}")
            wrong.extend(f"point {number}, {loss.description}: {line}" for line in home.finish(tmp_path / f"{number}"))

    swept = sweep(home.before, home.after, done, go_on)
    assert swept.differs == [] and swept.points > 1_000
    assert (swept.wrong, wrong) == ([], [])
    record_property(
        "kill-points",
        f"{swept.points:,} of {swept.points:,} calls of a night and a release leave old or new, as do {swept.power:,} "
        f"losses of power at them; from {len(stops)} of them the next night ended with the same bytes",
    )


def stops_of(done: list[Call], names: int, others: int) -> list[int]:
    """The numbers of points from which the next night goes on: after some or all calls that change a name, and after
    some of the others that are no writes."""
    changes = [call for call in done if call.is_change]
    kinds = {
        names: [number for number, call in enumerate(changes, start=1) if call.name in NAMES],
        others: [
            number for number, call in enumerate(changes, start=1) if call.name in ("openat", "fsync", "fdatasync")
        ],
    }
    draw = random.Random(SEED)
    return sorted(number for most, found in kinds.items() for number in draw.sample(found, min(most, len(found))))


# --- Random kills


@pytest.mark.full
def test_a_night_that_is_killed_leaves_old_or_new_and_the_next_one_ends_alike(
    whole: Home, tmp_path: Path, record_property: Note
) -> None:
    count = cases(2, 50)
    assert list(killed_at_random(whole, tmp_path, count, chain=cases(2, 1))) == []
    record_property("random-kills", f"{count} of {count} nights killed at random left old or new, and were finished")


@pytest.mark.full
def test_a_night_without_dbt_that_is_killed_leaves_old_or_new(short: Home, tmp_path: Path) -> None:
    assert list(killed_at_random(short, tmp_path, 2, chain=2)) == []


def killed_at_random(home: Home, folder: Path, count: int, *, chain: int) -> Iterator[str]:
    """What is wrong after nights that are killed at random, each with or without the processes that it started, and
    after the nights that follow every so many of them."""
    draw = random.Random(SEED)
    killed = tried = 0
    while killed < count:
        place = stage.copy(home.before, folder / f"{tried}")
        for _ in range(min(chain, count - killed)):
            ended = stage.kill(place, home.how, draw.uniform(0, home.seconds), with_children=draw.random() < 0.5)
            tree = Disk(place).tree()
            yield from (f"night {tried}: {line}" for line in home.versions.wrong(tree))
            killed += ended.problems is None
            tried += 1
            if home.versions.is_new(tree):
                break
        yield from (f"after night {tried}: {line}" for line in home.finish(place))


# --- Full disks


@pytest.mark.full
def test_a_full_disk_leaves_the_old_and_says_so_and_the_next_night_ends_alike(
    whole: Home, tmp_path: Path, record_property: Note
) -> None:
    levels = cases(3, 30)
    mounts = ["unshare", "--mount"] + ["--map-root-user"] * (os.geteuid() != 0)
    command = [sys.executable, "-m", "rigs.death.full_disk", str(whole.before), str(whole.after), str(tmp_path)]
    ended = subprocess.run(
        [*mounts, *command, str(levels), str(cases(3, 1))], env=PATHS, capture_output=True, text=True
    )
    assert ended.returncode == 0, f"this needs the right to mount a tmpfs with unshare: {ended.stderr}"
    found = json.loads(ended.stdout.splitlines()[-1])
    assert found["wrong"] == []
    assert [line for line in found["messages"] if "make room" not in line.lower()] == []
    assert found["full"] >= levels * 2 // 3
    record_property(
        "full-disk",
        f"{found['full']} of {found['full']} nights on a full disk left the old and said so; the next one finished",
    )


@pytest.mark.full
def test_files_that_cannot_be_written_are_a_problem_and_the_next_night_ends_alike(short: Home, tmp_path: Path) -> None:
    place = stage.copy(short.before, tmp_path / "home")
    for most in (0, 100_000):
        problems = stage.perform(place, How(False, most=most)).problems
        assert problems and all("make room" in line.lower() for line in problems)
        assert list(short.versions.wrong(Disk(place).tree())) == []
    assert list(short.finish(place)) == []


# --- The rig


@pytest.fixture(scope="session")
def broken_nights(short: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A night for each breakage, and one for none, recorded together."""
    folder = tmp_path_factory.mktemp("broken")
    places = [f"{stage.copy(short.before, folder / name)}={name}" for name in broken.BREAKAGES if name]
    places.append(f"{stage.copy(short.before, folder / 'nothing')}=")
    record([sys.executable, "-m", "rigs.death.night", *places], PATHS, folder / "calls")
    return folder


@pytest.mark.full
@pytest.mark.parametrize(
    ("breakage", "seen"),
    [
        ("no sync", "power lost, content: readers see"),
        ("export into the current version", "killed: readers see"),
        ("receipt before the rows", "killed: home/landing/fier/receipts"),
        ("link before the copy", "killed: readers see"),
        ("nothing", ""),
    ],
)
def test_a_broken_build_is_seen(short: Home, broken_nights: Path, breakage: str, seen: str) -> None:
    after = broken_nights / breakage
    swept = sweep(short.before, after, calls(broken_nights / "calls", after))
    assert swept.differs == []
    assert any(seen in line for line in swept.wrong) if seen else swept.wrong == []
