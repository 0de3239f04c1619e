"""Helpers for tests of the bus. Every wait ends, with what was expected or with a failure."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from uuid import UUID, uuid4

from subscriptions.bus import Bus, WakeUp
from subscriptions.redis import RedisBackend
from subscriptions.wakeup import RESYNC
from tests.support.services import Valkey

GALLERY = UUID(int=1)

Stream = AsyncGenerator[WakeUp, None]


@asynccontextmanager
async def bus_on(server: Valkey) -> AsyncIterator[Bus]:
    # a short heartbeat, so that a stall is noticed within the test
    async with Bus(RedisBackend(server.url, heartbeat=0.05)) as opened:
        yield opened


@asynccontextmanager
async def listening(bus: Bus) -> AsyncIterator[Stream]:
    """Yields a stream of wake-ups that is already registered: its first resync was read."""
    async with aclosing(bus.listen()) as stream:
        assert await next_of(stream) == RESYNC
        yield stream


async def next_of(stream: Stream) -> WakeUp:
    async with asyncio.timeout(20):
        return await anext(stream)


async def wake_ups_until(stream: Stream, wanted: WakeUp) -> list[WakeUp]:
    """Reads wake-ups until the wanted one arrives, and returns all of them."""
    told = [await next_of(stream)]
    while told[-1] != wanted:
        told.append(await next_of(stream))
    return told


async def wait_for_delivery(*buses: Bus) -> None:
    """Waits until all buses receive what the first one publishes, and have read the resyncs of their connections."""
    async with AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(listening(bus)) for bus in buses]
        marker = uuid4()
        listeners = [asyncio.create_task(wake_ups_until(stream, WakeUp(marker, 1))) for stream in streams]
        while not all(listener.done() for listener in listeners):
            buses[0].publish(marker, 1)
            await asyncio.wait(listeners, timeout=0.02)
        await asyncio.gather(*listeners)
        # The marker was published several times. When this arrives, all of them have arrived.
        last = uuid4()
        buses[0].publish(last, 1)
        await asyncio.gather(*(wake_ups_until(stream, WakeUp(last, 1)) for stream in streams))
