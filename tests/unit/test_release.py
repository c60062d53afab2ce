"""The plain release: rounding, recomputed shares, the same bytes twice, nothing that opens as a formula."""

import csv
import hashlib
import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.release.disclosure import protect_count, protect_share
from flows.release.package import ReleaseRefused, write_package
from flows.release.tables import Table, release_tables

MANIFEST = {"release": "2020-12", "data_until": "2020-12-31", "deliveries": "abc"}


def a_table(n: int = 10) -> Table:
    return Table("funnel", ("source", "period_start", "step", "n"), [("=1+1", date(2020, 1, 1), "flagged", n)])


@given(st.integers(0, 10**9))
def test_counts_are_rounded_to_the_nearest_multiple_of_five(n: int) -> None:
    shown = protect_count(n)
    assert shown % 5 == 0
    assert abs(shown - n) <= 2


@pytest.mark.parametrize(("base", "n", "shown"), [(10, 4, 0), (10, 5, 10), (10, 15, 20), (5, 2, 0), (5, 3, 5)])
def test_halves_are_rounded_up(base: int, n: int, shown: int) -> None:
    assert protect_count(n, base) == shown


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_share_of_protected_counts_lies_between_zero_and_one(n: int, more: int) -> None:
    shown = protect_share(protect_count(n), protect_count(n + more))
    assert shown is None or 0 <= shown <= 1


def test_a_share_of_nothing_is_not_shown() -> None:
    assert protect_share(0, protect_count(2)) is None


def test_no_true_count_reaches_a_table() -> None:
    answers = iter([[("chat", "visitor", "p", "year", 1, 2, "v", "c", 13, 27)], [("all", "year", 1, 2, "flagged", 13)]])
    indicators, funnel = release_tables(lambda sql, values: next(answers), date(2020, 12, 31))
    assert indicators.rows == [("chat", "visitor", "p", "year", 1, 2, "v", "c", 15, 25, 0.6)]
    assert funnel.rows == [("all", "year", 1, 2, "flagged", 15)]


def test_a_second_time_gives_the_same_bytes_and_says_so(tmp_path: Path) -> None:
    assert write_package(tmp_path / "2020-12", MANIFEST, "", [a_table()])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert not write_package(tmp_path / "2020-12", MANIFEST, "", [a_table()])
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_what_is_out_never_changes(tmp_path: Path) -> None:
    write_package(tmp_path / "2020-12", MANIFEST, "", [a_table()])
    before = (tmp_path / "2020-12" / "SHA256SUMS").read_text()
    with pytest.raises(ReleaseRefused, match="never changes"):
        write_package(tmp_path / "2020-12", MANIFEST, "", [a_table(15)])
    assert (tmp_path / "2020-12" / "SHA256SUMS").read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == ["2020-12"]


def test_checksums_cover_every_file(tmp_path: Path) -> None:
    folder = tmp_path / "2020-12"
    write_package(folder, MANIFEST, "", [a_table()])
    sums = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file() and p.name != "SHA256SUMS"}
    assert sums == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


def test_fictitious_data_is_marked_everywhere(tmp_path: Path) -> None:
    folder = tmp_path / "2020-12"
    write_package(folder, MANIFEST, "FICTITIOUS", [a_table()])
    assert json.loads((folder / "manifest.json").read_text())["remark"] == "FICTITIOUS"
    with (folder / "data" / "funnel.csv").open() as stream:
        assert {row["remark"] for row in csv.DictReader(stream)} == {"FICTITIOUS"}
    for sheet in openpyxl.load_workbook(folder / "monitor.xlsx").worksheets:
        assert "FICTITIOUS" in sheet.title
        assert sheet["A1"].value == "FICTITIOUS"


def test_no_cell_opens_as_a_formula(tmp_path: Path) -> None:
    write_package(tmp_path / "2020-12", MANIFEST, "", [a_table()])
    sheet = openpyxl.load_workbook(tmp_path / "2020-12" / "monitor.xlsx").worksheets[0]
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("=1+1", "s")
