"""Force every way in which a run can fail, each with a secret word that no output may contain.

As a program, it forces all failures in the working directory, through the real command line, with the Prefect server
that its environment names:

    forced_failures.py WORDS [bare]

WORDS is the file to which it writes the words. `bare` switches redaction off.
"""

import base64
import datetime
import decimal
import gc
import json
import logging
import smtplib
import sys
import tempfile
import threading
import warnings
import zoneinfo
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn
from urllib.parse import quote

import duckdb
import openpyxl
import pandas as pd
import pyarrow as pa
import pydantic
import pytest
import requests
from canaries import Canaries

from connectors.errors import SourceProblem

Failure = Callable[[str], object]


class Person(pydantic.BaseModel):
    age: int


class PanicException(BaseException):
    """The kind of exception that extensions in Rust raise."""


def raised(error: Callable[[str], BaseException]) -> Failure:
    def fail(word: str) -> NoReturn:
        raise error(f"wrong value {word!r} of {word}")

    return fail


def sql(text: str) -> Failure:
    return lambda word: duckdb.connect().execute(text.replace("WORD", word)).fetchall()


def unreadable_csv(word: str) -> object:
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(f"a,b\n1,2\n{word},3\n")
        file.flush()
        return duckdb.connect().execute(f"from read_csv('{file.name}', types = {{'a': 'integer'}})").fetchall()


def chained(word: str) -> NoReturn:
    try:
        int(word)
    except ValueError as error:
        raise RuntimeError(f"while reading {word}") from error


def noted(word: str) -> NoReturn:
    error = ValueError("wrong")
    error.add_note(f"the value was {word}")
    raise error


def in_a_thread(word: str) -> NoReturn:
    thread = threading.Thread(target=int, args=(word,))
    thread.start()
    thread.join()
    raise ValueError(word)


class Unraisable:
    def __init__(self, word: str) -> None:
        self.word = word

    def __del__(self) -> None:
        raise ValueError(self.word)


def unraisable(word: str) -> NoReturn:
    Unraisable(word)
    gc.collect()
    raise ValueError(word)


def warned(word: str) -> NoReturn:
    warnings.warn(f"could not read {word}", stacklevel=1)
    raise ValueError(word)


def logged(logger: str) -> Failure:
    def log(word: str) -> NoReturn:
        speaker = logging.getLogger(logger)
        speaker.debug("sent header Authorization: %s", word)
        speaker.error(f"found {word}")
        try:
            int(word)
        except ValueError:
            speaker.exception("could not read it", stack_info=True)
        raise ValueError(word)

    return log


def bad_status(word: str) -> object:
    response = requests.Response()
    response.status_code, response.url, response.reason = 500, f"http://127.0.0.1/{word}", word
    return response.raise_for_status()


def damaged_workbook(word: str) -> object:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{word}.xlsx")
        path.write_text(word)
        return openpyxl.load_workbook(path)


