"""Deliveries are rewritten without those who must be forgotten; receipts keep them out."""

import json
import shutil
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from homes import TOML, new_home, quiet, take_in_folder
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import Loopback, Platform
from samples import a_coding, a_record, coding_bytes, ndjson, table_bytes

from connectors.chat.conversations import FIELDS
from connectors.landing import Landing
from flows.operations import maintenance
from flows.runtime import runs
from flows.runtime.configuration import Configuration, SettingsProblem
from flows.warehouse import retention

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
FIXTURES = Path(__file__).parents[1] / "fixtures"
GONE = {"updated_at": "2021-02-01T00:00:00Z", "deleted": True}


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    return configure(tmp_path, monkeypatch, TOML)


def configure(folder: Path, monkeypatch: pytest.MonkeyPatch, toml: str) -> Configuration:
    configuration = new_home(folder, monkeypatch, toml)
    (folder / "inbox" / "coding" / "0.csv").write_bytes(coding_bytes())
    (folder / "inbox" / "fier" / "0.csv").write_bytes(table_bytes(FIELDS))
    return configuration


def deliver(configuration: Configuration, name: str, content: bytes) -> None:
    (configuration.file.parent / "inbox" / name).write_bytes(content)
    for received in take_in_folder(configuration.file.parent):
        assert received.problems == []


def erase(configuration: Configuration, requested: str | None = None) -> dict[str, dict[str, int]]:
    run = runs.next_run(configuration)
    runs.record(configuration, run)
    retention.erase(configuration, run, requested)
    return run.removed


def landed(configuration: Configuration, source: str, table: str) -> list[dict[str, Any]]:
    paths = sorted((configuration.landing / source / table).glob("*.parquet"))
    return [row for path in paths for row in pq.ParquetFile(path).read().to_pylist()]


def ids(configuration: Configuration) -> list[str]:
    return sorted(row["conversation_id"] for row in landed(configuration, "fier", "conversations"))


def marks(configuration: Configuration) -> list[int]:
    return [len(removal.marks) for removal in retention.erasures(configuration)]


def test_whom_the_platform_erased_is_taken_out_of_every_delivery_once_and_for_all(configuration: Configuration) -> None:
    deliver(configuration, "fier/a.jsonl", ndjson(a_record(1), a_record(2)))
    deliver(configuration, "fier/b.jsonl", ndjson(a_record(1, language="en"), {"conversation_id": "C-1", **GONE}))
    assert erase(configuration) == {"fier": {"conversations": 2}}
    assert ids(configuration) == ["C-2"]
    assert "C-1" not in "".join(path.read_text() for path in configuration.erasures.iterdir())
    # What was forgotten is not looked for again.
    before = {path: path.stat().st_ino for path in configuration.home.rglob("*.parquet")}
    assert erase(configuration) == {}
    assert {path: path.stat().st_ino for path in configuration.home.rglob("*.parquet")} == before
    assert marks(configuration) == [1]
    # They stay out when they are delivered again.
    deliver(configuration, "fier/c.jsonl", ndjson(a_record(1), a_record(3), {"conversation_id": "C-1", **GONE}))
    assert ids(configuration) == ["C-2", "C-3"]
    # The same word is another mark under the key of another source.
    [removal] = retention.erasures(configuration)
    erased = retention.erased(configuration)
    assert removal.marks == [erased.mark("fier:C-1")] != [erased.mark("csg:C-1")]


def test_an_erasure_takes_codings_along_with_their_cells_and_findings(configuration: Configuration) -> None:
    deliver(configuration, "fier/a.jsonl", ndjson(a_record(1), a_record(2)))
    codings = coding_bytes(a_coding(1, rol="1", leeftijd="oud"), a_coding(2, rol="1", dubbel_van="fier:C-1"))
    deliver(configuration, "coding/a.csv", codings)
    assert len(landed(configuration, "coding", "rejected")) == 1
    removed = erase(configuration, "fier:C-1")
    assert removed == {"coding": {"coding_values": 1, "codings": 1, "rejected": 1}, "fier": {"conversations": 1}}
    [row] = landed(configuration, "coding", "codings")
    assert (row["gesprek_id"], row["duplicate_of"]) == ("fier:C-2", None)
    assert [cell["row_number"] for cell in landed(configuration, "coding", "coding_values")] == [row["row_number"]]
    # A coding that is delivered later knows nothing of the erased either.
    deliver(configuration, "coding/b.csv", codings + b"\n")
    rows = landed(configuration, "coding", "codings")
    assert [(row["gesprek_id"], row["duplicate_of"]) for row in rows] == [("fier:C-2", None)] * 2
    assert landed(configuration, "coding", "rejected") == []


