"""The demo's shelf is emptied: these tests fill it themselves."""

import pytest
from sqlalchemy import delete

from models.tables.content import ContentItem
from server.accounts import THE_SERVER
from tests.support.world import World


@pytest.fixture
async def world(world: World) -> World:
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(delete(ContentItem)))
    return world
