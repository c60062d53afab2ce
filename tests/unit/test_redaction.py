"""What is said of errors and in logs: no value that was read, no secret in any disguise, one event a line."""

import base64
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from canaries import Canaries
from forced_failures import FAILURES, disguises
from homes import TOML, new_home
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import SourceProblem, UserFacingError
from flows.runtime import redaction
from flows.runtime.alerts import _message
from flows.runtime.configuration import Configuration
from flows.runtime.redaction import HIDDEN, contained, guard, hide_secret, one_line, safe_message, scrub, worker_error
from flows.runtime.runs import new_run, record

# In a thread and while memory is freed, pytest itself looks at what is raised: these are played in full/.
PLAYED = [name for name in FAILURES if name not in ("thread", "unraisable")]


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_disguised", set())


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr("threading.excepthook", None)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    guard()
    yield
    logging.setLogRecordFactory(logging.LogRecord)
    logging.captureWarnings(False)
    logging.raiseExceptions = True


@pytest.mark.filterwarnings("ignore")
def test_an_unforeseen_error_is_named_by_its_kind_and_place_alone() -> None:
    canary = Canaries()
    traces = []
    for name in PLAYED:
        with pytest.raises(BaseException) as raised:
            FAILURES[name](canary(name))
        said = safe_message(raised.value)
        assert canary.found_in(said.encode()) == set(), name
        assert f"an unforeseen {type(raised.value).__name__}" in said, name
        assert re.search(r" at (forced_failures|test_redaction)\.py, line \d+;", said) and "\n" not in said, name
        traces += traceback.format_exception(raised.value)
    # Most of these errors do hold what was read.
    assert len(canary.found_in("".join(traces).encode())) >= 0.8 * len(PLAYED)


def test_a_foreseen_error_says_its_text_on_one_line() -> None:
    problem = SourceProblem("fier", found="a\nb", expected="c\x1b[31m", do="D.")
    assert (problem.where, problem.found, problem.expected, problem.do) == ("fier", "a\\nb", "c\\x1b[31m", "D.")
    assert safe_message(problem) == "fier: found a\\nb, expected c\\x1b[31m. D."
    assert safe_message(UserFacingError("one\ntwo\x1b[2K")) == "one\\ntwo\\x1b[2K"


def test_no_disguise_of_a_secret_is_said() -> None:
    canary = Canaries()
    secret = canary("secret")
    hide_secret(secret)
    for disguise in disguises(secret):
        assert canary.found_in(disguise.encode()) == {"secret"}
        said = scrub({f"a {disguise}": [f"b {disguise} c\n{disguise}", 1, None, (disguise,)]})
        assert canary.found_in(repr(said).encode()) == set() and HIDDEN in repr(said)
        assert safe_message(UserFacingError(f"a token {disguise}.")).startswith("a token ")
        assert canary.found_in(safe_message(UserFacingError(disguise)).encode()) == set()


@given(st.text(min_size=8, max_size=40), st.binary(max_size=5), st.binary(max_size=5))
def test_any_secret_is_hidden_between_any_others(secret: str, before: bytes, after: bytes) -> None:
    redaction._disguised.clear()
    content = secret.encode("utf-8", "replace")
    hide_secret(content.decode())
    said = one_line(f"{content.decode()} {quote_plus(content)} {content.hex()}")
    assert said == " ".join([HIDDEN] * 3)
    encoded = base64.b64encode(before + content + after).decode()
    # What is left on either side are letters that depend on the neighbours.
    start, _, end = one_line(encoded).partition(HIDDEN)
    assert len(start) <= len(before) * 4 // 3 + 3 and len(end) <= len(after) * 4 // 3 + 5


def test_what_is_no_secret_keeps_its_words_lines_and_types_and_is_printable() -> None:
    hide_secret("zicht")
    assert one_line("zicht run") == "zicht run"
    assert scrub("a\nb\x1b[31m\r") == "a\nb\\x1b[31m\\r"
    assert scrub({"n": 3, "is": True, "none": None}) == {"n": 3, "is": True, "none": None}


@pytest.mark.parametrize("logger", ["urllib3.x", "dbt", "duckdb", "prefect.flow_runs", "py.warnings", "zichtbaar"])
def test_of_what_others_log_only_who_and_where_is_said(
    logger: str, guarded: None, caplog: pytest.LogCaptureFixture
) -> None:
    canary = Canaries()
    caplog.set_level(logging.DEBUG, logger=logger)
    with pytest.raises(ValueError):
        FAILURES["log of x"](canary("never logged"))
    speaker = logging.getLogger(logger)
    speaker.error("header %s of %s", canary("argument"), {"a": canary("in a dict")})
    speaker.error(f"a text with {canary('text')}")
    try:
        int(canary("error"))
    except ValueError as error:
        speaker.exception("could not: %r", error)
        speaker.error("could not: %r", error, stack_info=True)
    said_in_all = caplog.text + repr([one.__dict__ for one in caplog.records])
    assert canary.found_in(said_in_all.encode()) == set()
    assert f"{logger} spoke (test_redaction.py, line" in caplog.text
    assert "an unforeseen ValueError at test_redaction.py" in caplog.text


