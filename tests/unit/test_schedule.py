"""The schedules of prefect.yaml over ten years, as Prefect computes them: one run a business date, nothing double."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml
from prefect.server.schemas.schedules import CronSchedule, RRuleSchedule

from flows.runtime.calendar import business_date, month_before, months
from flows.runtime.configuration import ROOT

AMSTERDAM = "Europe/Amsterdam"
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
DEPLOYMENTS = {one["name"]: one for one in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]}
CLOCK_CHANGES = [
    moment
    for moment in (START + timedelta(hours=hour) for hour in range(24 * 3652))
    if moment.astimezone(ZoneInfo(AMSTERDAM)).utcoffset()
    != (moment - timedelta(hours=1)).astimezone(ZoneInfo(AMSTERDAM)).utcoffset()
]


def schedule(deployment: str) -> CronSchedule | RRuleSchedule:
    [fields] = [{**one} for one in DEPLOYMENTS[deployment]["schedules"]]
    del fields["slug"]
    return CronSchedule(**fields) if "cron" in fields else RRuleSchedule(**fields)


def firings(deployment: str, start: datetime, end: datetime) -> list[datetime]:
    """Every moment at which it is to run, asked for piece by piece: Prefect looks at most 1,000 ahead."""
    found: list[datetime] = []
    while start < end:
        until = min(start + timedelta(days=100), end)
        found += [
            moment for moment in asyncio.run(schedule(deployment).get_dates(1000, start, until)) if moment < until
        ]
        start = until
    return found


@pytest.fixture(scope="module")
def nights() -> list[datetime]:
    return firings("nightly", START, END)


@pytest.fixture(scope="module")
def releases() -> list[datetime]:
    return firings("monthly-release", START, END)


def test_the_night_runs_once_for_every_date_of_ten_years(
    nights: list[datetime], record_property: Callable[[str, object], None]
) -> None:
    dates = [business_date(moment, AMSTERDAM) for moment in nights]
    assert dates == [(date(2026, 1, 1) + timedelta(days=day)).isoformat() for day in range(3652)]
    assert {moment.astimezone(ZoneInfo(AMSTERDAM)).strftime("%H:%M") for moment in nights} == {"04:30"}
    record_property("nights", f"{len(set(dates))} dates, {len(dates)} runs")


def test_a_server_that_starts_again_while_clocks_change_plans_the_same_nights(nights: list[datetime]) -> None:
    assert len(CLOCK_CHANGES) == 20
    for change in CLOCK_CHANGES:
        for minute in range(-180, 240, 30):
            restart = change + timedelta(minutes=minute)
            seen = asyncio.run(schedule("nightly").get_dates(9, restart, restart + timedelta(days=3)))
            assert seen == [moment for moment in nights if restart <= moment <= restart + timedelta(days=3)]


def test_every_month_is_released_once_on_the_fifth_working_day_of_the_next_after_the_night(
    nights: list[datetime], releases: list[datetime]
) -> None:
    assert [month_before(moment, AMSTERDAM) for moment in releases] == months("2025-12", "2035-11")
    by_date = {business_date(moment, AMSTERDAM): moment for moment in nights}
    for moment in releases:
        local = moment.astimezone(ZoneInfo(AMSTERDAM))
        days = [date(local.year, local.month, day) for day in range(1, local.day + 1)]
        assert len([day for day in days if day.weekday() < 5]) == 5 and local.weekday() < 5
        assert local.strftime("%H:%M") == "06:00"
        assert by_date[business_date(moment, AMSTERDAM)] < moment


@pytest.mark.parametrize("deployment", [name for name, one in DEPLOYMENTS.items() if one.get("schedules")])
def test_no_schedule_fires_while_clocks_may_change(deployment: str) -> None:
    hours = {
        moment.astimezone(ZoneInfo(AMSTERDAM)).hour for moment in firings(deployment, START, START.replace(year=2028))
    }
    assert hours and not hours & {1, 2, 3}


@pytest.mark.parametrize(
    ("moment", "day", "month"),
    [
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), "2026-12-31", "2026-11"),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "2027-01-01", "2026-12"),
        (datetime(2028, 2, 29, 3, 30, tzinfo=UTC), "2028-02-29", "2028-01"),
        (datetime(2028, 3, 1, 3, 30, tzinfo=UTC), "2028-03-01", "2028-02"),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), "2026-07-01", "2026-06"),
    ],
)
def test_date_and_month_are_those_of_the_configured_calendar(moment: datetime, day: str, month: str) -> None:
    assert (business_date(moment, AMSTERDAM), month_before(moment, AMSTERDAM)) == (day, month)


def test_a_range_of_months_holds_both_ends() -> None:
    assert months("2019-11", "2020-02") == ["2019-11", "2019-12", "2020-01", "2020-02"]
    assert months("2020-02", "2020-01") == []


def test_every_deployment_says_what_it_does() -> None:
    assert set(DEPLOYMENTS) == {"nightly", "monthly-release", "backfill", "restore-drill"}
    for one in DEPLOYMENTS.values():
        assert one["description"] and "zicht" in one["tags"] and one["work_pool"]["name"] == "zicht"
