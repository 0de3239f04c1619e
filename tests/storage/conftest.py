"""A world whose database is behind a proxy, for tests of networks that fail."""

from collections.abc import AsyncIterator

import pytest

from server.settings import Settings
from tests.support.partition import Proxy
from tests.support.world import World, open_world


@pytest.fixture
async def proxy(settings: Settings) -> AsyncIterator[Proxy]:
    async with Proxy(settings.database_url) as proxy:
        yield proxy


@pytest.fixture
async def distant(settings: Settings, proxy: Proxy) -> AsyncIterator[World]:
    """A world whose database is behind the proxy, with two people inside."""
    async with open_world(settings.model_copy(update={"database_url": proxy.url})) as world:
        await world.enter("moderator", "student-001")
        yield world
