"""Run the restore drill: check that a copy of the deliveries gives the same warehouse in an empty home."""

import shutil
from pathlib import Path

from connectors.errors import UserFacingError
from connectors.landing import Landing
from flows.runtime import alerts, permissions, prefect_server, runs
from flows.runtime.configuration import Configuration, load_configuration
from flows.runtime.redaction import contained, one_line
from flows.warehouse import build, retention, versions
from flows.warehouse.inputs import input_hash

prefect_server.prepare()

from prefect import flow  # noqa: E402
from prefect.client.schemas.objects import State  # noqa: E402
from prefect.states import Completed  # noqa: E402

from flows.operations import flow_states  # noqa: E402
from flows.runtime.calendar import run_date  # noqa: E402


class NotRestored(UserFacingError):
    """The drill cannot confirm that the copy gives the current warehouse. The message says why."""


def drill(configuration: Configuration, backup: Path | None = None) -> str:
    """Restore the deliveries into a separate home, build there, and compare the result with the current version.

    The separate home is below `work/`. It is removed at the end, so nothing else of the drill remains.

    Args:
        configuration: The configuration with home.
        backup: A copy of the folder `landing`. The default is the landing itself.

    Returns:
        One line about what was done and compared.

    Raises:
        NotRestored: There is no warehouse yet, the copy is not a landing, or it gives other bytes than the current
            version.
        runs.Busy: Another run is under way.
        dbt_runner.BuildFailed: A model or a test failed on the restored deliveries.
    """
    with runs.only_run(configuration):
        current = versions.current_version(configuration)
        if current is None:
            raise NotRestored("there is no warehouse yet to compare with; run `zicht run` first.")
        home = configuration.work / "drill"
        shutil.rmtree(home, ignore_errors=True)
        try:
            restored = Configuration(configuration.file, configuration.settings.model_copy(update={"home": home}))
            _restore(backup or configuration.landing, restored.landing)
            if configuration.erasures.exists():  # erased persons stay erased, however old the copy is
                shutil.copytree(configuration.erasures, restored.erasures)
            retention.erase(restored, runs.new_run())
            lacking = _lacking(configuration, restored)
            # The unit tests of this SQL ran when it was new to this home.
            built = build.build(restored, is_new_code=False, progress=lambda node: None)
            inputs = input_hash(restored)
            build.publish(restored, built, runs.new_run().id, inputs, progress=lambda node: None)
            made = versions.current_version(restored)
        finally:
            shutil.rmtree(home, ignore_errors=True)
    assert made is not None  # it has just been made current
    if lacking:
        return f"restored and built, but not compared: the copy lacks {lacking}."
    if made["inputs"] != current["inputs"]:
        return "restored and built, but not compared: code or settings are newer than the current version."
    if made["sha256"] != current["sha256"]:
        raise NotRestored(
            f"the restored deliveries gave other bytes than version {current['run']}; report it as a defect."
        )
    return f"restored, built, and the same bytes as version {current['run']}."


def _lacking(configuration: Configuration, restored: Configuration) -> str:
    """Return how many deliveries of each source were accepted after the copy was made, as a text."""
    whole, copy = Landing(configuration.landing), Landing(restored.landing)
    counts = {name: len(whole.receipts(name)) - len(copy.receipts(name)) for name in configuration.settings.sources}
    return ", ".join(f"{count} of {name}" for name, count in counts.items() if count)


def _restore(copy: Path, landing: Path) -> None:
    if not any(copy.glob("*/receipts/*.json")):
        raise NotRestored(f"{copy}: found no receipts, expected a copy of the folder landing. Name that folder.")
    shutil.copytree(copy, landing)


@flow(name="restore-drill", flow_run_name=lambda: f"restore drill {run_date()}", persist_result=False, log_prints=False)
@contained
def restore_drill(backup: Path | None = None) -> State:
    """Restore the deliveries from a copy of the folder `landing`, build, and compare the bytes.

    The default for `backup` is the landing itself.
    """
    permissions.keep_private()
    configuration = load_configuration()
    try:
        message = drill(configuration, backup)
    except Exception as error:  # noqa: BLE001
        return flow_states.of_error(error, configuration, "restore drill")
    return Completed(message=one_line(" ".join([message, *alerts.send_due(configuration, "restore drill", {})])))
