"""Check the fields of one conversation, and make its row with pseudonyms in place of names."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import Any

from connectors.formats.text import is_unicode
from connectors.pseudonym import Pseudonymiser

RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", flags=re.ASCII | re.IGNORECASE)
ISO_639_1 = re.compile(r"[a-z]{2}")


class Broken(Exception):
    """A field that breaks a rule. If the record needs the field, the record cannot be kept."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(field, rule)
        self.field = field
        self.rule = rule


def row_of(
    source: str, kept: Mapping[str, Any], pseudonymise: Pseudonymiser
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the row of a conversation, without its location, and the rules that cost it one field each.

    The row of an erased conversation has only its id, its moment and `is_deleted`. A rule is a pair (field, rule).

    Args:
        source: The name of the source.
        kept: The fields of the allow-list. A field that the record lacks is None.
        pseudonymise: Replaces names by pseudonyms.

    Raises:
        Broken: If the record cannot be kept.
    """
    findings: list[tuple[str, str]] = []

    def optional(read: Callable[[Mapping[str, Any], str], Any], field: str) -> Any:
        try:
            return read(kept, field)
        except Broken as broken:
            findings.append((broken.field, broken.rule))
            return None

    deleted = False if kept["deleted"] is None else kept["deleted"]
    if not isinstance(deleted, bool):
        raise Broken("deleted", "not_a_boolean")
    conversation_id = _text(kept, "conversation_id")
    if not conversation_id:
        raise Broken("conversation_id", "no_id")
    row = {"conversation_id": conversation_id, "updated_at": _timestamp(kept, "updated_at"), "is_deleted": deleted}
    if deleted:
        return row, []  # nothing else of an erased conversation is kept
    row |= {"started_at": _timestamp(kept, "started_at"), "tags": _tags(kept["tags"])}
    row["ended_at"] = None if kept["ended_at"] is None else optional(_timestamp, "ended_at")
    row["language"] = optional(_language, "language")
    row["canonical_json"] = canonical_json(row)
    for field, column in (("nickname", "nickname_pseudonym"), ("connection_group", "connection_pseudonym")):
        row[column] = pseudonymise(source, field, optional(_text, field))
    return row, findings


def _text(kept: Mapping[str, Any], field: str) -> str | None:
    text = kept[field]
    if text is None:
        return None
    if not isinstance(text, str) or not is_unicode(text):
        raise Broken(field, "not_text")
    return text.strip()


def _timestamp(kept: Mapping[str, Any], field: str) -> datetime:
    text = kept[field].strip() if isinstance(kept[field], str) else ""
    if not RFC3339.fullmatch(text):
        raise Broken(field, "not_rfc3339")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Broken(field, "not_rfc3339") from None


def _tags(tags: Any) -> list[str]:
    if tags is None:
        return []
    if not isinstance(tags, list) or not all(isinstance(tag, str) and is_unicode(tag) for tag in tags):
        raise Broken("tags", "not_a_list_of_text")
    return [tag.strip() for tag in tags if tag.strip()]


def _language(kept: Mapping[str, Any], field: str) -> str | None:
    text = kept[field]
    if text is None or text == "":
        return None
    code = text.strip().lower() if isinstance(text, str) else ""
    if not ISO_639_1.fullmatch(code):
        raise Broken(field, "not_iso_639_1")
    return code


def canonical_json(row: Mapping[str, Any]) -> str:
    """Write the kept fields as canonical JSON (RFC 8785).

    The keys are ASCII and sorted. The values are text, null, false and lists of text. For these, Python's encoder gives
    the bytes that the RFC asks for. Moments have six decimals, so their text sorts in the order of time.
    """
    language = "null" if row["language"] is None else encode_basestring(row["language"])
    ended_at = "null" if row["ended_at"] is None else _utc(row["ended_at"])
    return (
        f'{{"conversation_id":{encode_basestring(row["conversation_id"])},"deleted":false,"ended_at":{ended_at},'
        f'"language":{language},"started_at":{_utc(row["started_at"])},'
        f'"tags":[{",".join(map(encode_basestring, row["tags"]))}],"updated_at":{_utc(row["updated_at"])}}}'
    )


def _utc(moment: datetime) -> str:
    # strftime would write the year 1 as `1`.
    return f'"{moment.isoformat(timespec="microseconds").removesuffix("+00:00")}Z"'
