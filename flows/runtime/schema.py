"""Define what `zicht.toml` may contain: its sections, their keys, and the values of each key."""

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from connectors.catalogue import REGISTRIES
from connectors.chat.blocks import FIELDS
from connectors.formats.folding import folded

SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]*")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def known_timezone(timezone: str) -> str:
    """Return the name of a time zone. Raise a ValueError if there is no such zone."""
    try:
        ZoneInfo(timezone)
    except (ValueError, OSError, KeyError):
        raise ValueError("expected the name of a time zone, such as Europe/Amsterdam") from None
    return timezone


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _SourceKeys(_Section):
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
        date_format: The form of such moments, in the letters of strptime.
        snapshot: Whether a newer content of a file replaces the older content whole.
    """

    kind: Literal["chat"]
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

    def reading(self) -> dict[str, Any]:
        """Return the settings that say what a record means and whether it is flagged and replaced."""
        return self.model_dump(include={"columns", "timezone", "date_format", "flag_tags", "snapshot"})

    @model_validator(mode="after")
    def _whole(self) -> "ChatSource":
        if self.snapshot and self.url:
            raise ValueError("expected path beside snapshot: an API gives changes, not files")
        if self.date_format and (not self.timezone or "%z" in self.date_format):
            raise ValueError("expected timezone beside date_format, and no %z in it")
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


class MailSettings(_Section):
    """The mail server, and the sender of its mails."""

    sender: str = ""
    host: str = "localhost"
    port: int = Field(default=25, ge=1, le=65535)


class ReleaseSettings(_Section):
    """How the extract is published.

    Attributes:
        publisher: Who publishes the extract.
        contact: The contact of the publisher.
        url: The address under which the extract is published.
        approvals: How many other users must approve a release.
        approvers_group: The operating-system group of the approvers.
        deliver_to: The folder to which a published release is copied.
        mail_to: Who gets a mail about a published release.
    """

    publisher: str = "zicht"
    contact: str = ""
    url: str = ""
    approvals: int = Field(default=0, ge=0, le=2)
    approvers_group: str = ""
    deliver_to: Path | None = None
    mail_to: tuple[str, ...] = ()


class AccessSettings(_Section):
    """The operating-system groups that may read the figures, and those that may read rows of single persons."""

    figures_group: str = ""
    persons_group: str = ""


class AlertSettings(_Section):
    """Who is informed about problems, and which monitor is informed about good runs.

    Attributes:
        mail_to: Who gets a mail when something needs a person.
        webhook_url: The address that gets the same message as a POST request.
        ping_url: The address of a monitor that is called after each good run.
        silent_after_hours: How old the last good nightly run may be, in hours.
    """

    mail_to: tuple[str, ...] = ()
    webhook_url: str = ""
    ping_url: str = ""
    silent_after_hours: int = Field(default=26, ge=1)

    @field_validator("webhook_url", "ping_url")
    @classmethod
    def _private(cls, url: str) -> str:
        try:
            parts = urlsplit(url or "https://none")
            is_private = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        except ValueError:  # the text of the error quotes the address
            is_private = False
        if not is_private or not parts.hostname:
            raise ValueError("expected https://host/path") from None
        return url


class Settings(BaseSettings):
    """The whole content of `zicht.toml`.

    Environment variables such as `ZICHT_HOME` and `ZICHT_SOURCES__FIER__URL` take precedence over the file.
    """

    model_config = SettingsConfigDict(
        env_prefix="ZICHT_", env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    home: Path
    timezone: str = "Europe/Amsterdam"
    pseudonym_key_env: str | None = None
    pseudonym_key_file: Path | None = None
    pseudonym_key_block: str | None = None
    fictitious: bool = False
    mail: MailSettings = MailSettings()
    access: AccessSettings = AccessSettings()
    release: ReleaseSettings = ReleaseSettings()
    alerts: AlertSettings = AlertSettings()
    sources: dict[str, SourceSection] = Field(min_length=1)

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, timezone: str) -> str:
        return known_timezone(timezone)

    @field_validator("release", "alerts")
    @classmethod
    def _has_sender(cls, section: ReleaseSettings | AlertSettings, known: ValidationInfo) -> Any:
        if section.mail_to and "mail" in known.data and not known.data["mail"].sender:
            raise ValueError("expected sender in [mail] beside mail_to")
        return section

    @field_validator("sources")
    @classmethod
    def _plain_names(cls, sources: dict[str, Any]) -> dict[str, Any]:
        for name in sources:
            if not SOURCE_NAME.fullmatch(name) or name in ("all", "chat"):
                raise ValueError(f"{name!r} cannot name a source: small letters, digits and _; not 'all' or 'chat'")
        return sources

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings
