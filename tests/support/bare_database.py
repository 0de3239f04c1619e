"""Helpers for tests of transactions, which use a database without a server."""

import asyncio
from contextlib import AsyncExitStack
from uuid import UUID

from sqlalchemy import select, update

from models.database.database import Database
from models.database.transaction import Transaction
from models.permissions import Viewer
from models.tables.galleries import Gallery
from tests.support.world import PATIENCE

SOMEBODY = Viewer(UUID(int=0), "somebody")
CONNECTIONS = 4  # the setting of tests/conftest.py
TITLES = select(Gallery.title)


async def rename(tx: Transaction, title: str) -> None:
    await tx.execute(update(Gallery).values(title=title))


async def all_can_read(database: Database) -> None:
    """Opens as many snapshots at once as there are connections, so no connection was lost."""
    async with asyncio.timeout(PATIENCE), AsyncExitStack() as stack:
        for _ in range(CONNECTIONS):
            assert await (await stack.enter_async_context(database.snapshot(SOMEBODY))).value(TITLES)
