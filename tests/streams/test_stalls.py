"""A reader that stalls delays nobody and costs a bounded amount of memory; it is cut, and can resume (rule 65).

The same holds for a client that answers no ping, whose network or process may only have been suspended.
"""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from fcntl import ioctl
from termios import TIOCOUTQ
from typing import cast

import pytest

from models.events.log import Entry
from server.settings import Settings
from server.transports import UNSENT_BYTES
from server.websocket_protocol import WebSocket
from subscriptions import pages
from tests.support.event_streams import EVENTS, Event, eventually, gallery_id, is_live, next_event, until
from tests.support.narrow_clients import Paused, http_request, is_reset, narrow_client, narrow_socket
from tests.support.world import PATIENCE, POST, World, open_world

PAGE, RING, STREAMS, AT_ONCE, REMEMBERED = 8, 16, 10, 20, 4
HIGH_WATER = 64 * 1024  # bytes in a transport's buffer before it requests a pause
PING = b"\x89\xfd" + bytes(4 + 125)  # a WebSocket frame with the longest ping, masked with zeros
LONG = "📷" * 4000  # 16 kB
POSTS = "".join(
    f"m{number}: postMessage(input: {{roomId: $room, text: $text}}) {{ cursor userErrors {{ code }} }} "
    for number in range(AT_ONCE)
)
POST_MANY = f"mutation ($room: ID!, $text: String!) {{ {POSTS} }}"


