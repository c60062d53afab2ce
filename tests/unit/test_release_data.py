"""The data of a release: tidy CSV and Parquet that say the same, the same bytes twice, and can be read back."""

import csv
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from release_samples import COVERAGE, REGISTRY, a_content

from flows.release.content import Content
from flows.release.data import UnfitText, UnreadableRelease, data_tables, read_tables, write_csv, write_parquet
from flows.release.disclosure.protect import ROUNDED, STEP, SUPPRESSED, Figure, Key
from flows.release.figures import PROTECTED, figures
from flows.release.schema import SCHEMAS, Schema, records


def a_table(name: str, content: Content | None = None) -> tuple[Schema, pd.DataFrame]:
    return next((schema, frame) for schema, frame in data_tables(content or a_content()) if schema.name == name)


def written(folder: Path, content: Content | None = None) -> Path:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for schema, frame in data_tables(content or a_content()):
        write_csv(folder / "data" / f"{schema.name}.csv", schema, frame)
    return folder


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


periods = st.dates(date(2010, 1, 1), date(2030, 12, 31)).map(lambda day: ("month", day.replace(day=1), day))
codes = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
counts = st.none() | st.integers(0, 10**6).map(lambda n: 5 * n)
shares = st.none() | st.integers(0, 3000).map(lambda n: n / 1000)
statuses = st.sampled_from([ROUNDED, SUPPRESSED])
releases = st.from_regex(r"20\d\d-(0[1-9]|1[0-2])(\.[1-9])?", fullmatch=True)
indicators = st.builds(
    lambda who, period, variable, category, n, n_known, share, status, release: Figure(
        Key("chat", "visitor", who, *period, variable, category), n, n_known, share, status, release
    ),
    *(codes, periods, codes.filter(lambda code: code != STEP), codes, counts, counts, shares, statuses, releases),
)
steps = st.builds(
    lambda unit, period, step, n, status, release: Figure(
        Key("chat", unit, "", *period, STEP, step), n, None, None, status, release
    ),
    *(st.sampled_from(["conversation", "visitor"]), periods, codes, counts, statuses, releases),
)


@settings(max_examples=40, deadline=None)
@given(
    printed=st.lists(indicators | steps, max_size=8, unique_by=lambda figure: figure.key), is_fictitious=st.booleans()
)
def test_what_a_release_printed_is_read_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, printed: list[Figure], is_fictitious: bool
) -> None:
    content = a_content(figures=printed, is_fictitious=is_fictitious)
    folder = written(tmp_path_factory.mktemp("release"), content)
    assert figures(read_tables(folder, *PROTECTED)) == sorted(printed, key=lambda figure: figure.key)


def test_every_table_is_read_back_as_it_was_and_every_figure_stands_in_one_once(tmp_path: Path) -> None:
    tables, folder = a_content().tables, written(tmp_path)
    for name in SCHEMAS:
        pd.testing.assert_frame_equal(read_tables(folder, name)[name], tables[name])
    assert len(tables["indicators"]) + len(tables["funnel"]) == len(figures(tables)) == len(a_content().counts)


def values(folder: Path, name: str, *columns: str) -> list[tuple[str, ...]]:
    return [tuple(row[column] for column in columns) for row in rows_of(folder, name)]


def test_what_is_not_shown_is_empty_and_has_a_status_and_the_funnel_is_of_all_platforms(tmp_path: Path) -> None:
    folder = written(tmp_path)
    counts = values(folder, "indicators", "category", "period_start", "n", "n_known", "share", "status")
    assert ("labour", "2020-01-01", "", "285", "", "suppressed") in counts
    assert values(folder, "registries", "value_low", "value_high", "value", "status") == [
        *(("1", "4", "", "interval"), ("984", "984", "984", "exact"))
    ]
    assert set(values(folder, "funnel", "source")) == {("all",)}


