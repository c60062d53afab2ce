"""List the files of a source's folder, and check that they do not change while they are read."""

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
SETTLED_SECONDS = 2.0  # a file that changed more recently may still be incomplete


def list_files(source: str, root: Path) -> list[SourceFile]:
    """Return the files below a source's folder, sorted by name.

    Files that are still being written (`*.part`, `*.tmp`, `~$*`), dot files and dot folders are skipped.

    Args:
        source: The name of the source.
        root: The folder, or the only file.

    Returns:
        The files, with names relative to the folder.

    Raises:
        SourceProblem: If the path is missing, cannot be listed, or holds no file.
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
    """Return a path as text that every later step can handle, even if its bytes are not UTF-8.

    The text is in Unicode form NFC, because some systems write an accent as a separate character.
    """
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
        # A link to a folder is not followed. It is listed as a file, and later refused.
        for name in (*names, *(name for name in folders if Path(folder, name).is_symlink())):
            if not (name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED_SUFFIXES)):
                yield Path(folder, name)


class Digests:
    """The SHA-256 of files that did not change while they were read.

    The key of a digest is the state of its file, which changes when the file is written to. A file that nobody touched
    is therefore not read again.

    Attributes:
        before: The digests of the previous run, by state of the file.
        now: The digests of the files that this run met, by state of the file.
    """

    def __init__(self, before: Mapping[str, str]) -> None:
        self.before = before
        self.now: dict[str, str] = {}

    def of(self, path: Path, found: os.stat_result) -> str:
        """Return the SHA-256 of a file. Read the file only if its state is new.

        Args:
            path: The path of the file.
            found: The state of the file.

        Returns:
            64 hex digits.
        """
        return self.before.get(_name_of(found)) or _digest(path)

    def keep(self, found: os.stat_result, digest: str) -> None:
        """Remember a digest, unless the file was touched just now. A further change might not show in its dates.

        Args:
            found: The state of the file.
            digest: The SHA-256 of the file in this state.
        """
        if max(found.st_ctime, found.st_mtime) + SETTLED_SECONDS <= time.time():
            self.now[_name_of(found)] = digest


def _name_of(found: os.stat_result) -> str:
    return " ".join(map(str, _state(found)))


@contextmanager
def unchanged_while_read(source: str, root: Path, file: SourceFile, digests: Digests) -> Iterator[str]:
    """Yield the SHA-256 of a file, and check on leaving that the file did not change.

    A file that was written just now is watched for its first seconds (`SETTLED_SECONDS`).

    Args:
        source: The name of the source.
        root: The folder that must contain the file.
        file: The file to read.
        digests: The known digests. The digest of this file (64 hex digits) is added to them.

    Raises:
        SourceProblem: If the file is not a regular file in the folder, cannot be read, or changed while it was read.
    """
    where = f"{source}: {file.name}"
    try:
        before = _regular(where, root, file.path)
        digest = digests.of(file.path, before)
        yield digest
        # The wait is limited, because the clock that dates the files may be fast.
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


def _regular(where: str, root: Path, path: Path) -> os.stat_result:
    inside = Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))
    found = path.stat()
    if inside and stat.S_ISREG(found.st_mode):
        return found
    raise SourceProblem(
        where,
        found="a link or special file that leads out of the folder",
        expected="a plain file inside it",
        do="Put the file itself there.",
    )


def _state(found: os.stat_result) -> tuple[int, ...]:
    """Return what changes when a file is written to or replaced, even by a file of the same size and date."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def check_type(source: str, file: SourceFile, suffixes: tuple[str, ...]) -> None:
    """Raise a SourceProblem if a file is a link to a folder, or of a type that its kind of source does not read."""
    where = f"{source}: {file.name}"
    if file.path.is_dir():
        raise SourceProblem(
            where,
            found="a link to a folder",
            expected="the folder itself",
            do="Put its files there; links out of the folder are not followed.",
        )
    if not file.name.lower().endswith(suffixes):
        raise SourceProblem(
            where,
            found="a file of another type",
            expected=f"one of {' '.join(suffixes)}",
            do="Take it out of the folder, or deliver it in one of these types.",
        )
