"""Define what `zicht.toml` may contain: its sections, their keys, and the values of each key."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from flows.runtime.source_schema import LOOPBACK, Section, SourceSection, known_timezone

SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]*")


class MailSettings(Section):
    """The mail server, and the sender of its mails."""

    sender: str = ""
    host: str = "localhost"
    port: int = Field(default=25, ge=1, le=65535)


class ReleaseSettings(Section):
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


class AccessSettings(Section):
    """The operating-system groups that may read the figures, and those that may read rows of single persons."""

    figures_group: str = ""
    persons_group: str = ""


class AlertSettings(Section):
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
    seeds: Path | None = None
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
