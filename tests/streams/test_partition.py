"""Streams whose database connections fail silently, or whose reads hang, continue or end within a limited time."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from models.database.postgres import PostgresDatabase
from server.app import open_database
from server.settings import Settings
from tests.support.bare_database import CONNECTIONS, all_can_read
from tests.support.event_streams import CHAT, EVENTS, STATUS, beginning, ending, is_live, next_event, said, say
from tests.support.partition import Proxy
from tests.support.world import ENTER, PATIENCE, World, open_world

STATEMENT, SILENCE = 0.4, 0.8

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)  # SQLite uses no network


async def test_streams_go_on_when_the_connections_to_the_database_die_without_a_word(settings: Settings) -> None:
    """Requests on the old connections are never answered, and the connections are not closed. New connections work."""
    async with Proxy(settings.database_url) as proxy:
        ours = {"database_url": proxy.url, "database_statement_seconds": STATEMENT}
        async with open_world(settings.model_copy(update=ours)) as world, world.socket("student-001") as client:
            await world.enter("moderator", "student-001")
            streams = [await client.subscribe(document, room=world.room) for document in (EVENTS, CHAT)]
            for stream in streams:
                await is_live(stream)
            status = await client.subscribe(STATUS, room=world.room)
            assert (await status.next())["participantCount"] == 2
            await all_can_read(world.database)
            with proxy.swallowing() as dead:
                assert dead > CONNECTIONS
                await say(world, 1, 1)
                for stream in streams:
                    assert said(await next_event(stream)) == "message 1"
                    await is_live(stream)
                await world.enter("student-002")
                assert (await status.next())["participantCount"] == 3


@asynccontextmanager
async def unreadable(settings: Settings) -> AsyncIterator[None]:
    """Makes reads of the log wait for a lock. Other reads, and changes, do not wait."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        await connection.execute("BEGIN; LOCK TABLE chat_messages IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        await connection.close()


async def readiness(world: World, status: int) -> None:
    """Waits until /readyz returns this status."""
    async with asyncio.timeout(PATIENCE):
        while (await world.http.get("/readyz")).status_code != status:
            pass


async def test_streams_whose_reader_hangs_end_and_resume_once_it_reads(settings: Settings) -> None:
    """They end with UNAVAILABLE, so clients retry. /readyz returns 503, so new clients are sent to other servers."""
    patient = {"stream_silence_seconds": SILENCE, "database_statement_seconds": 60}
    async with open_world(settings.model_copy(update=patient)) as world, world.socket("student-001") as client:
        await world.enter("moderator", "student-001")
        events = await client.subscribe(EVENTS, room=world.room)
        cursor = await is_live(events)
        status = await client.subscribe(STATUS, room=world.room)
        await status.next()
        await readiness(world, 200)
        async with unreadable(settings):
            answer = await world.query("student-002", ENTER, room=world.room)
            assert answer["enterRoom"]["userErrors"] == []
            await readiness(world, 503)
            assert await ending(events) == ([], "UNAVAILABLE")
            assert await ending(status) == ([], "UNAVAILABLE")
            late = await client.subscribe(EVENTS, room=world.room, after=beginning(world))
            assert await ending(late) == ([], "UNAVAILABLE")
        resumed = await client.subscribe(EVENTS, room=world.room, after=cursor)
        assert (await next_event(resumed))["__typename"] == "ParticipantJoined"
        await is_live(resumed)
        await readiness(world, 200)


async def test_who_is_gone_without_a_word_is_noticed_on_both_sides(settings: Settings) -> None:
    database = open_database(settings.model_copy(update={"database_statement_seconds": 7}))
    assert isinstance(database, PostgresDatabase)
    try:
        async with database._read_engine.connect() as connection:
            shown = [(await connection.execute(text(f"SHOW tcp_{name}"))).scalar() for name in NOTICED]
            driver: Any = (await connection.get_raw_connection()).driver_connection
            wire = driver._transport.get_extra_info("socket")
            assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 14_000
        assert shown == ["7", "7", "3", "14000"]
    finally:
        await database.close()


NOTICED = ("keepalives_idle", "keepalives_interval", "keepalives_count", "user_timeout")
