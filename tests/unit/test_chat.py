"""One conversation's record: what is kept, what is rejected, and what stands although a part is wrong."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import KEY, a_context, a_record, ndjson, problem_of, read, rows_of, rules_of, table_bytes

from connectors.chat.conversations import SCHEMA, TABLE, read_record, read_records
from connectors.pseudonym import Pseudonymiser
from connectors.source import Context, Item, Source

HEADER = ["conversation_id", "nickname", "started_at", "tags", "updated_at"]


def items_of(record: Any, **columns: str) -> list[Item]:
    return list(read_record(Source("fier", "chat", columns=columns), "line 1", record, Pseudonymiser(KEY)))


def row_of(record: Any, **columns: str) -> dict[str, Any]:
    [row] = rows_of(items_of(record, **columns), TABLE)
    return row


def test_a_record_is_cut_down_to_the_allow_list_with_pseudonyms() -> None:
    row = row_of(a_record(transcript="t", ip_address="192.0.2.1", email="e@example.org", extra={"nested": ["n"]}))
    assert set(row) == {field.name for field in SCHEMA}
    assert row["nickname_pseudonym"] == Pseudonymiser(KEY)("fier", "nickname", "verzonnen1")
    assert row["connection_pseudonym"] == Pseudonymiser(KEY)("fier", "connection_group", "groep1")
    assert "verzonnen1" not in str(row) and "groep1" not in str(row)


def test_moments_are_kept_in_utc() -> None:
    assert row_of(a_record())["started_at"] == datetime(2020, 6, 15, 10, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2020-06-15t12:00:00z", " 2020-06-15 12:00:00Z ", "2020-06-15T12:00:00.000000999Z"])
def test_every_form_of_rfc_3339_is_read(text: str) -> None:
    assert row_of(a_record(started_at=text))["started_at"] == datetime(2020, 6, 15, 12, tzinfo=UTC)


DAY = "2020-06-15"
NO_MOMENTS = [DAY, f"{DAY}T12:00:00", f"{DAY}T12:00Z", "15-06-2020", "٢٠٢٠-06-15T12:00:00Z", "", 1592222400, [], ...]
NO_DAYS = ["2020-02-30T12:00:00Z", f"{DAY}T25:00:00Z", f"{DAY}T12:00:00+25:00", "0001-01-01T00:00:00+01:00"]
NO_TAGS = ["mensenhandel", ["mensenhandel", 1], ["\udc00"], {"mensenhandel": True}]


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        *(("started_at", value, "not_rfc3339") for value in (*NO_MOMENTS, *NO_DAYS)),
        ("updated_at", ..., "not_rfc3339"),
        *(("conversation_id", value, "no_id") for value in (..., None, "", "  ")),
        *(("conversation_id", value, "not_text") for value in (7, "\ud800")),
        *(("tags", value, "not_a_list_of_text") for value in NO_TAGS),
        *(("deleted", value, "not_a_boolean") for value in ("true", 1)),
    ],
)
def test_a_needed_field_that_is_missing_or_wrong_rejects_the_record(field: str, value: Any, rule: str) -> None:
    items = items_of(a_record(**{field: value}))
    assert rules_of(items) == [("line 1", field, rule)] and len(items) == 1


@pytest.mark.parametrize(
    ("field", "value", "rule", "column"),
    [
        ("ended_at", "straks", "not_rfc3339", "ended_at"),
        ("language", "Nederlands", "not_iso_639_1", "language"),
        ("language", 5, "not_iso_639_1", "language"),
        ("nickname", 5, "not_text", "nickname_pseudonym"),
        ("nickname", ["a"], "not_text", "nickname_pseudonym"),
        ("connection_group", {"ip": "x"}, "not_text", "connection_pseudonym"),
    ],
)
def test_a_field_that_is_not_needed_is_lost_alone(field: str, value: Any, rule: str, column: str) -> None:
    items = items_of(a_record(**{field: value}))
    assert rules_of(items) == [("line 1", field, rule)]
    assert rows_of(items, TABLE)[0].get(column) is None


@pytest.mark.parametrize("record", [None, 1, "text", ["list"], True])
def test_what_is_no_object_is_unreadable(record: Any) -> None:
    assert rules_of(items_of(record)) == [("line 1", "", "unreadable_record")]


def test_a_deletion_needs_only_id_and_moment_and_keeps_nothing_else() -> None:
    row = row_of(a_record(deleted=True))
    assert row == row_of({"conversation_id": "C-1", "updated_at": "2021-01-01T00:00:00Z", "deleted": True})
    assert set(row) == {"location", "conversation_id", "updated_at", "is_deleted"}


def test_absent_and_null_fields_are_the_same() -> None:
    optional = ("nickname", "connection_group", "ended_at", "language", "tags", "deleted")
    absent, null = dict.fromkeys(optional, ...), dict.fromkeys(optional)
    assert items_of(a_record(**absent)) == items_of(a_record(**null))


def test_blank_tags_and_blanks_around_tags_are_no_marks() -> None:
    assert row_of(a_record(tags=[" mensenhandel ", "", "  "]))["tags"] == ["mensenhandel"]


def test_platform_names_are_mapped_and_the_mapped_field_is_read_once() -> None:
    record = a_record(conversation_id="wrong one", chatnr="C-9", labels=["mensenhandel"], tags=...)
    row = row_of(record, conversation_id="chatnr", tags="labels")
    assert (row["conversation_id"], row["tags"]) == ("C-9", ["mensenhandel"])


def test_canonical_json_is_rfc_8785_without_the_pseudonymised_fields() -> None:
    canonical = row_of(a_record(tags=["é\u20ac", 'a"b\\', "\u007f\n\u0001x"]))["canonical_json"]
    assert canonical == (
        '{"conversation_id":"C-1","deleted":false,"ended_at":"2020-06-15T10:30:00.000000Z","language":"nl",'
        '"started_at":"2020-06-15T10:00:00.000000Z","tags":["é€","a\\"b\\\\","\u007f\\n\\u0001x"],'
        '"updated_at":"2021-01-01T00:00:00.000000Z"}'
    )


moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11)), timezone(timedelta(hours=14))]))


@given(moments.filter(lambda moment: 1 < moment.year < 9999), moments.filter(lambda moment: 1 < moment.year < 9999))
def test_canonical_moments_sort_as_time_does(one: datetime, other: datetime) -> None:
    first, second = (row_of(a_record(started_at=moment.isoformat()))["canonical_json"] for moment in (one, other))
    assert (first < second) == (one < other)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*a_record(), "transcript"]), json_values) | json_values)
def test_any_json_gives_rows_or_rejections_and_never_an_error(record: Any) -> None:
    items = items_of(record)
    assert rows_of(items, TABLE) or rules_of(items)


def test_the_same_broken_record_has_the_same_fingerprint_under_one_key_only() -> None:
    def fingerprint(record: Any, key: bytes = KEY) -> Any:
        [item] = read_record(Source("fier", "chat"), "line 1", record, Pseudonymiser(key))
        return item.fingerprint  # type: ignore[union-attr]

    broken = a_record(started_at="nooit")
    assert fingerprint(broken) == fingerprint(dict(reversed(broken.items())) | {"transcript": "other"})
    assert len({fingerprint(broken), fingerprint(broken, b"K" * 32), fingerprint(a_record(started_at="ooit"))}) == 3


@pytest.mark.parametrize("depth", [*range(900, 1000, 10), 100_000])
def test_a_record_nested_too_deeply_is_lost_alone(tmp_path: Path, depth: int) -> None:
    deep = b'{"conversation_id":"C-1","tags":' + b"[" * depth + b"]" * depth + b"}\n"
    items = read(tmp_path, "chat", "a.jsonl", deep + ndjson(a_record(2)))
    assert [row["conversation_id"] for row in rows_of(items, TABLE)] == ["C-2"]
    assert [location for location, _, _ in rules_of(items)] == ["line 1"]


def test_conversations_without_any_tags_are_refused_because_nothing_would_be_flagged(tmp_path: Path) -> None:
    content = ndjson(a_record(1, tags=...), a_record(2, tags=...))
    problem = problem_of(read, tmp_path, "chat", "a.jsonl", content)
    assert (problem.where, problem.found) == ("bron: a.jsonl", "2 conversations without the field tags")
    assert problem.do == "Map the platform's own name in `columns` of [sources.bron]."


def test_conversations_are_not_read_without_a_key() -> None:
    with pytest.raises(ValueError, match="without a pseudonym key"):
        next(read_records(Source("fier", "chat"), "fier", [], Context(a_context().codebook, a_context().layouts)))


def test_csv_reads_the_same_as_json(tmp_path: Path) -> None:
    fields = list(a_record())
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";")
    record = a_record(nickname='Van "X"; de Ü', tags=["mensenhandel", "later"])
    writer.writerows(
        [fields, [*map(str, list(record.values())[:6]), "mensenhandel|later", record["updated_at"], "false"]]
    )
    [from_csv] = rows_of(read(tmp_path, "chat", "a.csv", stream.getvalue().encode()), TABLE)
    [from_json] = rows_of(read(tmp_path, "chat", "a.jsonl", ndjson(record)), TABLE)
    assert {**from_csv, "location": ""} == {**from_json, "location": ""}


@pytest.mark.parametrize(
    ("cell", "is_deleted"),
    [("true", [True]), ("TRUE ", [True]), ("1", [True]), ("", [False]), ("0", [False]), ("verwijderd", [])],
)
def test_a_deletion_in_csv_is_true_or_1_and_another_word_is_a_finding(
    tmp_path: Path, cell: str, is_deleted: list[bool]
) -> None:
    content = table_bytes([*HEADER, "deleted"], ["C-1", "n", "2020-01-01T00:00:00Z", "", "2020-01-02T00:00:00Z", cell])
    items = read(tmp_path, "chat", "a.csv", content)
    assert [row["is_deleted"] for row in rows_of(items, TABLE)] == is_deleted
    assert rules_of(items) == ([] if is_deleted else [("row 2", "deleted", "not_a_boolean")])


@pytest.mark.parametrize("missing", HEADER)
def test_a_csv_without_a_needed_column_is_refused_and_says_which(tmp_path: Path, missing: str) -> None:
    header = [name for name in HEADER if name != missing]
    problem = problem_of(read, tmp_path, "chat", "a.csv", table_bytes(header, ["x"] * len(header)))
    assert (problem.where, problem.found) == ("bron: a.csv, row 1", f"no column {missing}")


def test_mapped_columns_are_read_from_csv(tmp_path: Path) -> None:
    content = table_bytes(
        ["chatnr", *HEADER[1:]], ["C-1", "n", "2020-01-01T00:00:00Z", "mensenhandel|x", "2020-01-02T00:00:00Z"]
    )
    [row] = rows_of(read(tmp_path, "chat", "a.csv", content, conversation_id="chatnr"), TABLE)
    assert (row["conversation_id"], row["tags"]) == ("C-1", ["mensenhandel", "x"])
