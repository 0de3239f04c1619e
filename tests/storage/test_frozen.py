"""A process that is suspended within a transaction does not delay others for long.

Those who wait get the lock, or an error that says when to try again.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from models.database.database import Database
from models.database.transaction import Transaction
from server.app import open_database
from server.settings import Settings
from tests.support.bare_database import CONNECTIONS, SOMEBODY, TITLES, rename
from tests.support.processes import ServerProcess, client_of
from tests.support.world import PATIENCE, World, open_world

POST = """mutation ($room: ID!, $text: String!) { postMessage(input: {roomId: $room, text: $text}) {
  message { text } userErrors { code retryAfterSeconds } } }"""
DONE: list[dict[str, Any]] = []
TOLD_WHEN = [{"code": "UNAVAILABLE", "retryAfterSeconds": 2}]
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
SHORT, LONG = 0.3, 60.0

on_postgres = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


def patient(settings: Settings, *, lock: float, idle: float) -> Settings:
    return settings.model_copy(update={"database_lock_seconds": lock, "database_idle_seconds": idle})


@asynccontextmanager
async def locked(settings: Settings) -> AsyncIterator[None]:
    """Holds the lock that every change in the demo gallery needs."""
    if settings.database_url.startswith("sqlite"):
        path = settings.database_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
        return
    other = await asyncpg.connect(settings.database_url)
    try:
        await other.execute("BEGIN; SELECT id FROM galleries FOR UPDATE")
        yield
    finally:
        await other.close()


async def errors(posting: Any) -> list[dict[str, Any]]:
    """Waits until a message is posted. Returns the userErrors."""
    (payload,) = (await posting).values()
    return list(payload["userErrors"])


async def test_who_waits_for_a_lock_in_vain_is_told_when_to_try_again(settings: Settings) -> None:
    async with open_world(patient(settings, lock=SHORT, idle=LONG)) as world:
        await world.enter("moderator")
        async with locked(settings):
            posts = [world.query("moderator", POST, room=world.room, text=f"in vain {number}") for number in range(4)]
            assert await asyncio.gather(*map(errors, posts)) == [TOLD_WHEN] * 4
            assert await world.query("moderator", "{ viewer { name } }")
        await world.post("moderator", "at last")


@on_postgres
async def test_those_who_wait_for_one_rooms_lock_leave_connections_to_the_others(settings: Settings) -> None:
    """There are more of them than connections."""
    async with open_world(patient(settings, lock=LONG, idle=LONG)) as world:
        await world.enter("moderator")
        async with locked(settings), asyncio.timeout(PATIENCE):
            posts = [
                asyncio.create_task(world.query("moderator", POST, room=world.room, text=f"later {number}"))
                for number in range(2 * CONNECTIONS)
            ]
            await waiting_for_a_lock(world, posts[0])
            await world.query("somebody new", "{ viewer { name } }")  # their account is added in a transaction
            assert not any(post.done() for post in posts)
        assert [await errors(post) for post in posts] == [DONE] * len(posts)


@on_postgres
async def test_a_long_queue_that_moves_is_waited_out(settings: Settings) -> None:
    """All together wait longer than anyone may wait for the lock itself."""
    database = open_database(patient(settings, lock=SHORT, idle=LONG))

    async def work(tx: Transaction) -> None:
        await rename(tx, "on")
        await asyncio.sleep(SHORT / 4)

    try:
        await asyncio.gather(*(database.transact(SOMEBODY, "test", work, queue="one") for _ in range(16)))
    finally:
        await database.close()


async def waiting_for_a_lock(world: World, posting: asyncio.Task[Any]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await world.database.reads.value(WAITING):
            assert not posting.done()


@on_postgres
async def test_the_lock_of_a_process_that_was_stopped_is_taken_from_it(settings: Settings) -> None:
    """The suspended process then runs its transaction again, and succeeds."""
    with ServerProcess(patient(settings, lock=LONG, idle=SHORT)) as stopped:
        async with open_world(patient(settings, lock=LONG, idle=LONG)) as world, client_of(stopped) as there:
            await world.enter("moderator", "student-001")
            async with locked(settings):
                asked = there.query("student-001", POST, room=there.room, text="from the stopped one")
                posting = asyncio.create_task(asked)
                await waiting_for_a_lock(world, posting)
                await asyncio.to_thread(stopped.pause)
            try:
                await world.post("moderator", "nobody waits for it")
            finally:
                stopped.resume()
            assert await errors(posting) == DONE


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = open_database(patient(settings, lock=LONG, idle=SHORT))
    yield opened
    await opened.close()


def until_ended(settings: Settings, backend: int) -> None:
    """Blocks the whole process until the database server has ended this connection."""

    async def watch() -> None:
        connection = await asyncpg.connect(settings.database_url)
        async with asyncio.timeout(PATIENCE):
            while await connection.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", backend):
                pass
        await connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, watch()).result()


@on_postgres
@pytest.mark.parametrize("noticed", [False, True], ids=["by the answer", "before asking"])
async def test_what_was_ended_before_its_commit_is_done_anew(
    database: Database, settings: Settings, *, noticed: bool
) -> None:
    """The transaction may run again because its COMMIT has certainly done nothing."""
    ran = 0

    async def work(tx: Transaction) -> None:
        nonlocal ran
        ran += 1
        await rename(tx, f"try {ran}")
        if ran == 1:
            until_ended(settings, await tx.value(text("SELECT pg_backend_pid()")))
        if ran == 1 and noticed:
            await database.reads.value(TITLES)  # lets the loop notice that the connection is closed

    await database.transact(SOMEBODY, "test", work)
    assert (ran, await database.reads.value(TITLES)) == (2, "try 2")
