"""What holds for every kind of source that the catalogue names, however it is read."""

import gzip
import random
import resource
from pathlib import Path

import pytest
from samples import (
    NAME,
    REGISTRIES,
    Inbox,
    a_coding,
    a_figure,
    a_record,
    coding_bytes,
    glotip_bytes,
    ndjson,
    problem_in,
    problem_of,
    registry_bytes,
)

from connectors.catalogue import KINDS, TABLES
from connectors.codelists.layouts import load_layouts
from connectors.ingest import Received
from flows.runtime.configuration import SEEDS

# One whole file of each kind, and another with other content. A kind without one fails the first test below.
SAMPLES = {
    "chat": ("a.jsonl", ndjson(a_record(1), a_record(2)), ndjson(a_record(3))),
    "coding": ("a.csv", coding_bytes(a_coding(1, rol="1"), a_coding(2)), coding_bytes(a_coding(3, rol="2"))),
    "glotip": ("a.xlsx", glotip_bytes(a_figure(5)), glotip_bytes(a_figure("1,334"))),
    **{
        kind: ("a.xlsx", registry_bytes(["Totaal", 5, 6]), registry_bytes(["Totaal", "1.334", "<5"]))
        for kind in REGISTRIES
    },
}
SUFFIXES = [(kind, suffix) for kind in KINDS for suffix in KINDS[kind].suffixes]
JUNK = random.Random(4).randbytes(20_000)

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(params=sorted(KINDS))
def inbox(request: pytest.FixtureRequest, tmp_path: Path) -> Inbox:
    return Inbox(tmp_path, request.param)


def whole(inbox: Inbox) -> bytes:
    return SAMPLES[inbox.source.kind][1]


def name_of(inbox: Inbox, stem: str = "a") -> str:
    return stem + Path(SAMPLES[inbox.source.kind][0]).suffix


def parquet_of(landed: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in landed.items() if name.endswith(".parquet")}


def test_every_kind_has_a_sample_here() -> None:
    assert SAMPLES.keys() == KINDS.keys()


def test_only_registries_share_a_table() -> None:
    """The files of `registry_figures` have a pattern (`files_of`) that no other table fits."""
    others = [table for name, kind in KINDS.items() if name not in REGISTRIES for table in kind.tables]
    assert sorted([*others, "registry_figures"]) == sorted(TABLES)
    assert [table for table in TABLES if table.endswith("_figures")] == ["registry_figures"]


def test_every_described_registry_is_a_kind_of_source() -> None:
    """Otherwise nobody could configure it, and its rows would be read by nobody."""
    assert {row["kind"] for row in load_layouts(SEEDS).rows["registry_editions"]} == {*REGISTRIES}


def test_a_delivery_is_landed_with_a_receipt(inbox: Inbox) -> None:
    inbox.put(name_of(inbox), whole(inbox))
    received = inbox.receive()
    [receipt] = inbox.landing.receipts(NAME)
    assert (received.deliveries, received.rejected, received.problems) == (1, 0, [])
    assert received.rows == sum(receipt.rows.values()) == sum(len(inbox.rows(table)) for table in receipt.rows) > 0
    assert set(receipt.rows) <= set(KINDS[inbox.source.kind].tables)


def test_the_same_delivery_again_changes_nothing(inbox: Inbox) -> None:
    path = inbox.put(name_of(inbox), whole(inbox))
    inbox.receive()
    before = states(inbox.landing.root)
    path.unlink()
    inbox.put(name_of(inbox), whole(inbox))
    assert inbox.receive() == Received(NAME)
    assert states(inbox.landing.root) == before


def states(root: Path) -> dict[Path, tuple[int, int]]:
    """When each table and receipt was written, and as which file."""
    paths = [*root.rglob("*.parquet"), *root.rglob("receipts/*")]
    return {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in paths}


def test_the_same_bytes_under_another_name_add_only_a_receipt(inbox: Inbox) -> None:
    inbox.put(name_of(inbox), whole(inbox))
    inbox.receive()
    before = inbox.landed()
    inbox.put(name_of(inbox, "map/b"), whole(inbox))
    received = inbox.receive()
    first, second = inbox.landing.receipts(NAME)
    assert (received.deliveries, first.delivery, first.rows) == (1, second.delivery, second.rows)
    assert (first.file, second.file) == (name_of(inbox), name_of(inbox, "map/b"))
    assert parquet_of(inbox.landed()) == parquet_of(before) and len(inbox.landed()) == len(before) + 1


