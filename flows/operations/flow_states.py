"""Create the final states of runs that did not succeed.

Each state carries its reason as a user-facing error. Prefect raises and logs this error. For a state without an error,
Prefect would create one of its own.
"""

from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Failed

from connectors.errors import UserFacingError
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


def busy(error: Busy) -> State:
    """Return the state of a run that found another run under way."""
    return Cancelled(name="Busy", message=safe_message(error), data=error)
