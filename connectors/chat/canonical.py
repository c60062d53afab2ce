"""Write the kept fields of a block of conversations as canonical JSON."""

from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.chat.moments import matches

TO_ESCAPE = '["\\\\\\x00-\\x1f]'  # characters that JSON writes as escapes


def canonical_json(
    ids: pa.StringArray, tags: pa.ListArray, language: pa.StringArray, given_moments: Mapping[str, pa.TimestampArray]
) -> pa.StringArray:
    """Write the kept fields as canonical JSON (RFC 8785).

    The keys are ASCII and sorted. The values are text, null, false and lists of text. For these, Python's encoder gives
    the bytes that the RFC asks for. Moments have six decimals, so their text sorts in the order of time.
    """
    moments = {field: _utc(moments) for field, moments in given_moments.items()}
    texts = pa.ListArray.from_arrays(tags.offsets, _quoted(tags.values))
    return _joined(
        '{"conversation_id":',
        _quoted(ids),
        ',"deleted":false,"ended_at":',
        pc.fill_null(moments["ended_at"], "null"),
        ',"language":',
        pc.fill_null(_joined('"', language, '"'), "null"),
        ',"started_at":',
        moments["started_at"],
        ',"tags":[',
        pc.binary_join(texts, ","),
        '],"updated_at":',
        moments["updated_at"],
        "}",
    )


def _quoted(texts: pa.StringArray) -> pa.StringArray:
    if pc.any(matches(texts, TO_ESCAPE)).as_py():
        return pa.array([None if text is None else encode_basestring(text) for text in texts.to_pylist()], pa.string())
    return _joined('"', texts, '"')


def _utc(moments: pa.TimestampArray) -> pa.StringArray:
    text = moments.cast(pa.timestamp("us")).cast(pa.string())
    return _joined('"', pc.replace_substring(text, " ", "T"), 'Z"')


def _joined(*parts: Any) -> pa.StringArray:
    return pc.binary_join_element_wise(*parts, "")
