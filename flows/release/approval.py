"""Keep a built release until enough people approve it.

A record says what was built and by whom, and which users of the operating system approved exactly those bytes.
"""

import json
import os
import pwd
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from connectors.storage.durable_files import write_durably
from flows.release.package import SUMS, ReleaseRefused, problems
from flows.runtime.configuration import Configuration
from flows.warehouse.versions import sha256


@dataclass(frozen=True)
class Preview:
    """A release that was built and audited, but not published. `digest` identifies its bytes."""

    name: str
    digest: str
    builder: str
    approvals: tuple[str, ...] = ()


def operating_user() -> str:
    """Return the operating system's name for the user who runs this process."""
    return pwd.getpwuid(os.geteuid()).pw_name


def keep(configuration: Configuration, written: Path, name: str) -> Path:
    """Keep a written release as the preview with this name, and return the folder of the preview.

    If the preview already has the same bytes, its approvals remain and the folder `written` is removed. Otherwise the
    new preview replaces it, without approvals.
    """
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
    """Return the preview of a release, or None if none waits."""
    path = configuration.previews / f"{name}.json"
    if not path.exists():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    return Preview(content["name"], content["digest"], content["builder"], tuple(content["approvals"]))


def approve(configuration: Configuration, name: str) -> Preview:
    """Record that the user of this process approves the preview in its present bytes.

    Raises:
        ReleaseRefused: no preview waits, its bytes differ from those that were built, or the user built it or approved
            it before.
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


def delete_preview(configuration: Configuration, name: str) -> None:
    """Remove a preview and its record."""
    (configuration.previews / f"{name}.json").unlink(missing_ok=True)
    shutil.rmtree(configuration.previews / name, ignore_errors=True)


def _digest(folder: Path) -> str:
    """Return the checksum of the checksum file, which identifies all bytes of a release."""
    return sha256(folder / SUMS)


def _record(configuration: Configuration, preview: Preview) -> None:
    write_durably(configuration.previews / f"{preview.name}.json", json.dumps(asdict(preview), indent=1) + "\n")
