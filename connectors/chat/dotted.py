"""Read fields of nested objects by dotted names, such as `visitor.name` and `labels[].title`."""

import re
from collections.abc import Collection
from typing import Any

from connectors.formats.text import UNREADABLE, Repeated


def with_dotted(record: Any, names: Collection[str]) -> Any:
    """Return a record with the values of dotted names, such as `visitor.name` and `labels[].title`, at its top.

    Args:
        record: The record.
        names: The dotted names. A name that the record has as it is written, or whose first part it lacks, is left out.
    """
    if not isinstance(record, dict):
        return record
    found = {name: _at(record, name.split(".")) for name in names if re.split(r"\[|\.", name)[0] in record}
    return Repeated({**found, **record}, getattr(record, "repeated", set()))


def _at(value: Any, path: list[str]) -> Any:
    if not path or value is None:
        return value
    if not isinstance(value, dict) or (isinstance(value, Repeated) and path[0] in value.repeated):
        return UNREADABLE  # a value of no type that a field has
    if path[0].endswith("[]"):
        items = value.get(path[0].removesuffix("[]"))
        return [_at(item, path[1:]) for item in items] if isinstance(items, list) else items
    return _at(value.get(path[0]), path[1:])
