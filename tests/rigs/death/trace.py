"""Record every call with which a process changes files below a folder, in order, and replay the calls on a Disk.

strace records the calls. It does not see writes through mapped memory or an io_uring: these raise `Unseen`.
"""

import heapq
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rigs.death.disk import Disk, File, Folder, Link

CALLS = (
    "open openat openat2 creat write pwrite64 writev pwritev pwritev2 ftruncate truncate fallocate rename renameat "
    "renameat2 unlink unlinkat mkdir mkdirat rmdir symlink symlinkat link linkat fsync fdatasync chmod fchmod fchmodat "
    "copy_file_range sendfile splice lseek mmap io_uring_setup"
)
STRACE = "strace -ff -qq -y -xx -s 99999999 --seccomp-bpf --absolute-timestamps=format:unix,precision:ns -e signal=none"
LINE = re.compile(rb"(\d+\.\d+) (\w+)\((.*)\) += (\d+)(?:<([^>]*)>)?(?:\(deleted\))?\n", re.DOTALL)
# A descriptor with its path, a text, a number in brackets, or a plain word.
ARGUMENT = re.compile(rb"(?:-?\d+|AT_FDCWD)<([^>]*)>(\(deleted\))?|\"([^\"]*)\"(\.\.\.)?|\[(\d+)\]|([\w|]+)")


class Unseen(Exception):
    """Something happened that this record cannot represent."""


@dataclass(frozen=True)
class Call:
    """One system call that succeeded, with what it was given and what it returned."""

    name: str
    paths: tuple[str, ...]  # relative to the folder; a path outside the folder is absolute
    texts: tuple[bytes, ...]
    words: tuple[str, ...]  # and numbers
    result: int

    @property
    def is_change(self) -> bool:
        """Return whether the call may change the disk."""
        opens = self.name in ("open", "openat", "creat")
        return self.name in (NAMES | CONTENT | SAFETY) or (opens and "O_RDONLY" not in self.words[0].split("|"))


