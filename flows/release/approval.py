"""A release that waits: what was built, by whom, and which users of the operating system approved just those bytes."""

import hashlib
import json
import os
import pwd
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from connectors.landing import write_durably
from flows.release.package import SUMS, ReleaseRefused, problems
from flows.runtime.configuration import Configuration


@dataclass(frozen=True)
class Preview:
    """A release that is built and attacked, and not out. `digest` names its bytes."""

    name: str
    digest: str
    builder: str
    approvals: tuple[str, ...] = ()


def operating_user() -> str:
    """The name of the user who runs this process, as the operating system knows it."""
    return pwd.getpwuid(os.geteuid()).pw_name


def keep(configuration: Configuration, written: Path, name: str) -> Path:
    """Keep a written release as the preview of its name; other bytes lose the approvals of earlier ones."""
    folder = configuration.previews / name
    preview = Preview(name, _digest(written), operating_user())
    before = find(configuration, name)
    if before and before.digest == preview.digest:
        shutil.rmtree(written)
        return folder
    configuration.previews.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    written.rename(folder)
    _record(configuration, preview)
    return folder


def find(configuration: Configuration, name: str) -> Preview | None:
    """The preview of a release, None where nothing waits."""
    path = configuration.previews / f"{name}.json"
    if not path.exists():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    return Preview(content["name"], content["digest"], content["builder"], tuple(content["approvals"]))


def approve(configuration: Configuration, name: str) -> Preview:
    """Note that the user of this process approves the preview as it lies there.

    Raises:
        ReleaseRefused: nothing waits, its bytes are others than were built, or the user may not approve (again).
    """
    preview = find(configuration, name)
    if preview is None:
        raise ReleaseRefused(f"no preview of {name} waits for approval; build one: zicht release {name[:7]}.")
    folder = configuration.previews / name
    wrong = problems(folder)
    if wrong or _digest(folder) != preview.digest:
        what = wrong[0] if wrong else f"{SUMS} is another"
        raise ReleaseRefused(f"{folder} is not what was built: {what}. Build it again: zicht release {name[:7]}.")
    user = operating_user()
    if user == preview.builder:
        raise ReleaseRefused(f"{user} built {name}, so somebody else must approve it; log in as another user.")
    if user in preview.approvals:
        raise ReleaseRefused(f"{user} approved {name} already; another user must.")
    approved = Preview(name, preview.digest, preview.builder, (*preview.approvals, user))
    _record(configuration, approved)
    return approved


def forget(configuration: Configuration, name: str) -> None:
    """Remove what is kept of a preview."""
    (configuration.previews / f"{name}.json").unlink(missing_ok=True)
    shutil.rmtree(configuration.previews / name, ignore_errors=True)


def _digest(folder: Path) -> str:
    """Names all bytes of a release: its checksums' checksum."""
    return hashlib.sha256((folder / SUMS).read_bytes()).hexdigest()


def _record(configuration: Configuration, preview: Preview) -> None:
    write_durably(configuration.previews / f"{preview.name}.json", json.dumps(asdict(preview), indent=1) + "\n")
