"""The folder of a release: which files it has, what its manifest says, and what is told of one that was touched."""

import hashlib
import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from release_samples import POLICY, PUBLISHER, RULES, SPECS, WORDS, a_content, publish

from flows.release import package
from flows.release.changelog import changes
from flows.release.content import Content
from flows.release.metadata import Publisher, datapackage, dcat, parquet_metadata
from flows.release.package import Published, is_same, problems, published, put_out, write_release
from flows.release.render.labels import Labels
from flows.release.render.page import render
from flows.runtime.configuration import SEEDS

NAMES = ("comparisons", "coverage", "funnel", "indicators", "measures", "registries", "revisions")
FILES = [
    *("CHANGES.md", "SHA256SUMS"),
    *(f"data/{name}.{suffix}" for name in NAMES for suffix in ("csv", "parquet")),
    *("datapackage.json", "dcat.jsonld", "index.html", "manifest.json", "monitor.en.xlsx", "monitor.xlsx"),
]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the files that take long: pages and workbooks have tests of their own."""
    monkeypatch.setattr(package, "write_workbook", lambda path, *others: path.write_bytes(b""))
    monkeypatch.setattr(package, "render", lambda *content: "")


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write(
    folder: Path, content: Content, publisher: Publisher = PUBLISHER, last: Path | None = None, **facts: Any
) -> None:
    write_release(folder, content, RULES, publisher, last=last, made_with=facts)


@pytest.fixture
def folder(quick: None, tmp_path: Path) -> Path:
    """A release that is out."""
    write(tmp_path / "2020-12", a_content())
    return tmp_path / "2020-12"


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(folder, tmp_path / "copy")


@pytest.mark.usefixtures("quick")
def test_a_release_has_these_files_and_none_that_stood_there_before(tmp_path: Path) -> None:
    (tmp_path / "out" / "data").mkdir(parents=True)
    (tmp_path / "out" / "data" / "old.csv").write_bytes(b"")
    write(tmp_path / "out", a_content())
    assert sorted(files(tmp_path / "out")) == FILES
    write(tmp_path / "no address", a_content(), replace(PUBLISHER, url=""))
    assert sorted(files(tmp_path / "no address")) == [name for name in FILES if name != "dcat.jsonld"]


@pytest.mark.usefixtures("quick")
def test_the_manifest_says_what_the_release_is_and_was_made_of(tmp_path: Path) -> None:
    content = a_content(release="2020-12.1", follows=("2020-11", "2020-12"), reason="één fout", deliveries="d" * 64)
    write(tmp_path / "out", content, code="abc", release_of="zicht")
    text = (tmp_path / "out" / "manifest.json").read_text(encoding="utf-8")
    assert json.loads(text) == {
        "release": "2020-12.1",
        "data_until": "2020-12-31",
        "follows": ["2020-11", "2020-12"],
        "reason": "één fout",
        "remark": "FICTITIOUS",
        "deliveries": "d" * 64,
        "rows": {name: len(table) for name, table in content.tables.items()},
        "code": "abc",
        "release_of": "zicht",
    }
    assert text.startswith('{\n "code": "abc",\n "data_until"') and text.endswith("\n}\n")
    assert "één fout" in text
    write(tmp_path / "real", a_content(is_fictitious=False))
    assert json.loads((tmp_path / "real" / "manifest.json").read_bytes())["remark"] == ""


def test_the_sums_are_those_of_all_other_files_in_their_order(folder: Path) -> None:
    made = files(folder)
    sums = made.pop("SHA256SUMS").decode()
    assert sums == "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(made.items()))


def test_each_file_holds_the_content_that_it_is_given(tmp_path: Path) -> None:
    content, folder = a_content(), publish(tmp_path / "out", a_content())
    made = files(folder)
    assert made["monitor.xlsx"][:2] == made["monitor.en.xlsx"][:2] == b"PK"
    expected = {
        "index.html": render(content, SPECS, SEEDS),
        "CHANGES.md": changes(content, None, SPECS, WORDS),
        "datapackage.json": datapackage(content, folder, WORDS, PUBLISHER),
        "dcat.jsonld": dcat(content, folder, WORDS, PUBLISHER),
    }
    # Names only: to show where pages differ takes minutes.
    read = {name: json.loads(made[name]) if "json" in name else made[name].decode() for name in expected}
    assert [name for name in expected if read[name] != expected[name]] == []
    for name, table in content.tables.items():
        csv = folder / "data" / f"{name}.csv"
        about = parquet_metadata(content, csv, WORDS, PUBLISHER, POLICY)
        stored = pq.read_table(csv.with_suffix(".parquet"))
        assert stored.num_rows == len(table) == csv.read_text(encoding="utf-8").count("\n") - 1
        found = {key.decode(): text.decode() for key, text in stored.schema.metadata.items()}
        assert [name for name in about if found.get(name) != about[name]] == []


def test_the_workbooks_are_each_in_their_language(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[Any, ...]] = []

    def noted(path: Path, content: Content, specs: Any, labels: Labels, *others: Any) -> None:
        asked.append((path, content, specs, labels.language, *others))
        path.write_bytes(b"")

    monkeypatch.setattr(package, "write_workbook", noted)
    monkeypatch.setattr(package, "render", lambda *content: "")
    content, out = a_content(), tmp_path / "out"
    write(out, content)
    assert asked == [
        (out / "monitor.xlsx", content, SPECS, "nl", POLICY, PUBLISHER),
        (out / "monitor.en.xlsx", content, SPECS, "en", POLICY, PUBLISHER),
    ]


@pytest.mark.usefixtures("quick")
def test_the_changes_are_those_since_the_last_release(folder: Path, tmp_path: Path) -> None:
    later = a_content(release="2021-01", follows=("2020-12",), month_end=date(2021, 1, 31))
    write(tmp_path / "2021-01", later, last=folder)
    page = (tmp_path / "2021-01" / "CHANGES.md").read_text(encoding="utf-8")
    assert page == changes(later, folder, SPECS, WORDS) != changes(later, None, SPECS, WORDS)


@pytest.mark.usefixtures("quick")
def test_a_release_knows_its_name_what_it_follows_and_its_reason(tmp_path: Path) -> None:
    for of in ({}, {"release": "2020-12.1", "follows": ("2020-11", "2020-12"), "reason": "één fout"}):
        facts = a_content(**of).facts
        write(tmp_path / facts.release, a_content(**of))
        found = Published.of(tmp_path / facts.release)
        assert found == Published(facts.release, tmp_path / facts.release, facts.follows, facts.reason)


def a_manifest(extracts: Path, folder: str, release: str, *follows: str) -> None:
    (extracts / folder).mkdir(parents=True)
    text = json.dumps({"release": release, "follows": follows, "reason": ""})
    (extracts / folder / "manifest.json").write_text(text, encoding="utf-8")


def test_releases_stand_in_the_order_in_which_they_came_out(tmp_path: Path) -> None:
    before = ("2020-11", "2020-12", "2020-11.1")
    # A correction of an older month comes after a newer month that it follows; two that follow the same stand by name.
    for name, follows in (
        *(("2020-11.1", before[:2]), ("2020-11", ()), ("2020-12", before[:1])),
        *(("2021-02", before), ("2021-01", before)),
    ):
        a_manifest(tmp_path, name, name, *follows)
    found = published(tmp_path)
    assert [one.name for one in found] == [*before, "2021-01", "2021-02"]
    assert [one.folder for one in found] == [tmp_path / one.name for one in found]


def test_what_is_not_out_yet_is_no_release(tmp_path: Path) -> None:
    a_manifest(tmp_path, ".2020-12", "2020-12")
    (tmp_path / "2020-11").mkdir()
    assert published(tmp_path) == published(tmp_path / "none") == []


def test_releases_are_the_same_where_their_sums_are(folder: Path, copy: Path) -> None:
    assert is_same(folder, copy)
    with (copy / "SHA256SUMS").open("a") as sums:
        sums.write("\n")
    assert not is_same(folder, copy) and not is_same(copy, folder)


def test_a_release_is_put_out_in_one_step_once_every_file_and_folder_is_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / ".aside" / "2020-12"
    (written / "data").mkdir(parents=True)
    for name in ("b", "a", "data/c"):
        (written / name).write_text(name)
    calls: list[tuple[str, Path]] = []
    monkeypatch.setattr(package, "sync", lambda path: calls.append(("sync", path)))
    rename = Path.rename

    def renamed(path: Path, target: Path) -> Path:
        calls.append(("rename", path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", renamed)
    out = tmp_path / "extracts" / "2020-12"
    out.parent.mkdir()
    put_out(written, out)
    assert calls == [
        *(("sync", written / name) for name in ("a", "b", "data", "data/c")),
        ("sync", written),
        ("rename", written),
        ("sync", out.parent),
    ]
    assert not written.exists()
    assert files(out) == {name: name.encode() for name in ("a", "b", "data/c")}


def test_a_folder_without_sums_is_no_extract(tmp_path: Path) -> None:
    assert problems(tmp_path) == [f"{tmp_path}: no SHA256SUMS; this is no extract, or not a whole one."]
    (tmp_path / "SHA256SUMS").mkdir()
    assert len(problems(tmp_path)) == 1


def test_what_is_missing_added_and_changed_is_told_in_this_order(copy: Path) -> None:
    assert problems(copy) == []
    for name in ("monitor.xlsx", "data/funnel.csv"):
        (copy / name).unlink()
    for name in ("z.txt", "data/a.txt"):
        (copy / name).write_bytes(b"")
    for name in ("index.html", "CHANGES.md"):
        (copy / name).write_bytes((copy / name).read_bytes() + b"\n")
    assert problems(copy) == [
        *("data/funnel.csv: missing", "monitor.xlsx: missing"),
        *("data/a.txt: not in SHA256SUMS", "z.txt: not in SHA256SUMS"),
        *("CHANGES.md: other bytes than were published", "index.html: other bytes than were published"),
    ]


def test_a_file_whose_name_holds_blanks_is_found_under_it(tmp_path: Path) -> None:
    (tmp_path / "a  b.txt").write_bytes(b"x")
    (tmp_path / "SHA256SUMS").write_text(f"{hashlib.sha256(b'x').hexdigest()}  a  b.txt\n")
    assert problems(tmp_path) == []


def test_a_link_that_leads_nowhere_does_not_belong_and_is_no_file_that_was_published(copy: Path) -> None:
    (copy / "link").symlink_to(copy / "nowhere")
    (copy / "index.html").unlink()
    (copy / "index.html").symlink_to(copy / "nowhere")
    assert problems(copy) == ["link: not in SHA256SUMS", "index.html: other bytes than were published"]


@pytest.mark.parametrize("line", [b"damaged", b"\xff\xfe"])
def test_sums_that_are_damaged_are_told(copy: Path, line: bytes) -> None:
    sums = (copy / "SHA256SUMS").read_bytes().splitlines(keepends=True)
    (copy / "SHA256SUMS").write_bytes(b"".join([*sums[:-1], line]))
    name = line.decode(errors="replace")
    assert problems(copy) == [f"{name}: missing", "monitor.xlsx: not in SHA256SUMS"]
