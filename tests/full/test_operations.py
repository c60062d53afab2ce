"""The deployments as an organisation runs them: scheduled, held up, killed and restarted, and what they report."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from homes import load
from loopback import Loopback
from organisation import TOKEN, HeldPlatform, Organisation, wait_for
from samples import a_coding, a_record, coding_bytes

from flows.warehouse import build

pytestmark = pytest.mark.full

TOML = """
home = "home"
pseudonym_key_env = "ZICHT_TEST_KEY"
fictitious = true

[sources.fier]
kind = "chat"
url = "{url}"
token_block = "zicht-fier"

[sources.coding]
kind = "coding"
path = "coding"
"""
SECRET = f"from prefect.blocks.system import Secret; Secret(value='{TOKEN}').save('zicht-fier')"


@pytest.fixture(scope="module")
def platform() -> HeldPlatform:
    records = [a_record(number, nickname=f"CANARY {number}", transcript="CANARY") for number in range(20)]
    return HeldPlatform([*records, a_record(99, tags="CANARY")])


@pytest.fixture(scope="module")
def organisation(platform: HeldPlatform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    """A server, a worker and a platform after `prefect deploy --all`, and a warehouse of before."""
    folder = tmp_path_factory.mktemp("organisation")
    (folder / "coding").mkdir()
    (folder / "coding" / "a.csv").write_bytes(coding_bytes(a_coding(1)))
    with Loopback(platform) as served:
        (folder / "zicht.toml").write_text(TOML.format(url=served.url))
        made = Organisation(folder)
        try:
            made.start_server()
            made.start_worker()
            # A warehouse of the same code, so that its SQL need not be tested on its own examples again.
            configuration = load(folder)
            built = build.build(configuration, is_new_code=False, progress=lambda node: None)
            build.publish(configuration, built, "20200101T000000000000Z", "none", progress=lambda node: None)
            subprocess.run([sys.executable, "-c", SECRET], env=made.environment, check=True, capture_output=True)
            made.prefect("deploy", "--all")
            yield made
        finally:
            platform.go.set()
            made.stop()


def records(organisation: Organisation) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((organisation.folder / "home" / "runs").glob("*.json"))]


def artifacts_of(organisation: Organisation, run: str) -> dict[str, Any]:
    listed = organisation.ask("artifacts/filter", artifacts={"flow_run_id": {"any_": [run]}})
    return {one["key"]: one["data"] for one in listed}


def test_deployments_wait_on_the_server_with_their_schedules(organisation: Organisation) -> None:
    deployments = {one["name"]: one for one in organisation.ask("deployments/filter")}
    assert set(deployments) == {"nightly", "monthly-release", "backfill", "restore-drill"}
    nightly = deployments["nightly"]["schedules"][0]["schedule"]
    assert (nightly["cron"], nightly["timezone"]) == ("30 4 * * *", "Europe/Amsterdam")
    assert "pattern" in json.dumps(deployments["backfill"]["parameter_openapi_schema"]["properties"]["first"])
    refused = requests.post(
        f"{organisation.api}/deployments/{deployments['backfill']['id']}/create_flow_run",
        json={"parameters": {"first": "2019-13", "last": "2019-12"}},
        timeout=30,
    )
    assert refused.status_code == 409


def test_a_scheduled_night_fires_runs_and_leaves_its_account(organisation: Organisation) -> None:
    organisation.have_it_fire("nightly", 5)
    run = wait_for(lambda: next(iter(organisation.scheduled_runs()), None))
    assert organisation.wait_for_end(run["id"]) == ("COMPLETED", "Completed")
    [record] = records(organisation)
    assert (record["outcome"], record["problems"], record["flow_run"]) == ("completed", [], run["id"])
    assert record["sources"]["fier"]["rows"] == 20
    known = organisation.look_up(f"flow_runs/{run['id']}")
    planned = datetime.fromisoformat(known["expected_start_time"]).astimezone(ZoneInfo("Europe/Amsterdam"))
    assert known["name"] == f"nightly {planned.date().isoformat()}"
    tasks = organisation.ask("task_runs/filter", flow_runs={"id": {"any_": [run["id"]]}})
    assert sorted(task["name"].split("-")[0] for task in tasks) == ["build", "receive coding", "receive fier"]
    shown = artifacts_of(organisation, run["id"])
    assert shown["zicht-nightly-progress"] == 100.0
    assert "The warehouse is new" in shown["zicht-nightly"] and "/artifacts/key/zicht-release" in shown["zicht-nightly"]
    sources = {row["source"]: row for row in json.loads(shown["zicht-nightly-sources"])}
    assert (sources["fier"]["records"], sources["fier"]["rejected"], sources["fier"]["state"]) == (20, 1, "fresh")
    [broken] = json.loads(shown["zicht-nightly-rejected"])
    assert (broken["source"], broken["field"], broken["records"]) == ("fier", "tags", 1)


def test_of_two_at_once_one_runs_and_the_others_end_as_busy(organisation: Organisation, platform: HeldPlatform) -> None:
    platform.hold()
    first = organisation.start_run("nightly")
    wait_for(platform.waiting.is_set)
    others = [organisation.start_run("nightly"), organisation.start_run("restore-drill")]
    assert [organisation.wait_for_end(other) for other in others] == [("CANCELLED", "Busy")] * 2
    by_hand = organisation.zicht("run")
    assert (by_hand.returncode, "another run is under way" in by_hand.stderr) == (1, True)
    platform.go.set()
    assert organisation.wait_for_end(first) == ("COMPLETED", "Completed")


def test_a_killed_worker_s_run_is_taken_over_by_the_next_on_schedule(
    organisation: Organisation, platform: HeldPlatform
) -> None:
    platform.hold()
    dead = organisation.start_run("nightly")
    wait_for(platform.waiting.is_set)
    organisation.kill_worker()
    before = len(organisation.scheduled_runs())
    platform.go.set()
    organisation.have_it_fire("nightly", 5)
    organisation.start_worker()
    [night] = wait_for(lambda: organisation.scheduled_runs()[before:])
    assert organisation.wait_for_end(night["id"]) == ("COMPLETED", "Completed")
    assert organisation.state_of(dead) == ("CRASHED", "Crashed")
    assert [record["outcome"] for record in records(organisation)[-2:]] == ["running", "completed"]


def test_a_server_that_restarts_loses_nothing(organisation: Organisation, platform: HeldPlatform) -> None:
    def known() -> list[Any]:
        deployments = organisation.ask("deployments/filter", sort="NAME_ASC")
        schedules = [(one["id"], [schedule["id"] for schedule in one["schedules"]]) for one in deployments]
        runs = [run["id"] for run in organisation.scheduled_runs()]
        return [schedules, runs, artifacts_of(organisation, runs[0])]

    platform.hold()
    before, under_way = known(), organisation.start_run("nightly")
    wait_for(platform.waiting.is_set)
    organisation.stop_server()
    organisation.start_server()
    platform.go.set()
    assert organisation.wait_for_end(under_way) == ("COMPLETED", "Completed")
    assert known() == before
    assert records(organisation)[-1]["outcome"] == "completed"
    assert organisation.wait_for_end(organisation.start_run("nightly", source="fier")) == ("COMPLETED", "Completed")
    assert list(records(organisation)[-1]["sources"]) == ["fier"]


def test_a_restored_copy_gives_the_same_bytes(organisation: Organisation) -> None:
    drill = organisation.start_run("restore-drill")
    assert organisation.wait_for_end(drill, 180) == ("COMPLETED", "Completed")
    assert "the same bytes" in organisation.look_up(f"flow_runs/{drill}")["state"]["message"]


def test_a_backfill_publishes_month_by_month_and_stops_where_one_is_refused(organisation: Organisation) -> None:
    backfill = organisation.start_run("backfill", first="2020-06", last="2020-08")
    assert organisation.wait_for_end(backfill) == ("FAILED", "Stopped")
    assert "stopped at 2020-07: the data reach" in organisation.look_up(f"flow_runs/{backfill}")["state"]["message"]
    table = json.loads(artifacts_of(organisation, backfill)["zicht-backfill"])
    assert [(row["month"], row["release"][:9]) for row in table] == [("2020-06", "published"), ("2020-07", "the data ")]


def test_a_release_leads_to_the_night_whose_figures_it_holds(organisation: Organisation) -> None:
    release = organisation.start_run("monthly-release", month="2020-06")
    assert organisation.wait_for_end(release) == ("COMPLETED", "Completed")
    assert organisation.look_up(f"flow_runs/{release}")["name"] == "release 2020-06"
    shown = artifacts_of(organisation, release)["zicht-release"]
    night = next(record for record in records(organisation) if record["changed"])
    assert "the same bytes were out already" in shown and f"/runs/flow-run/{night['flow_run']})" in shown


def test_the_log_of_a_run_that_is_not_done_says_why_and_reports_no_defect(organisation: Organisation) -> None:
    said = [line["message"] for line in organisation.ask("logs/filter", logs={"level": {"ge_": 40}})]
    for reason in ("another run is under way", "stopped at 2020-07: the data reach"):
        assert any(line.startswith(reason) for line in said)
    assert [line for line in said if "defect" in line] == []


def test_no_secret_and_nothing_of_a_visitor_is_on_the_server(organisation: Organisation) -> None:
    """What is kept in a Secret block is encrypted there; names, transcripts and pseudonyms never came."""
    seen = b"".join(path.read_bytes() for path in organisation.folder.rglob("*") if path.is_file())
    assert len(seen) > 1_000_000 and b"zicht-nightly-sources" in seen
    assert [word for word in (TOKEN, "CANARY", "k" * 32) if word.encode() in seen] == []
