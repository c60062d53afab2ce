"""Read many conversations at a time, if they are written in the usual form.

The rows are the same as those of `conversations.read_record`, but this module reads them many times faster. Records
in any other form, even a correct one, and records that break a rule are left to `read_record`. This module decides
nothing that `read_record` does not decide. A property test compares the two.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.pseudonym import Pseudonymiser
from connectors.source import Context, Source

MOMENT = (
    r"^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
    r"(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$"
)
# Printable ASCII without blanks around it, and without characters that JSON must escape.
TEXT = r"^[!#-\[\]-~]([ !#-\[\]-~]*[!#-\[\]-~])?$"
LANGUAGE = r"^[a-z]{2}$"
MOMENTS = pa.timestamp("us", tz="UTC")
TYPES = {"tags": pa.list_(pa.string()), "deleted": pa.bool_()}  # types of the fields that are not text


def rows(
    source: Source,
    names: Mapping[str, str],
    schema: pa.Schema,
    records: Sequence[tuple[str, Mapping[str, Any]]],
    context: Context,
) -> pa.RecordBatch | None:
    """Return the rows of some records, without those of erased conversations.

    Args:
        source: The configured source.
        names: The platform's name of each kept field, by zicht's name.
        schema: The schema of the rows.
        records: Pairs (location, record).
        context: What the reader needs besides the bytes. It must have a pseudonymiser.

    Returns:
        The rows, or None if a record is not written in the usual form or is older than may be kept.
    """
    try:
        given = {field: _column(field, [record.get(name) for _, record in records]) for field, name in names.items()}
        is_deleted = pc.fill_null(given["deleted"], False)
        if not _are_usual(given, is_deleted):
            return None
        moments = {name: given[name].cast(MOMENTS) for name in ("started_at", "ended_at", "updated_at")}
    except (pa.ArrowException, TypeError, ValueError):  # another type, no Unicode, or a day that does not exist
        return None
    if context.kept_from and _any(pc.less(moments["started_at"], pa.scalar(context.kept_from, MOMENTS)), is_deleted):
        return None
    columns = {
        "location": pa.array([location for location, _ in records], pa.string()),
        "conversation_id": given["conversation_id"],
        "updated_at": moments["updated_at"],
        "is_deleted": is_deleted,
    }
    for name, column in _of_live(source, given, moments, context).items():
        columns[name] = pc.if_else(is_deleted, pa.scalar(None, column.type), column)
    batch = pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)
    is_kept = [f"{source.name}:{one}" not in context.erased for one in given["conversation_id"].to_pylist()]
    return batch.filter(pa.array(is_kept, pa.bool_()))


def _of_live(
    source: Source, given: Mapping[str, pa.Array], moments: Mapping[str, pa.Array], context: Context
) -> dict[str, pa.Array]:
    """Return the columns of which an erased conversation keeps nothing."""
    assert context.pseudonymise is not None
    return {
        "nickname_pseudonym": _pseudonyms(source, "nickname", given["nickname"], context.pseudonymise),
        "connection_pseudonym": _pseudonyms(
            source, "connection_group", given["connection_group"], context.pseudonymise
        ),
        "started_at": moments["started_at"],
        "ended_at": moments["ended_at"],
        "language": given["language"],
        "tags": given["tags"],
        "canonical_json": _canonical_json(given, {name: _utc(moment) for name, moment in moments.items()}),
    }


def _column(field: str, values: list[Any]) -> pa.Array:
    if field == "tags":
        values = [[] if tags is None else tags for tags in values]
        if any(isinstance(tags, str) for tags in values):
            raise TypeError  # Arrow would read a text as a list of its letters
    return pa.array(values, TYPES.get(field, pa.string()))


def _are_usual(given: dict[str, pa.Array], is_deleted: pa.BooleanArray) -> bool:
    return (
        _all(_match(given["conversation_id"], TEXT))
        and _all(_match(given["updated_at"], MOMENT))
        and _all(pc.or_(is_deleted, _match(given["started_at"], MOMENT)))
        and _all(pc.or_(pc.is_null(given["ended_at"]), _match(given["ended_at"], MOMENT)))
        and _all(pc.or_(pc.is_null(given["language"]), _match(given["language"], LANGUAGE)))
        and _all(_match(pc.list_flatten(given["tags"]), TEXT))
    )


def _pseudonyms(source: Source, field: str, names: pa.Array, pseudonymise: Pseudonymiser) -> pa.Array:
    """Return the pseudonyms of names. Each distinct name is computed once."""
    encoded = names.dictionary_encode()
    distinct = [pseudonymise(source.name, field, name.strip()) for name in encoded.dictionary.to_pylist()]
    return pa.array(distinct, pa.string()).take(encoded.indices)


def _canonical_json(given: Mapping[str, pa.Array], moments: Mapping[str, pa.Array]) -> pa.Array:
    """Write the same JSON (RFC 8785) as `record.canonical_json`."""
    tags = _joined('["', pc.binary_join(given["tags"], '","'), '"]')
    return _joined(
        '{"conversation_id":"',
        given["conversation_id"],
        '","deleted":false,"ended_at":',
        pc.fill_null(moments["ended_at"], "null"),
        ',"language":',
        pc.fill_null(_joined('"', given["language"], '"'), "null"),
        ',"started_at":',
        moments["started_at"],
        ',"tags":',
        pc.if_else(pc.equal(pc.list_value_length(given["tags"]), 0), "[]", tags),
        ',"updated_at":',
        moments["updated_at"],
        "}",
    )


def _utc(moments: pa.Array) -> pa.Array:
    """Return moments as JSON text, with six decimals."""
    text = moments.cast(pa.timestamp("us")).cast(pa.string())
    return _joined('"', pc.replace_substring(text, " ", "T"), 'Z"')


def _joined(*parts: Any) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def _match(texts: pa.Array, pattern: str) -> pa.BooleanArray:
    return pc.fill_null(pc.match_substring_regex(texts, pattern), False)


def _all(flags: pa.BooleanArray) -> bool:
    return bool(pc.all(flags, min_count=0).as_py())


def _any(flags: pa.BooleanArray, but: pa.BooleanArray) -> bool:
    return bool(pc.any(pc.and_not(pc.fill_null(flags, False), but), min_count=0).as_py())
