"""Deliveries without some of their rows: rewritten into new files, since what is deleted in place stays readable."""

import operator
from collections.abc import Callable
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from connectors.chat import conversations
from connectors.landing import Change, Landing

# Which are to be forgotten of an array of `gesprek_id` without what all of them begin with, which is given beside it:
# ten million names need not be put together to be compared. None that is null.
Gone = Callable[[pa.Array, str], pa.BooleanArray]


def deleted_ids(landing: Landing, source: str, deliveries: list[str]) -> set[str]:
    """The `gesprek_id` of all conversations that a platform erased, in some of its deliveries."""
    columns = ["conversation_id", "is_deleted"]
    return {
        f"{source}:{conversation_id}"
        for delivery in deliveries
        for batch in landing.batches(source, conversations.TABLE, delivery, columns)
        for conversation_id in batch.filter(batch["is_deleted"])["conversation_id"].to_pylist()
    }


def has_live(landing: Landing, source: str, deliveries: list[str]) -> bool:
    """Whether some deliveries of a platform hold a conversation that none of them says is erased."""
    deleted = deleted_ids(landing, source, deliveries)
    rows = landing.rows(source, conversations.TABLE, deliveries, ["conversation_id"])
    return any(f"{source}:{row['conversation_id']}" not in deleted for row in rows)


def changes(
    landing: Landing, source: str, kind: str, delivery: str, gone: Gone, kept_from: datetime | None
) -> dict[str, Change]:
    """What to take out of the tables of one delivery: what is `gone`, and what is older than `kept_from`; nothing where
    the columns that say so tell of nobody. The table that says so comes last, so that an interrupted removal can be
    taken up again."""
    if kind == "chat":
        columns = ["conversation_id", "started_at", "is_deleted"]
        batches = landing.batches(source, conversations.TABLE, delivery, columns)
        if not any(pc.any(_conversations(batch, source, gone, kept_from)).as_py() for batch in batches):
            return {}
        return {conversations.TABLE: lambda batch: _without(batch, _conversations(batch, source, gone, kept_from))}
    if kind != "coding":
        return {}
    numbers: set[int] = set()
    locations: set[str] = set()
    are_joined = False
    columns = ["row_number", "location", "gesprek_id", "coded_on", "duplicate_of"]
    for batch in landing.batches(source, "codings", delivery, columns):
        removed = batch.filter(_codings(batch, gone, kept_from))
        numbers.update(removed["row_number"].to_pylist())
        locations.update(removed["location"].to_pylist())
        are_joined |= pc.any(gone(batch["duplicate_of"], "")).as_py()
    if not numbers and not are_joined:
        return {}
    number_set, location_set = pa.array(sorted(numbers), pa.int64()), pa.array(sorted(locations), pa.string())
    return {
        "coding_values": lambda batch: _without(batch, pc.is_in(batch["row_number"], number_set)),
        "rejected": lambda batch: _without(batch, pc.is_in(batch["location"], location_set)),
        "codings": lambda batch: _joining_nobody(_without(batch, _codings(batch, gone, kept_from)), gone),
    }


def _conversations(batch: pa.RecordBatch, source: str, gone: Gone, kept_from: datetime | None) -> pa.BooleanArray:
    removed = pc.or_(batch["is_deleted"], gone(batch["conversation_id"], f"{source}:"))
    return pc.or_(removed, _before(batch["started_at"], kept_from)) if kept_from else removed


def _codings(batch: pa.RecordBatch, gone: Gone, kept_from: datetime | None) -> pa.BooleanArray:
    removed = gone(batch["gesprek_id"], "")
    return pc.or_(removed, _before(batch["coded_on"], kept_from.date())) if kept_from else removed


def _before(moments: pa.Array, kept_from: object) -> pa.BooleanArray:
    return pc.fill_null(pc.less(moments, pa.scalar(kept_from, moments.type)), False)


def _joining_nobody(batch: pa.RecordBatch, gone: Gone) -> pa.RecordBatch:
    """The batch without the ids of the forgotten in `duplicate_of`."""
    place = batch.schema.get_field_index("duplicate_of")
    joined = gone(batch["duplicate_of"], "")
    if not pc.any(joined).as_py():
        return batch
    nobody = pc.if_else(joined, pa.scalar(None, pa.string()), batch["duplicate_of"])
    return batch.set_column(place, batch.schema.field(place), nobody)


def persons_rows(before: pa.RecordBatch, after: pa.RecordBatch) -> int:
    """How many rows about somebody a change took out or altered; that somebody was erased is no such row."""
    if len(before) == len(after):
        return sum(map(operator.ne, before.to_pylist(), after.to_pylist()))
    return _live(before) - _live(after)


def _live(batch: pa.RecordBatch) -> int:
    is_chat = "is_deleted" in batch.schema.names
    return len(batch) - (pc.sum(batch["is_deleted"]).as_py() or 0 if is_chat else 0)


def _without(batch: pa.RecordBatch, removed: pa.BooleanArray) -> pa.RecordBatch:
    # The same batch says that nothing changed.
    return batch.filter(pc.invert(removed)) if pc.any(removed).as_py() else batch
