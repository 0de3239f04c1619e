"""What tests of streams ask for."""

import pytest

from server.transports import Bounded
from tests.support.narrow_clients import Paused


@pytest.fixture
def paused(monkeypatch: pytest.MonkeyPatch) -> Paused:
    found = Paused()
    pause = Bounded.pause_writing

    def noting(protocol: Bounded) -> None:
        found.append(protocol.transport)
        pause(protocol)

    monkeypatch.setattr(Bounded, "pause_writing", noting)
    return found
