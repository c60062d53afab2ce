"""The files of a folder: which ones count, under which names, and whether they stand still."""

import hashlib
import os
import time
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import Inbox, a_record, ndjson, problem_in, problem_of, put

from connectors.errors import SourceProblem, printable
from connectors.formats.csv_table import csv_rows
from connectors.source import SourceFile
from connectors.transport import folder
from connectors.transport.folder import Digests, list_files, unchanged_while_read


def names(folder: Path) -> list[str]:
    return [file.name for file in list_files("bron", folder)]


def test_a_folder_is_read_recursively_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.csv", "a/z.csv", "a/deep/er/x.csv", "B.csv"):
        put(tmp_path, name)
    assert names(tmp_path) == ["B.csv", "a/deep/er/x.csv", "a/z.csv", "b.csv"]


def test_files_still_being_written_are_left_alone(tmp_path: Path) -> None:
    for name in ("a.csv", "a.csv.part", "A.CSV.TMP", "~$a.xlsx", ".a.csv", ".hidden/a.csv"):
        put(tmp_path, name)
    assert names(tmp_path) == ["a.csv"]


def test_one_file_is_a_source_too(tmp_path: Path) -> None:
    assert list_files("bron", put(tmp_path, "a.csv").path) == [SourceFile(tmp_path / "a.csv", "a.csv")]


@pytest.mark.parametrize(("name", "found"), [("weg", "nothing there"), ("x" * 300, "File name too long")])
def test_a_folder_that_cannot_be_looked_at_says_which_setting_to_correct(tmp_path: Path, name: str, found: str) -> None:
    problem = problem_of(list_files, "bron", tmp_path / name)
    assert (problem.found, problem.expected) == (found, "a folder or a file")
    assert "`path` of [sources.bron]" in problem.do


def test_a_folder_with_nothing_to_read_is_empty(tmp_path: Path) -> None:
    put(tmp_path, "a.csv.part")
    problem = problem_of(list_files, "bron", tmp_path)
    assert (problem.found, problem.expected) == ("an empty folder", "at least one file")


@pytest.mark.parametrize("name", [b"caf\xe9.csv", b"a\nb.csv", b"=cmd().csv", "ｅ́.csv".encode()])
def test_hostile_names_are_data_on_one_line(tmp_path: Path, name: bytes) -> None:
    (tmp_path / os.fsdecode(name)).write_bytes(b"")
    [file] = list_files("bron", tmp_path)
    file.name.encode()  # every later step can hold it
    assert str(problem_of(csv_rows, "bron", file)).isprintable()


@given(st.text(max_size=200))
def test_what_is_shown_is_one_printable_line(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable() and len(shown) <= 120
    problem = SourceProblem(text, found=text, expected=text, do=text)
    fields = (problem.where, problem.found, problem.expected, problem.do)
    assert all(part.isprintable() for part in (*fields, str(problem)))
    whole = "{}: found {}, expected {}. {}".format(*fields)
    assert str(problem) == (whole if len(whole) <= 1000 else f"{whole[:999]}…")


def test_standing_still_gives_the_sha_256_of_the_bytes(tmp_path: Path) -> None:
    file = put(tmp_path, "a.csv", b"abc")
    with unchanged_while_read("bron", tmp_path, file, Digests({})) as digest:
        assert digest == hashlib.sha256(b"abc").hexdigest()


def refused(root: Path, change: Callable[[Path], object] = lambda path: None) -> str:
    """Return what is found wrong with the only file of a folder, which changes while it is read."""
    [file] = list_files("bron", root)

    def read() -> None:
        with unchanged_while_read("bron", root, file, Digests({})):
            change(file.path)

    problem = problem_of(read)
    assert problem.where == "bron: a.csv"
    return problem.found


CHANGED = "that it changed while it was read"


def replaced_as_old(path: Path) -> None:
    """Put a file of the same size and date in the place of this one."""
    before = path.stat()
    other = path.with_suffix(".other")
    other.write_bytes(b"xyz")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.rename(path)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda path: path.write_bytes(b"longer than before"), CHANGED),
        (lambda path: os.utime(path, (1, 1)), CHANGED),
        (replaced_as_old, CHANGED),
        (Path.unlink, "No such file or directory"),
    ],
)
def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, change: Callable[[Path], object], found: str
) -> None:
    put(tmp_path, "a.csv", b"abc")
    assert refused(tmp_path, change) == found


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("../outside.csv", "a link or special file that leads out of the folder"),
        ("a.csv", "Too many levels of symbolic links"),
        ("nowhere", "No such file or directory"),
    ],
)
def test_a_link_out_of_the_folder_or_to_nowhere_is_refused(tmp_path: Path, target: str, found: str) -> None:
    put(tmp_path, "outside.csv", b"abc")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a.csv").symlink_to(target)
    assert refused(tmp_path / "inbox") == found


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    assert refused(tmp_path) == "a link or special file that leads out of the folder"


