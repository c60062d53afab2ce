"""Deliver a published release to its readers: copy the folder, and mail the link and the checksums."""

import shutil
from pathlib import Path

from connectors.errors import UserFacingError
from flows.release.package import SUMS, problems, put_out
from flows.runtime.mail import NotAccepted, send
from flows.runtime.schema import Settings


class NotDelivered(UserFacingError):
    """The release was published, but did not reach its readers. The message says what to do."""


def copy(folder: Path, place: Path | None) -> None:
    """Copy a release into `place`, readable for everyone.

    The copy appears in one step, so readers never see a part of it. An existing copy is kept and only verified.

    Args:
        folder: the folder of the published release.
        place: the folder for copies; None if no copy is wanted.

    Raises:
        NotDelivered: the copy failed or has defects.
    """
    if place is None:
        return
    target = place / folder.name
    temporary = place / f".{folder.name}.tmp"
    try:
        if not target.exists():
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.copytree(folder, temporary)
            for path in (temporary, *temporary.rglob("*")):
                path.chmod(0o755 if path.is_dir() else 0o644)
            put_out(temporary, target)
        wrong = problems(target)
    except OSError as error:
        wrong = [f"{type(error).__name__}"]
    if wrong:
        raise NotDelivered(
            f"{folder} is out, but its copy {target} is not whole: {wrong[0]}. Mend the place, remove the copy, and "
            "run the same command again."
        )


def mail_readers(folder: Path, settings: Settings) -> None:
    """Mail the address of the release and its checksums to the readers. The mail never contains a figure.

    Nothing is sent if the settings name no readers.

    Raises:
        NotDelivered: the mail could not be sent.
    """
    to, url = settings.release.mail_to, settings.release.url.rstrip("/")
    if not to:
        return
    place = f"{url}/{folder.name}/" if url else folder.name
    sums = (folder / SUMS).read_text(encoding="utf-8")
    try:
        send(settings.mail, to, f"zicht {folder.name}", f"{place}\n\n{SUMS}\n\n{sums}")
    except NotAccepted as problem:
        raise NotDelivered(
            f"{folder} is out, but {problem}, and run the same command again: only the mail is sent."
        ) from None
