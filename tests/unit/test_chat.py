"""One conversation's record: what is kept, what is rejected, and what stands although a part is wrong."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import KEY, a_context, a_record, ndjson, problem_of, read, rows_of, rules_of, table_bytes

from connectors.chat.blocks import FIELDS, SCHEMA, project, read_block
from connectors.chat.conversations import TABLE, read_records
from connectors.pseudonym import Pseudonymiser, Tombstones
from connectors.source import Context, Item, Row, Source

HEADER = ["conversation_id", "nickname", "started_at", "tags", "updated_at"]


def items_of_all(records: list[Any], context: Context | None = None, **settings: Any) -> list[Item]:
    """Return what one block of records gives. Locations are `line 1` and so on."""
    source = Source("fier", "chat", **settings)
    names = {field: source.columns.get(field, field) for field in FIELDS}
    block = [(f"line {number}", project(record, names)) for number, record in enumerate(records, start=1)]
    rows, rejections = read_block(source, block, context or a_context())
    assert rows.schema.equals(SCHEMA)
    return [*(Row(TABLE, values) for values in rows.to_pylist()), *rejections]


def items_of(record: Any, **columns: str) -> list[Item]:
    return items_of_all([record], columns=columns)


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
NO_CHAT = ["1999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2202-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
NO_TAGS = ["mensenhandel", ["mensenhandel", 1], ["\udc00"], {"mensenhandel": True}]


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        *(("started_at", value, "not_rfc3339") for value in (*NO_MOMENTS, *NO_DAYS)),
        ("updated_at", ..., "not_rfc3339"),
        *(("conversation_id", value, "no_id") for value in (..., None, "", "  ")),
        *(("conversation_id", value, "not_text") for value in (7.5, True, "\ud800")),
        *(("conversation_id", value, "destroyed_id") for value in ("2,00964E+14", "2.00964e+14", "2E+14", "#", "####")),
        *(("tags", value, "not_a_list_of_text") for value in NO_TAGS),
        *(("deleted", value, "deletion_not_honoured") for value in ("misschien", "gewist", 2, float("nan"), ["true"])),
        *((field, moment, "out_of_range") for field in ("started_at", "updated_at") for moment in NO_CHAT),
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


@pytest.mark.parametrize("deleted", [True, "true", " TRUE", "1", 1, "yes", "Ja", "WAAR"])
@pytest.mark.parametrize("moment", [..., None, "2021-01-01", 7, "9999-12-31T23:59:59Z"])
def test_a_deletion_needs_only_an_id_and_keeps_nothing_else(deleted: Any, moment: Any) -> None:
    row = row_of(a_record(deleted=deleted, updated_at=moment, started_at="nooit", tags=5))
    assert {name: value for name, value in row.items() if value is not None} == {
        "location": "line 1",
        "conversation_id": "C-1",
        "is_deleted": True,
    }
    assert row_of(a_record(deleted=deleted))["updated_at"] == datetime(2021, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("conversation_id", [..., None, " ", 7.5, "2,00964E+14", "####"])
def test_a_deletion_without_a_readable_id_is_not_honoured(conversation_id: Any) -> None:
    items = items_of(a_record(deleted=True, conversation_id=conversation_id))
    assert rules_of(items) == [("line 1", "conversation_id", "deletion_not_honoured")] and len(items) == 1


@pytest.mark.parametrize(("number", "text"), [(7, "7"), (200964000000001, "200964000000001"), (0, "0")])
def test_a_whole_number_is_an_id(number: int, text: str) -> None:
    rows = rows_of(items_of_all([a_record(conversation_id=number), a_record(conversation_id="x")]), TABLE)
    assert [row["conversation_id"] for row in rows] == [text, "x"]
    assert json.loads(rows[0]["canonical_json"])["conversation_id"] == text


def test_a_broken_record_costs_only_itself() -> None:
    broken: list[Any] = [
        a_record(2, conversation_id=7.5),
        a_record(3, started_at="2021-02-29T12:00:00Z"),
        a_record(4, tags=[1]),
        a_record(5, deleted="misschien"),
        None,
        a_record(6, nickname="\ud800", started_at="2021-06-15T12:00:00Z"),
    ]
    items = items_of_all([a_record(1), *broken, a_record(9)])
    assert [row["conversation_id"] for row in rows_of(items, TABLE)] == ["C-1", "C-6", "C-9"]
    assert [location for location, _, _ in sorted(rules_of(items))] == [f"line {number}" for number in range(2, 8)]
    alone = [rows_of(items_of(record), TABLE) for record in (a_record(1), broken[-1], a_record(9))]
    rows = rows_of(items, TABLE)
    assert [[{**row, "location": "line 1"}] for row in rows] == alone


LOCAL = {"timezone": "Europe/Amsterdam"}
DUTCH = {**LOCAL, "date_format": "%d-%m-%Y %H:%M"}


@pytest.mark.parametrize(
    ("written", "settings", "utc"),
    [
        ("2016-12-31T23:59:60Z", {}, "2017-01-01T00:00:00"),
        ("2016-12-31T23:59:60.7Z", {}, "2017-01-01T00:00:00"),
        ("2017-01-01T00:59:60+01:00", {}, "2017-01-01T00:00:00"),
        ("2020-02-29T12:00:00.1234567-03:30", {}, "2020-02-29T15:30:00.123456"),
        ("2020-06-15T12:00:00", LOCAL, "2020-06-15T10:00:00"),
        ("2020-06-15 12:00:00.5", LOCAL, "2020-06-15T10:00:00.500000"),
        ("2020-06-15T12:00:00Z", LOCAL, "2020-06-15T12:00:00"),
        ("15-06-2020 12:00", DUTCH, "2020-06-15T10:00:00"),
        ("5-1-2020 9:05", DUTCH, "2020-01-05T08:05:00"),
        ("2020-06-15T12:00:00Z", DUTCH, "2020-06-15T12:00:00"),
        ("25-10-2020 02:30", DUTCH, "2020-10-25T00:30:00"),  # the clock shows it twice
        ("31-04-2020 12:00", DUTCH, None),
        ("06-15-2020 12:00", DUTCH, None),
        ("15-06-2020 12:00:00", DUTCH, None),
        ("2020-06-15T12:00:00", DUTCH, None),
        ("15-06-2020 12:00", LOCAL, None),
    ],
)
def test_leap_seconds_and_local_times_are_read(written: str, settings: dict[str, str], utc: str | None) -> None:
    items = items_of_all([a_record(1), a_record(2, started_at=written)], **settings)
    rows = rows_of(items, TABLE)
    assert [row["started_at"].isoformat().removesuffix("+00:00") for row in rows[1:]] == ([utc] if utc else [])
    assert rules_of(items) == ([] if utc else [("line 2", "started_at", "not_rfc3339")])


def test_a_moment_may_lie_two_days_ahead_and_no_more() -> None:
    now = datetime.now(UTC)
    soon, later = (a_record(updated_at=(now + timedelta(days=days)).isoformat()) for days in (1.9, 2.1))
    assert not rules_of(items_of(soon)) and rules_of(items_of(later)) == [("line 1", "updated_at", "out_of_range")]


@pytest.mark.parametrize(
    "mark", ["Mensenhandel", "MENSENHANDEL\u200b", "\ufeff mensen\u00adhandel", "\uff4d" + "ensenhandel"]
)
def test_marks_are_compared_without_case_width_and_what_is_invisible(mark: str) -> None:
    row = row_of(a_record(tags=[mark, "\u200b"]))
    assert row["tags"] == ["mensenhandel"]
    assert json.loads(row["canonical_json"])["tags"] == [mark.strip(), "\u200b"]


def test_a_record_without_the_tags_that_others_have_is_a_finding() -> None:
    items = items_of_all(
        [a_record(1), a_record(2, tags=...), a_record(3, tags=None), a_record(4, tags=..., deleted=True)]
    )
    assert rules_of(items) == [("line 2", "tags", "missing_field")] and len(rows_of(items, TABLE)) == 4


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        " ",
        "\u200b",
        "\u3164",
        "\u2800",
        "\u00ad",
        "\ufeff",
        "Anoniem",
        " ANONIEM\u200b",
        "Guest",
        "Bezoeker 12",
    ],
)
def test_a_name_of_nobody_is_blank_on_every_platform(name: str | None) -> None:
    assert row_of(a_record(nickname=name))["nickname_pseudonym"] is None


def test_a_key_that_occurs_twice_rejects_the_record(tmp_path: Path) -> None:
    line = json.dumps(a_record(2))
    twice = [
        line.replace('"tags"', '"tags": [], "tags"'),
        line.replace('"nickname"', '"n\\u0069ckname": "x", "nickname"'),
        line.replace('"deleted"', '"deleted" : true, "deleted"'),
    ]
    content = ndjson(a_record(1)) + "\n".join([*twice, line[:-1] + ', "x": 1, "x": 2}']).encode()
    items = read(tmp_path, "chat", "a.jsonl", content)
    assert [row["conversation_id"] for row in rows_of(items, TABLE)] == ["C-1", "C-2"]
    assert sorted(rules_of(items)) == [
        ("line 2", "tags", "duplicate_key"),
        ("line 3", "nickname", "duplicate_key"),
        ("line 4", "deleted", "deletion_not_honoured"),
    ]
    array = f"[{json.dumps(a_record(1))}, {twice[0]}]".encode()
    assert rules_of(read(tmp_path, "chat", "a.json", array)) == [("item 2", "tags", "duplicate_key")]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.ndjson"])
@pytest.mark.parametrize("indent", [None, 1])
def test_an_array_is_read_whatever_the_file_is_called(tmp_path: Path, name: str, indent: int | None) -> None:
    content = json.dumps([a_record(1), a_record(2)], indent=indent).encode()
    items = read(tmp_path, "chat", name, content)
    assert [row["conversation_id"] for row in rows_of(items, TABLE)] == ["C-1", "C-2"] and not rules_of(items)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
@pytest.mark.parametrize(
    ("content", "found"),
    [
        (json.dumps({"items": [a_record()]}), "1 conversations without the field tags"),
        (json.dumps({"items": [a_record()]}, indent=1), "no line that holds a JSON object"),
        (json.dumps(a_record()) + json.dumps(a_record(2)), "more than one JSON object on a line"),
        (json.dumps(a_record()) + ", " + json.dumps(a_record(2)), "more than one JSON object on a line"),
    ],
)
def test_objects_of_another_shape_are_refused_whole(tmp_path: Path, name: str, content: str, found: str) -> None:
    assert problem_of(read, tmp_path, "chat", name, content.encode()).found == found


def test_no_number_is_a_value_of_a_wrong_type_in_every_form(tmp_path: Path) -> None:
    record = a_record(2, language=float("nan"), transcript=float("nan"))
    as_lines = read(tmp_path, "chat", "a.jsonl", ndjson(a_record(1)) + json.dumps(record).encode())
    as_array = read(tmp_path, "chat", "a.json", json.dumps([a_record(1), record]).encode())
    for items in (as_lines, as_array):
        assert [rule for _, _, rule in rules_of(items)] == ["not_iso_639_1"] and len(rows_of(items, TABLE)) == 2


def test_the_erased_and_the_old_are_left_out() -> None:
    pseudonymise = Pseudonymiser(KEY)
    mark = Tombstones((), pseudonymise).mark("fier:C-2")
    kept_from = datetime(2020, 6, 15, 10, 0, 1, tzinfo=UTC)
    context = replace(a_context(), erased=Tombstones([mark], pseudonymise), kept_from=kept_from)
    new = "2021-01-01T00:00:00Z"
    records = [a_record(1, started_at=new), a_record(2, started_at=new), a_record(3), a_record(4, deleted=True)]
    items = items_of_all(records, context)
    assert [row["conversation_id"] for row in rows_of(items, TABLE)] == ["C-1", "C-4"]
    assert rules_of(items) == [("line 3", "started_at", "past_retention")]


def test_absent_and_null_fields_are_the_same() -> None:
    optional = ("nickname", "connection_group", "ended_at", "language", "deleted")
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


zones = st.sampled_from([UTC, timezone(timedelta(hours=-11)), timezone(timedelta(hours=14))])
moments = st.datetimes(datetime(2000, 1, 2), datetime(2025, 12, 30), timezones=zones)


@given(moments, moments)
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
        [item] = items_of_all([record], a_context(key))
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
    assert problem.do == "Map the platform's own name in `columns` of [sources.bron], or export only the records."


def test_conversations_are_not_read_without_a_key() -> None:
    with pytest.raises(ValueError, match="without a pseudonym key"):
        next(
            read_records(
                Source("fier", "chat"),
                "fier",
                [("item 1", a_record())],
                Context(a_context().codebook, a_context().layouts),
            )
        )


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
    assert rules_of(items) == ([] if is_deleted else [("row 2", "deleted", "deletion_not_honoured")])


@pytest.mark.parametrize(
    "cell", ["mensenhandel|x", "x, Mensenhandel", "x;mensenhandel", "x\nmensenhandel", '["x", "mensenhandel"]']
)
def test_tags_in_csv_are_a_json_list_or_separated_texts(tmp_path: Path, cell: str) -> None:
    stream = io.StringIO()
    csv.writer(stream).writerows([HEADER, ["C-1", "n", "2020-01-01T00:00:00Z", cell, "2020-01-02T00:00:00Z"]])
    [row] = rows_of(read(tmp_path, "chat", "a.csv", stream.getvalue().encode()), TABLE)
    assert sorted(row["tags"]) == ["mensenhandel", "x"]


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


DOTTED = {"nickname": "visitor.name", "tags": "labels[].title", "started_at": "times.start.at"}


def nested(number: int, **changes: Any) -> dict[str, Any]:
    record = a_record(number, nickname=..., tags=..., started_at=...)
    inner = {
        "visitor": {"name": f"verzonnen{number}", "phone": "CANARY"},
        "labels": [{"title": "Mensenhandel", "colour": "red"}],
        "times": {"start": {"at": "2020-06-15T12:00:00+02:00"}},
    }
    return {**record, **inner, **changes}


@pytest.mark.parametrize(
    ("changes", "row", "rules"),
    [
        ({}, (True, ["mensenhandel"]), []),
        ({"labels": []}, (True, []), []),
        ({"visitor": None}, (False, ["mensenhandel"]), []),
        ({"visitor": "Sanne"}, (False, ["mensenhandel"]), [("nickname", "not_text")]),
        ({"labels": [{"colour": "red"}]}, None, [("tags", "not_a_list_of_text")]),
        ({"labels": "mensenhandel"}, None, [("tags", "not_a_list_of_text")]),
        ({"times": {"start": 5}}, None, [("started_at", "not_rfc3339")]),
        ({"visitor.name": "Sanne"}, (True, ["mensenhandel"]), []),
    ],
)
def test_nested_fields_are_read_by_dotted_names_and_nothing_beside_them(
    tmp_path: Path, changes: dict[str, Any], row: tuple[bool, list[str]] | None, rules: list[tuple[str, str]]
) -> None:
    items = read(tmp_path, "chat", "a.jsonl", ndjson(nested(1, **changes)), **DOTTED)
    found = [(bool(one["nickname_pseudonym"]), one["tags"]) for one in rows_of(items, "conversations")]
    assert (found, [rule[1:] for rule in rules_of(items)]) == ([row] if row else [], rules)
    assert "CANARY" not in str(items)


def test_a_nested_key_that_occurs_twice_is_not_read(tmp_path: Path) -> None:
    content = ndjson(nested(1)).replace(b'"name":', b'"name": "Anna", "name":')
    items = read(tmp_path, "chat", "a.jsonl", content, **DOTTED)
    assert rules_of(items) == [("line 1", "nickname", "not_text")]