FAILURES: dict[str, Failure] = {
    "duckdb cast": sql("select cast('WORD' as integer)"),
    "duckdb date": sql("select date 'WORD'"),
    "duckdb csv": unreadable_csv,
    "duckdb key": sql("create table t (a text primary key); insert into t values ('WORD'), ('WORD')"),
    "duckdb check": sql("create table t (a text check (length(a) < 3)); insert into t values ('WORD')"),
    "duckdb parser": sql("select 'WORD"),
    "duckdb catalog": sql("from WORD"),
    "duckdb binder": sql("select WORD from (select 1 as a)"),
    "duckdb file": sql("from read_parquet('/WORD.parquet')"),
    "pandas cast": lambda word: pd.Series([word]).astype(int),
    "pandas date": lambda word: pd.to_datetime(pd.Series([word])),
    "pandas column": lambda word: pd.DataFrame({"a": [1]})[word],
    "pyarrow cast": lambda word: pa.array([word]).cast(pa.int64()),
    "pyarrow type": lambda word: pa.array([word, 1]),
    "pydantic": lambda word: Person.model_validate({"age": word}),
    "requests connection": lambda word: requests.get(f"http://127.0.0.1:9/{word}?token={word}", timeout=1),
    "requests status": bad_status,
    "requests header": lambda word: requests.get("http://127.0.0.1:9", headers={"a": f"{word}\n"}, timeout=1),
    "requests address": lambda word: requests.get(f"http://[{word}/", timeout=1),
    "openpyxl": damaged_workbook,
    "number": int,
    "decimal": lambda word: decimal.Decimal(word),
    "day": datetime.date.fromisoformat,
    "time zone": zoneinfo.ZoneInfo,
    "json": lambda word: json.loads(f'{{"a": {word}}}'),
    "decoding": lambda word: (word.encode() + b"\xff").decode(),
    "encoding": lambda word: f"{word}\ud800".encode(),
    "key": lambda word: {}[word],
    "file": lambda word: open(f"/nowhere/{word}"),  # noqa: SIM115, PTH123
    "assertion": raised(AssertionError),
    "recursion": raised(RecursionError),
    "memory": raised(MemoryError),
    "timeout": raised(TimeoutError),
    "mail server": raised(lambda text: smtplib.SMTPResponseException(550, text)),
    "group": raised(lambda text: ExceptionGroup(text, [ValueError(text)])),
    "panic": raised(PanicException),
    "chain": chained,
    "note": noted,
    "thread": in_a_thread,
    "unraisable": unraisable,
    "warning": warned,
    **{
        f"log of {name}": logged(name) for name in ("urllib3.connectionpool", "dbt", "duckdb", "prefect.flow_runs", "x")
    },
}


def disguises(secret: str) -> Iterator[str]:
    """Yield the forms in which a user-facing message could contain a secret."""
    yield secret
    yield secret.upper()
    yield quote(secret)
    yield secret.encode().hex()
    for before in ("", "a", "ab"):
        yield base64.b64encode(f"{before}{secret}z".encode()).decode()


DBT = {
    "dbt_project.yml": (
        "{name: forced, version: '1.0', config-version: 2, profile: zicht, "
        "target-path: '{{ env_var(\"ZICHT_DBT_TARGET\") }}'}"
    ),
    "profiles.yml": """
zicht:
  target: w
  outputs:
    w: &w {type: duckdb, path: "{{ env_var('ZICHT_DBT_DATABASE') }}"}
    read_only: {<<: *w, config_options: {access_mode: read_only}}
""",
    "values.csv": "label\nWORD\n",
    "models/tested.sql": "select label from read_csv('FOLDER/values.csv', all_varchar = true)",
    "models/cast.sql": (
        "{{ config(materialized='table') }} select cast(label as integer) as number from {{ ref('tested') }}"
    ),
    "models/tested.yml": (
        "models: [{name: tested, columns: [{name: label, "
        "data_tests: [{accepted_values: {arguments: {values: [a]}}}]}]}]"
    ),
}


def write_dbt_project(folder: Path, word: str, *, has_test: bool) -> Path:
    for name, text in DBT.items():
        if name != ("models/cast.sql" if has_test else "models/tested.yml"):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("WORD", word).replace("FOLDER", str(folder)))
    return folder


def call(*arguments: str) -> None:
    """Call the command line as a process of its own would."""
    from flows import cli

    sys.argv = ["zicht", *arguments]
    try:
        cli.main()
    except SystemExit:
        pass
    except Exception:  # noqa: BLE001 - as Python prints an uncaught exception
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]


def failing(failure: Failure, word: str) -> Callable[..., object]:
    """Return a function that fails, to replace any other function."""
    return lambda *arguments, **more: failure(word)


