"""Remove rows from deliveries by writing new files. Rows that are deleted in place would stay readable."""

import operator
from collections.abc import Callable
from datetime import datetime
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from connectors.chat import conversations
from connectors.landing import Change, Landing

# A function that marks the ids of erased conversations. Its arguments are an array of `gesprek_id` without their common
# prefix, and that prefix. Ten million ids therefore need not be joined to be compared. A null id is never marked.
IsErased = Callable[[pa.Array, str], pa.BooleanArray]
OF_HIDDEN, OF_CHAT = ["conversation_id"], ["conversation_id", "started_at", "is_deleted"]  # columns that decide


def deleted_ids(landing: Landing, source: str, deliveries: list[str]) -> set[str]:
    """Return the `gesprek_id` of every conversation that a platform erased.

    Args:
        landing: Where the deliveries are stored.
        source: The name of the platform's source.
        deliveries: The names of the deliveries to read.

    Returns:
        The ids, as `<source>:<conversation id>`.
    """
    columns = ["conversation_id", "is_deleted"]
    return {
        f"{source}:{conversation_id}"
        for delivery in deliveries
        for batch in landing.batches(source, conversations.TABLE, delivery, columns)
        for conversation_id in batch.filter(batch["is_deleted"])["conversation_id"].to_pylist()
    }


def hidden_ids(landing: Landing, source: str, deliveries: list[str]) -> set[str]:
    """Return the `gesprek_id` of every conversation that some deliveries hide.

    Args:
        landing: Where the deliveries are stored.
        source: The name of the platform's source.
        deliveries: The names of the deliveries to read.
    """
    rows = landing.rows(source, conversations.HIDDEN, deliveries, ["conversation_id"])
    return {f"{source}:{row['conversation_id']}" for row in rows}


def has_live(landing: Landing, source: str, deliveries: list[str]) -> bool:
    """Return whether the deliveries hold a conversation that none of them marks as erased and that is not hidden.

    Args:
        landing: Where the deliveries are stored.
        source: The name of the platform's source.
        deliveries: The names of the deliveries to read.

    Returns:
        True if there is at least one such conversation.
    """
    deleted = deleted_ids(landing, source, deliveries)
    deleted |= hidden_ids(landing, source, [receipt.delivery for receipt in landing.all_receipts(source)])
    rows = landing.rows(source, conversations.TABLE, deliveries, ["conversation_id"])
    return any(f"{source}:{row['conversation_id']}" not in deleted for row in rows)


def changes(
    landing: Landing, source: str, kind: str, delivery: str, is_erased: IsErased, kept_from: datetime | None
) -> dict[str, Change]:
    """Return the changes that remove personal data from the tables of one delivery.

    The changes remove rows that `is_erased` marks and rows older than `kept_from`. On a chat platform they also remove
    the rows of conversations that the platform erased. In a coding they also clear each `duplicate_of` that
    `is_erased` marks. The table that shows what must be removed comes last. An interrupted removal can be repeated.

    Args:
        landing: Where the deliveries are stored.
        source: The name of the source.
        kind: The kind of the source. Only `chat` and `coding` hold personal data.
        delivery: The name of the delivery.
        is_erased: Marks the ids of erased conversations.
        kept_from: The moment before which nothing is kept, or None to keep rows of any age.

    Returns:
        The changes by table name, in the order in which to apply them. The dict is empty if the delivery holds nothing
        to remove.

    Example:
        `{"coding_values": change, "rejected": change, "codings": change}`
    """
    if kind == "chat":
        marks: dict[str, tuple[list[str], Callable[[pa.RecordBatch], pa.BooleanArray]]] = {
            conversations.HIDDEN: (OF_HIDDEN, lambda batch: is_erased(batch["conversation_id"], f"{source}:")),
            conversations.TABLE: (OF_CHAT, lambda batch: _conversations(batch, source, is_erased, kept_from)),
        }
        return {
            table: partial(_without_marked, mark)
            for table, (columns, mark) in marks.items()
            if any(pc.any(mark(batch)).as_py() for batch in landing.batches(source, table, delivery, columns))
        }
    return _changes_of_coding(landing, source, delivery, is_erased, kept_from) if kind == "coding" else {}


