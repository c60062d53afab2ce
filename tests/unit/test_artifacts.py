"""What a run tells the Prefect server: from receipts and records of runs alone, without a warehouse to read from."""

from pathlib import Path

import pytest
from homes import new_home, take_in_folder
from samples import a_record, ndjson

from flows import nightly
from flows.operations import artifacts
from flows.runtime import runs
from flows.runtime.configuration import Configuration


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Configuration, runs.Run]:
    """A night after which nothing was built: two records came in, two were broken, and a file has a hostile name."""
    sources = '[sources.fier]\nkind = "chat"\npath = "inbox"\n'
    configuration = new_home(tmp_path, monkeypatch, f'home = "home"\nfictitious = true\n{sources}')
    broken = [a_record(3, started_at="CANARY"), a_record(4, started_at="CANARY")]
    (tmp_path / "inbox" / "a.jsonl").write_bytes(ndjson(a_record(1), a_record(2), *broken))
    (tmp_path / "inbox" / "`[x](http:evil)`.docx").write_text("CANARY")
    run = runs.new_run()
    for received in take_in_folder(tmp_path):
        nightly.note(run, received)
    run.outcome = "completed with problems"
    runs.record(configuration, run)
    return configuration, run


def test_what_came_in_is_counted_by_source_and_what_was_rejected_by_rule(night: tuple[Configuration, runs.Run]) -> None:
    [row] = artifacts.sources_table(*night)
    assert (row["source"], row["new deliveries"], row["records"], row["rejected"]) == ("fier", 1, 2, 2)
    assert row["state"] == "could not be read"
    rejected = {"source": "fier", "field": "started_at", "rule": "not_rfc3339", "records": 2}
    assert artifacts.rejected_table(*night) == [rejected]


def test_bytes_that_come_again_are_not_counted_again(night: tuple[Configuration, runs.Run]) -> None:
    configuration, _ = night
    folder = configuration.file.parent
    (folder / "inbox" / "b.jsonl").write_bytes((folder / "inbox" / "a.jsonl").read_bytes())
    again = runs.new_run()
    [received] = take_in_folder(folder)
    nightly.note(again, received)
    assert received.deliveries == 1
    assert artifacts.rejected_table(configuration, again) == []


def test_the_account_names_problems_as_they_are_and_marks_the_demo(night: tuple[Configuration, runs.Run]) -> None:
    text = artifacts.nightly_text(*night)
    assert text.startswith("## Completed with problems\n\n**FICTITIOUS**")
    fence = text[text.index("```text") : text.rindex("```")]
    assert "'[x](http:evil)'.docx: found a file of another type" in fence and fence.count("```") == 1
    assert "CANARY" not in text and "verzonnen" not in text
