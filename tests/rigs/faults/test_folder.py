"""Folders under fire: whatever is put there, renamed, cut, linked or taken away, what counts is what a model of plain
dicts says, and nothing outside the folder is read or written."""

import gzip
import hashlib
import json
import os
import re
import shutil
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from promises import cases
from samples import NAME, Inbox, a_coding, a_record, coding_bytes, ndjson

from connectors.errors import SourceProblem
from connectors.transport import folder
from connectors.transport.folder import Digests
from rigs.faults.counting import counting

STEMS = [
    *("a", "b", "map/c", "map/diep/d", "café", "cafe\u0301", "rij\nnieuw", "=cmd()", "-rf", "a..%2f..%2fx", "a;$(x)`"),
    *("\x1b[31mrood", "x" * 200, "C:\\x", os.fsdecode(b"caf\xe9"), "caf\\udce9"),
]
LANDED = re.compile(r"bron/(receipts/\d{8}-[0-9a-f]{32}\.json|[a-z_]+/[0-9a-f]{32}\.parquet|digests\.json)")
BAD = b"bad"  # in the model: something that must be refused
numbers = st.integers(0, 3)
places = st.tuples(st.integers(0, 3), st.integers(0, 2))  # of a name: which stem, which type
# A few names a folder, so that they meet; those that look the same often together.
stems = st.lists(st.sampled_from(STEMS), min_size=2, max_size=4, unique=True) | st.permutations(
    ["café", "cafe\u0301", "a"]
)


