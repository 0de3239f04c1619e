"""A client that stops reading is cut when its own buffer is full, and loses nothing before (rule 65)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import pytest

from server.settings import Settings
from tests.support.event_streams import EVENTS, eventually, gallery_id, is_live, say, texts, until
from tests.support.narrow_clients import Paused, http_request, narrow_client, narrow_socket
from tests.support.world import PATIENCE, POST, World, open_world

STALL_SECONDS = 0.15
LONG = "📷" * 4000  # 16 kB


@pytest.fixture
async def hasty(settings: Settings) -> AsyncIterator[World]:
    async with open_world(settings.model_copy(update={"stream_stall_seconds": STALL_SECONDS})) as world:
        await world.enter("moderator", "student-001")
        yield world


@asynccontextmanager
async def stopped_socket(world: World) -> AsyncIterator[None]:
    async with narrow_client(world, "student-001") as client:
        await is_live(await client.subscribe(EVENTS, room=world.room))
        client.wire.transport.pause_reading()
        yield


@asynccontextmanager
async def stopped_http_stream(world: World) -> AsyncIterator[None]:
    reader, writer = await asyncio.open_connection(sock=narrow_socket(world), limit=1024)
    try:
        writer.write(http_request(world))
        async with asyncio.timeout(PATIENCE):
            assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        await eventually(lambda: gallery_id(world) in world.process.services.readers._readers)
        yield
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize("stopped", [stopped_socket, stopped_http_stream])
async def test_a_client_that_stopped_is_cut_before_the_servers_buffers_are_full(
    hasty: World, paused: Paused, stopped: Callable[[World], AbstractAsyncContextManager[None]]
) -> None:
    """Two messages fill its own buffer. In a quiet room no more may come for long."""
    async with stopped(hasty):
        for _ in range(2):
            await hasty.query("moderator", POST, room=hasty.room, text=LONG)
        await eventually(lambda: not hasty.process.services.readers._readers)
        await eventually(lambda: not hasty.process.accounts._leases)
    assert not paused


async def test_what_fits_into_a_stopped_clients_own_buffer_is_not_lost(hasty: World) -> None:
    """It is not cut either: as far as the server can see, it has taken everything."""
    async with hasty.socket("student-001") as client:
        stream = await client.subscribe(EVENTS, room=hasty.room)
        await is_live(stream)
        async with stopped_socket(hasty):
            client.wire.transport.pause_reading()
            for _ in range(2):
                await hasty.query("moderator", POST, room=hasty.room, text=LONG)
            await eventually(lambda: len(hasty.process.accounts._leases) == 1)
            client.wire.transport.resume_reading()
            await say(hasty, 1, 1)
            assert texts(await until(stream, "message 1")) == [LONG, LONG, "message 1"]
