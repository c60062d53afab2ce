"""Define a source: its settings, the tables that it lands, and the rows and rejections that its reader yields."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from connectors.codelists.codebook import Codebook
from connectors.codelists.layouts import Layouts
from connectors.pseudonym import NO_TOMBSTONES, Pseudonymiser, Tombstones


@dataclass(frozen=True)
class Shape:
    """How a platform's API lists its conversations.

    Attributes:
        listing: The path of the listing below `url`, with the parameters that never change.
        since: The parameter that asks for changes since a moment, as `name={moment}` (RFC 3339) or `name={epoch}`
            (whole seconds since 1970). Blank if the API has none; it then lists everything every time.
        items: The place of the records in a page, as a dotted path.
        next: The place of the cursor or of the address of the next page. The parameter for a cursor is called like the
            last part of this path, without `next_`. No value ends the listing.
        auth: The header with the token.
    """

    listing: str = "conversations?limit=200"
    since: str = "updated_since={moment}"
    items: str = "items"
    next: str = "next_cursor"
    auth: str = "Authorization: Bearer {token}"


@dataclass(frozen=True)
class Source:
    """One configured source. Exactly one of `path` and `url` is set.

    Attributes:
        name: The name of the source in the configuration.
        kind: The name of its kind, a key of `connectors.catalogue.KINDS`.
        path: The folder or file of the source.
        url: The address of the source.
        token: The token for `url`. It never appears in a repr.
        ca_file: The certificate of the authority to trust at `url`, in place of the public authorities.
        proxy: The address of the proxy through which `url` is reached, or None for a direct connection.
        shape: How the API of a chat platform lists its conversations.
        columns: The platform's own name of a field, by zicht's name. Fields with the same name are left out.
        timezone: The time zone of moments that a platform writes without an offset. None refuses such moments.
        date_format: The form of such moments (strptime), or `epoch` for whole seconds since 1970. None is
            `2020-12-31 23:59:59`.
        flag_tags: The folded tags that flag a conversation.
        snapshot: Whether a newer content of a path replaces the older one whole.
    """

    name: str
    kind: str
    path: Path | None = None
    url: str | None = None
    token: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    proxy: str | None = None
    shape: Shape = Shape()
    columns: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None
    date_format: str | None = None
    flag_tags: tuple[str, ...] = ("mensenhandel",)
    snapshot: bool = False


@dataclass(frozen=True)
class Context:
    """What a reader needs besides the bytes.

    Attributes:
        codebook: The researchers' codebook.
        layouts: The layouts of the registries' workbooks.
        pseudonymise: Replaces names by pseudonyms. Only chat platforms have names.
        erased: The erased conversations. Readers skip them.
        kept_from: Readers keep nothing that happened before this moment. None keeps everything.
    """

    codebook: Codebook
    layouts: Layouts
    pseudonymise: Pseudonymiser | None = None
    erased: Tombstones = NO_TOMBSTONES
    kept_from: datetime | None = None

    @property
    def key_id(self) -> str:
        return self.pseudonymise.key_id if self.pseudonymise else ""


@dataclass(frozen=True)
class SourceFile:
    """One file to read.

    Attributes:
        path: The location of the file.
        name: The name by which people know the file, relative to the source's folder.
    """

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
    """One broken rule at one place. It holds no value that was read.

    Attributes:
        location: The place of the record, such as `line 12`.
        field: The field that breaks the rule, or an empty text for the whole record.
        rule: The name of the rule.
        fingerprint: A keyed digest of the broken record. It recognises the record when an HTTP source serves it again.
    """

    location: str
    field: str
    rule: str
    fingerprint: str | None = None


Item = Row | Rejection
PAST_RETENTION = "past_retention"  # the rule that rows older than `Context.kept_from` break
NOT_HONOURED = "deletion_not_honoured"  # the rule that a record breaks if it may be a deletion that cannot be read

REJECTED = pa.schema(
    [("location", pa.string()), ("field", pa.string()), ("rule", pa.string()), ("fingerprint", pa.string())]
)


@dataclass(frozen=True)
class Kind:
    """How one kind of source is read.

    Attributes:
        tables: The schemas of the tables that the kind lands, by table name.
        suffixes: The endings of the file names that the kind accepts, in lower case.
        read_file: The reader. It yields the rows and rejections of one file.
        reading: Returns the settings that change what the same bytes mean, as text.
        main: The table with a row for each record.
        loses_record: Returns whether a rejection costs a whole record.
        identity: The column of `main` that identifies a record in every content of a path, or an empty text.
    """

    tables: Mapping[str, pa.Schema]
    suffixes: tuple[str, ...]
    read_file: Callable[[Source, SourceFile, Context], Iterator[Item | Rows]]
    # The text is part of the delivery's name. If a setting changes, the same files are therefore read again.
    reading: Callable[[Source, Context], str]
    main: str
    loses_record: Callable[[Rejection], bool]
    identity: str = ""