def test_other_bytes_under_the_same_name_are_another_delivery(inbox: Inbox) -> None:
    inbox.put(name_of(inbox), whole(inbox))
    inbox.receive()
    before = inbox.landed()
    inbox.put(name_of(inbox), SAMPLES[inbox.source.kind][2])
    assert inbox.receive().deliveries == 1
    before.pop("bron/digests.json")
    assert before.items() < inbox.landed().items()


def test_the_order_of_deliveries_does_not_change_their_files(inbox: Inbox, tmp_path: Path) -> None:
    _, one, other = SAMPLES[inbox.source.kind]
    reverse = Inbox(tmp_path / "reverse", inbox.source.kind)
    for place, contents in ((inbox, (one, other)), (reverse, (other, one))):
        for content in contents:
            place.put(name_of(inbox), content)
            place.receive()
    assert parquet_of(inbox.landed()) == parquet_of(reverse.landed())


@pytest.mark.parametrize(("kind", "suffix"), SUFFIXES)
def test_an_unreadable_file_is_one_line_and_lands_nothing(tmp_path: Path, kind: str, suffix: str) -> None:
    inbox = Inbox(tmp_path, kind)
    inbox.put(f"a{suffix}", JUNK)
    inbox.put(f"b{suffix.upper()}", gzip.compress(JUNK))
    received = inbox.receive()
    assert (received.deliveries, received.rows, received.rejected) == (0, 0, 0)
    places = [problem_in(problem).where for problem in received.problems]
    assert places == [f"{NAME}: a{suffix}", f"{NAME}: b{suffix.upper()}"]
    assert inbox.landed() == {}


def test_an_unreadable_file_leaves_the_others_alone(inbox: Inbox) -> None:
    inbox.put(name_of(inbox), whole(inbox))
    inbox.put(name_of(inbox, "b").replace(".jsonl", ".json"), JUNK)
    inbox.put(name_of(inbox, "c"), SAMPLES[inbox.source.kind][2])
    received = inbox.receive()
    assert (received.deliveries, len(received.problems)) == (2, 1)


@pytest.mark.parametrize("name", ["brief.docx", "a.pdf", "a", "a.csv.zip", "a.xls"])
def test_a_file_of_another_type_is_one_line_and_lands_nothing(inbox: Inbox, name: str) -> None:
    inbox.put(name, whole(inbox))
    problem = problem_in(*inbox.receive().problems)
    assert (problem.where, problem.found) == (f"{NAME}: {name}", "a file of another type")
    assert problem.expected == f"one of {' '.join(KINDS[inbox.source.kind].suffixes)}"
    assert inbox.landed() == {}


@pytest.mark.parametrize("name", ["{}.part", "{}.tmp", "{}.PART", "~${}", ".{}", ".map/{}"])
def test_a_file_still_being_written_is_left_alone(inbox: Inbox, name: str) -> None:
    inbox.put(name_of(inbox), whole(inbox))
    inbox.put(name.format(name_of(inbox, "b")), SAMPLES[inbox.source.kind][2])
    assert inbox.receive().deliveries == 1
    assert [receipt.file for receipt in inbox.landing.receipts(NAME)] == [name_of(inbox)]


@pytest.mark.parametrize("found", ["an empty folder", "nothing there"])
def test_an_empty_or_missing_folder_is_a_problem_and_loses_nothing(inbox: Inbox, found: str) -> None:
    path = inbox.put(name_of(inbox), whole(inbox))
    inbox.receive()
    before = inbox.landed()
    path.unlink()
    if found == "nothing there":
        inbox.folder.rmdir()
    problem = problem_of(inbox.receive)
    assert (problem.where, problem.found) == (f"{NAME}: {inbox.folder}", found)
    assert inbox.landed() == before


@pytest.mark.parametrize("free", [0, 100])
def test_an_error_while_writing_leaves_nothing_that_counts(inbox: Inbox, free: int) -> None:
    inbox.put(name_of(inbox), whole(inbox))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free, before[1]))  # no file may grow beyond: as on a full disk
    try:
        [problem] = inbox.receive().problems
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert problem_in(problem).expected == "a folder that can be written"
    assert inbox.landing.receipts(NAME) == [] and parquet_of(inbox.landed()) == {}
    assert inbox.receive().deliveries == 1


def test_nothing_but_rows_findings_and_receipts_is_written(inbox: Inbox) -> None:
    inbox.put(name_of(inbox), whole(inbox))
    inbox.receive()
    folders = {name.split("/")[1] for name in inbox.landed()}
    assert folders <= {*KINDS[inbox.source.kind].tables, "rejected", "receipts", "digests.json"}
    assert not list(inbox.landing.root.glob("*/.incoming"))
