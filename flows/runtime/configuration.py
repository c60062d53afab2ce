"""Read the configuration: `zicht.toml` and the environment variables of zicht.

No other module reads either of them. `schema.py` and `source_schema.py` define what the file may contain.
"""

import grp
import os
import re
import ssl
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import SettingsError

from connectors.errors import UserFacingError
from connectors.landing import Landing
from connectors.pseudonym import Pseudonymiser
from connectors.source import Source
from flows.runtime.redaction import hide_secret, is_full_disk, one_line
from flows.runtime.schema import SOURCE_NAME, Settings
from flows.runtime.settings_errors import explain, overrides, place, same_files
from flows.runtime.source_schema import ChatSource, CodingSource, GlotipSource, RemoteSource

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "seeds"
DBT_PROJECT = ROOT / "dbt_project"
VARIABLE_NAME = re.compile(r"[A-Z][A-Z0-9_]*", flags=re.ASCII)
SHORTEST_KEY_OF_AN_ADDRESS = 12  # shorter parts of an address count as ordinary words, not as keys


# The types of flow parameters. Prefect's forms check them.
SourceName = Annotated[str, Field(pattern=f"^{SOURCE_NAME.pattern}$", description="The id of a source in zicht.toml.")]
Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="A month, as 2020-12.")]


class SettingsProblem(UserFacingError):
    """The configuration cannot be used; the message names the line to change."""


