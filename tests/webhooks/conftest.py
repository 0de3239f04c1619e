from collections.abc import AsyncIterator

import pytest

from server.settings import Settings
from tests.support.receiver import Receiver, receiving
from tests.support.world import World, open_world

QUICK = {
    "webhook_look_seconds": 0.05,
    "webhook_networks": ("127.0.0.0/8",),
    "webhook_seconds": 10,
    "webhook_lease_seconds": 30,
}


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    """A world that may send webhooks to this machine, and looks often."""
    async with open_world(settings.model_copy(update=QUICK)) as world:
        yield world


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver
