"""Mail, by the server that [mail] names."""

import smtplib
from collections.abc import Sequence
from email.message import EmailMessage
from typing import TYPE_CHECKING

from connectors.errors import Foreseen
from flows.runtime.redaction import one_line, scrub

if TYPE_CHECKING:
    from flows.runtime.schema import MailSettings

TIMEOUT = 30.0  # seconds, for each answer of the server


class NotTaken(Foreseen):
    """The server did not take a mail; says where to look."""


def send(settings: "MailSettings", to: Sequence[str], subject: str, text: str) -> None:
    """Send a mail, encrypted on its way where the server can.

    Raises:
        NotTaken: the server is not there, or refused it.
    """
    mail = EmailMessage()
    mail["Subject"] = one_line(subject)
    mail["From"] = settings.sender
    mail["To"] = ", ".join(to)
    mail.set_content(scrub(text))
    try:
        with smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT) as server:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls()
            server.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise NotTaken(
            f"the mail server {settings.host} did not take the mail ({type(error).__name__}); look at [mail]"
        ) from None
