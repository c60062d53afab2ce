"""Judge one case: the real connector reads a platform, or a file at an address, with some faults into a real landing.

The landing is then compared with the data of the platform.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from loopback import Loopback, Platform, Request, reply
from samples import NAME, Inbox, registry_bytes

from connectors.chat import incremental
from connectors.errors import SourceProblem
from connectors.transport import document, http
from connectors.transport import folder as inboxes
from connectors.transport.http import Document
from connectors.transport.listing import Listing
from rigs.faults.catalogue import FAMILIES, OF_A_FILE, a_record, moment
from rigs.faults.server import TOKEN, Fault, FaultyPlatform, Pieces, Sink, Version

DEADLINE_SECONDS = 0.6
MOST_REQUESTS = 5
MOST_OVER_DEADLINE = 1.0
START = datetime(2021, 3, 1, tzinfo=UTC)
WORKBOOK = registry_bytes(["Totaal", 5, 6], ["Seksuele uitbuiting", 3, "<5"])


@dataclass(frozen=True)
class Case:
    """One case: a platform or a file with faults."""

    number: int  # the case is drawn from it
    is_file: bool  # whether a file is read instead of a platform
    faults: dict[int, list[Fault]]  # of the n-th page, by n
    by_offset: bool  # whether cursors are offsets
    page_size: int  # records on a page
    moments: list[str]  # the last change of each record, as RFC 3339 text
    earlier: int  # records that an earlier pull has already read

    def __str__(self) -> str:
        drawn = "; ".join(f"{page}: {', '.join(f.name for f in faults)}" for page, faults in self.faults.items())
        shape = "file" if self.is_file else f"{len(self.moments)} records by {self.page_size}"
        return f"case {self.number} ({shape}{', offsets' if self.by_offset else ''}, {self.earlier} earlier) {drawn}"


@dataclass
class Verdict:
    """The result of one case.

    Everything except the last two fields must be empty, 0, or within bounds.
    """

    case: Case
    truncations: int = 0  # versions that existed all the time and are missing from an accepted pull
    lost: int = 0
    double: int = 0
    invented: int = 0
    requests: int = 0  # the most for one page
    over_deadline: float = 0.0
    secrets: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    is_accepted: bool = False
    faults: int = 0

    @property
    def is_good(self) -> bool:
        counts = self.truncations + self.lost + self.double + self.invented
        is_bounded = self.requests <= MOST_REQUESTS and self.over_deadline <= MOST_OVER_DEADLINE
        return not counts and is_bounded and not self.secrets and not self.wrong


def draw(number: int) -> Case:
    """Return the case of a number. Its first family of faults is the next one in turn; the others are random."""
    dice = random.Random(f"fault {number}")
    is_file = number % 8 == 7
    families = OF_A_FILE if is_file else FAMILIES
    size = dice.randint(4, 14)
    page_size = dice.randint(1, 4)
    pages = 1 if is_file else -(-size // page_size)
    faults: dict[int, list[Fault]] = {}
    for nth in range(dice.choice([1, 1, 2, 3])):
        family = families[(number - number // 8) % len(families)] if nth == 0 else dice.choice(families)
        times = dice.choice([1, 1, 1, 2, 3, 4, 5])
        faults.setdefault(dice.randrange(pages), []).extend(family(dice) for _ in range(times))
    # Few distinct moments: ties occur at every place, and moments may be less than a second apart.
    spread = dice.choice([0.25, 3600.0, 20 * 86400.0])
    moments = sorted(moment(START + timedelta(seconds=spread * dice.randrange(size))) for _ in range(size))
    earlier = dice.choice([0, 0, dice.randrange(size)])
    return Case(number, is_file, faults, dice.random() < 0.4, page_size, moments, earlier)


@contextmanager
def in_a_hurry(deadline: float) -> Iterator[None]:
    """Shorten all waits. Retries wait a hundredth of the real time."""
    sleep = lambda seconds: time.sleep(seconds / 100)  # noqa: E731
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "DEADLINE_SECONDS", deadline)
        patch.setattr(http, "CONNECT_AND_READ_SECONDS", (deadline / 4, deadline / 4))
        patch.setattr(http, "FIRST_WAIT_SECONDS", deadline / 100)
        patch.setattr(incremental, "Listing", partial(Listing, sleep=sleep))
        patch.setattr(document, "Document", partial(Document, sleep=sleep))
        yield


def judge(case: Case, folder: Path) -> Verdict:
    """Read with the faults, then without them, and compare."""
    verdict = Verdict(case, faults=sum(map(len, case.faults.values())))
    with Sink() as sink, pytest.MonkeyPatch.context() as patch:
        patch.setattr(inboxes, "SETTLED_SECONDS", 0.0)
        (_judge_file if case.is_file else _judge_platform)(verdict, folder, sink)
        received = sink.received
    if received:
        verdict.secrets.append(f"another host was sent {len(received)} bytes")
    if TOKEN.encode() in received:
        verdict.secrets.append("another host was sent the token")
    return verdict


def _pull(verdict: Verdict, inbox: Inbox) -> bool:
    """Return whether the source was read without a problem. A problem must be one line without a secret."""
    problems: list[str] = []
    try:
        problems = inbox.receive().problems
    except SourceProblem as problem:
        problems = [str(problem)]
    except Exception as error:  # noqa: BLE001
        verdict.wrong.append(f"raised {error!r}")
        return False
    for problem in problems:
        if not problem.isprintable():
            verdict.wrong.append("a problem of several lines")
        if TOKEN in problem or "verzonnen" in problem:
            verdict.secrets.append("a problem with a secret")
    return not problems


def _pull_with_faults(verdict: Verdict, inbox: Inbox) -> None:
    before = len(inbox.landing.receipts(NAME))
    started = time.monotonic()
    with in_a_hurry(DEADLINE_SECONDS):
        is_whole = _pull(verdict, inbox)
    verdict.over_deadline = time.monotonic() - started - DEADLINE_SECONDS
    verdict.is_accepted = is_whole and len(inbox.landing.receipts(NAME)) > before


def _judge_platform(verdict: Verdict, folder: Path, sink: Sink) -> None:
    case = verdict.case
    records = [a_record(number, at) for number, at in enumerate(case.moments)]
    platform = Platform(records[: case.earlier], case.page_size, by_offset=case.by_offset)
    server = FaultyPlatform(platform, sink.url)
    with Loopback(server) as loopback:
        inbox = Inbox(folder, "chat", loopback.url, TOKEN)
        if case.earlier:
            _pull(verdict, inbox)
        for record in records[case.earlier :]:
            server.add(record)
        server.begin({page: list(faults) for page, faults in case.faults.items()})
        before = server.truth()
        _pull_with_faults(verdict, inbox)
        verdict.requests = max(server.asked.values(), default=0)
        if verdict.is_accepted:
            verdict.truncations = len((before & server.truth()) - landed(inbox))
        server.mended()
        if not _pull(verdict, inbox):
            verdict.wrong.append("not read once it was mended")
        verdict.requests = max(verdict.requests, *server.asked.values())
        verdict.lost = len(server.truth() - landed(inbox))
        if inbox.receive().deliveries:
            verdict.wrong.append("something new where nothing is")
    verdict.double = sum(n - 1 for n in Counter(_versions(inbox)).values())
    verdict.invented = len(landed(inbox) - server.versions)


def landed(inbox: Inbox) -> set[Version]:
    """Return the versions of records that landed."""
    return set(_versions(inbox))


def _versions(inbox: Inbox) -> list[Version]:
    return [
        (row["conversation_id"], moment(row["updated_at"]), row["is_deleted"], tuple(row["tags"] or ()))
        for row in inbox.rows("conversations")
    ]


def _judge_file(verdict: Verdict, folder: Path, sink: Sink) -> None:
    """Judge a workbook at an address in the same way."""
    faults = [fault for faults in verdict.case.faults.values() for fault in faults]
    asked = 0

    def answer(request: Request) -> Pieces:
        nonlocal asked
        asked += 1
        fault = faults.pop(0).answer if faults else None
        return fault(WORKBOOK, sink.url) if fault else reply(WORKBOOK)

    whole = Inbox(folder / "whole", "comensha")
    whole.put("w.xlsx", WORKBOOK)
    whole.receive()
    truth = [str(row) for row in whole.rows("registry_figures")]
    with Loopback(answer) as loopback:
        inbox = Inbox(folder, "comensha", f"{loopback.url}/w.xlsx", TOKEN)
        _pull_with_faults(verdict, inbox)
        verdict.requests = asked
        figures = [str(row) for row in inbox.rows("registry_figures")]
        verdict.truncations = len(set(truth) - set(figures)) if verdict.is_accepted else 0
        faults.clear()
        if not _pull(verdict, inbox):
            verdict.wrong.append("not read once it was mended")
    figures = [str(row) for row in inbox.rows("registry_figures")]
    verdict.lost, verdict.invented = len(set(truth) - set(figures)), len(set(figures) - set(truth))
    verdict.double = len(figures) - len(set(figures))
