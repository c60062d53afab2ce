"""The scrubber: whatever is said of a run passes it, in errors, logs, records, states, artifacts, mails and webhooks.

What is said is printable, one event a line, and holds no secret in any of its usual disguises. Of an error that nobody
foresaw only its kind and place are said, and of what others log only who spoke and where: their texts can hold what was
being read.
"""

import base64
import errno
import functools
import json
import logging
import os
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote, quote_plus

from connectors.errors import Foreseen, printable, unforeseen

LIMIT = 4000  # characters of a line
SHORTEST_SECRET = 8  # a shorter one is none, and would be found in any text
HIDDEN = "***"
OWN = "zicht"  # the logger of the flows

MAKE_ROOM = "make room on it, and run again. What is published stays as it was."

# What Spark says of an error in Python: after the frames, which are indented, comes its type.
_IN_WORKER = re.compile(
    r"[Pp]ython worker:\s*?\n( *)Traceback .*\n(?:\1 .*\n)*\1(?:\w+\.)*"
    r"(?:(ModuleNotFoundError: No module named '[\w.]+'|PySparkRuntimeError: \[PYTHON_VERSION_MISMATCH\])|(\w+))"
)
_NO_WORKER = "Cannot run program"

_disguised: set[str] = set()

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Panicked(Foreseen):
    """An extension gave up."""


def never_say(secret: str) -> None:
    """From now on this secret is hidden wherever it would be said."""
    if len(secret) < SHORTEST_SECRET:
        return
    content = secret.encode()
    _disguised.update({secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]})
    _disguised.update({content.hex(), repr(secret)[1:-1]})
    for offset in range(3):  # of four letters of base64, those that depend on nothing beside the secret
        encoded = base64.b64encode(b"\0" * offset + content).decode()
        inner = encoded[(0, 2, 3)[offset] : len(encoded.rstrip("=")) - (1 if encoded.endswith("=") else 0)]
        _disguised.update({inner, inner.translate(str.maketrans("+/", "-_"))})


def scrub(said: Any) -> Any:
    """What may be said of some text, or of the texts of a structure of lists, tuples and dicts: each of its lines is
    printable, and no secret stands in it."""
    if isinstance(said, str):
        return "\n".join(printable(_hidden(line), LIMIT) for line in said.split("\n"))
    if isinstance(said, dict):
        return {scrub(key): scrub(value) for key, value in said.items()}
    if isinstance(said, list | tuple):
        return [scrub(one) for one in said]
    return said


def one_line(text: str) -> str:
    """What may be said of some text, on one line."""
    return printable(_hidden(text), LIMIT)


def _hidden(text: str) -> str:
    for secret in sorted(_disguised, key=lambda one: (-len(one), one)):
        text = re.sub(re.escape(secret), HIDDEN, text, flags=re.IGNORECASE)
    return text


def told(error: BaseException) -> str:
    """What may be said of an error, on one line: a foreseen one's text, of another its kind and place."""
    if isinstance(error, Foreseen):
        return one_line(str(error))
    if tells_of_full_disk(str(error)):
        return f"the disk is full ({type(error).__name__}); {MAKE_ROOM}"
    return one_line(unforeseen(error))


def tells_of_full_disk(text: str) -> bool:
    """Whether an error of the system or of DuckDB says that there is no room, or a quota or a limit is reached."""
    return any(os.strerror(number) in text for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


def worker_error(text: str) -> str:
    """What may be said of an error of one of Spark's Python workers: its type, and what the worker lacks; blank where
    `text`, Spark's own, reports none."""
    found = _IN_WORKER.search(text)
    if found and found[3]:
        return f"{found[3]} in a Python worker"
    if found or _NO_WORKER in text:
        lacks = f"{found[2]}, in a Python worker" if found else "no Python worker could be started"
        return f"{lacks}; have PYSPARK_PYTHON name the Python in which zicht is installed"
    return ""


def contained(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """A flow or task whose panics are told as errors are: an extension that gives up raises what is no Exception, and
    Prefect would put its text into a state."""

    @functools.wraps(work)
    def containing(*arguments: Given.args, **more: Given.kwargs) -> Result:
        try:
            return work(*arguments, **more)
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            raise Panicked(told(error)) from None

    return containing


def guard() -> None:
    """Have this process say nothing but through the scrubber: whatever any library logs, at any level and to any
    handler, and what Python itself prints of errors and warnings."""
    logging.setLogRecordFactory(_record)
    logging.raiseExceptions = False  # a handler that fails would print what it was given, and the error before it
    sys.excepthook = _uncaught
    threading.excepthook = lambda uncaught: _uncaught(uncaught.exc_type, uncaught.exc_value, None)
    sys.unraisablehook = lambda uncaught: _uncaught(uncaught.exc_type, uncaught.exc_value, None)
    # Warnings are for developers, and their texts can hold what was being read.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)


def _record(*arguments: Any, **more: Any) -> logging.LogRecord:
    """A record of the log, made of what may be said: it has no arguments and no traceback."""
    record = logging.LogRecord(*arguments, **more)
    error = record.exc_info[1] if record.exc_info else None
    if error:
        record.msg = told(error)
    elif record.name.partition(".")[0] == OWN or (_is_of_prefect(record) and not _mentions_error(record)):
        record.msg = one_line(record.getMessage())
    else:
        record.msg = one_line(f"{record.name} spoke ({record.filename}, line {record.lineno})")
    record.args, record.exc_info, record.exc_text, record.stack_info = (), None, None, None
    return record


def _is_of_prefect(record: logging.LogRecord) -> bool:
    """Whether Prefect itself speaks, who tells states and names, and not somebody else with its logger."""
    return "prefect" in Path(record.pathname).parts[-4:-1] and record.name.startswith("prefect")


def _mentions_error(record: logging.LogRecord) -> bool:
    """Whether the text is made of an error that nobody foresaw."""
    arguments = record.args.values() if isinstance(record.args, dict) else record.args or ()
    errors = [*arguments, sys.exc_info()[1]]
    return any(isinstance(one, BaseException) and not isinstance(one, Foreseen) for one in errors)


def _uncaught(kind: type[BaseException], error: BaseException | None, place: TracebackType | None) -> None:
    said = told(error) if error else kind.__name__
    print(f"zicht: {said}", file=sys.stderr)  # noqa: T201 - nobody else is left to say it
