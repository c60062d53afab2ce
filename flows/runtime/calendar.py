"""The business calendar: the date a run is for, whenever it starts."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from prefect.runtime import flow_run

from flows.runtime.configuration import SettingsProblem, load_configuration


def scheduled_start() -> datetime:
    """The moment for which this run was planned; of a run that nobody planned, now."""
    moment: datetime = flow_run.scheduled_start_time
    return moment


def run_date() -> str:
    """The business date of this run."""
    return business_date(scheduled_start(), _timezone())


def last_month() -> str:
    """The last whole month when this run was to start."""
    return month_before(scheduled_start(), _timezone())


def _timezone() -> str:
    try:
        return load_configuration().settings.timezone
    except SettingsProblem:
        return "UTC"  # the run itself says what is wrong with the settings


def business_date(moment: datetime, timezone: str) -> str:
    """The date in the configured calendar, as `YYYY-MM-DD`."""
    return moment.astimezone(ZoneInfo(timezone)).date().isoformat()


def month_before(moment: datetime, timezone: str) -> str:
    """The last whole month in the configured calendar, as `YYYY-MM`."""
    first = date.fromisoformat(business_date(moment, timezone)).replace(day=1)
    return (first - timedelta(days=1)).isoformat()[:7]


def months(first: str, last: str) -> list[str]:
    """All months from `first` to `last` (`YYYY-MM`), in order; none where the last is before the first."""
    numbers = [12 * int(month[:4]) + int(month[5:]) - 1 for month in (first, last)]
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(numbers[0], numbers[1] + 1)]
