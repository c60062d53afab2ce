"""The states in which runs end that are not done. Each carries its reason as an error that was foreseen: Prefect raises
and logs it, and would make an error of its own out of a state without one."""

from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Failed

from connectors.errors import Foreseen
from flows.runtime.redaction import one_line, told
from flows.runtime.runs import Busy


class NotDone(Foreseen):
    """A run failed; its text is the reason."""


def failed(name: str, reason: str) -> State:
    """The state of a run that failed."""
    said = one_line(reason)
    return Failed(name=name, message=said, data=NotDone(said))


def busy(error: Busy) -> State:
    """The state of a run that found another one under way."""
    return Cancelled(name="Busy", message=told(error), data=error)