@pytest.mark.parametrize("rewritten", range(4))
def test_an_interrupted_removal_is_taken_up_by_the_next_run(
    configuration: Configuration, monkeypatch: pytest.MonkeyPatch, rewritten: int
) -> None:
    deliver(configuration, "fier/a.jsonl", ndjson(a_record(1), a_record(2), {"conversation_id": "C-1", **GONE}))
    deliver(configuration, "coding/a.csv", coding_bytes(a_coding(1, rol="1"), a_coding(2, dubbel_van="fier:C-1")))
    rewrite, calls = Landing.rewrite, iter(range(99))

    def dies(landing: Landing, *place: Any) -> None:
        if next(calls) == rewritten:
            raise KeyboardInterrupt
        rewrite(landing, *place)

    with monkeypatch.context() as patch:
        patch.setattr(Landing, "rewrite", dies)
        if rewritten < 3:
            with pytest.raises(KeyboardInterrupt):
                erase(configuration)
        else:
            erase(configuration)
    erase(configuration)
    assert ids(configuration) == ["C-2"]
    assert [row["duplicate_of"] for row in landed(configuration, "coding", "codings")] == [None]
    assert landed(configuration, "coding", "coding_values") == []
    assert retention.last_erasure(configuration)


def test_who_was_erased_is_taken_out_of_an_older_copy_that_is_put_back(
    configuration: Configuration, tmp_path: Path
) -> None:
    deliver(configuration, "fier/a.jsonl", ndjson(a_record(1), a_record(2)))
    erase(configuration)
    shutil.copytree(configuration.landing, tmp_path / "backup")
    erase(configuration, "fier:C-1")
    shutil.rmtree(configuration.landing)
    shutil.copytree(tmp_path / "backup", configuration.landing)
    assert erase(configuration) == {"fier": {"conversations": 1}}
    assert ids(configuration) == ["C-2"]


def test_previews_and_rows_on_spark_go_with_an_erasure(configuration: Configuration) -> None:
    rows = ("tables/intermediate.db/int_visits/a.parquet", "scratch/blockmgr/shuffle.data")
    below = [configuration.previews / "2020-12" / "index.html", *(configuration.spark / name for name in rows)]
    for path in below:
        path.parent.mkdir(parents=True)
        path.touch()
    deliver(configuration, "fier/a.jsonl", ndjson(a_record(2), {"conversation_id": "C-1", **GONE}))
    # The deletion of somebody unknown takes nothing along, and no version.
    assert erase(configuration) == {}
    assert (marks(configuration), retention.last_erasure(configuration)) == ([1], "")
    assert all(path.exists() for path in below)
    erase(configuration, "fier:C-2")
    assert not below[0].parent.exists() and list(configuration.spark.rglob("*")) == []


def test_a_platform_that_tells_of_the_erased_again_brings_nothing_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [a_record(1), a_record(2, language="frysk"), {"conversation_id": "C-1", **GONE}]
    with Loopback(Platform(records, 2)) as server:
        toml = TOML.partition("[sources.coding]")[0].replace('path = "inbox/fier"', f'url = "{server.url}"')
        configuration = configure(tmp_path, monkeypatch, toml)
        [first] = take_in_folder(tmp_path)
        erase(configuration)
        erase(configuration, "fier:C-2")
        [second] = take_in_folder(tmp_path)
    assert (first.deliveries, second.deliveries, second.problems) == (1, 0, [])
    assert ids(configuration) == []


def kept(years: int, more: str = "") -> str:
    """The settings under which conversations are kept for so many years."""
    return TOML.replace('"inbox/fier"', f'"inbox/fier"\nkeep_years = {years}\n{more}')


def kept_years(configuration: Configuration) -> set[int]:
    rows = landed(configuration, "fier", "conversations")
    return {row["started_at"].astimezone(AMSTERDAM).year for row in rows}


YEARS = list(range(2010, 2027))


def of_years(*years: int) -> bytes:
    """Conversations at both ends of each year, on the clock of Amsterdam, and on each leap day."""
    moments = [f"{year}-{end}+01:00" for year in years for end in ("01-01T00:00:00", "12-31T23:59:59")]
    moments += [f"{year}-02-29T12:00:00+01:00" for year in years if year % 4 == 0]
    return ndjson(
        *(a_record(number, started_at=moment, ended_at=None) for number, moment in enumerate(moments, 1000 * years[0]))
    )