def test_our_own_log_lines_are_one_line_and_hold_no_secret(guarded: None, caplog: pytest.LogCaptureFixture) -> None:
    hide_secret("s3cret-of-sixteen")
    logging.getLogger("zicht").warning("the file %s has %s", "a\nERROR forged", "s3cret-of-sixteen")
    assert caplog.messages == ["the file a\\nERROR forged has ***"]


def test_what_prefect_says_of_states_is_kept(guarded: None) -> None:
    made = logging.getLogRecordFactory()
    arguments = ("prefect.flow_runs", 20, "/lib/prefect/flow_engine.py", 1, "Finished in state %s", ("Completed()",))
    assert made(*arguments, None).getMessage() == "Finished in state Completed()"
    failed = (*arguments[:5], (ValueError("CANARY"),))
    assert made(*failed, None).getMessage() == "prefect.flow_runs spoke (flow_engine.py, line 1)"


def test_what_nobody_caught_is_said_without_its_text(guarded: None, capsys: pytest.CaptureFixture[str]) -> None:
    sys.excepthook(ValueError, ValueError("CANARY"), None)
    assert capsys.readouterr().err == "zicht: an unforeseen ValueError; report it as a defect\n"


def test_a_panic_becomes_an_error_and_an_interrupt_stays() -> None:
    with pytest.raises(redaction.Panicked, match=r"^an unforeseen PanicException at forced_failures\.py"):
        contained(FAILURES["panic"])("CANARY")
    with pytest.raises(KeyboardInterrupt):
        contained(lambda: (_ for _ in ()).throw(KeyboardInterrupt))().__next__()


ALERTS = '[alerts]\nwebhook_url = "https://chat.example.org/hooks/T0SECRET0KEY0OF0HOOK"\n'


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    made = new_home(tmp_path, monkeypatch, TOML + ALERTS)
    monkeypatch.setenv("ZICHT_TEST_KEY", "key-of-pseudonyms-0123")
    return made


def test_the_secrets_of_the_configuration_are_never_said(configuration: Configuration) -> None:
    assert configuration.pseudonym_key() == b"key-of-pseudonyms-0123"
    run = new_run()
    run.problems = ["fier: key-of-pseudonyms-0123", "hooks: T0SECRET0KEY0OF0HOOK"]
    assert '"fier: ***",\n  "hooks: ***"' in record(configuration, run).read_text()
    subject, text = _message(configuration, "run", {"build": "T0SECRET0KEY0OF0HOOK"})
    assert scrub(text).startswith("***\n\n") and one_line(subject) == "zicht run: build"


LACKS = "; have PYSPARK_PYTHON name the Python in which zicht is installed"
WORKERS = {
    "ModuleNotFoundError: No module named 'scipy.stats'": "ModuleNotFoundError: No module named 'scipy.stats', "
    f"in a Python worker{LACKS}",
    "pyspark.errors.PySparkRuntimeError: [PYTHON_VERSION_MISMATCH] Python in worker has another version: 3.12": (
        f"PySparkRuntimeError: [PYTHON_VERSION_MISMATCH], in a Python worker{LACKS}"
    ),
    "pyarrow.lib.ArrowInvalid: {canary}\n{canary}Error: No module named '{canary}'": "ArrowInvalid in a Python worker",
    "ValueError: [{canary}] No module named '{canary}'": "ValueError in a Python worker",
    "AssertionError": "AssertionError in a Python worker",
}


@pytest.mark.parametrize("opening", ["An exception was thrown from the Python worker:", "Error from python worker:"])
@pytest.mark.parametrize("raised", WORKERS)
def test_of_an_error_in_a_worker_of_spark_its_type_is_said_and_what_the_worker_lacks(raised: str, opening: str) -> None:
    canary = Canaries()("worker")
    frames = f'  File "worker.py", line 1, in work\n    raise ValueError("{canary}")\n'
    trace = f"Traceback (most recent call last):\n{frames}{raised.replace('{canary}', canary)}\n"
    for indent in ("", "  "):
        text = f"{canary}\n{opening}\n" + "".join(f"{indent}{line}\n" for line in trace.splitlines())
        assert worker_error(f"{text}\tat org.apache.spark.{canary}") == WORKERS[raised]


def test_a_worker_of_spark_that_does_not_start_is_said_without_its_name() -> None:
    said = worker_error('java.io.IOException: Cannot run program "kanarie": error=2')
    assert said == f"no Python worker could be started{LACKS}"
    assert worker_error("Runtime Error: division by zero in kanarie") == ""
