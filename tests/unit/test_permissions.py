"""Who may read what below home, by groups; and secrets that others could read are not used."""

import grp
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from homes import new_home

from flows.runtime import permissions, runs
from flows.runtime.configuration import Configuration, SettingsProblem

FIER = """
[sources.fier]
kind = "chat"
url = "https://chat.example.org/api"
token_file = "token"
"""
FILES = (
    "landing/fier/conversations/a.parquet",
    "work/dbt/partial_parse.msgpack",
    "spark/tables/intermediate.db/int_visits/a.parquet",
    "prefect/prefect.db",
    "runs/1.json",
    "alerts.json",
    "lock",
    "versions/1/warehouse.duckdb",
    "versions/1/persons.duckdb",
    "versions/1/version.json",
    "previews/2020-12.json",
    "previews/2020-12/data/indicators.csv",
    "extracts/2020-11/index.html",
)
GROUP = grp.getgrgid(os.getegid()).gr_name
Make = Callable[..., Configuration]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A home in which everybody may read and write everything."""

    def configuration(settings: str = "") -> Configuration:
        made = new_home(tmp_path, monkeypatch, f'home = "home"\npseudonym_key_file = "key"\n{settings}{FIER}')
        for name in FILES:
            path = tmp_path / "home" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        (tmp_path / "home" / "current").symlink_to("versions/1")
        for path in (tmp_path / "home").rglob("*"):
            if not path.is_symlink():
                path.chmod(0o777 if path.is_dir() else 0o666)
        return made

    return configuration


def modes(configuration: Configuration) -> dict[str, str]:
    """The modes that differ from 0700 for a folder and 0600 for a file."""
    home = configuration.home
    found = {path: path.lstat().st_mode for path in (home, *home.rglob("*")) if not path.is_symlink()}
    return {
        path.relative_to(home).as_posix(): f"{stat.S_IMODE(mode):o}"
        for path, mode in found.items()
        if stat.S_IMODE(mode) != (0o700 if stat.S_ISDIR(mode) else 0o600)
    }


VERSION = ("versions/1/warehouse.duckdb", "versions/1/persons.duckdb", "versions/1/version.json")


def test_without_groups_all_is_its_owner_s_alone(make: Make) -> None:
    configuration = make()
    with runs.only_run(configuration):
        assert modes(configuration) == dict.fromkeys(VERSION, "400")


def test_a_home_of_somebody_else_is_refused_before_anything_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    user = os.geteuid()
    with tempfile.TemporaryDirectory(prefix="zicht-rights-") as name:
        Path(name).chmod(0o755)
        home = Path(name) / "home"
        home.mkdir(mode=0o555)
        configuration = new_home(Path(name), monkeypatch, f'home = "home"\n{FIER}')
        try:
            os.seteuid(user or 65534)  # root may write everywhere
            with pytest.raises(SettingsProblem, match=r"line 1: found no folder .*/home in which this user can write"):
                runs.only_run(configuration).__enter__()
        finally:
            os.seteuid(user)
        assert list(home.iterdir()) == []


@pytest.mark.parametrize("name", ["landing", "runs", "versions", "work", "removals", "extracts", "previews", "prefect"])
def test_a_folder_of_home_that_cannot_be_written_is_refused(make: Make, name: str) -> None:
    configuration = make()
    shutil.rmtree(configuration.home / name, ignore_errors=True)
    (configuration.home / name).touch()
    with pytest.raises(SettingsProblem, match=f"line 1: found no folder .*/home/{name} in which this user can write"):
        runs.only_run(configuration).__enter__()


@pytest.mark.parametrize("group", ["figures", "persons"])
def test_a_group_reads_its_file_and_the_way_to_it_is_passable(make: Make, group: str) -> None:
    configuration = make(f'[access]\n{group}_group = "{GROUP}"\n')
    permissions.set_rights(configuration)
    passable = dict.fromkeys((".", "versions", "versions/1"), "711")
    read = {"figures": VERSION[0::2], "persons": VERSION[1:2]}[group]
    assert modes(configuration) == passable | dict.fromkeys(VERSION, "400") | dict.fromkeys(read, "440")


def test_approvers_reach_what_an_approval_needs_and_no_more(make: Make) -> None:
    configuration = make(f'[release]\napprovers_group = "{GROUP}"\n')
    permissions.set_rights(configuration)
    assert modes(configuration) == dict.fromkeys(VERSION, "400") | {
        ".": "711",
        "lock": "660",
        **dict.fromkeys(("previews", "previews/2020-12", "extracts"), "2770"),
        **dict.fromkeys(("previews/2020-12/data", "extracts/2020-11"), "2750"),
        **dict.fromkeys((name for name in FILES if name.startswith(("previews", "extracts"))), "640"),
    }


def test_a_group_that_is_taken_out_loses_its_rights(make: Make) -> None:
    configuration = make(f'[access]\nfigures_group = "{GROUP}"\n[release]\napprovers_group = "{GROUP}"\n')
    permissions.set_rights(configuration)
    settings = configuration.settings
    free = Configuration(configuration.file, settings.model_copy(update={"access": type(settings.access)()}))
    permissions.set_rights(free)
    assert modes(free)["versions/1/warehouse.duckdb"] == "400"


def test_a_group_that_is_not_there_is_told_with_its_line(make: Make) -> None:
    configuration = make('[access]\nfigures_group = "analisten-van-niets"\n')
    with pytest.raises(SettingsProblem, match=r"line 4: there is no group 'analisten-van-niets' .*groupadd"):
        permissions.set_rights(configuration)


def test_all_that_is_written_from_now_on_is_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        permissions.keep_private()
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").touch()
        assert [oct((tmp_path / name).stat().st_mode & 0o777) for name in ("folder", "file")] == ["0o700", "0o600"]
    finally:
        os.umask(before)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_secret_that_others_can_read_is_not_used(make: Make, tmp_path: Path, mode: int) -> None:
    configuration = make()
    for name in ("key", "token"):
        (tmp_path / name).write_text("s" * 32)
        (tmp_path / name).chmod(mode)
    with pytest.raises(SettingsProblem, match=r"line 2: pseudonym_key_file can be read by others .* chmod 600"):
        configuration.pseudonym_key()
    with pytest.raises(SettingsProblem, match=r"line 7: token_file can be read by others .* chmod 600"):
        configuration.source("fier")


def test_a_key_that_lies_with_the_data_is_not_used(make: Make, tmp_path: Path) -> None:
    configuration = make()
    (tmp_path / "home" / "key").write_text("s" * 32)
    (tmp_path / "home" / "key").chmod(0o600)
    (tmp_path / "key").symlink_to("home/key")
    with pytest.raises(SettingsProblem, match=r"line 2: the pseudonym key lies below home, with the data; move it"):
        configuration.pseudonym_key()