class ChatFolder(RuleBasedStateMachine):
    """A folder of conversations: every content that was ever accepted counts, under the first of its names."""

    kind = "chat"
    suffixes = (".jsonl", ".jsonl.gz", ".json")

    def content(self, name: str, number: int) -> bytes:
        records = [a_record(number), a_record(number + 10)]
        lines = json.dumps(records).encode() if name.endswith(".json") else ndjson(*records)
        return gzip.compress(lines, mtime=0) if name.endswith(".gz") else lines

    def cut(self, content: bytes) -> bytes:
        return content[:-10]

    def current(self) -> Iterable[tuple[str, bytes]]:
        return self.accepted

    def counted(self) -> set[tuple[str, bytes]]:
        """(name, content) of what counts, by the model: under the first name that still has the content, if one has."""
        newest = dict(self.accepted)
        names: dict[bytes, set[tuple[bool, str]]] = {}
        for name, content in self.current():
            names.setdefault(content, set()).add((newest[name] != content, name))
        return {(min(found)[1], content) for content, found in names.items()}

    @initialize(stems=stems)
    def begin(self, stems: list[str]) -> None:
        self.stems = stems
        self.place = Path(tempfile.mkdtemp(prefix="zicht-test-"))
        self.inbox = Inbox(self.place / "own", self.kind)
        self.outside = self.place / "outside"
        self.outside.mkdir()
        (self.outside / f"secret{self.suffixes[0]}").write_bytes(self.content("x.jsonl", 99))
        self.there: dict[str, bytes] = {}
        self.accepted: list[tuple[str, bytes]] = []
        self.uploads: dict[str, bytes] = {}
        self.written = 0

    def teardown(self) -> None:
        if hasattr(self, "place"):
            assert [path.name for path in self.outside.iterdir()] == [f"secret{self.suffixes[0]}"]
            assert sorted(path.name for path in self.place.iterdir()) == ["outside", "own"]
            shutil.rmtree(self.place)

    def path(self, name: str) -> Path:
        path = self.inbox.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def clear(self, name: str) -> Path:
        path = self.path(name)
        path.unlink(missing_ok=True)
        self.there.pop(name, None)
        return path

    def write(self, path: Path, content: bytes) -> None:
        """Each time with a date of its own: nobody's next change comes within a tick of the clock that dates files."""
        path.write_bytes(content)
        self.written += 1
        os.utime(path, (self.written, self.written))

    def named(self, name: tuple[int, int]) -> str:
        return self.stems[name[0] % len(self.stems)] + self.suffixes[name[1] % len(self.suffixes)]

    # --- What people and programs do to a folder

    @rule(name=places, number=numbers)
    def deliver(self, name: tuple[int, int], number: int) -> None:
        file = self.named(name)
        content = self.content(file, number)
        self.write(self.clear(file), content)
        self.there[file] = content

    @rule(name=places, number=numbers)
    def write_half(self, name: tuple[int, int], number: int) -> None:
        file = self.named(name)
        self.write(self.clear(file), self.cut(self.content(file, number)))
        self.there[file] = BAD

    @rule(name=places, number=numbers)
    def start_an_upload(self, name: tuple[int, int], number: int) -> None:
        file = self.named(name)
        if len(Path(file).name.encode(errors="surrogateescape")) < 240:
            self.uploads[file] = self.content(file, number)
            self.write(self.path(f"{file}.part"), self.cut(self.uploads[file]))

    @rule()
    def finish_uploads(self) -> None:
        for file, content in self.uploads.items():
            self.write(self.path(f"{file}.part"), content)
            self.path(f"{file}.part").rename(self.clear(file))
            self.there[file] = content
        self.uploads.clear()

    @rule(name=places, new=places)
    def rename(self, name: tuple[int, int], new: tuple[int, int]) -> None:
        old_file, new_file = self.named(name), self.named((new[0], name[1]))
        if old_file in self.there and old_file != new_file:
            content = self.there[old_file]
            self.path(old_file).rename(self.clear(new_file))
            self.there.pop(old_file)
            self.there[new_file] = content

    @rule(name=places, new=places)
    def copy(self, name: tuple[int, int], new: tuple[int, int]) -> None:
        old_file, new_file = self.named(name), self.named((new[0], name[1]))
        if self.there.get(old_file, BAD) != BAD and old_file != new_file:
            self.write(self.clear(new_file), self.there[old_file])
            self.there[new_file] = self.there[old_file]

    @rule(name=places)
    def take_away(self, name: tuple[int, int]) -> None:
        self.clear(self.named(name))

    @rule(name=places, what=st.sampled_from(["out", "folder", "dangling", "loop", "pipe", "other type"]))
    def put_what_is_no_file(self, name: tuple[int, int], what: str) -> None:
        file = self.named(name)
        path = self.clear(file)
        makers: dict[str, Callable[[], None]] = {
            "out": lambda: path.symlink_to(self.outside / f"secret{self.suffixes[0]}"),
            "folder": lambda: path.symlink_to(self.outside),
            "dangling": lambda: path.symlink_to(self.outside / "none"),
            # Also under another name it leads to no file.
            "loop": lambda: path.symlink_to(path / "x"),
            "pipe": lambda: os.mkfifo(path),
            "other type": lambda: self.write(path, b"\x00\xff" * 40),
        }
        makers[what]()
        self.there[file] = BAD

    # --- What zicht must make of it

    def expected(self, spoilt: str | None = None) -> tuple[list[tuple[str, bytes]], int]:
        """(new receipts, problems) of a pull, where one file changes or vanishes while it is read."""
        shown = {file: normal(file) for file in self.there}
        names = Counter(shown.values())
        new, problems = [], 0
        newest = dict(self.accepted)
        for file in sorted(self.there, key=lambda file: shown[file]):
            content = self.there[file]
            if content == BAD or names[shown[file]] > 1 or file == spoilt:
                problems += 1
            elif newest.get(shown[file]) != content:
                new.append((shown[file], content))
        return new, problems

    @rule()
    def pull(self) -> None:
        if not self.there:
            with pytest.raises(SourceProblem, match="found an empty folder"):
                self.inbox.receive()
            return
        new, problems = self.expected()
        self.pulled(new, problems)

    @rule(name=places, vanishes=st.booleans(), late=st.booleans())
    def pull_while_a_file_changes(self, name: tuple[int, int], vanishes: bool, late: bool) -> None:
        """It is written on, or taken away, before its records are read, or (late) once they were."""
        file = self.named(name)
        if self.there.get(file, BAD) == BAD or Counter(map(normal, self.there))[normal(file)] > 1:
            return
        new, problems = self.expected(spoilt=file)
        self.there[file] = self.content(file, 77)
        whole, reading = Digests.of, []

        def change() -> None:
            self.path(file).unlink() if vanishes else self.path(file).write_bytes(self.there[file])

        def of(digests: Digests, path: Path, state: os.stat_result) -> str:
            reading.append(path)
            found = whole(digests, path, state)
            if path == self.path(file) and not late:
                change()
            return found

        def rest(seconds: float) -> None:
            if reading[-1] == self.path(file) and late:
                change()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Digests, "of", of)
            patch.setattr(folder.time, "sleep", rest)
            self.pulled(new, problems)
        if vanishes:
            self.there.pop(file)

    def pulled(self, new: list[tuple[str, bytes]], problems: int) -> None:
        received = self.inbox.receive()
        assert (received.deliveries, len(received.problems)) == (len(new), problems), received.problems
        assert all(problem.isprintable() for problem in received.problems)
        self.accepted += new
        assert [receipt.file for receipt in self.inbox.landing.receipts(NAME)] == [name for name, _ in self.accepted]
        hashes = {(name, hashlib.sha256(content).hexdigest()) for name, content in self.counted()}
        assert {(file, content) for _, file, _, content in counting(self.inbox.landing, [NAME])} == hashes
        assert all(LANDED.fullmatch(path) for path in self.inbox.landed())


class CodingFolder(ChatFolder):
    """A folder of codings: of each path only the newest content counts."""

    kind = "coding"
    suffixes = (".csv",)

    def content(self, name: str, number: int) -> bytes:
        return coding_bytes(a_coding(number), a_coding(number + 10))

    def cut(self, content: bytes) -> bytes:
        return content[: content.rindex(b"fier") + 6]

    def current(self) -> Iterable[tuple[str, bytes]]:
        return dict(self.accepted).items()


def normal(name: str) -> str:
    """The name by which people know a file."""
    return unicodedata.normalize("NFC", name.encode("utf-8", "backslashreplace").decode())


@pytest.mark.parametrize("machine", [ChatFolder, CodingFolder])
@pytest.mark.parametrize(
    ("examples", "steps"),
    [pytest.param(15, 20, id="few"), pytest.param(cases(30, 200), 50, marks=pytest.mark.full, id="many")],
)
def test_a_folder_counts_as_the_model_says(machine: type[RuleBasedStateMachine], examples: int, steps: int) -> None:
    patient = settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    run_state_machine_as_test(machine, settings=settings(patient, stateful_step_count=steps))
