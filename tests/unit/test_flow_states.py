"""The states of runs that are not done: who raises one, as Prefect does, says its reason."""

import pytest
from prefect.client.schemas.objects import State

from connectors.errors import UserFacingError
from flows.operations import flow_states
from flows.runtime.redaction import safe_message
from flows.runtime.runs import Busy


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (flow_states.failed("Stopped", "stopped\nat 2020-07"), "stopped\\nat 2020-07"),
        (flow_states.of_error(Busy("under way")), "under way"),
    ],
)
def test_a_state_that_is_raised_says_its_reason(state: State, reason: str) -> None:
    with pytest.raises(UserFacingError) as raised:
        state.result()
    assert safe_message(raised.value) == state.message == reason
