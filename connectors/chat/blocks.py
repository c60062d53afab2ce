"""Read a block of conversations: check each field of the allow-list as a column, and pseudonymise the names.

Each rule is one mask over the block. A record that breaks a rule costs only itself, or only one of its fields.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.chat.canonical import canonical_json
from connectors.chat.moments import AHEAD, EARLIEST, MOMENT, is_within, matches, read_moments
from connectors.formats.folding import folded
from connectors.formats.text import UNREADABLE, Repeated, is_unicode
from connectors.source import NOT_HONOURED, PAST_RETENTION, Context, Rejection, Source

FIELDS = (
    *("conversation_id", "nickname", "connection_group", "started_at", "ended_at", "language", "tags", "updated_at"),
    "deleted",
)
PSEUDONYMS = ("nickname_pseudonym", "connection_pseudonym")
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("location", "conversation_id", *PSEUDONYMS)),
        *((name, MOMENT) for name in ("started_at", "ended_at")),
        ("language", pa.string()),
        ("tags", pa.list_(pa.string())),  # folded
        ("updated_at", MOMENT),
        ("is_deleted", pa.bool_()),
        # RFC 8785 JSON of the kept fields, without the two pseudonymised ones. It decides between two versions of a
        # conversation that have the same `updated_at`.
        ("canonical_json", pa.string()),
    ]
)
DELETED = FIELDS.index("deleted")
OF_DELETED = ("location", "conversation_id", "updated_at", "is_deleted")  # an erased conversation keeps nothing else
BOOLEANS = dict.fromkeys(("true", "1", "yes", "ja", "waar"), True)
BOOLEANS |= dict.fromkeys(("false", "0", "no", "nee", "onwaar", ""), False)
DESTROYED = "^([0-9]+([.,][0-9]+)?[Ee][+-][0-9]+|#+)$"  # how a spreadsheet shows a long number
LANGUAGE = "^[a-z]{2}$"  # ISO 639-1

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Rule = tuple[str, str, Mask]  # field, rule, and which records break it


@dataclass(frozen=True)
class BrokenRecord:
    """A record that is rejected whole before its fields are read, with the first rule that it breaks."""

    field: str
    rule: str
    record: Any


def project(record: Any, names: Mapping[str, str]) -> tuple[Any, ...] | BrokenRecord:
    """Return the fields of the allow-list of a record. The rest of the record is dropped.

    Args:
        record: The record, or any other value if it could not be read.
        names: The platform's name of each of `FIELDS`, in that order.

    Returns:
        The values of `FIELDS`, then whether the record has the field with the tags.
    """
    if not isinstance(record, dict):
        return BrokenRecord("", "unreadable_record", None if record is UNREADABLE else record)
    values = (*map(record.get, names.values()), names["tags"] in record)
    if isinstance(record, Repeated):
        twice = [field for field, name in names.items() if name in record.repeated]
        may_be_deletion = "deleted" in twice or _boolean(values[DELETED]) is not False
        if twice:
            return BrokenRecord(twice[0], NOT_HONOURED if may_be_deletion else "duplicate_key", _named(values))
    return values


def read_block(
    source: Source, records: Sequence[tuple[str, tuple[Any, ...] | BrokenRecord]], context: Context
) -> tuple[pa.RecordBatch, list[Rejection]]:
    """Return the rows of some records, and the rules that the records break.

    Conversations that were erased before are left out. A rejection with a fingerprint costs its whole record. Any other
    rejection costs one field of a row that is kept.

    Args:
        source: The configured source.
        records: Pairs (location, what `project` returns for the record).
        context: What the reader needs besides the bytes.

    Returns:
        Rows with the schema `SCHEMA`, and rejections.

    Raises:
        ValueError: If the context has no pseudonymiser.
    """
    if context.pseudonymise is None:
        raise ValueError("conversations are not read without a pseudonym key")
    rejections = [
        Rejection(location, one.field, one.rule, _fingerprint(source, one.record, context))
        for location, one in records
        if isinstance(one, BrokenRecord)
    ]
    found = [(location, values) for location, values in records if not isinstance(values, BrokenRecord)]
    *columns, is_tagged = zip(*(values for _, values in found), strict=True) if found else [()] * (len(FIELDS) + 1)
    given = _Given(source, dict(zip(FIELDS, columns, strict=True)))
    batch = _rows(source, [location for location, _ in found], given, context)
    needed, optional = _rules(given, ~np.array(is_tagged, bool))
    broken = np.full(len(found), -1)
    for number, (_, _, mask) in enumerate(needed):
        broken[(broken < 0) & mask] = number
    for place in np.flatnonzero(broken >= 0).tolist():
        location, values = found[place]
        field, rule, _ = needed[broken[place]]
        rejections.append(Rejection(location, field, rule, _fingerprint(source, _named(values), context)))
    is_kept = (broken < 0) & ~_are_erased(source, given.ids, context)
    is_past = is_kept & _mask(_are_before(batch, context.kept_from))
    for row in batch.filter(pa.array(is_past)).to_pylist():
        mark = context.pseudonymise.digest("rejected", source.name, row["canonical_json"])
        rejections.append(Rejection(row["location"], "started_at", PAST_RETENTION, mark))
    is_kept &= ~is_past
    lost = [
        (place, Rejection(found[place][0], field, rule))
        for field, rule, mask in optional
        for place in np.flatnonzero(mask & is_kept).tolist()
    ]
    rejections += [rejection for _, rejection in sorted(lost, key=lambda one: one[0])]
    return batch.filter(pa.array(is_kept)), rejections


def _named(values: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(FIELDS, values, strict=False))


class _Given:
    """The fields of some records as columns. A value of a wrong type is null and marked as wrong."""

    def __init__(self, source: Source, fields: Mapping[str, Sequence[Any]]) -> None:
        self.texts: dict[str, pa.StringArray] = {}
        self.wrong: dict[str, Mask] = {}
        names = ("started_at", "ended_at", "updated_at")
        numbers = ("conversation_id", *(names if source.date_format == "epoch" else ()))
        for field in FIELDS:
            if field not in ("tags", "deleted"):
                self.texts[field], self.wrong[field] = _texts(fields[field], whole_numbers=field in numbers)
        self.ids = self.texts["conversation_id"]
        self.tags, self.wrong["tags"] = _lists(fields["tags"])
        self.is_deleted, self.wrong["deleted"] = _booleans(fields["deleted"])
        self.moments = {field: read_moments(self.texts[field], source) for field in names}
        latest = datetime.now(UTC) + AHEAD
        self.plausible = {field: is_within(self.moments[field], EARLIEST, latest) for field in names}
        self.language = pc.utf8_lower(self.texts["language"])

    def is_blank(self, field: str) -> Mask:
        return _mask(pc.equal(pc.fill_null(self.texts[field], ""), "")) & ~self.wrong[field]


def _rules(given: _Given, is_untagged: Mask) -> tuple[list[Rule], list[Rule]]:
    """Return the rules that a record needs, in the order in which they are judged, and those that cost one field."""
    deleted = _mask(given.is_deleted)
    live = ~deleted & ~given.wrong["deleted"]
    of_ids = [
        ("no_id", given.is_blank("conversation_id")),
        ("not_text", given.wrong["conversation_id"]),
        ("destroyed_id", _mask(matches(given.ids, DESTROYED))),
    ]
    needed = [("deleted", NOT_HONOURED, given.wrong["deleted"])]
    needed += [("conversation_id", NOT_HONOURED, deleted & mask) for _, mask in of_ids]
    needed += [("conversation_id", rule, mask) for rule, mask in of_ids]
    for field in ("updated_at", "started_at"):
        needed += [
            (field, "not_rfc3339", live & _mask(pc.is_null(given.moments[field]))),
            (field, "out_of_range", live & ~_mask(given.plausible[field])),
        ]
    needed += [("tags", "not_a_list_of_text", live & given.wrong["tags"])]
    is_language = _mask(matches(given.language, LANGUAGE)) | given.is_blank("language")
    has_ended = _mask(pc.is_valid(given.moments["ended_at"])) | given.is_blank("ended_at")
    optional = [
        ("tags", "missing_field", is_untagged),
        ("ended_at", "not_rfc3339", ~has_ended),
        ("language", "not_iso_639_1", ~is_language),
        *((field, "not_text", given.wrong[field]) for field in ("nickname", "connection_group")),
    ]
    return needed, [(field, rule, live & mask) for field, rule, mask in optional]


def _rows(source: Source, locations: list[str], given: _Given, context: Context) -> pa.RecordBatch:
    """Return a row for each record, also for those that break a rule."""
    is_language = matches(given.language, LANGUAGE)
    language = pc.if_else(is_language, given.language, pa.scalar(None, pa.string()))
    columns = {
        "location": pa.array(locations, pa.string()),
        "conversation_id": given.ids,
        "nickname_pseudonym": _pseudonyms(source, "nickname", given.texts["nickname"], context),
        "connection_pseudonym": _pseudonyms(source, "connection_group", given.texts["connection_group"], context),
        "started_at": given.moments["started_at"],
        "ended_at": given.moments["ended_at"],
        "language": language,
        "tags": _changed(given.tags, folded),
        "updated_at": pc.if_else(
            given.plausible["updated_at"],
            given.moments["updated_at"],
            pa.scalar(None, given.moments["updated_at"].type),
        ),
        "is_deleted": given.is_deleted,
        "canonical_json": canonical_json(given.ids, given.tags, language, given.moments),
    }
    for name in set(columns).difference(OF_DELETED):
        columns[name] = pc.if_else(given.is_deleted, pa.scalar(None, columns[name].type), columns[name])
    return pa.RecordBatch.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _texts(values: Sequence[Any], *, whole_numbers: bool = False) -> tuple[pa.StringArray, Mask]:
    """Return the trimmed texts, and where a value is something else. A whole number may count as its digits."""
    try:
        return pc.utf8_trim_whitespace(pa.array(values, pa.string())), np.zeros(len(values), bool)
    except (pa.ArrowException, TypeError, ValueError):
        texts = [str(value) if whole_numbers and type(value) is int else value for value in values]
        texts = [text if isinstance(text, str) and is_unicode(text) else None for text in texts]
        wrong = [text is None and value is not None for text, value in zip(texts, values, strict=True)]
        return pc.utf8_trim_whitespace(pa.array(texts, pa.string())), np.array(wrong, bool)


def _booleans(values: Sequence[Any]) -> tuple[pa.BooleanArray, Mask]:
    read = [_boolean(value) for value in values]
    return pc.fill_null(pa.array(read, pa.bool_()), False), np.array([flag is None for flag in read], bool)


def _boolean(value: Any) -> bool | None:
    if value is None or value is False:
        return False
    return BOOLEANS.get(str(value).strip().casefold()) if isinstance(value, str | int) else None


def _lists(values: Sequence[Any]) -> tuple[pa.ListArray, Mask]:
    """Return the lists of trimmed texts, and where a value is something else. A missing list is empty."""
    kept = [value if isinstance(value, list) else [] for value in values]
    wrong = np.array([value is not None and not isinstance(value, list) for value in values], bool)
    try:
        lists = pa.array(kept, pa.list_(pa.string()))
    except (pa.ArrowException, TypeError, ValueError):
        lists = None
    if lists is None or lists.flatten().null_count:
        is_text = [all(isinstance(tag, str) and is_unicode(tag) for tag in tags) for tags in kept]
        wrong |= ~np.array(is_text, bool)
        lists = pa.array(
            [tags if good else [] for tags, good in zip(kept, is_text, strict=True)], pa.list_(pa.string())
        )
    return _changed(lists, str.strip), wrong


def _changed(lists: pa.ListArray, change: Callable[[str], str]) -> pa.ListArray:
    """Return the lists with each text changed. A text that becomes blank is left out."""
    encoded = lists.flatten().dictionary_encode()
    distinct = [change(text) or None for text in encoded.dictionary.to_pylist()]
    texts = pa.array(distinct, pa.string()).take(encoded.indices)
    is_blank = pc.is_null(texts)
    parents = pc.list_parent_indices(lists).filter(pc.invert(is_blank)).to_numpy()
    ends = np.cumsum(np.bincount(parents, minlength=len(lists)), dtype=np.int32)
    offsets = np.concatenate([np.zeros(1, np.int32), ends])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), texts.drop_null())


def _pseudonyms(source: Source, field: str, names: pa.StringArray, context: Context) -> pa.StringArray:
    """Return the pseudonyms of names. Each distinct name is computed once."""
    assert context.pseudonymise is not None
    encoded = names.dictionary_encode()
    pseudonyms = [context.pseudonymise(source.name, field, name) for name in encoded.dictionary.to_pylist()]
    return pa.array(pseudonyms, pa.string()).take(encoded.indices)


def _are_erased(source: Source, ids: pa.StringArray, context: Context) -> Mask:
    return np.array([f"{source.name}:{one}" in context.erased for one in ids.to_pylist()], bool)


def _are_before(batch: pa.RecordBatch, moment: datetime | None) -> pa.BooleanArray:
    """Return whether each conversation began before a moment. An erased one did not."""
    first = pa.scalar(moment or EARLIEST, batch["started_at"].type)
    return pc.fill_null(pc.less(batch["started_at"], first), False)


def _mask(flags: pa.BooleanArray) -> Mask:
    return np.asarray(flags.to_numpy(zero_copy_only=False), bool)


def _fingerprint(source: Source, record: Any, context: Context) -> str:
    """Return a keyed digest of a broken record, which recognises it when a platform serves it again."""
    assert context.pseudonymise is not None
    try:
        text = json.dumps(record, default=str, sort_keys=True)
    except RecursionError:
        text = "nested too deeply to be written"
    return context.pseudonymise.digest("rejected", source.name, text)
