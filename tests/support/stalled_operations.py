"""A database that stalls: somebody outside holds what statements need, until they let go."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import asyncpg

from models.database.postgres import PostgresDatabase
from models.database.sqlite import SQLiteDatabase
from tests.support.world import PATIENCE, World

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@asynccontextmanager
async def no_reading(world: World) -> AsyncIterator[None]:
    """No query gets at a gallery: on PostgreSQL its table is locked, on SQLite all connections are taken."""
    if isinstance(world.database, PostgresDatabase):
        async with _locked_table(world):
            yield
    else:
        assert isinstance(world.database, SQLiteDatabase)
        slots = world.database._read_slots
        taken = slots._value
        for _ in range(taken):
            await slots.acquire()
        try:
            yield
        finally:
            for _ in range(taken):
                slots.release()


@asynccontextmanager
async def no_writing(world: World) -> AsyncIterator[None]:
    """No mutation gets at a gallery: on PostgreSQL its table is locked, on SQLite the file."""
    if isinstance(world.database, PostgresDatabase):
        async with _locked_table(world):
            yield
    else:
        with closing(sqlite3.connect(world.settings.database_url.removeprefix("sqlite:///"))) as outside:
            outside.execute("BEGIN IMMEDIATE")
            yield


@asynccontextmanager
async def _locked_table(world: World) -> AsyncIterator[None]:
    outside = await asyncpg.connect(world.settings.database_url)
    try:
        async with outside.transaction():
            await outside.execute("LOCK TABLE galleries IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await outside.close()


def connections_taken(world: World) -> int:
    """How many of the process's connections are in use."""
    database = world.database
    if isinstance(database, PostgresDatabase):
        return sum(engine.pool.checkedout() for engine in (database._read_engine, database._write_engine))  # type: ignore[attr-defined]  # a queue's pool
    assert isinstance(database, SQLiteDatabase)
    return world.settings.database_connections - database._read_slots._value


async def until_waiting(world: World, *, waiting: bool = True) -> None:
    """Wait until a statement, or a query for a connection, waits; or none does."""
    async with asyncio.timeout(PATIENCE):
        while bool(await _waiting(world)) != waiting:  # noqa: ASYNC110  the database's to tell
            await asyncio.sleep(0.01)


async def _waiting(world: World) -> int:
    database = world.database
    if isinstance(database, SQLiteDatabase):
        return len(database._read_slots._waiters or ())
    outside = await asyncpg.connect(world.settings.database_url)
    try:
        return int(await outside.fetchval(WAITING))
    finally:
        await outside.close()
