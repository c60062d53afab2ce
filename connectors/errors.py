"""Errors written for the person who must act on them."""

import traceback
from pathlib import Path

OURS = Path(__file__).resolve().parent.parent


def printable(text: str, limit: int = 120) -> str:
    """`text` on one line, with control characters escaped: file names and headers come from outside."""
    shown = "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


class Foreseen(Exception):
    """An error whose text is one line that is safe to show anywhere: it names places and counts, no value."""


class SourceProblem(Foreseen):
    """A source, or one file of it, could not be read, and nothing of it was landed.

    The message is one line: where, what was found, what was expected, what to do. Callers pass names, places, counts
    and types, never a value that was read: the message goes to logs, run records and orchestrator states.
    """

    def __init__(self, where: str, *, found: str, expected: str, do: str) -> None:
        self.where = printable(where, limit=300)
        super().__init__(printable(f"{self.where}: found {found}, expected {expected}. {do}", limit=1000))


def unforeseen(error: BaseException) -> str:
    """What may be said of an error that nobody foresaw: its type, and where in our code it came up. Its text can hold
    what was being read."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(OURS) and ".venv" not in frame.filename]
    place = f" at {Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else ""
    return f"an unforeseen {type(error).__name__}{place}; report it as a defect"
