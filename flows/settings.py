"""The configuration: `zicht.toml` and the environment. This module alone reads either."""

import grp
import os
import re
import ssl
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from connectors.catalogue import KINDS, REGISTRIES
from connectors.chat import FIELDS
from connectors.errors import Foreseen
from connectors.source import Source
from flows.scrubber import guard, never_say, one_line

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"
DBT_PROJECT = ROOT / "dbt_project"
SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]*")
VARIABLE_NAME = re.compile(r"[A-Z][A-Z0-9_]*", flags=re.ASCII)
SHORTEST_KEY_OF_AN_ADDRESS = 12  # shorter parts of an address are words
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


# The types of parameters, as Prefect's forms check them.
SourceName = Annotated[str, Field(pattern=f"^{SOURCE_NAME.pattern}$", description="The id of a source in zicht.toml.")]
Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="A month, as 2020-12.")]


class SettingsProblem(Foreseen):
    """The configuration cannot be used; the message names the line to change."""


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


class _Remote(_Source):
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
    def _one_origin(self) -> "_Remote":
        if (self.url is None) == (self.path is None):
            raise ValueError("expected either url or path")
        return self


class ChatSource(_Remote, _Persons):
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


class RegistrySource(_Remote):
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
        self.removals = self.home / "removals"
        self.extracts = self.home / "extracts"
        self.previews = self.home / "previews"
        for url in (settings.alerts.webhook_url, settings.alerts.ping_url):  # who knows the address may write there
            for part in re.split(r"[/?&=]", url.partition("//")[2])[1:]:
                if len(part) >= SHORTEST_KEY_OF_AN_ADDRESS:
                    never_say(part)

    def pseudonym_key(self) -> bytes:
        """The key of the pseudonyms.

        Raises:
            SettingsProblem: it is nowhere, too short, or lies with the data.
        """
        key, where = self._secret("pseudonym_key", self.settings, [])
        if (file := self.settings.pseudonym_key_file) and self._absolute(file).resolve().is_relative_to(
            self.home.resolve()
        ):
            raise SettingsProblem(f"{where}: the pseudonym key lies below home, with the data; move it elsewhere.")
        if len(key.encode()) < 16:
            raise SettingsProblem(f"{where}: the pseudonym key is too short; give it at least 16 characters.")
        return key.encode()

    def chosen_sources(self, name: str | None) -> list[str]:
        """All sources, or the one that is named.

        Raises:
            SettingsProblem: there is no such source.
        """
        names = list(self.settings.sources)
        if name is not None and name not in names:
            raise SettingsProblem(f"{self.file}: there is no [sources.{name}]; name one of {', '.join(names)}.")
        return names if name is None else [name]

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
        if section.url and (section.token_env or section.token_file or section.token_block):
            token, where = self._secret("token", section, ["sources", name])
            if not token.isascii() or not token.isprintable():
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

    def groups(self) -> dict[str, int]:
        """The numbers of the groups that are named, by whom they hold: `figures`, `persons`, `approvers`.

        Raises:
            SettingsProblem: the operating system knows no such group.
        """
        access, numbers = self.settings.access, {}
        for path, name in (
            (["access", "figures_group"], access.figures_group),
            (["access", "persons_group"], access.persons_group),
            (["release", "approvers_group"], self.settings.release.approvers_group),
        ):
            try:
                if name:
                    numbers[path[1].removesuffix("_group")] = grp.getgrnam(name).gr_gid
            except KeyError:
                raise SettingsProblem(
                    f"{_place(self.file, path)}: there is no group {name!r} on this machine; make it (groupadd), or "
                    "name another."
                ) from None
        return numbers

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

    def _secret(self, key: str, section: BaseModel, path: list[str]) -> tuple[str, str]:
        """A secret from the first place that `<key>_env`, `_file` or `_block` names, and the line that names it."""
        value, where = self._found_secret(key, section, path)
        never_say(value)
        return value, where

    def _found_secret(self, key: str, section: BaseModel, path: list[str]) -> tuple[str, str]:
        variable, file, block = (getattr(section, f"{key}_{place}") for place in ("env", "file", "block"))
        in_env, in_file, in_block = (_place(self.file, [*path, f"{key}_{place}"]) for place in ("env", "file", "block"))
        if variable and (value := os.environ.get(variable, "").strip()):
            return value, in_env
        if file:
            return _from_file(self._absolute(file), f"{in_file}: {key}_file"), in_file
        if block:
            return _from_block(block, f"{in_block}: {key}_block"), in_block
        if not variable:
            raise SettingsProblem(f"{in_env}: no {key}_env; name the environment variable that holds the secret.")
        # Who writes the secret itself there, instead of a name, does not see it in a log.
        shown = variable if VARIABLE_NAME.fullmatch(variable) else f"that {key}_env names"
        raise SettingsProblem(f"{in_env}: the environment variable {shown} is empty; set it to the secret.")


def _from_file(file: Path, where: str) -> str:
    try:
        value, mode = file.read_text().strip(), file.stat().st_mode
    except (OSError, UnicodeDecodeError):
        value, mode = "", 0
    if mode & 0o077:
        raise SettingsProblem(f"{where} can be read by others than its owner; run chmod 600 on the file it names.")
    if not value:
        raise SettingsProblem(f"{where} cannot be read or is empty; put the secret there, mode 0600.")
    return value


def _from_block(name: str, where: str) -> str:
    """The text of a Secret block on the Prefect server that this run talks to."""
    # Imported here: only who keeps a secret there needs a server to read the configuration.
    from prefect.blocks.system import Secret

    try:
        value = Secret.load(name, _sync=True).value.get_secret_value()  # type: ignore[call-arg,union-attr]
    except Exception as error:  # noqa: BLE001 - what a server says may hold anything
        raise SettingsProblem(
            f"{where} cannot be loaded ({type(error).__name__}); make a Secret block of that name on the server that "
            "PREFECT_API_URL names."
        ) from None
    if not isinstance(value, str) or not value.strip():
        raise SettingsProblem(f"{where} names a Secret block without text; set it to the secret.")
    return value.strip()


def prepare_prefect(configuration: Configuration | None = None) -> None:
    """Set what Prefect must know before it is imported, unless somebody set it: no telemetry, results nowhere, time
    enough for a temporary server to start on a small machine, and that server's own files below home. What Prefect
    sends to its server passes the scrubber from here on."""
    guard()
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
        raise SettingsProblem(one_line(_explain(file, invalid))) from None
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
