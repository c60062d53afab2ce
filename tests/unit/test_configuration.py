"""The configuration: every mistake is one line that names the file, the place and what to do, and shows no secret."""

from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from samples import Inbox, a_record, ndjson

from flows.runtime.configuration import Configuration, SettingsProblem, load_configuration

KEY = "sleutel-van-zestien-tekens-of-meer"
SECRET = "s3cr3tValue"  # pragma: allowlist secret
BASE = """\
home = "var"
timezone = "Europe/Amsterdam"
pseudonym_key_env = "ZICHT_PSEUDONYM_KEY"

[sources.fier]
kind = "chat"
url = "https://chat.example.org/api"
token_env = "ZICHT_FIER_TOKEN"

[sources.coding]
kind = "coding"
path = "inbox/coding"

[sources.glotip]
kind = "glotip"
path = "inbox/glotip"
"""
Load = Callable[..., Configuration]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load a configuration with these variables set."""

    def configuration(text: str = BASE, **variables: str) -> Configuration:
        (tmp_path / "zicht.toml").write_text(text, encoding="utf-8")
        monkeypatch.setenv("ZICHT_CONFIG", str(tmp_path / "zicht.toml"))
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return load_configuration()

    return configuration


@pytest.fixture
def refused(load: Load, tmp_path: Path) -> Callable[..., str]:
    """The message of a refusal, without the folder; it is one line without the secret."""

    def message(text: str = BASE, **variables: str) -> str:
        with pytest.raises(SettingsProblem) as problem:
            configuration = load(text, **variables)
            for name in configuration.settings.sources:
                configuration.source(name)
            configuration.pseudonym_key()
        found = str(problem.value)
        assert len(found.splitlines()) == 1 and SECRET not in found
        assert found.startswith(str(tmp_path / "zicht.toml"))
        return found.removeprefix(f"{tmp_path}/")

    return message


def changed(old: str, new: str) -> str:
    assert old in BASE
    return BASE.replace(old, new, 1)


def test_a_whole_configuration_is_read(load: Load, tmp_path: Path) -> None:
    configuration = load(ZICHT_PSEUDONYM_KEY=KEY, ZICHT_FIER_TOKEN=SECRET)
    fier, coding = configuration.source("fier"), configuration.source("coding")
    assert (fier.kind, fier.url, fier.token, fier.path) == ("chat", "https://chat.example.org/api", SECRET, None)
    assert (coding.kind, coding.path, coding.url) == ("coding", tmp_path / "inbox" / "coding", None)
    assert configuration.home == tmp_path / "var"
    assert configuration.pseudonym_key() == KEY.encode()
    assert configuration.countries() == ["NLD"]


def test_a_token_does_not_show_in_a_repr(load: Load) -> None:
    assert SECRET not in repr(load(ZICHT_FIER_TOKEN=SECRET).source("fier"))


def test_absolute_paths_stay_where_they_are(load: Load) -> None:
    assert load(changed('"var"', '"/srv/zicht"')).home == Path("/srv/zicht")


def test_the_file_in_the_working_directory_is_the_default(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load()
    monkeypatch.delenv("ZICHT_CONFIG")
    monkeypatch.chdir(tmp_path)
    assert load_configuration().home == tmp_path / "var"


def test_a_missing_file_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZICHT_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(SettingsProblem, match=r"none\.toml: not there; run `zicht demo`, or copy zicht\.example\.toml"):
        load_configuration()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00h", None], ids=["no text", "a folder"])
def test_a_file_that_cannot_be_read_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    path = tmp_path / "zicht.toml"
    path.mkdir() if content is None else path.write_bytes(content)
    monkeypatch.setenv("ZICHT_CONFIG", str(path))
    with pytest.raises(SettingsProblem, match=r"zicht\.toml: cannot be read .*expected a TOML file"):
        load_configuration()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BASE + f"home = {SECRET}\n", "zicht.toml: no valid TOML: Invalid value (at line 17, column 8); correct it."),
        (BASE + 'path = "again"\n', "zicht.toml: no valid TOML: Cannot overwrite a value (at line 17, column 15)"),
    ],
)
def test_broken_toml_names_the_line(refused: Callable[..., str], text: str, message: str) -> None:
    assert refused(text).startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('home = "var"', 'hoem = "var"', ", line 1: unknown key hoem; correct its name or remove it."),
        ('home = "var"\n', "", ": the key home is missing; add it."),
        ('home = "var"', "home = 5", ", line 1: home: Input is not a valid path"),
        *(
            ("Europe/Amsterdam", zone, ", line 2: timezone: expected the name of a time zone, such as")
            for zone in ("Mars/Base", "Europe", "../../etc/passwd", "")
        ),
        ('kind = "coding"\n', "", ", line 10: sources.coding has no kind that zicht knows; expected one of chat,"),
        ('"coding"', '"codering"', ", line 11: sources.coding has no kind that zicht knows; expected one of chat,"),
        ('"inbox/coding"', "7", ", line 12: sources.coding.path: Input is not a valid path"),
        ('path = "inbox/coding"\n', "", ", line 10: the key sources.coding.path is missing; add it."),
        ('path = "inbox/coding"', 'paht = "x"', ", line 12: unknown key sources.coding.paht; correct its name"),
        ("token_env", "token", ", line 8: unknown key sources.fier.token; correct its name or remove it."),
        *(
            (old, new, ", line 7: sources.fier.url: expected https://host/path")
            for old, new in [
                ("https://", f"https://me:{SECRET}@"),
                ("https://", f"https://:{SECRET}@"),
                ("org/api", f"org/api?key={SECRET}"),
                ("org/api", f"org/api#{SECRET}"),
                ("org/api", f"org:{SECRET}/api"),
                ("org/api", "org:99999/api"),
                ("chat.example", f"{SECRET}\u2100"),
                ("https://chat", f"https://[{SECRET}"),
                ("https://", "ftp://"),
                ("https://", ""),
            ]
        ),
        ("https://", "http://", ", line 7: sources.fier.url: expected https: over http anyone on the way can"),
        ("https://chat", "http://localhost", ", line 7: sources.fier.url: expected https: over http anyone"),
        *(
            ("token_env", f'{key} = "{text}"\ntoken_env', f", line 8: sources.fier.{key}: expected {expected}")
            for key, text, expected in [
                ("listing", "a b", "a path below url"),
                ("since", "updated_since", "name={moment} or name={epoch}"),
                ("items", "data..items", "a dotted path"),
                ("next", "", "a dotted path"),
                ("auth", "Bearer {token}", "a header"),
                ("proxy", f"http://me:{SECRET}@proxy:3128", "http://host:port"),
            ]
        ),
        (
            'url = "https://chat.example.org/api"',
            'path = "x"\nitems = "x"',
            ", line 5: sources.fier: expected url beside",
        ),
        ("url =", 'path = "x"\nurl =', ", line 5: sources.fier: expected either url or path; change it."),
        ('url = "https://chat.example.org/api"\n', "", ", line 5: sources.fier: expected either url or path"),
        *(
            ("sources.coding", f"sources.{key}", f": sources: '{name}' cannot name a source: small letters, digits")
            for key, name in (("all", "all"), ("chat", "chat"), ("'../x'", "../x"))
        ),
        ('"inbox/glotip"', '"x"\ncountries = ["Nederland"]', ", line 17: sources.glotip.countries.0: String"),
    ],
)
def test_a_mistake_names_the_line_and_what_to_do(refused: Callable[..., str], old: str, new: str, message: str) -> None:
    found = refused(changed(old, new), ZICHT_FIER_TOKEN=SECRET, ZICHT_PSEUDONYM_KEY=KEY)
    assert found.startswith(f"zicht.toml{message}")
    assert found.endswith((" add it.", " remove it.", " change it."))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ('nick = "n"', "sources.fier.columns: nick is no field of a conversation; there are conversation_id, nickname"),
        ("nickname = 5", "sources.fier.columns.nickname: Input should be a valid string"),
        ('conversation_id = "naam", nickname = "naam"', "sources.fier.columns: two fields would be read from naam"),
        ('conversation_id = "nickname"', "sources.fier.columns: two fields would be read from nickname"),
    ],
)
def test_a_wrong_mapping_names_the_line(refused: Callable[..., str], columns: str, message: str) -> None:
    text = changed("token_env =", f"columns = {{ {columns} }}\ntoken_env =")
    assert refused(text).startswith(f"zicht.toml, line 8: {message}")


def test_the_tags_that_flag_are_folded_and_those_of_each_platform(load: Load) -> None:
    assert load().flag_tags() == {"fier": ("mensenhandel",)}
    text = changed("token_env =", 'flag_tags = ["Uitbuiting ", "LOVERBOY"]\ntoken_env =')
    assert load(text).flag_tags() == {"fier": ("loverboy", "uitbuiting")}


def test_local_time_is_read_by_the_settings_of_its_platform(load: Load) -> None:
    text = changed("token_env =", 'timezone = "Europe/Amsterdam"\ndate_format = "%d-%m-%Y"\ntoken_env =')
    source = load(text, ZICHT_FIER_TOKEN="t").source("fier")
    assert (source.timezone, source.date_format) == ("Europe/Amsterdam", "%d-%m-%Y")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('flag_tags = ["\\u200b"]', "sources.fier.flag_tags: expected at least one tag"),
        ("flag_tags = []", "sources.fier.flag_tags: expected at least one tag"),
        ('flag_tags = ["it\'s"]', "sources.fier.flag_tags: expected at least one tag"),
        ('timezone = "Mars/Olympus"', "sources.fier.timezone: expected the name of a time zone"),
    ],
)
def test_a_wrong_setting_of_a_platform_names_the_line(refused: Callable[..., str], line: str, told: str) -> None:
    assert refused(changed("token_env =", f"{line}\ntoken_env =")).startswith(f"zicht.toml, line 8: {told}")


@pytest.mark.parametrize("lines", ['date_format = "%d-%m"', 'timezone = "UTC"\ndate_format = "%d-%m-%Y %z"'])
def test_a_form_of_dates_needs_a_time_zone_and_no_offset(refused: Callable[..., str], lines: str) -> None:
    assert "expected timezone beside date_format" in refused(changed("token_env =", f"{lines}\ntoken_env ="))


@pytest.mark.parametrize("host", ["127.0.0.1:8801", "localhost", "[::1]:80"])
def test_http_is_allowed_on_loopback(load: Load, host: str) -> None:
    configuration = load(changed("https://chat.example.org", f"http://{host}"), ZICHT_FIER_TOKEN="t")
    assert configuration.source("fier").url == f"http://{host}/api"


def test_no_sources_at_all_is_an_error(refused: Callable[..., str]) -> None:
    assert refused('home = "var"\n') == "zicht.toml: the key sources is missing; add it."


def test_an_unknown_source_is_a_problem(load: Load) -> None:
    with pytest.raises(SettingsProblem, match=r"there is no \[sources\.csg\]; add it or use another name"):
        load().source("csg")


def test_a_token_that_is_not_set_names_the_variable_and_the_line(refused: Callable[..., str]) -> None:
    message = "zicht.toml, line 8: the environment variable ZICHT_FIER_TOKEN is empty; set it to the secret."
    assert refused(ZICHT_PSEUDONYM_KEY=KEY) == message


def test_a_source_without_a_token_needs_none(load: Load) -> None:
    assert load(changed('token_env = "ZICHT_FIER_TOKEN"', "")).source("fier").token is None


def test_a_secret_written_in_place_of_a_variables_name_is_not_shown(refused: Callable[..., str]) -> None:
    message = refused(changed("ZICHT_FIER_TOKEN", SECRET))
    assert (
        message == "zicht.toml, line 8: the environment variable that token_env names is empty; set it to the secret."
    )


@pytest.mark.parametrize("token", [f"{SECRET}\n{SECRET}", f"{SECRET}€", f"{SECRET}\x07"])
def test_a_token_that_no_header_can_carry_is_refused(refused: Callable[..., str], token: str) -> None:
    assert refused(ZICHT_FIER_TOKEN=token).startswith("zicht.toml, line 8: the token has characters that no token has;")


def test_an_authority_of_ones_own_is_named_in_a_file(load: Load, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    configuration = load(changed("token_env =", 'ca_file = "ca.pem"\ntoken_env ='), ZICHT_FIER_TOKEN="t")
    assert configuration.source("fier").ca_file == tmp_path / "ca.pem"


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\n", b"\xff\xfe"])
def test_an_authority_that_cannot_be_read_is_a_problem(
    refused: Callable[..., str], tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    message = refused(changed("token_env =", 'ca_file = "ca.pem"\ntoken_env ='), ZICHT_FIER_TOKEN="t")
    assert message.startswith("zicht.toml, line 8: ca_file cannot be read or holds no certificate; put")


def test_blanks_around_a_token_are_not_part_of_it(load: Load) -> None:
    assert load(ZICHT_FIER_TOKEN=f" {SECRET}\n").source("fier").token == SECRET


def test_a_key_that_is_not_set_names_the_variable_and_the_line(refused: Callable[..., str]) -> None:
    message = "zicht.toml, line 3: the environment variable ZICHT_PSEUDONYM_KEY is empty; set it to the secret."
    assert refused(ZICHT_FIER_TOKEN="t") == message


def test_no_key_at_all_says_what_to_name(refused: Callable[..., str]) -> None:
    message = refused(changed('pseudonym_key_env = "ZICHT_PSEUDONYM_KEY"\n', ""), ZICHT_FIER_TOKEN="t")
    assert message == "zicht.toml: no pseudonym_key_env; name the environment variable that holds the secret."


def test_a_short_key_is_refused_without_being_shown(refused: Callable[..., str]) -> None:
    message = refused(ZICHT_FIER_TOKEN="t", ZICHT_PSEUDONYM_KEY=SECRET)
    assert message == "zicht.toml, line 3: the pseudonym key is too short; give it at least 16 characters."


def test_a_key_other_than_the_one_of_the_deliveries_is_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "var", "chat")
    inbox.put("a.jsonl", ndjson(a_record(1)))
    inbox.receive()
    message = refused(ZICHT_FIER_TOKEN="t", ZICHT_PSEUDONYM_KEY=KEY)
    assert message.startswith("zicht.toml, line 3: found a pseudonym key other than the one of earlier deliveries")


def test_a_secret_may_come_from_a_file(load: Load, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    (tmp_path / "token").write_text(SECRET + "\n")
    for name in ("key", "token"):
        (tmp_path / name).chmod(0o600)
    text = changed('pseudonym_key_env = "ZICHT_PSEUDONYM_KEY"', 'pseudonym_key_file = "key"')
    configuration = load(text.replace('token_env = "ZICHT_FIER_TOKEN"', 'token_file = "token"'))
    assert (configuration.pseudonym_key(), configuration.source("fier").token) == (KEY.encode(), SECRET)


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_a_secret_file_that_gives_nothing_is_a_problem(
    refused: Callable[..., str], tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
        (tmp_path / "token").chmod(0o600)
    message = refused(changed('token_env = "ZICHT_FIER_TOKEN"', 'token_file = "token"'))
    assert message.startswith("zicht.toml, line 8: token_file cannot be read or is empty; put the secret there")


def test_the_environment_comes_before_the_file(load: Load, tmp_path: Path) -> None:
    configuration = load(
        ZICHT_HOME="elsewhere",
        ZICHT_TIMEZONE="Europe/Brussels",
        ZICHT_SOURCES__CODING__PATH="other/coding",
        ZICHT_SOURCES__GLOTIP__COUNTRIES='["NLD", "BEL"]',
    )
    assert configuration.home == tmp_path / "elsewhere"
    assert configuration.settings.timezone == "Europe/Brussels"
    assert configuration.source("coding").path == tmp_path / "other" / "coding"
    assert configuration.countries() == ["BEL", "NLD"]


def test_a_source_may_come_from_the_environment_alone(load: Load, tmp_path: Path) -> None:
    configuration = load(ZICHT_SOURCES__CSG__KIND="chat", ZICHT_SOURCES__CSG__PATH="inbox/csg")
    assert configuration.source("csg").path == tmp_path / "inbox" / "csg"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TIMEZONE", SECRET, ", line 2, overridden by ZICHT_TIMEZONE: timezone: expected the name"),
        ("SOURCES__FIER__URL", f"https://a:{SECRET}@b", ", line 7, overridden by ZICHT_SOURCES__FIER__URL"),
        ("SOURCES__FIER__PATH", SECRET, ", line 5, overridden by ZICHT_SOURCES__FIER__PATH: sources.fier:"),
        ("SOURCES__FIER__PAHT", SECRET, ", line 5, overridden by ZICHT_SOURCES__FIER__PAHT: unknown key"),
        ("SOURCES__FIER__COLUMNS", f"{{{SECRET}", ": ZICHT_SOURCES__FIER__COLUMNS: expected JSON in what"),
        ("SOURCES", SECRET, ": ZICHT_SOURCES: expected JSON in what sets a table; correct it."),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    refused: Callable[..., str], name: str, value: str, message: str
) -> None:
    assert refused(**{f"ZICHT_{name}": value}).startswith(f"zicht.toml{message}")
