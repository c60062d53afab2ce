"""Send an alert when something needs a person.

An alert is sent once, and again every week while the problem lasts. If nothing is wrong, nothing is sent.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import requests

from connectors.errors import UserFacingError
from connectors.storage.durable_files import write_json
from flows.runtime import mail
from flows.runtime.configuration import Configuration
from flows.runtime.redaction import one_line, scrub

AGAIN_AFTER = timedelta(days=7)
TIMEOUT = (10, 30)  # seconds, to connect and for the answer

SentAlerts = dict[str, dict[str, dict[str, str]]]  # channel → subject → key of the problem → when it was sent


def send_due(
    configuration: Configuration, about: str, problems: Mapping[str, str], now: datetime | None = None
) -> list[str]:
    """Send the problems of one subject to every channel.

    A problem that was sent in the last week is not sent again. A problem that has ended is dropped. If it comes back,
    it is sent at once. A message that did not get through is tried again next time.

    Args:
        configuration: The configuration with the channels.
        about: The subject, such as `run` or `sources`.
        problems: The text of each problem, by a key that stays the same while the problem lasts.
        now: The current time. The default is the clock.

    Returns:
        One line for each message that did not get through, and one if the list of sent alerts could not be written.
    """
    moment = now or datetime.now(UTC)
    file = configuration.home / "alerts.json"
    sent = _read(file)
    failures = []
    after: SentAlerts = {}
    for channel, deliver in _channels(configuration).items():
        before = sent.get(channel, {})
        kept = {key: at for key, at in before.get(about, {}).items() if key in problems and _is_recent(at, moment)}
        due = {key: line for key, line in problems.items() if key not in kept}
        if due:
            try:
                deliver(*_message(configuration, about, due))
                kept |= {key: moment.isoformat(timespec="seconds") for key in due}
            except UserFacingError as problem:
                failures.append(one_line(f"alerts: {problem}."))
        if memory := {subject: keys for subject, keys in {**before, about: kept}.items() if keys}:
            after[channel] = memory
    try:
        if after != sent:
            write_json(file, after)
    except OSError as error:
        failures.append(f"alerts: {file} cannot be written ({type(error).__name__}); what was sent will be sent again.")
    return failures


def _read(file: Path) -> SentAlerts:
    try:
        return dict(json.loads(file.read_text()))
    except (OSError, ValueError):  # there is no file yet, or it is damaged: send everything again
        return {}


def ping(configuration: Configuration) -> list[str]:
    """Inform the monitor at [alerts] ping_url of a good run; return one line if it did not accept the request."""
    url = configuration.settings.alerts.ping_url
    try:
        if url:
            _request("GET", url)
    except UserFacingError as problem:
        return [one_line(f"alerts: {problem}.")]
    return []


def _is_recent(sent_at: str, now: datetime) -> bool:
    # Compare in both directions: an alert that was sent with a wrong clock must not stay silent for years.
    return abs(now - datetime.fromisoformat(sent_at)) < AGAIN_AFTER


def _channels(configuration: Configuration) -> dict[str, Callable[[str, str], None]]:
    settings = configuration.settings
    channels: dict[str, Callable[[str, str], None]] = {}
    if settings.alerts.mail_to:
        channels["mail"] = lambda subject, text: mail.send(settings.mail, settings.alerts.mail_to, subject, text)
    if settings.alerts.webhook_url:
        channels["webhook"] = lambda subject, text: _request(
            "POST", settings.alerts.webhook_url, {"text": scrub(f"{subject}\n\n{text}")}
        )
    return channels


def _message(configuration: Configuration, about: str, due: Mapping[str, str]) -> tuple[str, str]:
    """Return the subject and the text of an alert."""
    [first, *others] = due
    subject = f"zicht {about}: {first}" + (f" and {len(others)} more" if others else "")
    lines = "\n\n".join(due.values())
    return subject, f"{lines}\n\nThe whole of it: zicht status, with {configuration.file}\n"


def _request(method: str, url: str, content: object = None) -> None:
    """Send one request without following redirects; errors name only the host, as the rest can be secret."""
    host = urlsplit(url).hostname
    try:
        with requests.Session() as session:
            session.trust_env = False
            status = session.request(method, url, json=content, allow_redirects=False, timeout=TIMEOUT).status_code
    except requests.RequestException as error:
        raise mail.NotAccepted(f"{host} did not take the message ({type(error).__name__}); look at [alerts]") from None
    if status >= 300:
        raise mail.NotAccepted(f"{host} did not take the message (status {status}); look at [alerts]")
