"""Three hundred deliveries made wrong change no figure in silence, and three hundred right ones are taken in."""

from pathlib import Path
from typing import Any

import pytest
from promises import cases
from samples import NAME, Inbox

from connectors.catalogue import KINDS
from connectors.ingest import Received
from connectors.storage import durable_files
from rigs.deliveries.deliveries import Case, File, right_case, wrong_case
from rigs.faults.counting import counting


@pytest.fixture(autouse=True)
def on_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable_files, "sync", lambda path: None)


def landed(inbox: Inbox, table: str) -> list[dict[str, Any]]:
    """Return the rows of the deliveries that the marts would count."""
    current = [delivery for _, _, delivery, _ in counting(inbox.landing, [NAME])]
    schema = KINDS[inbox.source.kind].tables[table]
    return [*inbox.landing.rows(NAME, table, current, schema.names)]


def figures(inbox: Inbox) -> set[tuple[Any, ...]]:
    """Return all that the marts would count, as a set."""
    if inbox.source.kind == "coding":
        ids = {row["row_number"]: row["gesprek_id"] for row in landed(inbox, "codings")}
        answers = {(row["gesprek_id"], row["is_trafficking"], row["duplicate_of"]) for row in landed(inbox, "codings")}
        return answers | {
            (ids[row["row_number"]], row["column_name"], row["code"]) for row in landed(inbox, "coding_values")
        }
    if inbox.source.kind == "comensha":
        names = ("category", "reference_year", "value", "unit")
        return {tuple(row[name] for name in names) for row in landed(inbox, "registry_figures")}
    rows = landed(inbox, "conversations")
    gone = {row["conversation_id"] for row in rows if row["is_deleted"]}
    live = [row for row in rows if row["conversation_id"] not in gone]
    newest = {
        row["conversation_id"]: row for row in sorted(live, key=lambda row: (row["updated_at"], row["canonical_json"]))
    }
    return {
        (one, row["started_at"], row["nickname_pseudonym"], "mensenhandel" in row["tags"])
        for one, row in newest.items()
    }


def received(case: Case, folder: Path, file: File | None) -> tuple[Inbox, Received]:
    """Take in what a case delivered before, and one more file. Return the inbox, and what that file brought."""
    inbox = Inbox(folder, case.kind)
    for name, content in case.earlier:
        inbox.put(name, content)
        assert inbox.receive().problems == []
    if file is None:
        return inbox, Received(NAME)
    inbox.put(*file)
    return inbox, inbox.receive()


def silent(case: Case, folder: Path) -> bool:
    """Return whether the delivery gives other figures than before and than the right one, without a finding."""
    inbox, last = received(case, folder / "delivered", case.delivered)
    if last.problems or last.rejected:
        return False
    others = [received(case, folder / name, file)[0] for name, file in (("before", None), ("right", case.right))]
    return figures(inbox) not in map(figures, others)


def test_no_wrong_delivery_changes_a_figure_without_a_finding(tmp_path: Path, record_property: Any) -> None:
    drawn = [wrong_case(number) for number in range(cases(75, 300))]
    assert [case.name for case in drawn if silent(case, tmp_path / case.name.replace(":", ""))] == []
    record_property("wrong deliveries", f"{len(drawn)} drawn, none changed a figure without a finding")


def test_right_deliveries_are_taken_in_and_not_held(tmp_path: Path, record_property: Any) -> None:
    drawn = [right_case(number) for number in range(cases(75, 300))]
    held = [case.name for case in drawn if received(case, tmp_path / case.name, case.delivered)[1].problems]
    assert len(held) < 0.01 * len(drawn), held
    record_property("right deliveries", f"{len(drawn)} drawn, {len(held)} held")
