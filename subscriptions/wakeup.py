"""The wake-up "gallery G has reached number N": its encoding as text, and the mailbox where it waits for a listener."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class WakeUp:
    """Announces a commit to one gallery's log. Without a gallery it is a resync.

    A resync says that wake-ups may be missing, so the receiver checks every log. A wake-up is a hint. Its receiver
    reads the log, which may hold more entries than the wake-up says, or fewer.
    """

    gallery_id: UUID | None
    number: int


RESYNC = WakeUp(None, 0)


def encode(wake_up: WakeUp) -> str:
    """Returns the wake-up as text."""
    return "resync" if wake_up.gallery_id is None else f"{wake_up.gallery_id} {wake_up.number}"


def decode(text: str) -> WakeUp | None:
    """Returns the wake-up that a text encodes, or None if the text is not a wake-up."""
    if text == "resync":
        return RESYNC
    try:
        gallery_id, number = text.split()
        return WakeUp(UUID(gallery_id), int(number))
    except ValueError:
        return None


class Mailbox:
    """The wake-ups that wait for one reader. It is an async iterator that ends once it is closed and empty.

    A mailbox keeps the highest number of each gallery. When more than `limit` galleries wait, it keeps one resync in
    place of all numbers. So a reader that takes nothing costs bounded memory (rule 65) and misses nothing.
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
        """Adds a wake-up. Never waits."""
        gallery_id = wake_up.gallery_id
        if gallery_id is None or (gallery_id not in self._numbers and len(self._numbers) >= self._limit):
            # The reader takes the resync after all the commits that the resync replaces.
            self._numbers.clear()
            self._resync = True
        else:
            self._numbers[gallery_id] = max(wake_up.number, self._numbers.get(gallery_id, 0))
        self._changed.set()

    def close(self) -> None:
        """Ends the iterator once the reader has taken all that waits."""
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
