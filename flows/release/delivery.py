"""Bring a published release to its readers: a copy of the folder, and a mail with the link and the checksums."""

import shutil
import smtplib
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import Foreseen
from flows.release.package import SUMS, problems

if TYPE_CHECKING:
    from flows.settings import ReleaseSettings

TIMEOUT = 30.0  # seconds, for each answer of the mail server


class NotDelivered(Foreseen):
    """The release is out, but did not reach its readers; says what to do."""


def copy(folder: Path, place: Path | None) -> None:
    """Copy a release into `place`, in one step for those who look; a copy that is there already stays.

    Raises:
        NotDelivered: the copy is not whole.
    """
    if place is None:
        return
    target = place / folder.name
    temporary = place / f".{folder.name}.tmp"
    try:
        if not target.exists():
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.copytree(folder, temporary)
            temporary.rename(target)
        wrong = problems(target)
    except OSError as error:
        wrong = [f"{type(error).__name__}"]
    if wrong:
        raise NotDelivered(
            f"{folder} is out, but its copy {target} is not whole: {wrong[0]}. Mend the place, remove the copy, and "
            "run the same command again."
        )


def tell_readers(folder: Path, settings: "ReleaseSettings") -> None:
    """Mail where the release stands, with its checksums; never a figure.

    Raises:
        NotDelivered: the mail server did not take it.
    """
    if not settings.mail_to:
        return
    mail = _mail(folder, settings)
    try:
        with smtplib.SMTP(settings.mail_host, settings.mail_port, timeout=TIMEOUT) as server:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls()
            server.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise NotDelivered(
            f"{folder} is out, but {settings.mail_host} did not take its mail ({type(error).__name__}); look at "
            "[release] mail_host, and send the link yourself."
        ) from None


def _mail(folder: Path, settings: "ReleaseSettings") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = f"zicht {folder.name}"
    mail["From"] = settings.mail_from
    mail["To"] = ", ".join(settings.mail_to)
    place = f"{settings.url.rstrip('/')}/{folder.name}/" if settings.url else folder.name
    sums = (folder / SUMS).read_text(encoding="utf-8")
    mail.set_content(f"{place}\n\n{SUMS}\n\n{sums}")
    return mail
