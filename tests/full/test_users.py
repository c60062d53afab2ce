"""Modes over a whole home, and real users of the operating system before it. Run as root, which alone makes users."""

import os
import secrets
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samples import a_coding, a_record, coding_bytes, ndjson

from flows.release.package import problems

pytestmark = pytest.mark.full

# Names of this run alone: what a killed run left on the machine is in nobody's way.
PREFIX = f"zicht-{secrets.token_hex(3)}-"
FIGURES, PERSONS, APPROVERS = GROUPS = [PREFIX + name for name in ("figures", "persons", "approvers")]
ANALYST, RESEARCHER, APPROVER, NO_TOMBSTONES = [PREFIX + name for name in ("ana", "res", "app", "none")]
USERS = {ANALYST: [FIGURES], RESEARCHER: [FIGURES, PERSONS], APPROVER: [APPROVERS], NO_TOMBSTONES: []}
MONTH = "2020-06"
TOML = f"""
home = "home"
pseudonym_key_file = "key"
fictitious = true
[access]
figures_group = "{FIGURES}"
persons_group = "{PERSONS}"
[release]
approvals = 1
approvers_group = "{APPROVERS}"
[sources.fier]
kind = "chat"
path = "fier"
[sources.coding]
kind = "coding"
path = "coding"
"""
# Another user may not be able to read this code: it is loaded first, and the process becomes that user for good.
AS_USER = """
import os, sys
import flows.monthly, flows.operations.status, flows.warehouse.build, flows.cli
os.initgroups(sys.argv[1], int(sys.argv[3])); os.setgid(int(sys.argv[3])); os.setuid(int(sys.argv[2]))
sys.argv[1:] = sys.argv[4:]
flows.cli.main()
"""


def command(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


@pytest.fixture(scope="module")
def users() -> Iterator[None]:
    assert os.geteuid() == 0, "needs root: users of the operating system are made and removed again"
    try:
        for group in GROUPS:
            command("groupadd", group)
        for user, groups in USERS.items():
            command("useradd", "--no-create-home", "--user-group", "--groups", ",".join(groups), user)
        yield
    finally:
        for user in USERS:
            subprocess.run(["userdel", user], capture_output=True)
        for group in GROUPS:
            subprocess.run(["groupdel", group], capture_output=True)


def zicht(folder: Path, *arguments: str, start: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Call `zicht` under a loose umask, with Prefect's own files below home."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "ZICHT_"))}
    surroundings |= {"PREFECT_HOME": "/nowhere"} if start else {}
    words = [*(start or [str(Path(sys.executable).with_name("zicht"))]), *arguments]
    return subprocess.run(words, cwd=folder, env=surroundings, capture_output=True, text=True, umask=0o000)


def identity(user: str) -> tuple[str, str]:
    entry = subprocess.run(["getent", "passwd", user], check=True, capture_output=True, text=True).stdout.split(":")
    return entry[2], entry[3]


def as_user(user: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return zicht(folder, *arguments, start=(sys.executable, "-c", AS_USER, user, *identity(user)))


def can_read(user: str, path: Path) -> bool:
    words = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "cat", str(path)]
    return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


@pytest.fixture(scope="module")
def folder(users: None) -> Iterator[Path]:
    """A home after a run, in a place that everybody can reach."""
    with tempfile.TemporaryDirectory(prefix="zicht-rights-") as name:
        place = Path(name)
        place.chmod(0o755)
        (place / "key").write_text("k" * 32)
        (place / "key").chmod(0o600)
        (place / "zicht.toml").write_text(TOML)
        for source in ("fier", "coding"):
            (place / source).mkdir()
        (place / "fier" / "a.jsonl").write_bytes(ndjson(*[a_record(number) for number in range(20)]))
        (place / "coding" / "a.csv").write_bytes(coding_bytes(a_coding(1)))
        ended = zicht(place, "run")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        yield place


def loose(home: Path) -> dict[str, str]:
    """What any but the owner may do anything with."""
    found = {path.relative_to(home).as_posix(): stat.S_IMODE(path.lstat().st_mode) for path in (home, *home.rglob("*"))}
    links = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_symlink()}
    return {name: f"{mode:o}" for name, mode in found.items() if mode & 0o077 and name not in links}


def expected(home: Path) -> dict[str, str]:
    """What may be read by others, and no more."""
    passable = [home, home / "versions", *home.glob("versions/*")]
    files = home.glob("versions/*/*")
    rights = {path: "711" for path in passable} | {path: "440" for path in files} | {home / "lock": "660"}
    for path in (*home.glob("previews"), *home.glob("previews/*"), home / "extracts", *home.glob("extracts/*")):
        rights[path] = "640" if path.is_file() else "2770" if path.parent.name != "extracts" else "2750"
    for path in (*home.glob("previews/*/**/*"), *home.glob("extracts/*/**/*")):
        rights[path] = "2750" if path.is_dir() else "640"
    return {path.relative_to(home).as_posix(): mode for path, mode in rights.items() if path.exists()}


def test_home_is_private_after_runs_a_release_a_failure_and_an_approval(folder: Path, record_property: Any) -> None:
    home = folder / "home"
    assert loose(home) == expected(home) and (home / "prefect").is_dir()
    waiting = zicht(folder, "release", MONTH)
    assert (waiting.returncode, "waits for 1 to approve" in waiting.stdout) == (0, True), waiting.stderr
    assert loose(home) == expected(home) and (home / "previews" / MONTH / "data").is_dir()
    # Who may not approve gets one line; who may publishes.
    for user in (NO_TOMBSTONES, ANALYST):
        refused = as_user(user, folder, "approve", MONTH)
        assert (refused.returncode, "you have no right to it" in refused.stderr) == (1, True), refused.stderr
    approved = as_user(APPROVER, folder, "approve", MONTH)
    assert (approved.returncode, approved.stdout.strip()) == (0, f"{home / 'extracts' / MONTH}: published")
    assert problems(home / "extracts" / MONTH) == [] and list((home / "previews").iterdir()) == []
    # An earlier zicht left everything open; a source fails.
    for path in home.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o777 if path.is_dir() else 0o666)
    (folder / "fier" / "b.jsonl").write_text("{half")
    assert zicht(folder, "run").returncode == 1
    assert loose(home) == expected(home)
    record_property("modes", f"{len(list(home.rglob('*')))} files and folders: 0 that others can read unless named")


def test_each_user_reads_what_its_groups_are_for(folder: Path) -> None:
    home = folder / "home"
    landed = next(home.glob("landing/fier/conversations/*.parquet"))
    record = next(home.glob("runs/*.json"))
    version = home / "current" / "version.json"
    places = (home / "warehouse.duckdb", home / "persons.duckdb", version, landed, record, folder / "key")
    reads = {user: [can_read(user, place) for place in places] for user in USERS}
    assert reads == {
        ANALYST: [True, False, True, False, False, False],
        RESEARCHER: [True, True, True, False, False, False],
        APPROVER: [False] * 6,
        NO_TOMBSTONES: [False] * 6,
    }
    assert all(can_read("root", place) for place in places)


def test_the_owner_must_be_a_member_of_the_groups(folder: Path) -> None:
    """Else it could not give them anything; it says so and changes nothing."""
    place = folder / "own"
    place.mkdir()
    uid, gid = identity(NO_TOMBSTONES)
    os.chown(place, int(uid), int(gid))
    (place / "zicht.toml").write_text(TOML)
    refused = as_user(NO_TOMBSTONES, place, "rebuild")
    assert refused.returncode == 1 and "make the user who runs zicht a member of the groups" in refused.stderr
