"""A file system in memory that also knows what would remain of it after a power failure.

The content of a file is safe after a sync of the file. A name is safe after a sync of its folder. Everything else may
be lost in any order.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path


class File:
    """A file: its content, the content that is safe, and the position of the process that writes it."""

    def __init__(self, content: bytes = b"", *, is_safe: bool = False) -> None:
        self.content = bytearray(content)
        self._safe: bytes | None = None if is_safe else b""  # None: all of the content is safe
        self._digests: dict[bool, str] = {}
        self.position = 0
        self.is_appending = False

    def write(self, offset: int, data: bytes) -> None:
        self.change()
        if offset > len(self.content):
            self.content.extend(bytes(offset - len(self.content)))
        self.content[offset : offset + len(data)] = data

    def resize(self, size: int) -> None:
        self.change()
        del self.content[size:]
        self.content.extend(bytes(size - len(self.content)))

    def change(self) -> None:
        if self._safe is None:
            self._safe = bytes(self.content)
            self._digests[True] = self._digests.get(False, "")
        self._digests.pop(False, None)

    def sync(self) -> None:
        self._safe = None
        self._digests.pop(True, None)

    def bytes(self, *, safe: bool) -> bytes:
        return self._safe if safe and self._safe is not None else bytes(self.content)

    def digest(self, *, safe: bool) -> str:
        key = safe and self._safe is not None
        if not self._digests.get(key):
            self._digests[key] = hashlib.sha256(self.bytes(safe=key)).hexdigest()
        return self._digests[key]


@dataclass(frozen=True)
class Link:
    target: str


@dataclass(eq=False)
class Folder:
    """A folder: its names now, and the names that are safe."""

    names: dict[str, "Entry"] = field(default_factory=dict)
    safe: dict[str, "Entry"] = field(default_factory=dict)


Entry = File | Link | Folder


@dataclass(frozen=True)
class Loss:
    """What a power failure takes away."""

    description: str
    content: bool  # whether content that was not synced is lost
    names: Callable[[Folder], bool]  # whether the unsynced names of a folder are lost


KILLED = Loss("killed", False, lambda folder: False)
ALL = Loss("power lost, all", True, lambda folder: True)


class Tree:
    """What remains on a disk after a loss: files, folders and links by path."""

    def __init__(self, root: Folder, loss: Loss = KILLED, without: str = "") -> None:
        self.loss, self._without = loss, without
        self.entries: dict[str, Entry] = dict(self._below(root, ""))

    def _below(self, folder: Folder, above: str) -> Iterator[tuple[str, Entry]]:
        for name, entry in (folder.safe if self.loss.names(folder) else folder.names).items():
            yield above + name, entry
            if isinstance(entry, Folder) and above + name != self._without:
                yield from self._below(entry, f"{above}{name}/")

    def said(self, path: str) -> str:
        """Return the content under a path as text: a checksum of a file, the target of a link, or "/" for a folder."""
        entry = self.entries[path]
        if isinstance(entry, File):
            return entry.digest(safe=self.loss.content)
        return f"-> {entry.target}" if isinstance(entry, Link) else "/"

    def all_said(self) -> dict[str, str]:
        return {path: self.said(path) for path in self.entries}

    def bytes(self, path: str) -> bytes:
        entry = self.entries[path]
        assert isinstance(entry, File), path
        return entry.bytes(safe=self.loss.content)

    def resolved(self, path: str) -> str | None:
        """Return the path that a path leads to through links, or None if it leads nowhere."""
        done = ""
        for part in path.split("/"):
            done = f"{done}/{part}" if done else part
            entry = self.entries.get(done)
            if isinstance(entry, Link):
                done = os.path.normpath(Path(done).parent / entry.target)
                followed = self.resolved(done)
                if followed is None:
                    return None
                done = followed
            elif entry is None:
                return None
        return done

    def write(self, folder: Path) -> None:
        """Write the tree to a real disk."""
        folder.mkdir(parents=True)
        for path, entry in self.entries.items():
            if isinstance(entry, Folder):
                (folder / path).mkdir()
            elif isinstance(entry, Link):
                (folder / path).symlink_to(entry.target)
            else:
                (folder / path).write_bytes(self.bytes(path))


class Disk:
    """A folder of a real disk, read into memory, and the changes that calls make to it."""

    def __init__(self, real: Path) -> None:
        self.root = _taken(real)

    def tree(self, loss: Loss = KILLED, without: str = "") -> Tree:
        return Tree(self.root, loss, without)

    def losses(self, without: str = "") -> list[Loss]:
        """Return the losses that are possible now.

        These are: everything unsynced, only content, only names, and for each folder with unsynced names the content
        with the names of this folder or of all folders except it.
        """
        found = [
            Loss("power lost, content", True, lambda folder: False),
            Loss("power lost, names", False, lambda folder: True),
            ALL,
        ]
        for one in (
            entry for entry in [self.root, *self.tree(without=without).entries.values()] if isinstance(entry, Folder)
        ):
            if one.names != one.safe:
                found.append(Loss("power lost, one folder", True, lambda folder, one=one: folder is one))
                found.append(Loss("power lost, all but one folder", True, lambda folder, one=one: folder is not one))
        return found

    def find(self, path: str) -> Entry | None:
        entry: Entry | None = self.root
        for part in path.split("/") if path else []:
            entry = entry.names.get(part) if isinstance(entry, Folder) else None
        return entry

    def file(self, path: str) -> File:
        entry = self.find(path)
        assert isinstance(entry, File), path
        return entry

    def put(self, path: str, entry: Entry) -> None:
        self._folder(path).names[path.rpartition("/")[2]] = entry

    def take(self, path: str) -> Entry:
        return self._folder(path).names.pop(path.rpartition("/")[2])

    def _folder(self, path: str) -> Folder:
        entry = self.find(path.rpartition("/")[0])
        assert isinstance(entry, Folder), path
        return entry

    def sync(self, path: str) -> None:
        entry = self.find(path)
        if isinstance(entry, Folder):
            entry.safe = dict(entry.names)
        elif isinstance(entry, File):
            entry.sync()


def _taken(real: Path) -> Folder:
    folder = Folder()
    for path in sorted(real.iterdir()):
        # A child of a killed process may still be at work.
        with suppress(FileNotFoundError):
            if path.is_symlink():
                folder.names[path.name] = Link(str(path.readlink()))
            elif path.is_dir():
                folder.names[path.name] = _taken(path)
            else:
                folder.names[path.name] = File(path.read_bytes(), is_safe=True)
    folder.safe = dict(folder.names)
    return folder
