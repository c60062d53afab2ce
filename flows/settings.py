"""The configuration: `zicht.toml` and the environment. This module alone reads either."""

import os
import re
import ssl
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from connectors.catalogue import KINDS, REGISTRIES
from connectors.chat import FIELDS
from connectors.errors import Foreseen, printable
from connectors.source import Source

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"
DBT_PROJECT = ROOT / "dbt_project"
SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]*")
VARIABLE_NAME = re.compile(r"[A-Z][A-Z0-9_]*", flags=re.ASCII)
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class SettingsProblem(Foreseen):
    """The configuration cannot be used; the message names the line to change."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _Folder(_Section):
    path: Path


class _Remote(_Section):
    url: str | None = None
    path: Path | None = None
    token_env: str | None = None
    token_file: Path | None = None
    ca_file: Path | None = None

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
    def _one_origin(self) -> "_Remote":
        if (self.url is None) == (self.path is None):
            raise ValueError("expected either url or path")
        return self


class ChatSource(_Remote):
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


class CodingSource(_Folder):
    """The researchers' coded data set."""

    kind: Literal["coding"]


class RegistrySource(_Remote):
    """A registry's workbooks, in a folder (`path`) or one at an address (`url`)."""

    kind: Literal[REGISTRIES]  # type: ignore[valid-type]  # the catalogue says which; a type checker cannot ask it


class GlotipSource(_Folder):
    """UNODC's workbook; `countries` are the ISO 3166 alpha-3 codes that are shown in the marts."""

    kind: Literal["glotip"]
    countries: tuple[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], ...] = ("NLD",)


SourceSection = Annotated[ChatSource | CodingSource | GlotipSource | RegistrySource, Field(discriminator="kind")]


class ReleaseSettings(_Section):
    """Who publishes the extract and under which address, how many others must approve it, where it is copied to, and
    who gets a mail about it."""

    publisher: str = "zicht"
    contact: str = ""
    url: str = ""
    approvals: int = Field(default=0, ge=0, le=2)
    deliver_to: Path | None = None
    mail_to: tuple[str, ...] = ()
    mail_from: str = ""
    mail_host: str = "localhost"
    mail_port: int = Field(default=25, ge=1, le=65535)

    @model_validator(mode="after")
    def _has_sender(self) -> "ReleaseSettings":
        if self.mail_to and not self.mail_from:
            raise ValueError("expected mail_from beside mail_to")
        return self


