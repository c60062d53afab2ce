"""Conversations read many at a time are those that are read one by one."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import KEY, a_context, a_record

from connectors.chat import blocks
from connectors.chat.conversations import FIELDS, SCHEMA, read_records
from connectors.pseudonym import Pseudonymiser, Tombstones
from connectors.source import Context, Row, Source

SOURCE = Source("fier", "chat")
NAMES = {field: field for field in FIELDS}

texts = st.sampled_from(
    ["a", "Jip en Janneke", " jip ", "JIP", "", " ", "é", "e\u0301", '"', "\\", "\t", "x\n", "\ud800", "a\0"]
)
moments = st.one_of(
    st.datetimes(datetime(1890, 1, 1), datetime(2110, 1, 1)).map(lambda moment: moment.isoformat() + "Z"),
    st.sampled_from(
        [
            "2021-03-28T02:30:00+02:00",
            "2021-03-28T02:30:00.5-14:00",
            "2021-03-28T02:30:00.123456+00:00",
            "2021-03-28T02:30:00.1234567Z",
            "2021-03-28t02:30:00z",
            "2021-03-28 02:30:00Z",
            " 2021-03-28T02:30:00Z",
            "2021-03-28T02:30:00Z\n",
            "2021-02-29T02:30:00Z",
            "2020-02-29T23:59:59.999999Z",
            "2021-03-28T24:00:00Z",
            "2021-03-28T02:30:60Z",
            "2021-03-28T02:30:00+24:00",
            "2021-03-28T02:30:00",
            "1900-01-01T00:00:00+14:00",
            "2099-12-31T23:59:59-14:00",
        ]
    ),
)
anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), texts, moments, st.lists(texts, max_size=2), st.just({"a": 1})
)
usual_tags = st.lists(st.sampled_from(["mensenhandel", "tienermoeder", "a b"]), max_size=3)
fields: dict[str, st.SearchStrategy[Any]] = {
    "conversation_id": texts,
    "nickname": st.one_of(st.none(), texts),
    "connection_group": st.one_of(st.none(), texts),
    "started_at": moments,
    "ended_at": st.one_of(st.none(), moments),
    "language": st.sampled_from(["nl", "en", None, "", "NL", " nl", "dut", "nl\n"]),
    "tags": st.one_of(st.none(), usual_tags, st.lists(texts, max_size=2), texts),
    "updated_at": moments,
    "deleted": st.sampled_from([None, False, True]),
}
changed = st.one_of(
    *(st.tuples(st.just(field), st.one_of(values, values, anything)) for field, values in fields.items())
)
records = st.lists(changed, max_size=2).map(lambda changes: a_record(**dict(changes)))


def one_by_one(block: list[tuple[str, Any]], context: Context) -> list[dict[str, Any]] | None:
    """The rows; None where there are findings, too."""
    items = list(read_records(SOURCE, "fier: file", block, context))
    rows = [item.values for item in items if isinstance(item, Row)]
    return rows if len(rows) == len(items) else None


def at_once(block: list[tuple[str, Any]], context: Context | None = None) -> pa.RecordBatch | None:
    return blocks.rows(SOURCE, NAMES, SCHEMA, block, context or a_context())


def same(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA).to_pylist()


@given(st.lists(records, min_size=1, max_size=3))
def test_a_block_gives_the_rows_of_its_records_or_is_left_to_be_read_one_by_one(found: list[dict[str, Any]]) -> None:
    block = [(f"line {number}", record) for number, record in enumerate([*found, a_record(9)], start=1)]
    batch = at_once(block)
    if batch is not None:
        rows = one_by_one(block, a_context())
        assert rows is not None and batch.to_pylist() == same(rows)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"nickname": None, "connection_group": " ", "ended_at": None, "language": None, "tags": []},
        {"nickname": "Zoë\u0301 \N{GRINNING FACE}"},
        {"tags": None, "deleted": None},
        {"started_at": "2021-06-15T12:00:00.5Z", "updated_at": "2021-06-15T12:00:00.123456-03:30"},
        {"deleted": True},
        {"deleted": True, "started_at": ..., "ended_at": ..., "nickname": ..., "tags": ..., "language": ...},
        {"transcript": ["not kept"]},
    ],
    ids=str,
)
def test_what_is_written_as_usual_is_read_at_once(changes: dict[str, Any]) -> None:
    block = [("line 1", a_record(1)), ("line 2", a_record(2, **changes))]
    batch, rows = at_once(block), one_by_one(block, a_context())
    assert batch is not None and rows is not None
    assert batch.to_pylist() == same(rows)
    assert batch.schema.equals(SCHEMA)


def test_the_erased_are_left_out_of_a_block() -> None:
    pseudonymise = Pseudonymiser(KEY)
    mark = Tombstones((), pseudonymise).mark("fier:C-2")
    context = replace(a_context(), erased=Tombstones([mark], pseudonymise))
    batch = at_once([(f"line {number}", a_record(number)) for number in (1, 2, 3)], context)
    assert batch is not None and batch["conversation_id"].to_pylist() == ["C-1", "C-3"]


@pytest.mark.parametrize(("second", "deleted", "is_at_once"), [(0, False, True), (1, False, False), (1, True, True)])
def test_a_block_with_something_past_its_term_is_read_one_by_one(second: int, deleted: bool, is_at_once: bool) -> None:
    context = replace(a_context(), kept_from=datetime(2020, 6, 15, 10, 0, second, tzinfo=UTC))
    block = [("line 1", a_record(1, started_at="2021-01-01T00:00:00Z")), ("line 2", a_record(2, deleted=deleted))]
    assert (at_once(block, context) is not None) == is_at_once
