"""Property tests take as long as the machine needs; what they find does not depend on its speed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings
from loopback import Loopback
from samples import Inbox

from connectors.chat import incremental
from connectors.transport.listing import Listing

settings.register_profile("zicht", deadline=None)
settings.load_profile("zicht")


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Inbox]]:
    """Return a function that starts a server with given answers and makes its inbox. Retries do not sleep."""
    monkeypatch.setattr(incremental, "Listing", partial(Listing, sleep=lambda seconds: None))
    with ExitStack() as stack:

        def start(answer: Callable[..., bytes], **options: str) -> Inbox:
            server = stack.enter_context(Loopback(answer))
            inbox = Inbox(tmp_path, "chat", server.url, **options)
            inbox.requests = server.requests
            return inbox

        yield start
