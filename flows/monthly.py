"""The monthly release: protected yearly tables of the data up to the end of a month, in a folder that never changes."""

import calendar
import re
from datetime import date, timedelta
from pathlib import Path

from flows import runs, warehouse
from flows.release.package import ReleaseRefused, write_package
from flows.release.tables import release_tables
from flows.settings import Configuration, load_configuration, prepare_prefect

prepare_prefect()

from prefect import flow  # noqa: E402
from prefect.client.schemas.objects import State  # noqa: E402
from prefect.states import Completed, Failed  # noqa: E402

REMARK = "FICTITIOUS"


def release(configuration: Configuration, month: str) -> tuple[Path, bool]:
    """Publish the release of a month (`YYYY-MM`): its folder, and whether it is new.

    Raises:
        ReleaseRefused: no such month, no data that far, or the release is out with other figures.
        runs.Busy: a run is under way.
    """
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month, flags=re.ASCII):
        raise ReleaseRefused(f"{month[:20]!r} is no month; write it as 2020-12.")
    year, number = (int(part) for part in month.split("-"))
    period_end = date(year, number, calendar.monthrange(year, number)[1])
    with runs.only_run(configuration):
        version = warehouse.current_version(configuration)
        if version is None:
            raise ReleaseRefused("there is no warehouse yet; run `zicht run` first.")
        [(reach,)] = warehouse.query(
            configuration, "select max(period_end) from marts.volumes where period_type = 'month'"
        )
        if reach is None or reach < period_end:
            raise ReleaseRefused(f"the data reach {reach or 'no month at all'}; release a month up to there.")
        tables = release_tables(lambda sql, values: warehouse.query(configuration, sql, values), period_end)
        if not any(table.rows for table in tables):
            raise ReleaseRefused(f"no year is closed by {period_end}; release a month from the first December on.")
        configuration.extracts.mkdir(parents=True, exist_ok=True)
        folder = configuration.extracts / month
        manifest = {"release": month, "data_until": period_end.isoformat(), "deliveries": version["deliveries"]}
        return folder, write_package(folder, manifest, REMARK if configuration.settings.fictitious else "", tables)


@flow(name="monthly-release", persist_result=False, log_prints=False)
def monthly_release(month: str | None = None) -> State:
    """Publish the release of a month, by default the month before this one."""
    before = (date.today().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    try:
        folder, is_new = release(load_configuration(), month or before)
    except Exception as error:  # noqa: BLE001
        return Failed(name=type(error).__name__, message=runs.told(error))
    return Completed(message=f"{folder}: {'published' if is_new else 'the same bytes were out already'}")