def test_a_link_to_a_folder_is_told_and_the_other_files_are_read(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "chat")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.jsonl").write_bytes(ndjson(a_record(2)))
    (inbox.folder / "map").symlink_to(tmp_path / "elsewhere")
    inbox.put("a.jsonl", ndjson(a_record(1)))
    received = inbox.receive()
    assert (received.rows, len(received.problems)) == (1, 1)
    problem = problem_in(received.problems[0])
    assert (problem.where, problem.found, problem.expected) == ("bron: map", "a link to a folder", "the folder itself")


def test_a_link_to_a_folder_that_is_hidden_is_left_alone(tmp_path: Path) -> None:
    put(tmp_path, "a.csv")
    for name in (".hidden", "map.part"):
        (tmp_path / name).symlink_to(tmp_path)
    assert names(tmp_path) == ["a.csv"]


def test_a_name_is_the_same_however_its_accents_are_written(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "chat")
    for form in ("NFD", "NFC"):
        path = inbox.put(unicodedata.normalize(form, "café.jsonl"), ndjson(a_record(1)))
        inbox.receive()
        path.unlink()
    [receipt] = inbox.landing.receipts("bron")
    assert receipt.file == unicodedata.normalize("NFC", "café.jsonl")


def test_two_files_of_one_name_are_told_and_none_is_taken(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, "chat")
    for number, form in enumerate(("NFD", "NFC")):
        inbox.put(unicodedata.normalize(form, "café.jsonl"), ndjson(a_record(number)))
    inbox.put("b.jsonl", ndjson(a_record(2)))
    received = inbox.receive()
    assert received.rows == 1
    problem = problem_in(received.problems[0])
    assert received.problems == [str(problem)] * 2
    assert (problem.where, problem.expected) == ("bron: café.jsonl", "names that differ")


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, instead of waiting."""
    monkeypatch.setattr(folder, "SETTLED_SECONDS", 2.0)
    waited: list[float] = []
    monkeypatch.setattr(folder.time, "sleep", waited.append)
    return waited


def test_a_file_that_was_just_written_is_given_time_to_be_written_on(
    tmp_path: Path, rests: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, "a.csv", b"half").path
    monkeypatch.setattr(folder.time, "sleep", lambda seconds: rests.append(seconds) or path.write_bytes(b"whole"))
    assert refused(tmp_path) == CHANGED
    assert 1 < rests[0] <= 2


@pytest.mark.parametrize(("age", "longest"), [(1000, 0.0), (-1000, 2.0)])
def test_a_file_of_long_ago_or_of_a_fast_clock_is_not_waited_for_in_vain(
    tmp_path: Path, rests: list[float], age: float, longest: float
) -> None:
    file = put(tmp_path, "a.csv", b"whole")
    os.utime(file.path, (time.time() - age,) * 2)
    with unchanged_while_read("bron", tmp_path, file, Digests({})):
        pass
    assert rests == [longest]


def digests_after(root: Path, file: SourceFile, before: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The digest that is given of a file, and what is remembered of it, where something may be remembered."""
    digests = Digests(before)
    with unchanged_while_read("bron", root, file, digests) as digest:
        pass
    return digest, digests.now


def test_a_file_that_nobody_touched_is_not_read_again(tmp_path: Path) -> None:
    file = put(tmp_path, "a.csv", b"abc")
    digest, remembered = digests_after(tmp_path, file, {})
    [state] = remembered
    assert remembered == {state: digest}
    assert digests_after(tmp_path, file, {state: "as remembered"}) == ("as remembered", {state: "as remembered"})


def rewritten_as_old(path: Path) -> None:
    before = path.stat()
    path.write_bytes(b"xyz")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [lambda path: path.write_bytes(b"xyz"), rewritten_as_old, replaced_as_old])
def test_a_file_that_was_touched_is_read_again(tmp_path: Path, change: Callable[[Path], object]) -> None:
    file = put(tmp_path, "a.csv", b"abc")
    _, remembered = digests_after(tmp_path, file, {})
    time.sleep(0.02)  # a tick of the clock that dates files
    change(file.path)
    digest, afterwards = digests_after(tmp_path, file, remembered)
    assert digest == hashlib.sha256(b"xyz").hexdigest()
    assert list(afterwards) != list(remembered)


@pytest.mark.parametrize("age", [0, 1000])
def test_of_a_file_that_was_touched_just_now_nothing_is_remembered(
    tmp_path: Path, rests: list[float], age: float
) -> None:
    file = put(tmp_path, "a.csv", b"abc")
    os.utime(file.path, (time.time() - age,) * 2)
    assert digests_after(tmp_path, file, {}) == (hashlib.sha256(b"abc").hexdigest(), {})


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text('{"half')])
def test_files_are_read_again_where_nothing_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], object]
) -> None:
    inbox = Inbox(tmp_path, "chat")
    paths = [inbox.put(f"{number}.jsonl", ndjson(a_record(number))) for number in range(2)]
    assert inbox.receive().rows == 2
    read: list[str] = []
    digest_of = folder._digest
    monkeypatch.setattr(folder, "_digest", lambda path: read.append(path.name) or digest_of(path))
    assert (inbox.receive().deliveries, read) == (0, [])
    paths[0].unlink()
    inbox.receive()
    assert len(inbox.landing.digests("bron")) == 1
    damage(inbox.landing.root / "bron" / "digests.json")
    assert (inbox.receive().deliveries, read) == (0, ["1.jsonl"])
