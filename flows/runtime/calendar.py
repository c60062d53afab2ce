"""Compute the business date and month of a run from its planned start, even if it starts later."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from prefect.runtime import flow_run

from flows.runtime.configuration import SettingsProblem, load_configuration


def run_date() -> str:
    """Return the business date of this run, as `YYYY-MM-DD`.

    Prefect gives the current time as the start of a run that nobody planned.
    """
    return business_date(flow_run.scheduled_start_time, _timezone())


def last_month() -> str:
    """Return the last full month before the planned start of this run, as `YYYY-MM`."""
    return month_before(flow_run.scheduled_start_time, _timezone())


def _timezone() -> str:
    try:
        return load_configuration().settings.timezone
    except SettingsProblem:
        return "UTC"  # the run itself reports the problem in the settings


def business_date(moment: datetime, timezone: str) -> str:
    """Return the date of a moment in a time zone.

    Args:
        moment: The moment, with its own time zone.
        timezone: The IANA name of the configured time zone, such as `Europe/Amsterdam`.

    Returns:
        The date, as `YYYY-MM-DD`.
    """
    return moment.astimezone(ZoneInfo(timezone)).date().isoformat()


def month_before(moment: datetime, timezone: str) -> str:
    """Return the last full month before a moment in a time zone.

    Args:
        moment: The moment, with its own time zone.
        timezone: The IANA name of the configured time zone, such as `Europe/Amsterdam`.

    Returns:
        The month, as `YYYY-MM`.
    """
    first = date.fromisoformat(business_date(moment, timezone)).replace(day=1)
    return (first - timedelta(days=1)).isoformat()[:7]


def months(first: str, last: str) -> list[str]:
    """Return all months from `first` to `last`, in order.

    Args:
        first: The first month, as `YYYY-MM`.
        last: The last month, as `YYYY-MM`. It is included.

    Returns:
        The months, as `YYYY-MM`. The list is empty if `last` is before `first`.

    Example:
        `months("2020-11", "2021-01")` returns `["2020-11", "2020-12", "2021-01"]`.
    """
    numbers = [12 * int(month[:4]) + int(month[5:]) - 1 for month in (first, last)]
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(numbers[0], numbers[1] + 1)]
