"""Freshness, and the dead man's switch: what is silent for too long, by the records of runs and receipts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from homes import new_home

from connectors.landing import Landing
from connectors.storage.receipts import Receipt
from flows.operations import drift, status
from flows.runtime import runs
from flows.runtime.configuration import Configuration

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
Load = Callable[[str], Configuration]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    def configuration(more: str = "") -> Configuration:
        sources = (
            f'[sources.fier]\nkind = "chat"\npath = "inbox"\n{more}\n[sources.coding]\nkind = "coding"\npath = "c"\n'
        )
        return new_home(tmp_path, monkeypatch, f'home = "home"\n[release]\napprovals = 1\n{sources}')

    return configuration


def receive(configuration: Configuration, moment: datetime, **changes: Any) -> None:
    receipt = Receipt(1, "fier", "chat", "a.jsonl", "d", "c", "k", moment.isoformat(), {"conversations": 1}, 0)
    Landing(configuration.landing).accept(replace(receipt, **changes))


def ran(configuration: Configuration, started: datetime, outcome: str = "completed", **changes: object) -> None:
    run = runs.next_run(configuration)
    run.started_at, run.outcome = started.isoformat(), outcome
    for name, value in changes.items():
        setattr(run, name, value)
    runs.record(configuration, run)


def read(*problems: str) -> dict[str, object]:
    return {"deliveries": 0, "rows": 0, "rejected": 0, "problems": list(problems)}


@pytest.mark.parametrize(
    ("allowed", "days", "is_stale"), [*((3, days, days not in (0, 3)) for days in (0, 3, 4, -4)), (None, 4000, False)]
)
def test_a_source_is_stale_when_nothing_new_came_for_longer_than_allowed(
    load: Load, allowed: int | None, days: int, is_stale: bool
) -> None:
    configuration = load(f"stale_after_days = {allowed}" if allowed else "")
    receive(configuration, NOW - timedelta(days=days))
    stale = status.source_states(configuration, NOW)["fier"].stale
    assert "fier: found nothing new since 2026-11-" in str(stale) if is_stale else stale is None


def test_what_is_wrong_with_a_source_stays_wrong_until_it_is_read_again(load: Load) -> None:
    configuration = load()
    ran(configuration, NOW, "completed with problems", sources={"fier": read("fier: gone."), "coding": read()})
    ran(configuration, NOW, sources={"coding": read()}, kind="source")
    assert [(one.key, one.line) for one in status.to_do(configuration)] == [("fier", "fier: gone.")]
    ran(configuration, NOW, sources={"fier": read()}, kind="source")
    assert status.to_do(configuration) == []


def test_what_a_person_must_do_is_one_list_most_urgent_first(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = load("stale_after_days = 3")
    receive(configuration, NOW - timedelta(days=4), not_honoured=2)
    waiting = Receipt(2, "fier", "chat", "b.jsonl", "e" * 32, "c", "k", NOW.isoformat(), {}, 9, state="quarantined")
    Landing(configuration.landing).accept(waiting)
    configuration.previews.mkdir(parents=True)
    (configuration.previews / "2026-10.json").write_text("{}")
    lines = ["fier: a.jsonl: found 2 (deletion_not_honoured).", "fier: c.jsonl: gone."]
    ran(
        configuration,
        NOW,
        "completed with problems",
        published="x",
        sources={"fier": {**read(*lines), "drifting": {"shared name": "x"}}, "coding": read()},
    )
    ran(configuration, NOW, "failed", problems=["fier: gone.", "build: test one: fail."])
    monkeypatch.setattr(status, "_query", lambda *more: [(True, False)])
    found = status.to_do(configuration, NOW)
    assert [one.kind for one in found] == [*status.KINDS]
    assert [one.kind for one in found if not one.is_urgent] == ["awaiting approval", "uncoded", "drifting"]
    text = {one.kind: one.line for one in found}
    assert text["failed"].startswith("build: test one: fail. Run ") and text["failed"].endswith("then: zicht run.")
    assert text["deletion not honoured"].endswith("zicht erase fier:ID.")
    assert f"zicht approve {waiting.delivery[:12]} --reason" in text["quarantined"]
    assert text["could not be read"] == "fier: c.jsonl: gone."
    monkeypatch.setattr(status, "_query", lambda *more: [(True, True)])
    assert status.to_do(configuration, NOW)[-2].is_urgent


@pytest.mark.parametrize(
    ("later", "is_honoured"),
    [
        ({"file": "a.jsonl"}, True),  # the file was delivered again
        ({"file": "b.jsonl"}, False),
        ({"file": "a.jsonl", "not_honoured": 1}, False),
    ],
)
def test_a_deletion_that_was_not_honoured_stays_until_it_is(load: Load, later: Any, is_honoured: bool) -> None:
    configuration = load()
    receive(configuration, NOW, not_honoured=1)
    receive(configuration, NOW, sequence=2, delivery="e", **later)
    assert status.to_do(configuration, NOW) == [] if is_honoured else status.to_do(configuration, NOW)
    ran(configuration, NOW + timedelta(hours=1), kind="erase", removed={"other": {"conversations": 1}})
    assert bool(status.to_do(configuration, NOW)) != is_honoured
    ran(configuration, NOW + timedelta(hours=1), kind="erase", removed={"fier": {"conversations": 1}})
    assert status.to_do(configuration, NOW) == []


@pytest.mark.parametrize(("reading", "is_honoured"), [("r", False), ("s", True)])
def test_a_pull_stays_with_its_deletions_until_the_platform_is_read_from_the_start(
    load: Load, reading: str, is_honoured: bool
) -> None:
    configuration = load()
    pulled = {"updated_through": NOW.isoformat()}
    receive(configuration, NOW, file="conversations#1", not_honoured=1, reading="r", **pulled)
    receive(configuration, NOW, file="conversations#2", sequence=2, delivery="e", reading=reading, **pulled)
    assert bool(status.to_do(configuration, NOW)) != is_honoured


@pytest.mark.parametrize(("visits", "others", "is_shared"), [(20, 379, True), (19, 1, False), (20, 380, False)])
def test_a_name_with_an_implausible_share_of_a_source_drifts(
    load: Load, visits: int, others: int, is_shared: bool
) -> None:
    configuration = load()
    configuration.home.mkdir()
    names = ["secret"] * visits + [None] * (others // 2) + [f"n{number}" for number in range(others - others // 2)]
    with duckdb.connect(str(configuration.home / "persons.duckdb")) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_conversations_current as "
            "select 'fier' as source_id, unnest(?) as nickname_pseudonym, 'r' as reading",
            [names],
        )
    run = runs.Run("1", NOW.isoformat(), sources={"fier": {"reading": "r"}, "coding": {"reading": "s"}})
    drift.note(configuration, run)
    lines = run.sources["fier"]["drifting"].values()
    assert [f"{visits} of {visits + others} conversations" in line for line in lines] == [True] * is_shared
    assert "secret" not in str(run)


def test_deliveries_that_are_unlike_those_before_drift(load: Load) -> None:
    configuration = load()
    configuration.home.mkdir()
    with duckdb.connect(str(configuration.home / "persons.duckdb")) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_conversations_current as "
            "select 'fier' as source_id, '' as nickname_pseudonym, 'r' as reading where false"
        )
    for week in range(8):
        then, newer = NOW - timedelta(days=7 * (7 - week)), 5 if week == 7 else 60
        receive(configuration, then, sequence=week + 1, delivery=f"{week}", newest=then.isoformat(), newer=newer)
    run = runs.Run("1", NOW.isoformat(), sources={"fier": {"reading": "r"}})
    drift.note(configuration, run)
    line = run.sources["fier"]["drifting"]["unlike before"]
    assert line.startswith("fier: 5 conversations in 7 days, where 60 to 60 were usual. Everything counts.")


@pytest.mark.parametrize(("hours", "is_well"), [(0, True), (25, True), (27, False), (-25, True), (-27, False)])
def test_silence_is_too_long_without_a_good_run(load: Load, hours: int, is_well: bool) -> None:
    assert status.check(load(), NOW) == (False, "no nightly run has come to its end yet; run `zicht run`.")
    ran(load(), NOW - timedelta(hours=hours))
    well, line = status.check(load(), NOW)
    assert (well, "a clock was set" in line) == (is_well, hours == -27)


@pytest.mark.parametrize(
    ("outcome", "kind", "is_good"),
    [
        ("completed", "nightly", True),
        ("completed with problems", "nightly", True),
        ("failed", "nightly", False),
        ("running", "nightly", False),
        ("completed", "source", False),
        ("completed", "rebuild", False),
    ],
)
def test_a_good_run_pulled_everything_and_came_to_its_end(load: Load, outcome: str, kind: str, is_good: bool) -> None:
    ran(load(), NOW - timedelta(hours=1), outcome, kind=kind)
    assert status.check(load(), NOW)[0] == is_good


def test_a_release_that_waits_is_told_with_what_to_do(load: Load) -> None:
    configuration = load()
    configuration.previews.mkdir(parents=True)
    (configuration.previews / "2026-10.1.json").write_text("{}")
    [(key, line)] = status.waiting_releases(configuration).items()
    assert key == "2026-10.1 waits" and line.endswith("2026-10.1/index.html, then: zicht approve 2026-10.1.")


def test_runs_follow_each_other_also_after_the_clock_was_set_back(load: Load) -> None:
    configuration = load()
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime(runs.ID)
    runs.record(configuration, runs.Run(tomorrow, NOW.isoformat()))
    names = [tomorrow]
    for _ in range(3):
        run = runs.next_run(configuration)
        runs.record(configuration, run)
        names.append(run.id)
    assert names == sorted(set(names))
    last = runs.last_run(configuration)
    assert last and last["id"] == names[-1]