class Configuration:
    """The settings with absolute paths, and with methods that read each secret when it is needed.

    The key parts of the alert addresses are hidden from all output from the start.

    Args:
        file: The path of `zicht.toml`. Relative paths in the settings start at its folder.
        settings: The validated content.
    """

    def __init__(self, file: Path, settings: Settings) -> None:
        self.file = file
        self.settings = settings
        self.home = self.absolute(settings.home)
        self.landing = self.home / "landing"
        self.work = self.home / "work"
        self.versions = self.home / "versions"
        self.spark = self.home / "spark"
        self.runs = self.home / "runs"
        self.erasures = self.home / "removals"
        self.extracts = self.home / "extracts"
        self.previews = self.home / "previews"
        self.prefect = self.home / "prefect"
        for url in (settings.alerts.webhook_url, settings.alerts.ping_url):  # anyone who knows the address can use it
            for part in re.split(r"[/?&=]", url.partition("//")[2])[1:]:
                if len(part) >= SHORTEST_KEY_OF_AN_ADDRESS:
                    hide_secret(part)

    def pseudonym_key(self) -> bytes:
        """Return the key of the pseudonyms, as UTF-8 bytes.

        Raises:
            SettingsProblem: The key is missing, has fewer than 16 bytes, lies below home with the data, or differs from
                the key of the earlier deliveries.
        """
        key, where = self._secret("pseudonym_key", self.settings, [])
        if (file := self.settings.pseudonym_key_file) and self.absolute(file).resolve().is_relative_to(
            self.home.resolve()
        ):
            raise SettingsProblem(f"{where}: the pseudonym key lies below home, with the data; move it elsewhere.")
        if len(key.encode()) < 16:
            raise SettingsProblem(f"{where}: the pseudonym key is too short; give it at least 16 characters.")
        if Landing(self.landing).key_ids() - {Pseudonymiser(key.encode()).key_id}:
            raise SettingsProblem(
                f"{where}: found a pseudonym key other than the one of earlier deliveries; with it every returning "
                "visitor would count as a new person. Give zicht the key that was used before."
            )
        return key.encode()

    def chosen_sources(self, name: str | None) -> list[str]:
        """Return the names of all sources, or only the given name.

        Args:
            name: The name of one source, or None for all sources.

        Raises:
            SettingsProblem: There is no such source, or a chat source exists and the pseudonym key cannot be used.
        """
        names = list(self.settings.sources)
        if name is not None and name not in names:
            raise SettingsProblem(f"{self.file}: there is no [sources.{name}]; name one of {', '.join(names)}.")
        if any(section.kind == "chat" for section in self.settings.sources.values()):
            self.pseudonym_key()
        return names if name is None else [name]

    def source(self, name: str) -> Source:
        """Return one source in the form that the connectors need.

        Raises:
            SettingsProblem: There is no such source, its token is missing or contains characters that no token has, or
                the certificate of its authority cannot be read.
        """
        section = self.settings.sources.get(name)
        if section is None:
            raise SettingsProblem(f"{self.file}: there is no [sources.{name}]; add it or use another name.")
        path = self.absolute(section.path) if section.path else None
        if not isinstance(section, RemoteSource):
            columns = section.columns if isinstance(section, CodingSource) else {}
            return Source(name, section.kind, path=path, columns=columns)
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
            proxy=section.proxy,
            **section.reading() if isinstance(section, ChatSource) else {},
        )

    def flag_tags(self) -> dict[str, tuple[str, ...]]:
        """Return the folded tags that flag a conversation, by source."""
        sections = sorted(self.settings.sources.items())
        return {name: section.flag_tags for name, section in sections if isinstance(section, ChatSource)}

    def make_home(self) -> None:
        """Create the home folder if it does not exist, and check that this process can write in it.

        Raises:
            SettingsProblem: The user of this process cannot write in home or in one of its folders.
            OSError: The disk is full.
        """
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            if is_full_disk(str(error)):
                raise  # a full disk is not a problem of the settings
        written = (self.landing, self.work, self.versions, self.runs, self.erasures, self.extracts, self.previews)
        for folder in (self.home, *(path for path in (*written, self.prefect) if os.path.lexists(path))):
            if not os.access(f"{folder}/", os.W_OK | os.X_OK, effective_ids=True):
                raise SettingsProblem(
                    f"{place(self.file, ['home'])}: found no folder {folder} in which this user can write, expected "
                    "one; change its owner or mode, or name another home."
                )

    def deliver_to(self) -> Path | None:
        """Return the folder to which published releases are copied, or None if the settings name none."""
        folder = self.settings.release.deliver_to
        return self.absolute(folder) if folder else None

    def groups(self) -> dict[str, int]:
        """Return the group ids (GID) of the operating-system groups in the settings.

        Returns:
            The ids by role: `figures`, `persons` and `approvers`. A role without a group is left out.

        Raises:
            SettingsProblem: The operating system has no group of that name.

        Example:
            `{"figures": 1001, "approvers": 1002}`
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
                    f"{place(self.file, path)}: there is no group {name!r} on this machine; make it (groupadd), or "
                    "name another."
                ) from None
        return numbers

    def countries(self) -> list[str]:
        """Return the sorted ISO 3166 alpha-3 codes of the countries that any GLOTIP source shows."""
        sections = self.settings.sources.values()
        return sorted({code for section in sections if isinstance(section, GlotipSource) for code in section.countries})

    def absolute(self, path: Path) -> Path:
        """Return a path of the settings, which starts at the folder of `zicht.toml` if it is relative."""
        return (self.file.parent / path).absolute()

    def _authority(self, file: Path, name: str) -> Path:
        path = self.absolute(file)
        try:
            ssl.create_default_context(cafile=path)
        except OSError:
            where = place(self.file, ["sources", name, "ca_file"])
            raise SettingsProblem(
                f"{where}: ca_file cannot be read or holds no certificate; put the authority's there, as PEM."
            ) from None
        return path

    def _secret(self, key: str, section: BaseModel, path: list[str]) -> tuple[str, str]:
        """Return a secret and the line that names it (`<key>_env`, `_file` or `_block`, in this order), and hide it."""
        value, where = self._found_secret(key, section, path)
        hide_secret(value)
        return value, where

    def _found_secret(self, key: str, section: BaseModel, path: list[str]) -> tuple[str, str]:
        variable, file, block = (getattr(section, f"{key}_{form}") for form in ("env", "file", "block"))
        in_env, in_file, in_block = (place(self.file, [*path, f"{key}_{form}"]) for form in ("env", "file", "block"))
        if variable and (value := os.environ.get(variable, "").strip()):
            return value, in_env
        if file:
            return _from_file(self.absolute(file), f"{in_file}: {key}_file"), in_file
        if block:
            return _from_block(block, f"{in_block}: {key}_block"), in_block
        if not variable:
            raise SettingsProblem(f"{in_env}: no {key}_env; name the environment variable that holds the secret.")
        # If the user wrote the secret itself instead of a variable name, it must not appear in a log.
        name = variable if VARIABLE_NAME.fullmatch(variable) else f"that {key}_env names"
        raise SettingsProblem(f"{in_env}: the environment variable {name} is empty; set it to the secret.")


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
    """Return the text of a Secret block on the Prefect server that this run uses."""
    # Imported here: only users of Secret blocks need a Prefect server to read the configuration.
    from prefect.blocks.system import Secret

    try:
        value = Secret.load(name, _sync=True).value.get_secret_value()  # type: ignore[call-arg,union-attr]
    except Exception as error:  # noqa: BLE001 - the error text of a server may contain anything
        raise SettingsProblem(
            f"{where} cannot be loaded ({type(error).__name__}); make a Secret block of that name on the server that "
            "PREFECT_API_URL names."
        ) from None
    if not isinstance(value, str) or not value.strip():
        raise SettingsProblem(f"{where} names a Secret block without text; set it to the secret.")
    return value.strip()


def configuration_file() -> Path:
    """Return the file that ZICHT_CONFIG names. Without that variable, it is `zicht.toml` in the working directory."""
    return Path(os.environ.get("ZICHT_CONFIG", "zicht.toml")).absolute()


def load_configuration() -> Configuration:
    """Load the configuration from its file and the environment.

    Raises:
        SettingsProblem: The file is missing, or its content is wrong. The message names the line where there is one.
    """
    file = configuration_file()
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsProblem(f"{file}: not there; run `zicht demo`, or copy zicht.example.toml to it.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsProblem(f"{file}: cannot be read ({type(error).__name__}); expected a TOML file.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsProblem(f"{file}: no valid TOML: {error}; correct it.") from None
    try:
        configuration = Configuration(file, Settings(**content))
    except ValidationError as invalid:
        raise SettingsProblem(one_line(explain(file, invalid, os.environ))) from None
    except SettingsError:
        variables = ", ".join(overrides(["sources"], os.environ))
        raise SettingsProblem(f"{file}: {variables}: expected JSON in what sets a table; correct it.") from None
    sections = configuration.settings.sources.items()
    if line := same_files(file, {name: configuration.absolute(one.path) for name, one in sections if one.path}):
        raise SettingsProblem(line)
    return configuration
