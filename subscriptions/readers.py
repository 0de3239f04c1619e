"""All readers of this process. A gallery has a reader while it has subscribers here."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Self
from uuid import UUID

from models.counts import COUNTS
from models.database.database import Database
from models.events import log
from models.events.log import Recorded
from subscriptions.bus import Bus
from subscriptions.crowds import Crowds
from subscriptions.reader import Pace, Reader, note_failed_read
from subscriptions.turns import Turns


class Readers:
    """All readers of this process.

    Its own commits, the bus, and a poll wake them; the poll finds what the other two miss.
    """

    def __init__(self, database: Database, bus: Bus, pace: Pace) -> None:
        self.database = database
        self.pace = pace
        self.crowds = Crowds()
        self.turns = Turns()
        self._bus = bus
        self._readers: dict[UUID, Reader] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.database.on_commit = self._committed
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._poll())]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.crowds.close()
        tasks = self._tasks + [reader.task for reader in self._readers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @asynccontextmanager
    async def open(self, gallery_id: UUID) -> AsyncIterator[Reader]:
        """Yields the gallery's reader and keeps it open while entered. The reader is registered before its first read.

        So the reader misses no wake-up.
        """
        reader = self._readers.get(gallery_id)
        if reader is None or reader.broken:
            reader = self._readers[gallery_id] = Reader(self.database, gallery_id, self.pace)
        reader.listeners += 1
        try:
            await asyncio.shield(reader.started)
            yield reader
        finally:
            reader.listeners -= 1
            if not reader.listeners:
                await self._close(reader)

    def lags(self) -> dict[UUID, float]:
        """Returns for each gallery how many seconds ago its reader was at the head of the log."""
        now = asyncio.get_running_loop().time()
        return {each: now - max(reader.verified_at, reader.opened_at) for each, reader in self._readers.items()}

    def hang(self) -> bool:
        """Returns whether one of the readers is stuck, so that its streams receive nothing."""
        return any(reader.hangs() for reader in self._readers.values())

    async def _close(self, reader: Reader) -> None:
        if self._readers.get(reader.gallery_id) is reader:
            del self._readers[reader.gallery_id]
        reader.sights.close()
        reader.task.cancel()
        await asyncio.gather(reader.task, return_exceptions=True)

    def _committed(self, recorded: Sequence[Recorded]) -> None:
        reached = {each.gallery_id: each.position.number for each in recorded}
        for gallery_id, number in reached.items():
            self._wake(gallery_id, number)
            self._bus.publish(gallery_id, number)

    def _wake(self, gallery_id: UUID, number: int) -> None:
        reader = self._readers.get(gallery_id)
        if reader and number > reader.position.number:
            reader.wake()

    async def _listen(self) -> None:
        async for wake_up in self._bus.listen():
            COUNTS.wake_ups += 1
            if wake_up.gallery_id is None:
                for reader in self._readers.values():
                    reader.wake()
            else:
                self._wake(wake_up.gallery_id, wake_up.number)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self.pace.poll_seconds * random.uniform(0.8, 1.0))
            try:
                async with asyncio.timeout(self.pace.silence_seconds / 2):
                    await self._compare_heads()
            except Exception as error:  # noqa: BLE001  the next poll tries again
                note_failed_read(error)

    async def _compare_heads(self) -> None:
        readers = dict(self._readers)
        heads = await log.heads(self.database.reads, list(readers)) if readers else {}
        for gallery_id, reader in readers.items():
            # The reader also wakes if the log is shorter than before, or deleted: reading the log then raises the error
            # for that.
            head = heads.get(gallery_id)
            if head != reader.position:
                COUNTS.found_by_polling += head is not None and head.number > reader.position.number
                reader.wake()
            else:
                reader.verified()
