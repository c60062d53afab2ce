"""List the deliveries of all sources, and carry out what a person decides about one of them."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from connectors.errors import UserFacingError
from connectors.landing import COUNTED, QUARANTINED, WITHDRAWN, Landing, Receipt
from flows.operations.report import Report, text_table
from flows.release.approval import operating_user
from flows.runtime import runs
from flows.runtime.configuration import Configuration

COLUMNS = ("source", "delivery", "file", "received", "rows", "rejected", "state")
SHORT = 12  # digits of a delivery's name that are printed; they identify it


class NoDecision(UserFacingError):
    """There is no such delivery, or nothing can be decided about it."""


def listed(configuration: Configuration) -> Report:
    """Return all deliveries of the configured sources: what came when, and whether it counts."""
    landing = Landing(configuration.landing)
    rows = [row for name in configuration.settings.sources for row in _of_source(landing, name)]
    lines = text_table(COLUMNS, rows) if rows else ["Nothing was received yet. Next: zicht run"]
    return Report(COLUMNS, rows, lines)


def _of_source(landing: Landing, source: str) -> list[tuple[str, ...]]:
    waiting = {receipt.sequence for receipt in landing.quarantined(source)}
    receipts = landing.all_receipts(source)
    newest = {receipt.path: receipt for receipt in receipts if receipt.state == COUNTED}
    rows: list[tuple[str, ...]] = []
    for receipt in receipts:
        state = receipt.state
        if state == COUNTED and receipt.path and newest[receipt.path] is not receipt:
            state = f"newer: {newest[receipt.path].delivery[:SHORT]}"
        elif state == QUARANTINED and receipt.sequence not in waiting:
            state = "replaced in quarantine"
        counts = (str(sum(receipt.rows.values())), str(receipt.rejected))
        rows.append((source, receipt.delivery[:SHORT], receipt.file, receipt.received_at, *counts, state))
    return rows


def approve(configuration: Configuration, delivery: str, reason: str) -> str:
    """Let a delivery in quarantine count, as the user of this process.

    Args:
        configuration: The configuration with home.
        delivery: The first digits of its name, which identify it.
        reason: Why it is right. It is kept in the receipt.

    Returns:
        One line about what was decided.

    Raises:
        NoDecision: No such delivery waits in quarantine, or the digits do not identify one.
        runs.Busy: Another run is under way.
    """
    landing = Landing(configuration.landing)
    waiting = [receipt for name in configuration.settings.sources for receipt in landing.quarantined(name)]
    return _decide(configuration, waiting, delivery, COUNTED, reason)


def withdraw(configuration: Configuration, delivery: str, reason: str) -> str:
    """Take a delivery out, as the user of this process. An earlier content of the same path counts again.

    Deletions that the delivery brought stay in force. The same content is not taken in again.

    Args:
        configuration: The configuration with home.
        delivery: The first digits of its name, which identify it.
        reason: Why it is wrong. It is kept in the receipt.

    Returns:
        One line about what was decided.

    Raises:
        NoDecision: There is no such delivery, it is withdrawn already, or the digits do not identify one.
        runs.Busy: Another run is under way.
    """
    landing = Landing(configuration.landing)
    found = [receipt for name in configuration.settings.sources for receipt in landing.all_receipts(name)]
    return _decide(configuration, [one for one in found if one.state != WITHDRAWN], delivery, WITHDRAWN, reason)


def _decide(configuration: Configuration, receipts: Iterable[Receipt], delivery: str, state: str, reason: str) -> str:
    if not reason.strip():
        raise NoDecision('found no reason, expected one that others understand later. Add --reason "…".')
    with runs.only_run(configuration):
        chosen = [receipt for receipt in receipts if delivery and receipt.delivery.startswith(delivery)]
        names = Counter(receipt.delivery for receipt in chosen)
        if len(names) != 1:
            what = "more than one delivery" if names else "no delivery about which this can be decided"
            raise NoDecision(f"found {what} under this name, expected one. See: zicht sources list")
        at = datetime.now(UTC).isoformat(timespec="seconds")
        for receipt in chosen:
            Landing(configuration.landing).decide(receipt, state, operating_user(), at, reason.strip())
    outcome = "counts from the next run on" if state == COUNTED else "no longer counts from the next run on"
    return f"{chosen[0].source}: {chosen[0].file} {outcome}. Next: zicht run"
