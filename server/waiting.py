"""What a WebSocket waits with: much smaller forms of asyncio's Queue and Event, which hold four deques and one.

An empty deque takes 760 bytes, so these would be a tenth of an idle socket.
"""

import asyncio
from typing import Any


class Inbox:
    """Messages that wait for one reader."""

    __slots__ = ("_arrival", "_messages")

    def __init__(self) -> None:
        self._messages: list[Any] = []
        self._arrival: asyncio.Future[None] | None = None

    def empty(self) -> bool:
        return not self._messages

    def put_nowait(self, message: Any) -> None:
        self._messages.append(message)
        if self._arrival and not self._arrival.done():
            self._arrival.set_result(None)

    async def get(self) -> Any:
        """Returns the oldest message, and waits for one if there is none."""
        while not self._messages:
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival
        self._arrival = None
        return self._messages.pop(0)


class Gate:
    """A gate that is open at first. Tasks wait while it is closed."""

    __slots__ = ("_opening",)

    def __init__(self) -> None:
        self._opening: asyncio.Future[None] | None = None

    def is_set(self) -> bool:
        return self._opening is None

    def set(self) -> None:
        if self._opening:
            self._opening.set_result(None)
            self._opening = None

    def clear(self) -> None:
        self._opening = self._opening or asyncio.get_running_loop().create_future()

    async def wait(self) -> None:
        while self._opening:
            await asyncio.shield(self._opening)  # One task that is cancelled does not cancel the others' future.