def play(canary: Canaries, secrets: dict[str, str]) -> int:
    """Force every failure and return how many there were."""
    from connectors.ingest import Received
    from flows import monthly, nightly, restore
    from flows.release.disclosure.check import Blocked
    from flows.release.package import ReleaseRefused
    from flows.runtime import mail
    from flows.warehouse import build, dbt_runner, versions
    from flows.warehouse.dbt_runner import BuildFailed
    from flows.warehouse.export import ExportFailed

    words = {name: canary(name) for name in FAILURES}
    n_forced = len(words) + 1  # one more: the platform's connection is refused
    foreseen = [
        lambda text: SourceProblem("fier", found=text, expected="b", do="c"),
        BuildFailed,
        ExportFailed,
        ReleaseRefused,
        Blocked,
        mail.NotAccepted,
        restore.NotRestored,
    ]
    receive = nightly.receive

    def fail_by_name(source: Any, *rest: Any) -> Received:
        if source.name == "fier":
            return receive(source, *rest)
        name = list(FAILURES)[int(source.name.removeprefix("s"))]
        FAILURES[name](words[name])
        raise AssertionError("it did not fail")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nightly, "receive", fail_by_name)
        patch.setattr(build, "renew", failing(FAILURES["duckdb cast"], words["duckdb cast"]))
        call("run")
        patch.setattr(nightly, "receive", lambda source, *rest: Received(source.name))
        for error in foreseen:  # somebody writes a secret into a user-facing message by mistake
            text = " ".join(disguise for secret in secrets.values() for disguise in disguises(secret))
            patch.setattr(build, "renew", failing(raised(error), text))
            call("run", "--source", "s0")
            n_forced += 1
    for has_test in (True, False):
        with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
            word = canary(f"dbt {'test' if has_test else 'model'}")
            patch.setattr(nightly, "receive", lambda source, *rest: Received(source.name))
            patch.setattr(dbt_runner, "DBT_PROJECT", write_dbt_project(Path(folder), word, has_test=has_test))
            call("run", "--source", "s0")
            n_forced += 1
    for place in ("build", "check_release", "_publish"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(versions, "current_version", lambda configuration: {"deliveries": "", "run": "none"})
            patch.setattr(versions, "query", lambda *a: [(datetime.date(2019, 1, 1), datetime.date(2020, 12, 31))])
            for name in ("build", "check_release", "write_release"):
                patch.setattr(monthly, name, lambda *a, **k: SimpleNamespace())
            patch.setattr(monthly, "charts", lambda *a, **k: [])
            patch.setattr(monthly, place, failing(FAILURES["duckdb cast"], canary(f"release, {place}")))
            call("release", "2020-12")
            n_forced += 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(restore, "drill", failing(FAILURES["pydantic"], words["pydantic"]))
        restore.restore_drill(return_state=True)
        patch.setattr("flows.operations.status.read_status", failing(FAILURES["key"], words["key"]))
        call("status")
        patch.setattr(nightly, "receive", lambda source, *rest: Received(source.name))
        patch.setattr(build, "renew", lambda *a, **k: None)
        patch.setenv("ZICHT_MAIL__PORT", "9")  # nothing accepts the mail, the message or the ping
        patch.setenv("ZICHT_ALERTS__WEBHOOK_URL", f"http://127.0.0.1:9/{secrets['webhook']}")
        call("run", "--source", "s0")
        patch.setattr(build, "renew", failing(raised(KeyboardInterrupt), canary("interrupted")))
        call("run", "--source", "s0")
        n_forced += 6
    return n_forced


def main() -> None:
    """Force all failures; write the words and the number of failures to a file."""
    from flows.runtime import redaction

    secrets, [words, *options] = json.loads(sys.stdin.read()), sys.argv[1:]
    if options == ["bare"]:
        redaction.safe_message = redaction.one_line = lambda said: str(said)  # type: ignore[assignment]
        redaction.scrub = lambda said: said
        redaction.guard = lambda: None
    canary = Canaries()
    n_forced = play(canary, secrets)
    Path(words).write_text(json.dumps({"words": canary.labels, "forced": n_forced}))


if __name__ == "__main__":
    main()