def record(command: list[str], environment: Mapping[str, str], into: Path) -> None:
    """Run a command and record its calls, and those of its children, in a new folder."""
    into.mkdir()
    traced = [*STRACE.split(), "-e", f"trace={CALLS.replace(' ', ',')}", "-o", str(into / "calls"), "--"]
    ended = subprocess.run([*traced, *command], env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def calls(recorded: Path, root: Path) -> Iterator[Call]:
    """Yield the calls that touched something below a folder, in the order in which they began."""
    prefix = os.path.realpath(root)
    hidden = re.compile(b"".join(b"\\\\x%02x" % byte for byte in prefix.encode()))
    streams = [_lines(path, hidden) for path in recorded.iterdir()]
    for _, name, arguments, result, opened in heapq.merge(*streams):
        if call := _call(name, arguments, result, opened, prefix):
            yield call


Raw = tuple[float, str, bytes, int, bytes]


def _lines(path: Path, hidden: re.Pattern[bytes]) -> Iterator[Raw]:
    with path.open("rb") as stream:
        for line in stream:
            if b"io_uring_setup(" in line[:60]:
                raise Unseen("an io_uring")
            if hidden.search(line) and (found := LINE.fullmatch(line)):
                yield float(found[1]), found[2].decode(), found[3], int(found[4]), found[5] or b""


def _call(name: str, arguments: bytes, result: int, opened: bytes, prefix: str) -> Call | None:
    paths, texts, words = [], [], []
    is_gone = False
    for path, gone, text, cut, place, word in ARGUMENT.findall(arguments):
        is_gone |= bool(gone)
        if cut:
            raise Unseen(f"a {name} of {len(text) // 4:,} bytes and more")
        if path:
            paths.append(_plain(path).decode())
        elif word or place:
            words.append((word or place).decode())
        else:
            texts.append(_plain(text))
    if is_gone:  # no reader can find a file without a name
        return None
    if name in NAMED:
        paths, texts = _named(name, paths, texts)
    if opened:
        paths = [_plain(opened).decode()]
    inside = tuple(os.path.relpath(path, prefix) if (path + "/").startswith(prefix + "/") else path for path in paths)
    if all(path.startswith("/") for path in inside):
        return None
    return Call(name, tuple("" if path == "." else path for path in inside), tuple(texts), tuple(words), result)


def _plain(text: bytes) -> bytes:
    return bytes.fromhex(text.replace(b"\\x", b"").decode())


def _named(name: str, folders: list[str], texts: list[bytes]) -> tuple[list[str], list[bytes]]:
    """Return the paths that were given as texts, each joined to its folder, and the other texts."""
    content = texts[:1] if name.startswith("symlink") else []
    given = [text.decode() for text in texts[len(content) :]]
    above = folders or [""] * len(given)
    return [os.path.normpath(Path(folder) / path) for folder, path in zip(above, given, strict=True)], content


# --- What a call does


def apply(disk: Disk, call: Call) -> None:
    """Apply the effect of a call to a disk."""
    if not (effect := EFFECTS.get(call.name)):
        raise Unseen(f"a call of {call.name}")
    effect(disk, call)


def _open(disk: Disk, call: Call) -> None:
    [path] = call.paths
    flags = call.words[0].split("|")
    if "O_RDONLY" in flags or "O_PATH" in flags:
        return
    entry = disk.find(path)
    if not isinstance(entry, File):
        disk.put(path, entry := File())
    elif "O_TRUNC" in flags and entry.content:
        entry.resize(0)
    entry.position, entry.is_appending = 0, "O_APPEND" in flags


def _write(disk: Disk, call: Call) -> None:
    _append(disk.file(call.paths[0]), b"".join(call.texts)[: call.result])


def _append(file: File, data: bytes) -> None:
    offset = len(file.content) if file.is_appending else file.position
    file.write(offset, data)
    file.position = offset + len(data)


def _send(disk: Disk, call: Call) -> None:
    target, source = call.paths
    data = Path(source).read_bytes() if source.startswith("/") else disk.file(source).bytes(safe=False)
    start = int(call.words[0])
    _append(disk.file(target), data[start : start + call.result])


def _seek(disk: Disk, call: Call) -> None:
    if isinstance(entry := disk.find(call.paths[0]), File):
        entry.position = call.result


def _mmap(disk: Disk, call: Call) -> None:
    if any("MAP_SHARED" in word for word in call.words) and any("PROT_WRITE" in word for word in call.words):
        raise Unseen("a file that is written by mapped memory")


RENAMES, REMOVALS = "rename renameat renameat2", "unlink unlinkat rmdir"
FOLDERS, SYMLINKS, LINKS = "mkdir mkdirat", "symlink symlinkat", "link linkat"
SYNCS, MODES, SIZES = "fsync fdatasync", "chmod fchmod fchmodat", "ftruncate truncate"
BY_NAMES: dict[str, Callable[[Disk, Call], object]] = {
    "open openat creat": _open,
    "write writev": _write,
    "pwrite64": lambda disk, call: disk.file(call.paths[0]).write(int(call.words[-1]), call.texts[0][: call.result]),
    "sendfile": _send,
    "lseek": _seek,
    SIZES: lambda disk, call: disk.file(call.paths[0]).resize(int(call.words[-1])),
    RENAMES: lambda disk, call: disk.put(call.paths[1], disk.take(call.paths[0])),
    REMOVALS: lambda disk, call: disk.take(call.paths[0]),
    FOLDERS: lambda disk, call: disk.put(call.paths[0], Folder()),
    SYMLINKS: lambda disk, call: disk.put(call.paths[0], Link(call.texts[0].decode())),
    LINKS: lambda disk, call: disk.put(call.paths[1], disk.file(call.paths[0])),
    SYNCS: lambda disk, call: disk.sync(call.paths[0]),
    MODES: lambda disk, call: None,  # permissions are not part of the compared content
    "mmap": _mmap,
}
EFFECTS = {name: effect for names, effect in BY_NAMES.items() for name in names.split()}
NAMES = {*f"{RENAMES} {REMOVALS} {FOLDERS} {SYMLINKS} {LINKS}".split()}
CONTENT = {*f"write writev pwrite64 sendfile {SIZES}".split()}
SAFETY = {*f"{SYNCS} {MODES}".split()}
NAMED = NAMES | {"open", "openat", "creat", "truncate", "chmod", "fchmodat"}
