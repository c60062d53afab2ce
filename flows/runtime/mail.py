"""Send mail through the server that [mail] in `zicht.toml` names."""

import smtplib
from collections.abc import Sequence
from email.message import EmailMessage

from connectors.errors import UserFacingError
from flows.runtime.redaction import one_line, scrub
from flows.runtime.schema import MailSettings

TIMEOUT = 30.0  # seconds, for each answer of the server


class NotAccepted(UserFacingError):
    """A mail server or a web address did not accept a message; the text names the section to check."""


def send(settings: MailSettings, to: Sequence[str], subject: str, text: str) -> None:
    """Send one mail, encrypted with STARTTLS if the server offers it.

    Args:
        settings: The section [mail].
        to: The addresses of the recipients.
        subject: The subject. It is put on one line and redacted.
        text: The body. It is redacted.

    Raises:
        NotAccepted: The server cannot be reached, or it refused the mail.
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
        raise NotAccepted(
            f"the mail server {settings.host} did not take the mail ({type(error).__name__}); look at [mail]"
        ) from None