def _changes_of_coding(
    landing: Landing, source: str, delivery: str, is_erased: IsErased, kept_from: datetime | None
) -> dict[str, Change]:
    columns = ["row_number", "location", "gesprek_id", "coded_on", "duplicate_of"]
    batches = list(landing.batches(source, "codings", delivery, columns))
    are_joined = any(pc.any(is_erased(batch["duplicate_of"], "")).as_py() for batch in batches)
    removed = [batch.filter(_codings(batch, is_erased, kept_from)) for batch in batches]
    if not any(map(len, removed)) and not are_joined:
        return {}
    gone = pa.Table.from_batches(removed)
    numbers, locations = (gone[name].combine_chunks() for name in ("row_number", "location"))
    return {
        "coding_values": lambda batch: _without(batch, pc.is_in(batch["row_number"], numbers)),
        "rejected": lambda batch: _without(batch, pc.is_in(batch["location"], locations)),
        "codings": lambda batch: _joining_nobody(_without(batch, _codings(batch, is_erased, kept_from)), is_erased),
    }


def _conversations(
    batch: pa.RecordBatch, source: str, is_erased: IsErased, kept_from: datetime | None
) -> pa.BooleanArray:
    removed = pc.or_(batch["is_deleted"], is_erased(batch["conversation_id"], f"{source}:"))
    return pc.or_(removed, _before(batch["started_at"], kept_from)) if kept_from else removed


def _codings(batch: pa.RecordBatch, is_erased: IsErased, kept_from: datetime | None) -> pa.BooleanArray:
    removed = is_erased(batch["gesprek_id"], "")
    return pc.or_(removed, _before(batch["coded_on"], kept_from.date())) if kept_from else removed


def _before(moments: pa.Array, kept_from: object) -> pa.BooleanArray:
    return pc.fill_null(pc.less(moments, pa.scalar(kept_from, moments.type)), False)


def _joining_nobody(batch: pa.RecordBatch, is_erased: IsErased) -> pa.RecordBatch:
    """Return the batch without the ids of erased conversations in `duplicate_of`."""
    place = batch.schema.get_field_index("duplicate_of")
    joined = is_erased(batch["duplicate_of"], "")
    if not pc.any(joined).as_py():
        return batch
    nobody = pc.if_else(joined, pa.scalar(None, pa.string()), batch["duplicate_of"])
    return batch.set_column(place, batch.schema.field(place), nobody)


def persons_rows(before: pa.RecordBatch, after: pa.RecordBatch) -> int:
    """Return how many rows about a person a change removed or altered.

    If the change removed rows from the batch, only the removed rows are counted. A row that only records an erasure is
    not a row about a person.

    Args:
        before: The batch before the change.
        after: The batch after the change.

    Returns:
        The number of rows.
    """
    if len(before) == len(after):
        return sum(map(operator.ne, before.to_pylist(), after.to_pylist()))
    return _live(before) - _live(after)


def _live(batch: pa.RecordBatch) -> int:
    if batch.schema.names == ["conversation_id"]:  # a list of what is hidden
        return 0
    is_chat = "is_deleted" in batch.schema.names
    return len(batch) - (pc.sum(batch["is_deleted"]).as_py() or 0 if is_chat else 0)


def _without_marked(mark: Callable[[pa.RecordBatch], pa.BooleanArray], batch: pa.RecordBatch) -> pa.RecordBatch:
    return _without(batch, mark(batch))


def _without(batch: pa.RecordBatch, removed: pa.BooleanArray) -> pa.RecordBatch:
    # Callers compare the objects: the same batch means that nothing changed.
    return batch.filter(pc.invert(removed)) if pc.any(removed).as_py() else batch
