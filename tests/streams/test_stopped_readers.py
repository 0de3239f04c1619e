"""A client that stops reading is cut soon after its own buffer is full, and one that reads is not (rule 65)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import pytest

from server.reading import Reading, Taken
from server.settings import Settings
from server.transports import LOOKS, Bounded
from tests.support.event_streams import EVENTS, eventually, gallery_id, is_live, say, texts, until
from tests.support.narrow_clients import Paused, http_request, narrow_client, narrow_socket
from tests.support.world import PATIENCE, POST, World, open_world

STALL_SECONDS = 0.15
LONG = "📷" * 4000  # 16 kB
# Looks at a client, as (received, window, waiting), each a second after the last. The number is the seconds of the last.
OPEN = [(count * 500, 65_000, False) for count in range(1, 6)]
UNREAD = [(2500 + count * 500, 65_000 - count * 500, False) for count in range(1, 6)]
FULL = [(5000, 62_500, True)] * 3
LOOKED_AT: dict[str, tuple[list[tuple[int, int, bool]], float]] = {
    "reads": (OPEN, 0),
    "is told nothing": ([(500, 65_000, False)] * 9, 0),
    "has not read for long, but there is space for more": ([*OPEN, *UNREAD], 0),
    "has not read for long, and takes no more": ([*OPEN, *UNREAD, *FULL], 8),
    "takes no more since the last look, because the network is slow": ([*OPEN, (2500, 65_000, True)], 1),
    "is told something after a silence": ([*OPEN, *[(2500, 65_000, False)] * 9, (2500, 65_000, True)], 1),
    "reads again": ([*OPEN, *UNREAD, *FULL, (5000, 65_000, True), (5000, 65_000, True)], 1),
    "is slow, but reads": ([(count * 500, 1_000, True) for count in range(1, 9)], 0),
}


@pytest.mark.parametrize("client", LOOKED_AT)
def test_since_when_a_client_has_read_nothing_is_told_once_it_is_certain(client: str) -> None:
    looks, expected = LOOKED_AT[client]
    reading = Reading(0)
    stopped = [reading.stopped_for(Taken(*taken), now) for now, taken in enumerate(looks, 1)]
    assert stopped[-1] == expected


class Looks(list[Bounded]):
    async def pass_by(self) -> None:
        """Waits until each stream of one client was looked at more often than it takes to cut it."""
        enough = len(self) + 2 * LOOKS
        await eventually(lambda: len(self) >= enough)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    found = Looks()
    look = Bounded._look_at

    def noting(protocol: Bounded, reading: Reading) -> None:
        found.append(protocol)
        look(protocol, reading)

    monkeypatch.setattr(Bounded, "_look_at", noting)
    return found


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


async def test_a_client_that_reads_is_not_cut(hasty: World, looks: Looks) -> None:
    async with hasty.socket("student-001") as client:
        stream = await client.subscribe(EVENTS, room=hasty.room)
        await is_live(stream)
        await looks.pass_by()
        begin, number = len(looks), 0
        while len(looks) < begin + 2 * LOOKS:
            number += 1
            await say(hasty, number, number)
            await until(stream, f"message {number}")


async def test_what_fits_into_a_stopped_clients_own_buffer_is_not_lost(hasty: World, looks: Looks) -> None:
    async with hasty.socket("student-001") as client:
        stream = await client.subscribe(EVENTS, room=hasty.room)
        await is_live(stream)
        client.wire.transport.pause_reading()
        written = await say(hasty, 1, 5)
        await looks.pass_by()
        client.wire.transport.resume_reading()
        assert texts(await until(stream, written[-1])) == written
