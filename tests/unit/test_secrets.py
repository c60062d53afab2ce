"""Where secrets come from: the environment, then a file, then a Secret block; what is missing is told without it."""

from pathlib import Path

import pytest
from homes import new_home
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from flows.runtime.configuration import Configuration, SettingsProblem

TOML = """home = "var"
pseudonym_key_block = "zicht-key"

[sources.fier]
kind = "chat"
url = "https://chat.example.org/api"
token_env = "ZICHT_FIER_TOKEN"
token_block = "zicht-fier"
"""


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    return new_home(tmp_path, monkeypatch, TOML)


def test_the_environment_comes_before_a_block(configuration: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZICHT_FIER_TOKEN", "from-the-environment")
    assert configuration.source("fier").token == "from-the-environment"


def test_a_block_that_cannot_be_loaded_names_the_line_and_the_server_setting(configuration: Configuration) -> None:
    nobody = {PREFECT_API_URL: "http://127.0.0.1:1/api", PREFECT_CLIENT_MAX_RETRIES: 0}
    with temporary_settings(nobody):
        with pytest.raises(SettingsProblem, match=r"zicht\.toml, line 8: token_block cannot be loaded \(.*Error\)"):
            configuration.source("fier")
        with pytest.raises(SettingsProblem, match=r"line 2: pseudonym_key_block .* that PREFECT_API_URL names\.$"):
            configuration.pseudonym_key()
