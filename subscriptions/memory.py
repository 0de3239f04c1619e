"""The bus within one process. It is the default of an embedded server, and has no broker that could fail."""

import asyncio
from typing import Any

from broadcaster import BroadcastBackend, Event


class MemoryBackend(BroadcastBackend):
    """Passes each message to the only listener. A publisher waits until the listener has taken the previous message."""

    def __init__(self) -> None:
        self._published: asyncio.Queue[Event] = asyncio.Queue(maxsize=1)

    async def connect(self) -> None:
        pass

    async def disconnect(self) -> None:
        pass

    async def subscribe(self, group: str) -> None:
        pass

    async def unsubscribe(self, group: str) -> None:
        pass

    async def publish(self, channel: str, message: Any) -> None:
        await self._published.put(Event(channel, message))

    async def next_published(self) -> Event:
        return await self._published.get()

    async def healthy(self) -> bool:
        """Returns True, because there is no broker."""
        return True
