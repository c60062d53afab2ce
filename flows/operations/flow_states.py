"""Create the final states of runs that did not succeed.

Each state carries its reason as a user-facing error. Prefect raises and logs this error. For a state without an error,
Prefect would create one of its own.
"""

from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Failed

from connectors.errors import UserFacingError
from flows.runtime import alerts
from flows.runtime.configuration import Configuration
from flows.runtime.redaction import one_line, safe_message
from flows.runtime.runs import Busy


class NotDone(UserFacingError):
    """A run failed. The message is the reason."""


def failed(name: str, reason: str) -> State:
    """Return the state of a failed run.

    Args:
        name: The name of the state, such as the type of the error.
        reason: The reason, which is put on one line and redacted.
    """
    message = one_line(reason)
    return Failed(name=name, message=message, data=NotDone(message))


def of_error(
    error: Exception, configuration: Configuration | None = None, about: str = "", *, key: str = "failed"
) -> State:
    """Return the state of a run that an error ended, and send an alert about it.

    Args:
        error: The error. If another run was under way, the state is `Busy` and nothing is sent.
        configuration: The configuration with the alerts; None if no alert is sent.
        about: The subject of the alert.
        key: The key of the problem, which stays the same while the problem lasts.
    """
    message = safe_message(error)
    if isinstance(error, Busy):
        return Cancelled(name="Busy", message=message, data=error)
    undelivered = alerts.send_due(configuration, about, {key: message}) if configuration else []
    return failed(type(error).__name__, " ".join([message, *undelivered]))