@asynccontextmanager
async def opened(settings: Settings, stall_seconds: float, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The demo room with two people inside, in a process with a small ring."""
    monkeypatch.setattr(pages, "PAGE", PAGE)
    monkeypatch.setattr(pages, "REMEMBERED", REMEMBERED)
    narrow = {
        "stream_ring_entries": RING, "stream_stall_seconds": stall_seconds, "websocket_frames_per_second": 10_000
    }  # fmt: skip
    async with open_world(settings.model_copy(update=narrow)) as world:
        await world.enter("moderator", "student-001")
        yield world


async def post_many(world: World) -> list[str]:
    """Posts 20 long messages. Returns their cursors."""
    data = await world.query("moderator", POST_MANY, room=world.room, text=LONG)
    assert all(payload["userErrors"] == [] for payload in data.values())
    return [payload["cursor"] for payload in data.values()]


def cursors(told: list[Event]) -> list[str]:
    return [event["cursor"] for event in told]


def entries_held() -> int:
    return sum(type(thing) is Entry for thing in gc.get_objects())


async def test_a_stalled_reader_delays_nobody_and_holds_little(
    settings: Settings, paused: Paused, monkeypatch: pytest.MonkeyPatch
) -> None:
    gc.collect()
    before = entries_held()  # of worlds that other files' tests still use
    async with opened(settings, 3600, monkeypatch) as world, world.socket("student-001") as attentive:
        stream = await attentive.subscribe(EVENTS, room=world.room)
        await is_live(stream)
        async with narrow_client(world, "student-001") as stalled:
            for each in [await stalled.subscribe(EVENTS, room=world.room) for _ in range(STREAMS)]:
                await is_live(each)
            stalled.wire.transport.pause_reading()
            batches = 0
            while batches < 10 or not paused.of(stalled):
                batches += 1
                posted = await post_many(world)
                assert cursors([await next_event(stream) for _ in posted]) == posted
            transport = paused.of(stalled)
            assert transport
            most = HIGH_WATER + STREAMS * 1.5 * len(LONG.encode())
            assert transport.get_write_buffer_size() < most
            gc.collect()  # earlier tests may have left entries in cycles
            held = entries_held() - before
            assert held <= RING + PAGE * (STREAMS + 2 + REMEMBERED) < batches * AT_ONCE
            # A server that answered pings without waiting for space in the buffer would exceed it here.
            stalled.wire.transport.write(PING * 50_000)
            await stalled.subscribe(POST, room=world.room, text="after the pings")
            await until(stream, "after the pings")
            assert transport.get_write_buffer_size() < most


async def test_a_stalled_socket_is_cut_and_resumes_without_loss(
    settings: Settings, paused: Paused, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(settings, 0.3, monkeypatch) as world:
        posted: list[str] = []
        async with narrow_client(world, "student-001") as stalled:
            streams = [await stalled.subscribe(EVENTS, room=world.room) for _ in range(STREAMS)]
            resumable = [await is_live(stream) for stream in streams]
            stalled.wire.transport.pause_reading()
            async with asyncio.timeout(PATIENCE):
                while world.process.services.readers._readers:
                    posted += await post_many(world)
            assert paused.of(stalled)
            assert is_reset(stalled)
            stalled.wire.transport.resume_reading()
            assert await stalled.closed() == 1006
            while streams[0].waiting():
                message = await streams[0].message()
                if message["type"] == "next":
                    resumable[0] = message["payload"]["data"]["roomEvents"]["cursor"]
        await eventually(lambda: not world.process.accounts._leases)
        left = posted[posted.index(resumable[0]) + 1 :] if resumable[0] in posted else posted
        assert left
        async with world.socket("student-001") as socket_:
            for after, expected in ((resumable[0], left), (resumable[1], posted)):
                stream = await socket_.subscribe(EVENTS, room=world.room, after=after)
                assert cursors([await next_event(stream) for _ in expected]) == expected


async def test_a_stalled_stream_over_http_is_cut(
    settings: Settings, paused: Paused, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(settings, 0.3, monkeypatch) as world:
        reader, writer = await asyncio.open_connection(sock=narrow_socket(world), limit=1024)
        try:
            writer.write(http_request(world))
            async with asyncio.timeout(PATIENCE):
                assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
            await eventually(lambda: gallery_id(world) in world.process.services.readers._readers)
            async with asyncio.timeout(PATIENCE):
                while world.process.services.readers._readers:
                    await post_many(world)
            assert paused
            await eventually(lambda: not world.process.accounts._leases)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def test_a_reader_who_is_slow_but_reads_is_not_cut(
    settings: Settings, paused: Paused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It receives everything, from SQL where the ring has moved on."""
    async with opened(settings, 3600, monkeypatch) as world, narrow_client(world, "student-001") as slow:
        streams = [await slow.subscribe(EVENTS, room=world.room) for _ in range(STREAMS)]
        for stream in streams:
            await is_live(stream)
        slow.wire.transport.pause_reading()
        posted: list[str] = []
        while not paused.of(slow):
            posted += await post_many(world)
        posted += await post_many(world)
        slow.wire.transport.resume_reading()
        await world.query("moderator", POST_MANY, room=world.room, text="the end")
        for stream in streams:
            assert cursors(await until(stream, "the end"))[:-1] == posted


on_one_database = pytest.mark.parametrize("backend", ["sqlite"])  # pings do not depend on the database


@on_one_database
async def test_a_client_that_was_held_finds_a_close_that_is_retried(settings: Settings) -> None:
    """It answers no ping while it is suspended, and reads the close afterwards."""
    async with (
        open_world(settings.model_copy(update={"websocket_ping_seconds": 0.1})) as world,
        world.socket("student-001") as held,
    ):
        await is_live(await held.subscribe(EVENTS, room=world.room))
        held.wire.transport.pause_reading()
        await eventually(lambda: not world.process.accounts._leases)
        held.wire.transport.resume_reading()
        assert await held.closed() == 1013


@on_one_database
async def test_a_client_that_answers_no_ping_and_reads_nothing_is_cut(
    settings: Settings, paused: Paused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server cannot send it a close, and does not wait for one."""
    async with opened(settings, 3600, monkeypatch) as world, narrow_client(world, "student-001") as held:
        await is_live(await held.subscribe(EVENTS, room=world.room))
        held.wire.transport.pause_reading()
        while not (transport := paused.of(held)):
            await post_many(world)
        ping_now(transport)
        await eventually(lambda: not world.process.accounts._leases)
        held.wire.transport.resume_reading()
        assert await held.closed() == 1006


def ping_now(transport: asyncio.Transport) -> None:
    """Sends a ping now instead of at the next interval."""
    protocol = cast("WebSocket", transport.get_protocol())
    protocol.stop_keepalive()
    protocol.ping_timeout = 0.1
    protocol.send_keepalive_ping()


async def test_the_kernel_takes_little_of_a_connection_ahead(
    settings: Settings, paused: Paused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise some MiB are sent before a stalled client is noticed. A busy room takes half a minute for that."""
    async with opened(settings, 3600, monkeypatch) as world, narrow_client(world, "student-001") as stalled:
        await is_live(await stalled.subscribe(EVENTS, room=world.room))
        stalled.wire.transport.pause_reading()
        while not (transport := paused.of(stalled)):
            await post_many(world)
        queued = ioctl(transport.get_extra_info("socket").fileno(), TIOCOUTQ, bytes(4))
        assert int.from_bytes(queued, sys.byteorder) < 4 * UNSENT_BYTES