@settings(max_examples=25, deadline=None)
@given(keep=st.integers(0, 8), days=st.lists(st.integers(0, 3652), min_size=1, max_size=6, unique=True))
def test_nothing_is_kept_past_its_term_over_ten_years(
    tmp_path_factory: pytest.TempPathFactory, keep: int, days: list[int]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        configuration = configure(tmp_path_factory.mktemp("term"), patch, kept(keep))
        patch.setattr(retention, "today", lambda configuration: datetime(YEARS[0], 1, 1, tzinfo=AMSTERDAM))
        deliver(configuration, "fier/a.jsonl", of_years(*YEARS))
        for day in sorted(days):
            now = datetime(2020, 1, 1, 0, 30, tzinfo=AMSTERDAM) + timedelta(days=day)
            patch.setattr(retention, "today", lambda configuration, now=now: now)
            erase(configuration)
            assert kept_years(configuration) == {year for year in YEARS if year >= now.year - keep}


def test_what_is_past_its_term_is_not_taken_in_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toml = kept(1).replace('"inbox/coding"', '"inbox/coding"\nkeep_years = 2')
    configuration = configure(tmp_path, monkeypatch, toml)
    monkeypatch.setattr(retention, "today", lambda configuration: datetime(2022, 6, 1, tzinfo=AMSTERDAM))
    deliver(configuration, "fier/a.jsonl", of_years(2020, 2021))
    dates = ("2019-12-31", "2020-01-01", "2022-01-01")
    deliver(configuration, "coding/a.csv", coding_bytes(*(a_coding(gecodeerd_op=one) for one in dates)))
    assert kept_years(configuration) == {2021}
    assert [str(row["coded_on"]) for row in landed(configuration, "coding", "codings")] == list(dates[1:])
    rejected = [*landed(configuration, "fier", "rejected"), *landed(configuration, "coding", "rejected")]
    assert [(row["field"], row["rule"]) for row in rejected] == [
        *[("started_at", "past_retention")] * 3,
        ("gecodeerd_op", "past_retention"),
    ]


def test_under_a_legal_hold_nothing_goes_by_term_or_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = configure(tmp_path, monkeypatch, kept(1, 'legal_hold = "zaak 12"'))
    deliver(configuration, "fier/a.jsonl", of_years(2010))
    assert erase(configuration) == {}
    with pytest.raises(maintenance.Held, match="legal_hold"):
        maintenance.erase(configuration, "fier:C-2010000", quiet)
    assert kept_years(configuration) == {2010}


@pytest.mark.parametrize("word", ["C-1", "fier:", "coding:C-1", "csg:C-1", ""])
def test_only_a_conversation_of_a_platform_can_be_erased(configuration: Configuration, word: str) -> None:
    with pytest.raises(SettingsProblem, match="<source>:<conversation_id>, with one of fier"):
        maintenance.erase(configuration, word, quiet)


def test_a_receipt_says_how_many_rows_went_and_from_when_the_rest_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(configure(tmp_path, monkeypatch, TOML), "fier/a.jsonl", of_years(2020))
    configuration = configure(tmp_path, monkeypatch, kept(1))
    monkeypatch.setattr(retention, "today", lambda configuration: datetime(2022, 6, 1, tzinfo=AMSTERDAM))
    erase(configuration)
    [path] = configuration.erasures.iterdir()
    receipt = json.loads(path.read_text())
    assert receipt["rows"] == {"fier": {"conversations": 3}}
    assert receipt["kept_from"] == {"fier": "2021-01-01T00:00:00+01:00"}
    assert receipt["marks"] == []


def test_a_home_of_an_earlier_version_keeps_its_erased_persons_out(
    configuration: Configuration, tmp_path: Path
) -> None:
    """The home was made on 30 November 2026: C-1 was erased on request, C-2 by the platform, C-3 is kept."""
    with zipfile.ZipFile(FIXTURES / "earlier_home.zip") as earlier:
        earlier.extractall(tmp_path / "earlier")
    for name in ("landing", "removals"):
        shutil.copytree(tmp_path / "earlier" / name, configuration.home / name)
    assert marks(configuration) == [1, 1] and ids(configuration) == ["C-3"]

    records = [a_record(number, nickname=f"verzonnen{number}") for number in (1, 2, 3)]
    later = [{**record, "updated_at": "2021-03-01T00:00:00Z", "language": "en"} for record in records]
    deliver(configuration, "fier/redelivered.ndjson", ndjson(*records, *later))
    deliver(configuration, "coding/redelivered.csv", coding_bytes(*(a_coding(number) for number in (1, 2, 3))))
    readings = [receipt.reading for receipt in Landing(configuration.landing).receipts("fier")]
    assert set(readings[:3]) == {""} and readings[-1]  # so the new delivery counts before the earlier ones
    erase(configuration)
    assert set(ids(configuration)) == {"C-3"}
    assert {row["gesprek_id"] for row in landed(configuration, "coding", "codings")} == {"fier:C-3"}

    shutil.rmtree(configuration.landing)
    shutil.copytree(tmp_path / "earlier" / "landing_before", configuration.landing)
    assert ids(configuration) == ["C-1", "C-2", "C-3"]
    erase(configuration)
    assert ids(configuration) == ["C-3"]
    assert {row["gesprek_id"] for row in landed(configuration, "coding", "codings")} == {"fier:C-3"}
