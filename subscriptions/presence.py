"""The listeners of this process: users whose open streams keep them in a session (rules 33, 36)."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from models.tables.participants import Listener


class Presence:
    """Counts the open streams of each listener.

    A task takes the changes, writes them, and puts back those that failed.
    """

    def __init__(self) -> None:
        self._streams: Counter[Listener] = Counter()
        self._changed: set[Listener] = set()
        self._news = asyncio.Event()

    @contextmanager
    def listening(self, user_id: UUID, gallery_id: UUID) -> Iterator[None]:
        """Counts one open stream of the user while the context is entered.

        All streams and devices of a user in a gallery are one listener.
        """
        listener = user_id, gallery_id
        self._streams[listener] += 1
        self._note([listener])
        try:
            yield
        finally:
            self._streams[listener] -= 1
            if not self._streams[listener]:
                del self._streams[listener]
                self._note([listener])

    @property
    def here(self) -> frozenset[Listener]:
        """The users who listen now, each with the gallery."""
        return frozenset(self._streams)

    def take_changes(self) -> set[Listener]:
        """Returns the listeners that came or went since the last call."""
        changed, self._changed = self._changed, set()
        self._news.clear()
        return changed

    def put_back(self, changed: Collection[Listener]) -> None:
        """Keeps changes that could not be written, for the next round. This does not wake `news`."""
        self._changed.update(changed)

    async def news(self, seconds: float) -> None:
        """Waits until a listener comes or goes, for at most `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    def _note(self, changed: Collection[Listener]) -> None:
        self._changed.update(changed)
        self._news.set()
