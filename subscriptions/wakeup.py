"""The wake-up, "gallery G has reached number N": how it is written on the wire, and how it waits for a slow reader."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class WakeUp:
    """A commit to one gallery's log. Without a gallery it is a resync: something may have been missed, look everywhere.

    It is a hint and never the truth: whoever hears it reads the log, and may find less there, or more.
    """

    gallery_id: UUID | None
    number: int


RESYNC = WakeUp(None, 0)


def encode(wake_up: WakeUp) -> str:
    """The wake-up as text for the wire."""
    return "resync" if wake_up.gallery_id is None else f"{wake_up.gallery_id} {wake_up.number}"


def decode(text: str) -> WakeUp | None:
    """The wake-up that a text from the wire tells of; None if it tells of none."""
    if text == "resync":
        return RESYNC
    try:
        gallery_id, number = text.split()
        return WakeUp(UUID(gallery_id), int(number))
    except ValueError:
        return None


class Mailbox:
    """What one reader has yet to hear, as an async iterator that ends once it is closed and empty.

    It keeps the highest number of each gallery, and above `limit` galleries one resync in place of them all, so a
    reader that never comes costs a bounded amount of memory (rule 65) and misses nothing.
    """

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._numbers: OrderedDict[UUID, int] = OrderedDict()
        self._resync = False
        self._closed = False
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._numbers) + self._resync

    def put(self, wake_up: WakeUp) -> None:
        """Adds to what waits; never waits itself."""
        gallery_id = wake_up.gallery_id
        if gallery_id is None or (gallery_id not in self._numbers and len(self._numbers) >= self._limit):
            # it is heard after everything that it replaces was committed
            self._numbers.clear()
            self._resync = True
        else:
            self._numbers[gallery_id] = max(wake_up.number, self._numbers.get(gallery_id, 0))
        self._changed.set()

    def close(self) -> None:
        """Lets the reader hear what waits, and then end."""
        self._closed = True
        self._changed.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> WakeUp:
        while not (wake_up := self._take()):
            if self._closed:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return wake_up

    def _take(self) -> WakeUp | None:
        if self._resync:
            self._resync = False
            return RESYNC
        return WakeUp(*self._numbers.popitem(last=False)) if self._numbers else None
