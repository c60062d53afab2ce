"""Define what a section `[sources.NAME]` of `zicht.toml` may contain, for each kind of source."""

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from connectors.catalogue import REGISTRIES
from connectors.chat.blocks import FIELDS
from connectors.formats.folding import folded
from connectors.source import Shape

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# The form of each key that describes an API, and what it is called in an error.
SHAPES = {
    "listing": (r"[^?#\s]+(\?[^#\s]+)?", "expected a path below url, such as conversations?limit=200"),
    "since": (r"|[^=]+=.*\{(moment|epoch)\}.*", "expected name={moment} or name={epoch}, or a blank text"),
    "items": (r"[^.]+(\.[^.]+)*", "expected a dotted path, such as data.items"),
    "next": (r"[^.]+(\.[^.]+)*", "expected a dotted path, such as pages.next"),
    "auth": (r"[A-Za-z0-9-]+: .*\{token\}.*", "expected a header, such as Authorization: Bearer {token}"),
}


def known_timezone(timezone: str) -> str:
    """Return the name of a time zone. Raise a ValueError if there is no such zone."""
    try:
        ZoneInfo(timezone)
    except (ValueError, OSError, KeyError):
        raise ValueError("expected the name of a time zone, such as Europe/Amsterdam") from None
    return timezone


class Section(BaseModel):
    """A section of `zicht.toml`. It has only known keys, and its errors do not quote what was found."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _SourceKeys(Section):
    stale_after_days: int | None = Field(default=None, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _nothing_open(cls, keys: Any) -> Any:
        if '"?"' in json.dumps(keys, default=str):
            raise ValueError("a ? is left of what `zicht sources describe` proposed; replace it")
        return keys


class _Persons(_SourceKeys):
    """A source with rows about persons.

    `keep_years` is the number of calendar years for which a row is kept after its own year. `legal_hold` is the reason
    why rows must not be removed.
    """

    keep_years: int | None = Field(default=None, ge=0, le=100)
    legal_hold: str = ""


class _Folder(_SourceKeys):
    path: Path


class RemoteSource(_SourceKeys):
    """A source of files in a folder (`path`) or from an address (`url`), which may require a token."""

    url: str | None = None
    path: Path | None = None
    token_env: str | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    token_block: str | None = None
    proxy: str | None = None

    @field_validator("proxy")
    @classmethod
    def _plain_proxy(cls, proxy: str | None) -> str | None:
        if proxy and not re.fullmatch(r"https?://[\w.:\[\]-]+/?", proxy, re.ASCII):
            raise ValueError("expected http://host:port, without user name or path")
        return proxy

    @field_validator("url")
    @classmethod
    def _safe_url(cls, url: str | None) -> str | None:
        try:
            parts = urlsplit(url or "https://none")
            has_place = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
        except ValueError:  # the text of the error quotes the address
            has_place = False
        if not has_place or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
            raise ValueError("expected https://host/path, without user name or parameters") from None
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("expected https: over http anyone on the way can read the token and what is sent")
        return url

    @model_validator(mode="after")
    def _one_origin(self) -> "RemoteSource":
        if (self.url is None) == (self.path is None):
            raise ValueError("expected either url or path")
        return self


class ChatSource(RemoteSource, _Persons):
    """The conversations of a chat platform, from its HTTP API (`url`) or from its exports (`path`).

    Attributes:
        columns: The name that the platform uses for a field of a conversation, by that field.
        flag_tags: The tags that flag a conversation.
        timezone: The time zone of moments that the platform writes without an offset.
        date_format: The form of such moments, in the letters of strptime; or `epoch` for whole seconds since 1970.
        snapshot: Whether a newer content of a file replaces the older content whole.
        listing: The path of the listing below `url`. This key and the next four are explained at `Shape`.
        since: The parameter that asks for changes since a moment.
        items: The place of the records in a page.
        next: The place of the cursor, or of the address of the next page.
        auth: The header with the token.
    """

    kind: Literal["chat"]
    listing: str = Shape.listing
    since: str = Shape.since
    items: str = Shape.items
    next: str = Shape.next
    auth: str = Shape.auth
    columns: dict[str, str] = Field(default_factory=dict)
    flag_tags: tuple[str, ...] = ("mensenhandel",)
    timezone: str | None = None
    date_format: str | None = None
    snapshot: bool = False

    @field_validator("flag_tags")
    @classmethod
    def _tags(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        if not tags or not all(folded(tag) and not {"'", "\\"} & {*tag} for tag in tags):
            raise ValueError("expected at least one tag, none of them blank or with a quote or backslash")
        return tuple(sorted({folded(tag) for tag in tags}))

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, timezone: str | None) -> str | None:
        return timezone and known_timezone(timezone)

    @field_validator(*SHAPES)
    @classmethod
    def _known_shape(cls, text: str, known: ValidationInfo) -> str:
        form, expected = SHAPES[known.field_name or ""]
        if not re.fullmatch(form, text, re.ASCII):
            raise ValueError(expected)
        return text

    def reading(self) -> dict[str, Any]:
        """Return the settings that say how records are listed, what they mean, and whether they replace others."""
        return {"shape": Shape(**self.model_dump(include={*SHAPES}))} | self.model_dump(
            include={"columns", "timezone", "date_format", "flag_tags", "snapshot"}
        )

    @model_validator(mode="after")
    def _whole(self) -> "ChatSource":
        if self.snapshot and self.url:
            raise ValueError("expected path beside snapshot: an API gives changes, not files")
        if self.path and (keys := sorted(self.model_fields_set & {*SHAPES})):
            raise ValueError(f"expected url beside {keys[0]}, which describes an API")
        if self.date_format not in (None, "epoch") and (not self.timezone or "%z" in self.date_format):
            raise ValueError("expected timezone beside date_format, and no %z in it; or epoch")
        return self

    @field_validator("columns")
    @classmethod
    def _known_fields(cls, columns: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(columns).difference(FIELDS)):
            raise ValueError(f"{unknown[0]} is no field of a conversation; there are {', '.join(FIELDS)}")
        names = [columns.get(field, field) for field in FIELDS]
        if twice := [name for name in names if names.count(name) > 1]:
            # Otherwise a nickname could be read as an id and be stored.
            raise ValueError(f"two fields would be read from {twice[0]}")
        return columns


class CodingSource(_Folder, _Persons):
    """The coded data set of the researchers. `columns` maps a column of the codebook to its name in the files."""

    kind: Literal["coding"]
    columns: dict[str, str] = Field(default_factory=dict)


class RegistrySource(RemoteSource):
    """The workbooks of a registry: those in a folder (`path`), or one at an address (`url`)."""

    kind: Literal[REGISTRIES]  # type: ignore[valid-type]  # the catalogue lists them; a type checker cannot read it


class GlotipSource(_Folder):
    """UNODC's workbook. `countries` are the ISO 3166 alpha-3 codes of the countries that the marts show."""

    kind: Literal["glotip"]
    countries: tuple[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], ...] = ("NLD",)


SourceSection = Annotated[ChatSource | CodingSource | GlotipSource | RegistrySource, Field(discriminator="kind")]
