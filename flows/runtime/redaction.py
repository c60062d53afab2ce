"""Redact everything that a process says about a run: errors, logs, records, states, artifacts, mails and webhooks.

The redacted text is printable, has one line for each event, and contains no secret, not even in a usual encoding. Error
texts and log messages of libraries can quote the data that was being read. So an unexpected error is reduced to its
type and location, and a log message of a library to the name of its logger and its location. Prefect's own messages
about states and names are kept.
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

from connectors.errors import UserFacingError, printable, unforeseen

LIMIT = 4000  # characters in one line
SHORTEST_SECRET = 8  # a shorter text is no secret, and would occur in many texts by chance
HIDDEN = "***"
OWN = "zicht"  # the logger of the flows

MAKE_ROOM = "make room on it, and run again. What is published stays as it was."

# Spark's report of an error in Python: first the indented frames, then the type of the error.
_IN_WORKER = re.compile(
    r"[Pp]ython worker:\s*?\n( *)Traceback .*\n(?:\1 .*\n)*\1(?:\w+\.)*"
    r"(?:(ModuleNotFoundError: No module named '[\w.]+'|PySparkRuntimeError: \[PYTHON_VERSION_MISMATCH\])|(\w+))"
)
_NO_WORKER = "Cannot run program"

_disguised: set[str] = set()

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Panicked(UserFacingError):
    """A native extension stopped with a panic."""


def hide_secret(secret: str) -> None:
    """Hide a secret in all output from now on, also in its usual encodings.

    The encodings are percent-encoding, JSON, Python's `repr`, hexadecimal and base64.

    Args:
        secret: The secret. A text of fewer than 8 characters is ignored.
    """
    if len(secret) < SHORTEST_SECRET:
        return
    content = secret.encode()
    _disguised.update({secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]})
    _disguised.update({content.hex(), repr(secret)[1:-1]})
    for offset in range(3):  # keep only the base64 letters that do not depend on the bytes around the secret
        encoded = base64.b64encode(b"\0" * offset + content).decode()
        inner = encoded[(0, 2, 3)[offset] : len(encoded.rstrip("=")) - (1 if encoded.endswith("=") else 0)]
        _disguised.update({inner, inner.translate(str.maketrans("+/", "-_"))})


def scrub(content: Any) -> Any:
    """Return a text, or all texts in a structure, with secrets hidden and control characters escaped.

    Args:
        content: A text, or a structure of lists, tuples and dicts. Line breaks in texts are kept. Values that are no
            text are returned unchanged.

    Returns:
        The same structure with redacted texts. Tuples become lists.
    """
    if isinstance(content, str):
        return "\n".join(printable(_hidden(line), LIMIT) for line in content.split("\n"))
    if isinstance(content, dict):
        return {scrub(key): scrub(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [scrub(one) for one in content]
    return content


def one_line(text: str) -> str:
    """Return a text on one line, with secrets hidden and control characters escaped."""
    return printable(_hidden(text), LIMIT)


def _hidden(text: str) -> str:
    for secret in sorted(_disguised, key=lambda one: (-len(one), one)):
        text = re.sub(re.escape(secret), HIDDEN, text, flags=re.IGNORECASE)
    return text


def safe_message(error: BaseException) -> str:
    """Return one safe line about an error: its message if it is user-facing, otherwise its type and location.

    A full disk is recognised, and gets its own message.
    """
    if isinstance(error, UserFacingError):
        return one_line(str(error))
    if is_full_disk(str(error)):
        return f"the disk is full ({type(error).__name__}); {MAKE_ROOM}"
    return one_line(unforeseen(error))


def is_full_disk(text: str) -> bool:
    """Return whether an error text says that the disk is full, or that a quota or a size limit is reached.

    Args:
        text: The text of an error of the operating system or of DuckDB.
    """
    return any(os.strerror(number) in text for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


def worker_error(text: str) -> str:
    """Return a safe text about an error in a Python worker of Spark.

    Args:
        text: Spark's own error text.

    Returns:
        The type of the error, and what the worker lacks if that is known; or that no worker could be started. The text
        is empty if Spark reports no error of a worker.
    """
    found = _IN_WORKER.search(text)
    if found and found[3]:
        return f"{found[3]} in a Python worker"
    if found or _NO_WORKER in text:
        lacks = f"{found[2]}, in a Python worker" if found else "no Python worker could be started"
        return f"{lacks}; have PYSPARK_PYTHON name the Python in which zicht is installed"
    return ""


def contained(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """Wrap a flow or task so that a panic of a native extension becomes an ordinary error.

    A panic is not an `Exception`, so Prefect would put its text into a state. The wrapped function raises `Panicked`
    instead, with a safe text.
    """

    @functools.wraps(work)
    def containing(*arguments: Given.args, **more: Given.kwargs) -> Result:
        try:
            return work(*arguments, **more)
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            raise Panicked(safe_message(error)) from None

    return containing


def guard() -> None:
    """Redact everything that this process logs or prints about errors.

    This covers the messages of any library, at any level and to any handler, and the errors and warnings that Python
    prints.
    """
    logging.setLogRecordFactory(_record)
    logging.raiseExceptions = False  # a failing handler would print the original record and error
    sys.excepthook = _uncaught
    threading.excepthook = lambda uncaught: _uncaught(uncaught.exc_type, uncaught.exc_value, None)
    sys.unraisablehook = lambda uncaught: _uncaught(uncaught.exc_type, uncaught.exc_value, None)
    # Warnings are for developers, and their texts can quote the data that was being read.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)


def _record(*arguments: Any, **more: Any) -> logging.LogRecord:
    """Return a log record with a redacted message, and without arguments and traceback."""
    record = logging.LogRecord(*arguments, **more)
    error = record.exc_info[1] if record.exc_info else None
    if error:
        record.msg = safe_message(error)
    elif record.name.partition(".")[0] == OWN or (_is_of_prefect(record) and not _mentions_error(record)):
        record.msg = one_line(record.getMessage())
    else:
        record.msg = one_line(f"{record.name} spoke ({record.filename}, line {record.lineno})")
    record.args, record.exc_info, record.exc_text, record.stack_info = (), None, None, None
    return record


def _is_of_prefect(record: logging.LogRecord) -> bool:
    """Return whether Prefect itself logs (only states and names), and not other code that uses its logger."""
    return "prefect" in Path(record.pathname).parts[-4:-1] and record.name.startswith("prefect")


def _mentions_error(record: logging.LogRecord) -> bool:
    """Return whether the message may contain the text of an unexpected error."""
    arguments = record.args.values() if isinstance(record.args, dict) else record.args or ()
    errors = [*arguments, sys.exc_info()[1]]
    return any(isinstance(one, BaseException) and not isinstance(one, UserFacingError) for one in errors)


def _uncaught(kind: type[BaseException], error: BaseException | None, place: TracebackType | None) -> None:
    content = safe_message(error) if error else kind.__name__
    print(f"zicht: {content}", file=sys.stderr)  # noqa: T201 - there is no other output left
