"""The bus tells every process that a gallery's log has grown.

The bus carries wake-ups and never the events themselves. A reader that misses a wake-up finds the entries at its next
poll. So the bus may drop, repeat and merge wake-ups, and neither a publisher nor a listener ever waits for the broker.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self
from uuid import UUID

from broadcaster import Broadcast, Event

from subscriptions.memory import MemoryBackend
from subscriptions.wakeup import RESYNC, Mailbox, WakeUp, decode, encode

if TYPE_CHECKING:
    from subscriptions.redis import RedisBackend

__all__ = ["Bus", "WakeUp", "open_bus"]

logger = logging.getLogger("enfilade.bus")

# The bus still sends the last wake-ups for this many seconds while it closes. So after a rolling restart no stream
# waits for its poll.
FAREWELL = 0.5


def open_bus(redis_url: str | None) -> "Bus":
    """Returns a bus over the broker at `redis_url`, or a bus within this process if the URL is None.

    The caller must enter the bus as a context manager to use it.
    """
    if not redis_url:
        return Bus(MemoryBackend())
    from subscriptions.redis import RedisBackend  # noqa: PLC0415  it takes long to import

    return Bus(RedisBackend(redis_url))


class Bus:
    """The bus is an async context manager. It is entered once, and used from the event loop's thread."""

    def __init__(self, backend: "MemoryBackend | RedisBackend", channel: str = "enfilade:log") -> None:
        self.undecodable = 0
        self._backend = backend
        self._channel = channel
        self._outbox = Mailbox()
        self._listeners: set[Mailbox] = set()
        self._closed = False
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        broadcast = await self._stack.enter_async_context(_Broadcast(backend=self._backend))
        # There is only one subscription: broadcaster opens an unbounded queue for each one. If two first subscriptions
        # start at the same time, the second receives nothing.
        subscriber = await self._stack.enter_async_context(broadcast.subscribe(self._channel))
        self._stack.push_async_callback(_end, asyncio.create_task(self._receive(subscriber.get)))
        self._stack.push_async_callback(_end, asyncio.create_task(self._send(broadcast)), patience=FAREWELL)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        for mailbox in (self._outbox, *self._listeners):
            mailbox.close()
        await self._stack.aclose()

    def publish(self, gallery_id: UUID, number: int) -> None:
        """Tells every process, including this one, that the gallery's log has reached this number or a higher one.

        This method never raises and never waits. While the broker is away, the bus keeps the highest number of each
        gallery.
        """
        self._outbox.put(WakeUp(gallery_id, number))

    async def listen(self) -> AsyncGenerator[WakeUp, None]:
        """Yields wake-ups from now on. A slow listener receives only the newest of each gallery.

        The first item is a resync. Another resync follows whenever wake-ups may have been missed. The generator ends
        when the bus closes, and when a wait on the generator is cancelled. So run the generator in a task of its own,
        not under a timeout.
        """
        mailbox = Mailbox()
        mailbox.put(RESYNC)
        if self._closed:
            mailbox.close()
        self._listeners.add(mailbox)
        try:
            async for wake_up in mailbox:
                yield wake_up
        finally:
            self._listeners.discard(mailbox)

    async def healthy(self) -> bool:
        """Returns whether the broker answers now."""
        return await self._backend.healthy()

    async def _send(self, broadcast: Broadcast) -> None:
        async for wake_up in self._outbox:
            await broadcast.publish(self._channel, encode(wake_up))

    async def _receive(self, next_event: Callable[[], Awaitable[Event]]) -> None:
        while True:
            event = await next_event()
            self._deliver(decode(event.message))

    def _deliver(self, wake_up: WakeUp | None) -> None:
        if wake_up is None:
            self.undecodable += 1
            if self.undecodable == 1:
                logger.warning("Ignored a message on %s that is no wake-up. More are only counted.", self._channel)
            return
        for mailbox in self._listeners:
            mailbox.put(wake_up)


class _Broadcast(Broadcast):
    async def disconnect(self) -> None:
        # The stock method does not wait for the task that it cancels, and it closes the backend while that task still
        # uses it.
        try:
            await _end(self._listener_task)
        finally:
            await self._backend.disconnect()


async def _end(task: asyncio.Task[None], patience: float = 0) -> None:
    try:
        await asyncio.wait({task}, timeout=patience)
    finally:
        # The task is cancelled again until it ends: before Python 3.12, wait_for (in redis-py) sometimes swallows a
        # cancellation.
        while task.cancel():
            await asyncio.wait({task}, timeout=0.1)
    if not task.cancelled():
        task.result()  # This raises what the task raised, so that a bug in the task shows.
