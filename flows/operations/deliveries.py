"""List the deliveries of all sources, and carry out what a person decides about one of them."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from connectors.errors import UserFacingError, printable
from connectors.landing import Landing
from connectors.storage.receipts import COUNTED, WITHDRAWN, Receipt
from flows.operations.report import Report, text_table
from flows.release.approval import operating_user
from flows.runtime import runs
from flows.runtime.configuration import Configuration

COLUMNS = ("source", "delivery", "file", "received", "rows", "rejected", "state")
SHORT = 12  # digits of a delivery's name that are printed; they identify it
Among = Callable[[Landing, str], list[Receipt]]  # the receipts of a source about which a decision is possible
NOTHING = "Nothing was received yet. Next: zicht run"
WIDEST_FILE = 25  # characters of a file's name in a table for a screen


class NoDecision(UserFacingError):
    """There is no such delivery, or nothing can be decided about it."""


def listed(configuration: Configuration) -> Report:
    """Return all deliveries of the configured sources: what came when, and whether it counts."""
    landing = Landing(configuration.landing)
    found = {name: rows for name in configuration.settings.sources if (rows := _of_source(landing, name))}
    lines: list[str] = []
    for name, rows in found.items():
        short = [
            (delivery, printable(file, WIDEST_FILE), day[:10], *counts, state.partition(" ")[0])
            for _, delivery, file, day, *counts, state in rows
        ]
        lines += [name, *text_table(COLUMNS[1:], short), ""]
    return Report(COLUMNS, [row for rows in found.values() for row in rows], lines or [NOTHING])


def _of_source(landing: Landing, source: str) -> list[tuple[str, ...]]:
    receipts = landing.all_receipts(source)
    newest = {receipt.path: receipt for receipt in receipts if receipt.state == COUNTED}
    rows: list[tuple[str, ...]] = []
    for receipt in receipts:
        last = newest.get(receipt.path, receipt) if receipt.path else receipt
        is_replaced = receipt.state != WITHDRAWN and last.sequence > receipt.sequence
        state = f"replaced by {last.delivery[:SHORT]}" if is_replaced else receipt.state
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
    return _decide(configuration, Landing.quarantined, delivery, COUNTED, reason)


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
    return _decide(configuration, Landing.all_receipts, delivery, WITHDRAWN, reason)


def _decide(configuration: Configuration, among: Among, delivery: str, state: str, reason: str) -> str:
    if not reason.strip():
        raise NoDecision('found no reason, expected one that others understand later. Add --reason "…".')
    with runs.only_run(configuration):
        landing = Landing(configuration.landing)
        receipts = [one for name in configuration.settings.sources for one in among(landing, name)]
        chosen = [one for one in receipts if one.state != state and delivery and one.delivery.startswith(delivery)]
        names = Counter(receipt.delivery for receipt in chosen)
        if len(names) != 1:
            what = "more than one delivery" if names else "no delivery about which this can be decided"
            raise NoDecision(f"found {what} under this name, expected one. See: zicht sources list")
        at = datetime.now(UTC).isoformat(timespec="seconds")
        for receipt in chosen:
            landing.decide(receipt, state, operating_user(), at, reason.strip())
    outcome = "counts from the next run on" if state == COUNTED else "no longer counts from the next run on"
    return f"{chosen[0].source}: {chosen[0].file} {outcome}. Next: zicht run"
