"""No secret is committed: what scans the files before a commit knows 20 kinds. `make check` scans this tree.

The planted ones are drawn here, so that this file holds none.
"""

import base64
import json
import random
import shutil
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

from flows.runtime.configuration import ROOT

ALNUM = string.ascii_letters + string.digits


def drawn(length: int, alphabet: str = ALNUM, seed: int = 1) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=length))


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def jwt() -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, {"sub": drawn(12)})]
    return ".".join([*map(encoded, parts), drawn(43)])


HEX, UPPER = string.hexdigits[:16], string.ascii_uppercase + string.digits
# Each as it would stand in a file: name of the file, line.
PLANTED = {
    "a pseudonym key in the environment's file": ("secrets.env", f"ZICHT_PSEUDONYM_KEY={drawn(64, HEX)}"),
    "a pseudonym key in code": ("a.py", f'KEY = "{drawn(64, HEX, 2)}"'),
    "a random key in base64": ("a.py", f'salt = "{drawn(64, ALNUM, 3)}"'),
    "a token in zicht.toml": ("zicht.toml", f'token = "{drawn(40, ALNUM, 4)}"'),
    "a password in code": ("a.py", f'password = "{drawn(12, ALNUM, 5)}"'),
    "a password in YAML": ("prefect.yaml", f"password: {drawn(16, ALNUM, 6)}"),
    "a password in an address": ("a.md", f"https://prefect:{drawn(14, ALNUM, 7)}@host/prefect"),
    "a private key": ("key.pem", f"-----BEGIN RSA {'PRIVATE'} KEY-----"),
    "a private key of OpenSSH": ("id", f"-----BEGIN OPENSSH {'PRIVATE'} KEY-----"),
    "a JSON web token": ("a.txt", jwt()),
    "an AWS key": ("a.txt", f"AKIA{drawn(16, UPPER)}"),
    "an Azure storage key": ("a.txt", f"AccountKey={drawn(86)}=="),
    "a GitHub token": ("a.txt", f"ghp_{drawn(36)}"),
    "a GitLab token": ("a.txt", f"glpat-{drawn(20)}"),
    "a PyPI token": ("a.txt", f"pypi-AgEIcHlwaS5vcmc{drawn(80)}"),
    "an npm token": ("a.txt", f"//npm.example.org/:_auth{'Token'}=npm_{drawn(36)}"),
    "a Slack webhook": ("a.txt", f"https://hooks.slack.com/services/T{drawn(8, UPPER)}/B{drawn(8, UPPER)}/{drawn(24)}"),
    "a Slack token": ("a.txt", f"xoxb-{drawn(12, string.digits)}-{drawn(24)}"),
    "a Telegram bot's token": ("a.txt", f"{drawn(10, '123456789')}:AA{drawn(33)}"),
    "a SendGrid key": ("a.txt", f"SG.{drawn(22)}.{drawn(43)}"),
}


def found_in(folder: Path, *paths: str) -> dict[str, Any]:
    """What the scan of `make secrets` finds, by file."""
    command = [str(Path(sys.executable).with_name("detect-secrets-hook")), "--no-verify", "--json", *paths]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return dict(json.loads(ended.stdout)["results"]) if ended.returncode else {}


def test_all_20_kinds_of_planted_secrets_are_found(tmp_path: Path, record_property: Any) -> None:
    places = {}
    for number, (kind, (name, line)) in enumerate(PLANTED.items()):
        place = tmp_path / f"{number}-{name}"
        place.write_text(f"# nothing here\n{line}\n")
        places[place.name] = kind
    found = found_in(tmp_path, *places)
    assert [kind for name, kind in places.items() if name not in found] == []
    assert len(places) == 20
    record_property("planted-secrets", f"{len(found)} of {len(places)} found")


def test_what_only_names_a_secret_is_none(tmp_path: Path) -> None:
    (tmp_path / "zicht.toml").write_text('token_env = "ZICHT_FIER_TOKEN"\npseudonym_key_file = "demo.key"\n')
    (tmp_path / "a.md").write_text("export ZICHT_PSEUDONYM_KEY=...\n")
    assert found_in(tmp_path, "zicht.toml", "a.md") == {}


def test_a_commit_that_holds_one_is_refused(tmp_path: Path) -> None:
    def git(*words: str) -> subprocess.CompletedProcess[str]:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "core.hooksPath=.githooks"]
        return subprocess.run(["git", *who, *words], cwd=tmp_path, capture_output=True, text=True)

    git("init", "--quiet")
    shutil.copytree(ROOT / ".githooks", tmp_path / ".githooks")
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parent.parent)
    _, line = PLANTED["a password in code"]
    for name, content, is_taken in (("plain.py", "a = 1\n", True), ("secret.py", f"{line}\n", False)):
        (tmp_path / name).write_text(content)
        git("add", name)
        committed = git("commit", "--quiet", "--message", "a")
        assert (committed.returncode == 0) is is_taken
    assert "Secret Keyword" in committed.stdout + committed.stderr
    assert line not in committed.stdout + committed.stderr
