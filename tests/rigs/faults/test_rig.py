"""The rig itself: a connector that is broken on purpose is caught by what it does wrong."""

import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors import ingest
from connectors.chat import incremental
from connectors.errors import SourceProblem
from connectors.formats import text
from connectors.formats.text import UNREADABLE, parse_json
from connectors.transport import connection, folder, http
from connectors.transport.listing import Listing, Page
from rigs.faults import counting
from rigs.faults.test_drift import nothing_is_lost
from rigs.faults.test_folder import ChatFolder
from rigs.faults.verdict import MOST_OVER_DEADLINE, MOST_REQUESTS, Verdict, draw, judge

Patch = pytest.MonkeyPatch


def take_what_is_there(patch: Patch) -> None:
    """Of a page that was cut, the records before the cut."""
    whole = Listing._body

    def body(self: Listing, response: Any, content: bytes) -> Any:
        for end in range(len(content), 0, -1):
            if parse_json(content[:end] + b'], "next_cursor": null}') is not UNREADABLE:
                content = content[:end] + b'], "next_cursor": null}'
                break
        return whole(self, response, content)

    patch.setattr(Listing, "_body", body)


def take_half_a_listing(patch: Patch) -> None:
    whole = Listing.pages

    def pages(self: Listing, *arguments: Any) -> Iterator[Page]:
        try:
            yield from whole(self, *arguments)
        except SourceProblem:
            return

    patch.setattr(Listing, "pages", pages)


def follow_redirects(patch: Patch) -> None:
    """With the token, wherever on this machine they lead."""

    def target(self: requests.Session, response: requests.Response) -> str | None:
        found = requests.Session.get_redirect_target(self, response)
        return found if found and found.startswith("http://127.0.0.1") else None

    def get(self: requests.Session, url: str, **options: Any) -> requests.Response:
        return requests.Session.get(self, url, **{**options, "allow_redirects": True})

    patch.setattr(connection._Session, "get", get)
    patch.setattr(connection._Session, "rebuild_auth", lambda self, *redirect: None)
    patch.setattr(connection._Session, "get_redirect_target", target)


def wait_for_ever(patch: Patch) -> None:
    patch.setattr(connection.Deadline, "_cut", lambda self: None)


def try_on_and_on(patch: Patch) -> None:
    patch.setattr(http, "ATTEMPTS", 9)


def trust_the_last_change(patch: Patch) -> None:
    """The mark is the last change seen, and nothing before it is asked for again."""
    patch.setattr(incremental, "OVERLAP", timedelta(0))
    patch.setattr(incremental.Changes, "mark", property(lambda self: incremental.Mark(self._newest)))


def forget_what_is_known(patch: Patch) -> None:
    patch.setattr(ingest, "known_identities", lambda *arguments: set())


def read_a_moving_listing_once(patch: Patch) -> None:
    whole = incremental.Changes._reading

    def reading(self: incremental.Changes, **options: bool) -> Iterator[Any]:
        yield from whole(self, **options)
        self._has_moved = False

    patch.setattr(incremental.Changes, "_reading", reading)


def show_answers(patch: Patch) -> None:
    def problem(self: Listing, found: str, expected: str, do: str | None = None) -> SourceProblem:
        token = self._session.headers["Authorization"]
        return SourceProblem(self._where, found=f"{found} for {token!r}", expected=expected, do=do or "")

    patch.setattr(Listing, "_problem", problem)


@pytest.mark.parametrize(
    ("broken", "family", "caught"),
    [
        (take_what_is_there, "cut", lambda verdict: verdict.truncations),
        (take_half_a_listing, "status", lambda verdict: verdict.truncations),
        (follow_redirects, "redirect", lambda verdict: "another host was sent the token" in verdict.secrets),
        (wait_for_ever, "drip", lambda verdict: verdict.over_deadline > MOST_OVER_DEADLINE),
        (try_on_and_on, "status", lambda verdict: verdict.requests > MOST_REQUESTS),
        (trust_the_last_change, "drift", lambda verdict: verdict.lost),
        (forget_what_is_known, "drift", lambda verdict: verdict.double),
        (read_a_moving_listing_once, "drift", lambda verdict: verdict.truncations or verdict.lost),
        (show_answers, "status", lambda verdict: "a problem with a secret" in verdict.secrets),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_connector_broken_on_purpose_is_caught(
    broken: Callable[[Patch], None],
    family: str,
    caught: Callable[[Verdict], object],
    tmp_path: Path,
    monkeypatch: Patch,
) -> None:
    broken(monkeypatch)
    cases = [case for case in map(draw, range(200)) if not case.is_file and f" {family}" in str(case)]
    for case in cases:
        verdict = judge(case, tmp_path / str(case.number))
        if caught(verdict):
            assert not verdict.is_good
            return
    pytest.fail(f"none of {len(cases)} cases caught it")


def test_a_listing_that_is_read_once_while_it_moves_is_caught(monkeypatch: Patch) -> None:
    read_a_moving_listing_once(monkeypatch)
    with pytest.raises(AssertionError):
        nothing_is_lost([[], [("change", 0)]], page_size=2, by_offset=True)


def believe_that_files_stand_still(patch: Patch) -> None:
    patch.setattr(folder, "_state", lambda found: ())


def follow_links(patch: Patch) -> None:
    patch.setattr("os.path.realpath", lambda path: str(path))


def take_names_as_they_are(patch: Patch) -> None:
    patch.setattr(folder, "_name", lambda path: path.as_posix().encode("utf-8", "backslashreplace").decode())


def take_lines_that_are_cut(patch: Patch) -> None:
    whole = text._ndjson_lines
    patch.setattr(text, "_ndjson_lines", lambda stream: ((line, True) for line, _ in whole(stream)))


def count_the_newest_name(patch: Patch) -> None:
    patch.setattr(counting, "MODEL", counting.MODEL.replace("min(", "max("))


@pytest.mark.parametrize(
    ("broken", "steps"),
    [
        (believe_that_files_stand_still, [("deliver", 1), ("pull_while_a_file_changes", False, True)]),
        (follow_links, [("put_what_is_no_file", "out"), ("pull",)]),
        (take_names_as_they_are, [("deliver", 1), ("pull",)]),
        (take_lines_that_are_cut, [("write_half", 1), ("pull",)]),
        (count_the_newest_name, [("deliver", 1), ("copy", (1, 0)), ("pull",)]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_folder_that_is_read_wrongly_is_caught(
    broken: Callable[[Patch], None], steps: list[Any], tmp_path: Path, monkeypatch: Patch
) -> None:
    broken(monkeypatch)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    machine = ChatFolder()
    machine.begin(["cafe\u0301", "b"])
    *others, (last, *options) = steps
    for step, *values in others:
        getattr(machine, step)((0, 0), *values)
    with pytest.raises(AssertionError):
        getattr(machine, last)(*([(0, 0)] if options else []), *options)
