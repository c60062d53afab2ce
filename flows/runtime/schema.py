"""What may stand in `zicht.toml`: its sections, their keys, and what each must hold."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from connectors.catalogue import REGISTRIES
from connectors.chat.conversations import FIELDS

SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]*")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _Source(_Section):
    stale_after_days: int | None = Field(default=None, ge=1)


class _Persons(_Source):
    """Rows about persons: for how many calendar years after their own they are kept, and why they may not go."""

    keep_years: int | None = Field(default=None, ge=0, le=100)
    legal_hold: str = ""


class _Folder(_Source):
    path: Path


class RemoteSource(_Source):
    """Files of a folder (`path`), or what an address gives (`url`), perhaps for a token only."""

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
        except ValueError:  # its text quotes the address
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
    """A platform's conversations, from its HTTP API (`url`) or from exports (`path`)."""

    kind: Literal["chat"]
    columns: dict[str, str] = Field(default_factory=dict)

    @field_validator("columns")
    @classmethod
    def _known_fields(cls, columns: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(columns).difference(FIELDS)):
            raise ValueError(f"{unknown[0]} is no field of a conversation; there are {', '.join(FIELDS)}")
        names = [columns.get(field, field) for field in FIELDS]
        if twice := [name for name in names if names.count(name) > 1]:
            # Else a nickname could come in as an id, and be kept.
            raise ValueError(f"two fields would be read from {twice[0]}")
        return columns


class CodingSource(_Folder, _Persons):
    """The researchers' coded data set."""

    kind: Literal["coding"]


class RegistrySource(RemoteSource):
    """A registry's workbooks, in a folder (`path`) or one at an address (`url`)."""

    kind: Literal[REGISTRIES]  # type: ignore[valid-type]  # the catalogue says which; a type checker cannot ask it


class GlotipSource(_Folder):
    """UNODC's workbook; `countries` are the ISO 3166 alpha-3 codes that are shown in the marts."""

    kind: Literal["glotip"]
    countries: tuple[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], ...] = ("NLD",)


SourceSection = Annotated[ChatSource | CodingSource | GlotipSource | RegistrySource, Field(discriminator="kind")]


class MailSettings(_Section):
    """The mail server, and whom its mails come from."""

    sender: str = ""
    host: str = "localhost"
    port: int = Field(default=25, ge=1, le=65535)


class ReleaseSettings(_Section):
    """Who publishes the extract and under which address, how many others must approve it, and of which group of the
    operating system, where it is copied to, and who gets a mail about it."""

    publisher: str = "zicht"
    contact: str = ""
    url: str = ""
    approvals: int = Field(default=0, ge=0, le=2)
    approvers_group: str = ""
    deliver_to: Path | None = None
    mail_to: tuple[str, ...] = ()


class AccessSettings(_Section):
    """The groups of the operating system that may read the figures, and the rows of single persons."""

    figures_group: str = ""
    persons_group: str = ""


class AlertSettings(_Section):
    """Who is told when something needs a person, which monitor hears of good runs, and how long none may end."""

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
        except ValueError:  # its text quotes the address
            is_private = False
        if not is_private or not parts.hostname:
            raise ValueError("expected https://host/path") from None
        return url


class Settings(BaseSettings):
    """All of `zicht.toml`. Environment variables (`ZICHT_HOME`, `ZICHT_SOURCES__FIER__URL`) come before the file."""

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
        try:
            ZoneInfo(timezone)
        except (ValueError, OSError, KeyError):
            raise ValueError("expected the name of a time zone, such as Europe/Amsterdam") from None
        return timezone

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
