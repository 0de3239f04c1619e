"""Who listens here: the people whose open streams are a sign of life (rules 33, 36)."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from models.tables.participants import Listener


class Presence:
    """The listeners of this process. Whoever tells the database of them takes the changes, and puts back what failed."""

    def __init__(self) -> None:
        self._streams: Counter[Listener] = Counter()
        self._changed: set[Listener] = set()
        self._news = asyncio.Event()

    @contextmanager
    def listening(self, user_id: UUID, gallery_id: UUID) -> Iterator[None]:
        """For as long as a stream of theirs is open. Any number of streams and devices are one listener."""
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
        """Everybody who listens now."""
        return frozenset(self._streams)

    def take_changes(self) -> set[Listener]:
        """Who has come or gone since the last time."""
        changed, self._changed = self._changed, set()
        self._news.clear()
        return changed

    def put_back(self, changed: Collection[Listener]) -> None:
        """What could not be told of has changed still. No news: it is tried again in its time."""
        self._changed.update(changed)

    async def news(self, seconds: float) -> None:
        """Wait until somebody comes or goes, or for so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    def _note(self, changed: Collection[Listener]) -> None:
        self._changed.update(changed)
        self._news.set()
