"""The files of a source's folder: which there are, and whether they stand still."""

import hashlib
import os
import stat
import time
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from connectors.errors import SourceProblem
from connectors.source import SourceFile

CHUNK_BYTES = 1 << 20
UNFINISHED_SUFFIXES = (".part", ".tmp")
SETTLED_SECONDS = 2.0  # a file that changed less long ago may still be being written


def list_files(source: str, root: Path) -> list[SourceFile]:
    """The files below a source's folder (or the one file), in the order of their names.

    Files that are still being written (`*.part`, `*.tmp`, `~$*`, dot files) are left alone.

    Raises:
        SourceProblem: the path is missing, cannot be listed, or holds no file.
    """
    try:
        root.stat()
    except OSError as error:
        raise SourceProblem(
            f"{source}: {root}",
            found="nothing there" if isinstance(error, FileNotFoundError) else error.strerror or "an error",
            expected="a folder or a file",
            do=f"Create it, or correct `path` of [sources.{source}].",
        ) from None
    if not root.is_dir():
        return [SourceFile(root, _name(Path(root.name)))]
    files = [SourceFile(path, _name(path.relative_to(root))) for path in _walk(source, root)]
    if not files:
        raise SourceProblem(
            f"{source}: {root}",
            found="an empty folder",
            expected="at least one file",
            do="Ask for the delivery; what was received earlier is kept.",
        )
    return sorted(files, key=lambda file: file.name)


def _name(path: Path) -> str:
    """A path as text that every later step can hold, also where its bytes are no UTF-8; in NFC, since some systems
    write an accent as a character of its own."""
    return unicodedata.normalize("NFC", path.as_posix().encode("utf-8", "backslashreplace").decode())


def _walk(source: str, root: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise SourceProblem(
            f"{source}: {error.filename}",
            found=error.strerror or "an error",
            expected="a folder that can be listed",
            do="Give zicht the right to read it.",
        )

    for folder, folders, names in os.walk(root, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        # A link to a folder is not followed; told as a file, it is refused.
        for name in (*names, *(name for name in folders if Path(folder, name).is_symlink())):
            if not (name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED_SUFFIXES)):
                yield Path(folder, name)


class Digests:
    """The SHA-256 of files that stood still, by what differs once a file is written to: those that nobody touched since
    are not read again."""

    def __init__(self, before: Mapping[str, str]) -> None:
        self.before = before
        self.now: dict[str, str] = {}  # of the files that were met

    def of(self, path: Path, found: os.stat_result) -> str:
        """The digest of a file in this state."""
        return self.before.get(_name_of(found)) or _digest(path)

    def keep(self, found: os.stat_result, digest: str) -> None:
        """Remember it, unless the file was touched just now: one more change may not show in its dates."""
        if max(found.st_ctime, found.st_mtime) + SETTLED_SECONDS <= time.time():
            self.now[_name_of(found)] = digest


def _name_of(found: os.stat_result) -> str:
    return " ".join(map(str, _state(found)))


@contextmanager
def standing_still(source: str, root: Path, file: SourceFile, digests: Digests) -> Iterator[str]:
    """Give the SHA-256 of a file's bytes, and make sure on leaving that they did not change meanwhile, nor within the
    first seconds after they were written.

    Raises:
        SourceProblem: not a regular file inside the folder, not readable, or changed while being read.
    """
    where = f"{source}: {file.name}"
    try:
        inside = Path(os.path.realpath(file.path)).is_relative_to(os.path.realpath(root))
        before = file.path.stat()
        if not inside or not stat.S_ISREG(before.st_mode):
            raise SourceProblem(
                where,
                found="a link or special file that leads out of the folder",
                expected="a plain file inside it",
                do="Put the file itself there.",
            )
        digest = digests.of(file.path, before)
        yield digest
        # Not for ever where the clock that dates files is fast.
        time.sleep(max(0.0, min(SETTLED_SECONDS, before.st_mtime + SETTLED_SECONDS - time.time())))
        after = file.path.stat()
    except OSError as error:
        raise SourceProblem(
            where,
            found=error.strerror or type(error).__name__,
            expected="a file that can be read",
            do="Give zicht the right to read it, or deliver it again.",
        ) from None
    if _state(before) != _state(after):
        raise SourceProblem(
            where,
            found="that it changed while it was read",
            expected="a finished file",
            do="Nothing of it was taken; the next run reads it again.",
        )
    digests.keep(before, digest)


def _state(found: os.stat_result) -> tuple[int, ...]:
    """What differs once a file was written to or replaced, also by one of the same size and date."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
