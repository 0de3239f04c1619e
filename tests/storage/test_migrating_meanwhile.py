"""A database is migrated while servers of the version before use it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from alembic import command

from models.database import migrate
from models.database.version import version_of
from server.revisions import newest_revision
from server.settings import Settings
from tests.support.stalled_operations import WAITING
from tests.support.world import PATIENCE

pytestmark = [
    pytest.mark.new_database,
    pytest.mark.parametrize("backend", ["postgresql"], indirect=True),  # SQLite has one lock, for the whole file
]


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(settings.database_url)
    try:
        yield connection
    finally:
        await connection.close()


async def until_it_waits(watching: asyncpg.Connection) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await watching.fetchval(WAITING):  # noqa: ASYNC110  only the database knows
            await asyncio.sleep(0.01)


async def test_a_deadlock_with_a_server_is_tried_again(settings: Settings) -> None:
    """A request holds a table that a migration needs, and waits for another one that the migration holds."""
    await migrate._run(settings.database_url, lambda _, config: command.downgrade(config, "0021"))
    async with connected(settings) as serving, connected(settings) as watching:
        # The server's transaction is not the one that PostgreSQL ends: it does not look for deadlocks.
        await serving.execute("SET deadlock_timeout = '1h'")
        async with serving.transaction():
            await serving.execute("LOCK TABLE audit_records IN ROW EXCLUSIVE MODE")
            migrating = asyncio.create_task(migrate.upgrade(settings.database_url))
            await until_it_waits(watching)
            await serving.execute("UPDATE galleries SET title = title")  # the new table of webhooks refers to them
        await migrating
    assert await version_of(settings.database_url) == newest_revision()
