"""What the sources delivered, as plain Python objects: the common ground of the worlds and the oracle."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class ChatFile:
    """One export of a platform. A record is a dict of the contract's fields, or any other thing that JSON can hold,
    or `Broken` text that is no JSON at all."""

    source: str
    name: str
    records: list[Any]


@dataclass(frozen=True)
class Broken:
    """A line that cannot be read."""

    text: str


@dataclass
class CodingFile:
    """One coded data set. `names` are all the names under which the same bytes lie there; `user_missing` the values
    that SPSS declares missing, by column."""

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
    """Where something was rejected: the place is the record's place in its file (from 1), the field empty when the
    record as a whole was."""

    source: str
    file: str
    place: int
    field: str
