"""Define errors whose messages are written for the person who must act on them."""

import traceback
from pathlib import Path

OURS = Path(__file__).resolve().parent.parent


def printable(text: str, limit: int = 120) -> str:
    """Return a text on one line, with control characters escaped.

    File names and headers come from outside, so they can hold any character.

    Args:
        text: The text to show.
        limit: The maximum number of characters. A longer text is cut and ends in an ellipsis.

    Returns:
        The escaped text.
    """
    shown = "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


class UserFacingError(Exception):
    """A user-facing error. Its message is one line that is safe to show anywhere.

    The message names places and counts, but no data values.
    """


class SourceProblem(UserFacingError):
    """A source, or one of its files, could not be read. Nothing of it was landed.

    The message is one line made of four parts. It goes to logs, run records and orchestrator states. Callers therefore
    pass names, places, counts and types, but never a value that was read.

    Attributes:
        where: The source, with the file, sheet and cell or the address.
        found: What was found there.
        expected: What was expected instead.
        do: What a person should do next, as one sentence.

    Example:
        `SourceProblem("csg: a.csv", found="no rows", expected="rows", do="Ask for them.")` has the message
        `csg: a.csv: found no rows, expected rows. Ask for them.`
    """

    def __init__(self, where: str, *, found: str, expected: str, do: str) -> None:
        self.where = printable(where, limit=300)
        self.found, self.expected, self.do = (printable(part, limit=1000) for part in (found, expected, do))
        line = f"{self.where}: found {self.found}, expected {self.expected}. {self.do}"
        super().__init__(printable(line, limit=1000))


def unforeseen(error: BaseException) -> str:
    """Return one safe line about an unexpected error: its type and its location in our code.

    The line leaves out the error's own text, because that text can hold the data that was being read.

    Args:
        error: The error that was caught.

    Returns:
        The line, without a full stop.

    Example:
        `an unforeseen KeyError at reader.py, line 12; report it as a defect`
    """
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(OURS) and ".venv" not in frame.filename]
    place = f" at {Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else ""
    return f"an unforeseen {type(error).__name__}{place}; report it as a defect"