def test_every_row_of_a_fictitious_release_says_so_and_none_of_a_real_one(tmp_path: Path) -> None:
    folder = written(tmp_path)
    assert {remark for name in SCHEMAS for remark in values(folder, name, "remark")} == {("FICTITIOUS",)}
    for schema, frame in data_tables(a_content(is_fictitious=False)):
        assert "remark" not in {*schema.columns, *frame.columns}


def test_a_csv_file_is_utf_8_with_line_feeds_only(tmp_path: Path) -> None:
    content = a_content(registries=[{**REGISTRY, "label_nl": "Één", "label_en": "Ône"}])
    write_csv(tmp_path / "a.csv", *a_table("registries", content))
    written = (tmp_path / "a.csv").read_bytes()
    assert "Één,Ône".encode() in written
    assert b"\r" not in written and not written.startswith(b"\xef\xbb\xbf") and written.endswith(b"\n")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@A1", "＝1", "  =1", '"=1', "a\tb", "a\rb", "a\nb", "text;=1+1", 'text", "=1', "a| @b"],
)
def test_a_text_that_a_spreadsheet_would_calculate_is_refused(tmp_path: Path, text: str) -> None:
    content = a_content(coverage=[{**COVERAGE, "note_nl": text}])
    with pytest.raises(UnfitText, match=r"coverage.csv, line 2, column note_nl"):
        write_csv(tmp_path / "a.csv", *a_table("coverage", content))
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize("changes", [{}, {"revisions": ()}], ids=["rows", "a table without rows"])
def test_parquet_says_what_the_csv_says(tmp_path: Path, changes: dict[str, tuple[()]]) -> None:
    content = a_content(**changes)
    folder = written(tmp_path, content)
    for schema, frame in data_tables(content):
        write_parquet(tmp_path / "a.parquet", schema, frame, {})
        read = pq.read_table(tmp_path / "a.parquet")
        assert [tuple(row.values()) for row in read.to_pylist()] == list(records(frame))
        header = (folder / "data" / f"{schema.name}.csv").read_text().splitlines()[0]
        assert header.split(",") == read.column_names == list(schema.columns)


def test_parquet_has_types_and_keeps_its_metadata(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", *a_table("coverage"), {"title": "Dekking"})
    schema = pq.read_schema(tmp_path / "a.parquet")
    types = [str(schema.field(name).type) for name in ("n", "share", "is_comparable", "note_nl")]
    assert types == ["int64", "double", "bool", "string"] and schema.metadata == {b"title": b"Dekking"}


def test_a_second_time_gives_the_same_bytes(tmp_path: Path) -> None:
    def again() -> list[bytes]:
        written(tmp_path)
        for schema, frame in data_tables(a_content()):
            write_parquet(tmp_path / "data" / f"{schema.name}.parquet", schema, frame, {"a": "b", "c": "d"})
        return [path.read_bytes() for path in sorted((tmp_path / "data").iterdir())]

    assert again() == again()


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.unlink(),
        lambda path: path.write_text(path.read_text().replace("period_start", "start")),
        lambda path: path.write_text(path.read_text().replace(",260,", ",260x,")),
        lambda path: path.write_text(path.read_text() + "chat,visitor\n"),
        lambda path: path.write_text(path.read_text() + "a,b\n" * 2),
        lambda path: path.write_text(path.read_text().replace("\n", ",x\n").replace(",x\n", "\n", 1)),
        lambda path: path.write_text(path.read_text() + path.read_text().splitlines()[-1] + "\n"),
        lambda path: path.write_bytes(b"\xff\xfe"),
    ],
    ids=["gone", "header", "number", "short row", "short rows", "long rows", "row twice", "no text"],
)
def test_a_release_that_was_damaged_is_not_read(tmp_path: Path, change) -> None:  # type: ignore[no-untyped-def]
    folder = written(tmp_path)
    change(folder / "data" / "indicators.csv")
    with pytest.raises(UnreadableRelease, match=r"indicators.csv"):
        read_tables(folder, "indicators")
