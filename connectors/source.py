"""What a source is: its settings, the tables it lands, and the rows and rejections that readers yield."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from connectors.codelists.codebook import Codebook
from connectors.codelists.layouts import Layouts
from connectors.pseudonym import Pseudonymiser
from connectors.tombstones import NOBODY, Erased


@dataclass(frozen=True)
class Source:
    """One configured source. Exactly one of `path` and `url` is set; `token` never shows in a repr; `ca_file` holds the
    certificate of the authority to trust at `url` instead of the public ones."""

    name: str
    kind: str
    path: Path | None = None
    url: str | None = None
    token: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """What readers need besides the bytes. Only chat platforms have names to pseudonymise; the erased are passed over,
    and of what happened before `kept_from` nothing is kept."""

    codebook: Codebook
    layouts: Layouts
    pseudonymise: Pseudonymiser | None = None
    erased: Erased = NOBODY
    kept_from: datetime | None = None

    @property
    def key_id(self) -> str:
        return self.pseudonymise.key_id if self.pseudonymise else ""


@dataclass(frozen=True)
class SourceFile:
    """A file to read: where it is, and the name (relative to the source's folder) by which people know it."""

    path: Path
    name: str


@dataclass(frozen=True)
class Row:
    """One accepted row for one landing table."""

    table: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Rows:
    """Many accepted rows for one landing table."""

    table: str
    values: pa.RecordBatch


@dataclass(frozen=True)
class Rejection:
    """One rule broken at one place; holds no value that was read.

    `fingerprint` (keyed) recognises the same broken record when an HTTP source serves it again.
    """

    location: str
    field: str
    rule: str
    fingerprint: str | None = None


Item = Row | Rejection
PAST_RETENTION = "past_retention"  # the rule that older rows break

REJECTED = pa.schema(
    [("location", pa.string()), ("field", pa.string()), ("rule", pa.string()), ("fingerprint", pa.string())]
)


@dataclass(frozen=True)
class Kind:
    """How one kind of source is read: the tables it lands, the files it takes, and its reader."""

    tables: Mapping[str, pa.Schema]
    suffixes: tuple[str, ...]
    read_file: Callable[[Source, SourceFile, Context], Iterator[Item | Rows]]
    # Settings that change what the same bytes mean: part of a delivery's name, so that a change reads them anew.
    reading: Callable[[Source, Context], str]
