"""Freshness, and the dead man's switch: what is silent for too long, by the records of runs and receipts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.landing import Landing, Receipt
from flows.operations import status
from flows.runtime import runs
from flows.runtime.configuration import Configuration, load_configuration

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
Load = Callable[[str], Configuration]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    def configuration(more: str = "") -> Configuration:
        sources = (
            f'[sources.fier]\nkind = "chat"\npath = "inbox"\n{more}\n[sources.coding]\nkind = "coding"\npath = "c"\n'
        )
        (tmp_path / "zicht.toml").write_text(f'home = "home"\n[release]\napprovals = 1\n{sources}')
        monkeypatch.setenv("ZICHT_CONFIG", str(tmp_path / "zicht.toml"))
        return load_configuration()

    return configuration


def receive(configuration: Configuration, moment: datetime) -> None:
    receipt = Receipt(1, "fier", "chat", "a.jsonl", "d", "c", "k", moment.isoformat(), {"conversations": 1}, 0)
    Landing(configuration.landing).accept(receipt)


def ran(configuration: Configuration, started: datetime, outcome: str = "completed", **changes: object) -> None:
    run = runs.next_run(configuration)
    run.started_at, run.outcome = started.isoformat(), outcome
    for name, value in changes.items():
        setattr(run, name, value)
    runs.record(configuration, run)


def read(*problems: str) -> dict[str, object]:
    return {"deliveries": 0, "rows": 0, "rejected": 0, "problems": list(problems)}


@pytest.mark.parametrize(("days", "is_stale"), [(0, False), (3, False), (4, True), (-4, True)])
def test_a_source_is_stale_when_nothing_new_came_for_longer_than_allowed(load: Load, days: int, is_stale: bool) -> None:
    configuration = load("stale_after_days = 3")
    receive(configuration, NOW - timedelta(days=days))
    state = status.source_states(configuration, NOW)["fier"]
    assert (state.stale is not None) == is_stale
    assert not is_stale or "fier: found nothing new since 2026-11-" in str(state.stale)


def test_a_source_of_which_nothing_is_expected_is_never_stale(load: Load) -> None:
    receive(load(), NOW - timedelta(days=4000))
    assert status.source_states(load(), NOW)["fier"].stale is None


def test_what_is_wrong_with_a_source_stays_wrong_until_it_is_read_again(load: Load) -> None:
    configuration = load()
    ran(configuration, NOW, "completed with problems", sources={"fier": read("fier: gone."), "coding": read()})
    ran(configuration, NOW, sources={"coding": read()}, kind="source")
    assert status.source_problems(configuration) == {"fier": "fier: gone."}
    ran(configuration, NOW, sources={"fier": read()}, kind="source")
    assert status.source_problems(configuration) == {}


def test_before_the_first_run_nothing_is_well(load: Load) -> None:
    assert status.check(load(), NOW) == (False, "no nightly run has come to its end yet; run `zicht run`.")


@pytest.mark.parametrize(("hours", "is_well"), [(0, True), (25, True), (27, False), (-25, True), (-27, False)])
def test_silence_is_too_long_without_a_good_run(load: Load, hours: int, is_well: bool) -> None:
    ran(load(), NOW - timedelta(hours=hours))
    well, line = status.check(load(), NOW)
    assert well == is_well
    assert ("a clock was set" in line) == (hours == -27)


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
