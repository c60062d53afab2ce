"""The deliveries of the sources as plain Python objects, which the worlds and the oracle share."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class ChatFile:
    """One export of a platform.

    A record is a dict of the contract's fields, another value that JSON can hold, or `Broken` text that is not JSON.
    """

    source: str
    name: str
    records: list[Any]


@dataclass(frozen=True)
class Broken:
    """A line that cannot be read."""

    text: str


@dataclass
class CodingFile:
    """One coded data set.

    `names` are all names under which the same bytes are delivered. `user_missing` are the values that SPSS declares
    missing, by column.
    """

    names: list[str]
    rows: list[dict[str, Any]]
    user_missing: dict[str, set[float]] = field(default_factory=dict)


@dataclass
class Deliveries:
    """Everything that one world holds."""

    timezone: str
    chat: list[ChatFile]
    coding: list[CodingFile]


@dataclass(frozen=True, order=True)
class Finding:
    """A rejection. `place` is the number of the record in its file, from 1; `field` is "" if the whole record is
    rejected.
    """

    source: str
    file: str
    place: int
    field: str
