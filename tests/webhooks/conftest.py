from collections.abc import AsyncIterator

import pytest
from sqlalchemy import delete

from models.tables.webhooks import Webhook
from server.accounts import THE_SERVER
from tests.conftest import BACKENDS, own_database
from tests.support.receiver import Receiver, receiving
from tests.support.webhooks import SENDING
from tests.support.world import World, open_world


@pytest.fixture(scope="module", params=BACKENDS)
async def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One world for the tests of a file, which may send webhooks to this machine, and looks for them often."""
    with own_database(str(request.param), request, tmp_path_factory.mktemp("lasting")) as settings:
        async with open_world(settings.model_copy(update=SENDING)) as world:
            yield world


@pytest.fixture
async def receiver(world: World) -> AsyncIterator[Receiver]:
    """A receiver. At the end all webhooks are deleted."""
    world.clock.reset()  # receivers refuse messages of another time
    async with receiving() as receiver:
        yield receiver
        await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(delete(Webhook)))
