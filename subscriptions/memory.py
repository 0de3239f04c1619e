"""The bus within one process: the embedded default, without a broker that could fail."""

import asyncio
from typing import Any

from broadcaster import BroadcastBackend, Event


class MemoryBackend(BroadcastBackend):
    """Hands each message to the one listener. A publisher waits until the listener has taken the message before."""

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
        """Return True: there is no broker."""
        return True