class Settings(BaseSettings):
    """All of `zicht.toml`. Environment variables (`ZICHT_HOME`, `ZICHT_SOURCES__FIER__URL`) come before the file."""

    model_config = SettingsConfigDict(
        env_prefix="ZICHT_", env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    home: Path
    timezone: str = "Europe/Amsterdam"
    pseudonym_key_env: str | None = None
    pseudonym_key_file: Path | None = None
    fictitious: bool = False
    release: ReleaseSettings = ReleaseSettings()
    sources: dict[str, SourceSection] = Field(min_length=1)

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (ValueError, OSError, KeyError):
            raise ValueError("expected the name of a time zone, such as Europe/Amsterdam") from None
        return timezone

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


class Configuration:
    """The settings with every path made absolute and every secret at hand when it is asked for."""

    def __init__(self, file: Path, settings: Settings) -> None:
        self.file = file
        self.settings = settings
        self.home = self._absolute(settings.home)
        self.landing = self.home / "landing"
        self.work = self.home / "work"
        self.versions = self.home / "versions"
        self.runs = self.home / "runs"
        self.extracts = self.home / "extracts"
        self.previews = self.home / "previews"

    def pseudonym_key(self) -> bytes:
        """The key of the pseudonyms.

        Raises:
            SettingsProblem: it is nowhere, or too short.
        """
        settings = self.settings
        key = self._secret("pseudonym_key", settings.pseudonym_key_env, settings.pseudonym_key_file, None)
        if len(key.encode()) < 16:
            where = _place(self.file, ["pseudonym_key_file" if settings.pseudonym_key_file else "pseudonym_key_env"])
            raise SettingsProblem(f"{where}: the pseudonym key is too short; give it at least 16 characters.")
        return key.encode()

    def source(self, name: str) -> Source:
        """One source as the connectors want it.

        Raises:
            SettingsProblem: there is no such source, or its token or its authority's certificate is missing.
        """
        section = self.settings.sources.get(name)
        if section is None:
            raise SettingsProblem(f"{self.file}: there is no [sources.{name}]; add it or use another name.")
        path = self._absolute(section.path) if section.path else None
        if not isinstance(section, _Remote):
            return Source(name, section.kind, path=path)
        token = None
        if section.url and (section.token_env or section.token_file):
            token = self._secret("token", section.token_env, section.token_file, f"sources.{name}")
            if not token.isascii() or not token.isprintable():
                where = _place(self.file, ["sources", name, "token_file" if section.token_file else "token_env"])
                raise SettingsProblem(f"{where}: the token has characters that no token has; set it again.")
        return Source(
            name,
            section.kind,
            path=path,
            url=section.url,
            token=token,
            ca_file=self._authority(section.ca_file, name) if section.url and section.ca_file else None,
            columns=section.columns if isinstance(section, ChatSource) else {},
        )

    def deliver_to(self) -> Path | None:
        """The folder to which published releases are copied."""
        folder = self.settings.release.deliver_to
        return self._absolute(folder) if folder else None

    def countries(self) -> list[str]:
        """The countries that any GLOTIP source shows."""
        sections = self.settings.sources.values()
        return sorted({code for section in sections if isinstance(section, GlotipSource) for code in section.countries})

    def _absolute(self, path: Path) -> Path:
        return (self.file.parent / path).absolute()

    def _authority(self, file: Path, name: str) -> Path:
        path = self._absolute(file)
        try:
            ssl.create_default_context(cafile=path)
        except OSError:
            where = _place(self.file, ["sources", name, "ca_file"])
            raise SettingsProblem(
                f"{where}: ca_file cannot be read or holds no certificate; put the authority's there, as PEM."
            ) from None
        return path

    def _secret(self, key: str, variable: str | None, file: Path | None, table: str | None) -> str:
        key_of_place = f"{key}_file" if file else f"{key}_env"
        where = _place(self.file, [*(table.split(".") if table else []), key_of_place])
        if variable and (value := os.environ.get(variable, "").strip()):
            return value
        if variable and not file:
            # Who writes the secret itself there, instead of a name, does not see it in a log.
            shown = variable if VARIABLE_NAME.fullmatch(variable) else f"that {key}_env names"
            raise SettingsProblem(f"{where}: the environment variable {shown} is empty; set it to the secret.")
        if not file:
            raise SettingsProblem(f"{where}: no {key}_env; name the environment variable that holds the secret.")
        try:
            value = self._absolute(file).read_text().strip()
        except (OSError, UnicodeDecodeError):
            value = ""
        if not value:
            raise SettingsProblem(f"{where}: {key}_file cannot be read or is empty; put the secret there, mode 0600.")
        return value


def prepare_prefect(configuration: Configuration | None = None) -> None:
    """Set what Prefect must know before it is imported, unless somebody set it: no telemetry, results nowhere, time
    enough for a temporary server to start on a small machine, and that server's own files below home."""
    if configuration:
        # On the command line the account says what is wrong, once.
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    if configuration and not {"PREFECT_API_URL", "PREFECT_HOME"} & os.environ.keys():
        own = configuration.home / "prefect"
        own.mkdir(parents=True, exist_ok=True)
        os.environ["PREFECT_HOME"] = str(own)
    for name, value in {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }.items():
        os.environ.setdefault(name, value)


def load_configuration() -> Configuration:
    """The configuration of `zicht.toml` in the working directory, or of the file that ZICHT_CONFIG names.

    Raises:
        SettingsProblem: there is none, or it does not hold what it should; names the line.
    """
    file = Path(os.environ.get("ZICHT_CONFIG", "zicht.toml")).absolute()
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsProblem(f"{file}: not there; run `zicht demo`, or copy zicht.example.toml to it.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsProblem(f"{file}: cannot be read ({type(error).__name__}); expected a TOML file.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsProblem(f"{file}: no valid TOML: {error}; correct it.") from None
    try:
        return Configuration(file, Settings(**content))
    except ValidationError as invalid:
        raise SettingsProblem(printable(_explain(file, invalid), limit=1000)) from None
    except SettingsError:
        variables = ", ".join(_overrides(["sources"]))
        raise SettingsProblem(f"{file}: {variables}: expected JSON in what sets a table; correct it.") from None


def _explain(file: Path, invalid: ValidationError) -> str:
    # A misspelt key comes first: that the right one is missing follows from it.
    errors = invalid.errors(include_input=False, include_url=False)
    error = min(errors, key=lambda error: error["type"] != "extra_forbidden")
    # A union's tag ('chat') stands in the path of an error, but not in the file.
    path = [str(part) for part in error["loc"]]
    if len(path) > 2 and path[0] == "sources" and path[2] in KINDS:
        del path[2]
    name = ".".join(path)
    where = _place(file, [*path, "kind"] if error["type"] == "union_tag_invalid" else path)
    if variables := _overrides(path):
        where += f", overridden by {variables[0]}"
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key {name}; correct its name or remove it."
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return f"{where}: {name} has no kind that zicht knows; expected one of {', '.join(KINDS)}; change it."
    if error["type"] == "missing":
        return f"{where}: the key {name} is missing; add it."
    return f"{where}: {name}: {error['msg'].removeprefix('Value error, ')}; change it."


def _overrides(path: list[str]) -> list[str]:
    """The environment variables that set a key or a part of it."""
    name = "__".join(["ZICHT_" + path[0], *path[1:]]).upper() if path else "ZICHT_"
    return sorted(variable for variable in os.environ if f"{variable.upper()}__".startswith(f"{name}__"))


def _place(file: Path, path: list[str]) -> str:
    """`file, line N` of a key, or of the section that should hold it."""
    section: list[str] = []
    best, line_number = 0, 0
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            section = header[1].replace('"', "").split(".")
            here = section
        elif key := re.match(r"\s*\"?([\w-]+)\"?\s*=", line):
            here = [*section, key[1]]
        else:
            continue
        if here == path[: len(here)] and len(here) > best:
            best, line_number = len(here), number
    return f"{file}, line {line_number}" if best else str(file)
