"""A platform that changes while its pages are read, in any order that Hypothesis finds, whatever its cursors are."""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loopback import Loopback, Platform
from promises import cases
from samples import NAME, Inbox

from connectors.ingest import Received
from rigs.faults.catalogue import a_record, moment
from rigs.faults.server import FaultyPlatform
from rigs.faults.verdict import START, landed

RECORDS = 8
# Ten days between records: what is overlooked lies before the overlap, and nothing but another reading brings it.
STEP = timedelta(days=10)
edits = st.sampled_from(["change", "change", "erase", "late", "new"])
schedules = st.lists(st.lists(st.tuples(edits, st.integers(0, RECORDS - 1)), max_size=2), max_size=10)


def nothing_is_lost(schedule: list[list[Any]], page_size: int, by_offset: bool) -> None:
    """Two pulls during which the platform changes before each page, and one of a platform at rest."""
    platform = Platform([a_record(n, moment(START + n * STEP)) for n in range(RECORDS)], page_size, by_offset=by_offset)
    server = FaultyPlatform(platform)
    pending, last = list(schedule), START + RECORDS * STEP

    def edit() -> None:
        nonlocal last
        for kind, number in pending.pop(0) if pending else []:
            last += timedelta(minutes=1)
            if kind in ("change", "erase"):
                server.edit(number, moment(last), tags=[moment(last).lower()], deleted=kind == "erase")
            else:
                at = last - timedelta(days=3 if kind == "late" else 0)
                server.add(a_record(100 + len(platform.records), moment(at)))

    platform.before_each_page = edit
    with tempfile.TemporaryDirectory() as folder, Loopback(server) as loopback:
        inbox = Inbox(Path(folder), "chat", loopback.url)
        for _ in range(2):
            inbox.receive()
        pending.clear()
        inbox.receive()
        assert server.truth() <= landed(inbox) <= server.versions
        assert inbox.receive() == Received(NAME)
        rows = inbox.rows("conversations")
        assert len({str({**row, "location": ""}) for row in rows}) == len(rows)


@settings(max_examples=30, deadline=None)
@given(schedules, st.integers(1, 4), st.booleans())
def test_no_change_is_lost_however_pages_drift(schedule: list[list[Any]], page_size: int, by_offset: bool) -> None:
    nothing_is_lost(schedule, page_size, by_offset)


@pytest.mark.full
@settings(max_examples=cases(60, 500), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schedules, st.integers(1, 4), st.booleans())
def test_no_change_is_lost_in_many_schedules(schedule: list[list[Any]], page_size: int, by_offset: bool) -> None:
    nothing_is_lost(schedule, page_size, by_offset)
