"""Databases that stall: a test holds the locks or the connections that statements need, until it releases them."""

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
    """Makes queries of galleries wait: on PostgreSQL their table is locked, on SQLite all connections are in use."""
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
    """Makes mutations of galleries wait: on PostgreSQL their table is locked, on SQLite the file is locked."""
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
    """Returns how many of the process's database connections are in use."""
    database = world.database
    if isinstance(database, PostgresDatabase):
        return sum(engine.pool.checkedout() for engine in (database._read_engine, database._write_engine))  # type: ignore[attr-defined]  # a QueuePool
    assert isinstance(database, SQLiteDatabase)
    return world.settings.database_connections - database._read_slots._value


async def until_waiting(world: World, *, waiting: bool = True) -> None:
    """Waits until a statement waits for a lock, or a query for a connection; with waiting=False, until none waits."""
    async with asyncio.timeout(PATIENCE):
        while bool(await _waiting(world)) != waiting:  # noqa: ASYNC110  only the database knows
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
