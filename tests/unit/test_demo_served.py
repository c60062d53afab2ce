"""The demo's API as its users start it: several at once on one machine, each with a port and a token of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from homes import load

from connectors.transport.listing import Listing

ZICHT = Path(sys.executable).parent / "zicht"
RUN = Path(__file__).parents[2] / "demo" / "run.sh"
OWN = 'home = "var"\n'

# As `zicht`, but a run and a release only look for the first record of the demo's platform.
LOOKS = f"""#!{sys.executable}
import os, pathlib, sys, tomllib, urllib.request
if sys.argv[1] == "demo":
    os.execv("{ZICHT}", ["{ZICHT}", *sys.argv[1:]])
url = tomllib.loads(pathlib.Path("zicht.toml").read_text())["sources"]["fier"]["url"]
token = pathlib.Path("demo.token").read_text().strip()
asked = urllib.request.Request(url + "/conversations?limit=1", headers={{"Authorization": "Bearer " + token}})
print(sys.argv[1], urllib.request.urlopen(asked).status)
"""


@contextmanager
def served(folder: Path) -> Iterator[None]:
    """The demo, served from a folder."""
    with subprocess.Popen([ZICHT, "demo", "--serve"], cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            for line in server.stdout:
                if "zicht run" in line:
                    break
            yield
        finally:
            server.kill()


def first_page(folder: Path) -> list[Any]:
    """What a demo's platform gives first at the address, and for the token, that its configuration names."""
    source = load(folder).source("fier")
    assert source.url
    return next(Listing(source).pages(None)).records


@pytest.fixture(scope="module")
def two_served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    one, other = (tmp_path_factory.mktemp(name) for name in ("one", "other"))
    with served(one), served(other):
        yield one, other


def test_two_demos_served_at_once_are_each_pulled_with_their_own_token(two_served: tuple[Path, Path]) -> None:
    one, other = two_served
    assert len(first_page(one)) == len(first_page(other)) == 200
    assert (one / "demo.token").read_text() != (other / "demo.token").read_text()


@pytest.mark.full
def test_a_demo_served_anew_is_found_where_it_is_now(two_served: tuple[Path, Path]) -> None:
    folder, _ = two_served
    before = (folder / "zicht.toml").read_text()
    with served(folder):
        assert (folder / "zicht.toml").read_text() != before  # the first has its port still
        assert len(first_page(folder)) == 200


@pytest.fixture
def looks(tmp_path: Path) -> Path:
    program = tmp_path / "looks"
    program.write_text(LOOKS)
    program.chmod(0o700)
    return program


def start(looks: Path, folder: str) -> subprocess.Popen[str]:
    return subprocess.Popen(["bash", RUN, looks, folder], cwd=looks.parent, stdout=subprocess.PIPE, text=True)


@pytest.mark.full
def test_the_demo_runs_side_by_side_and_again_in_its_folder(looks: Path) -> None:
    for folders in (["one", "other"], ["one"]):
        for run in [start(looks, folder) for folder in folders]:
            said, _ = run.communicate()
            assert (run.returncode, "run 200\nrelease 200\n" in said) == (0, True)


def test_the_demo_does_not_run_in_somebodys_own_folder(looks: Path) -> None:
    (looks.parent / "own").mkdir()
    (looks.parent / "own" / "zicht.toml").write_text(OWN)
    run = start(looks, "own")
    assert "run" not in run.communicate()[0] and run.returncode == 1
    assert (looks.parent / "own" / "zicht.toml").read_text() == OWN
