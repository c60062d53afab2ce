"""The states of runs that are not done: who raises one, as Prefect does, says its reason."""

import pytest
from prefect.client.schemas.objects import State

from connectors.errors import Foreseen
from flows import ends
from flows.runs import Busy
from flows.scrubber import told


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (ends.failed("Stopped", "stopped\nat 2020-07"), "stopped\\nat 2020-07"),
        (ends.busy(Busy("under way")), "under way"),
    ],
)
def test_a_state_that_is_raised_says_its_reason(state: State, reason: str) -> None:
    with pytest.raises(Foreseen) as raised:
        state.result()
    assert told(raised.value) == state.message == reason
