"""Writes to the database who listens at this process: at intervals, and immediately when a listener comes or goes.

Writes are batched, and never take a gallery's lock (docs/decisions/0011).
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from models.database.database import Database
from models.database.transaction import Transaction
from models.tables.participants import Listener
from resolvers.presence import RENEWED_EVERY, release, renew
from server.accounts import THE_SERVER
from subscriptions.presence import Presence

Telling = Callable[[Transaction, Sequence[Listener]], Awaitable[None]]

BATCH = 512
GATHER_SECONDS = 0.05  # With this delay, a thousand clients that connect at the same time cost only a few statements.


class Attendance:
    """Writes the listeners of this process to the database."""

    def __init__(self, database: Database, presence: Presence) -> None:
        self._database = database
        self._presence = presence
        self._renewed_at = datetime.min.replace(tzinfo=UTC)
        self._telling = asyncio.Lock()

    async def tell(self) -> None:
        """Renews new listeners, and starts the grace period of listeners that have gone.

        Renews all listeners when it is time.
        """
        async with self._telling:
            # This uses the wall clock: a machine that slept must renew the listeners whose sockets have survived.
            now = self._database.clock()
            all_of_them = now - self._renewed_at >= RENEWED_EVERY
            changed, here = self._presence.take_changes(), self._presence.here
            try:
                await self._each_batch(renew, here if all_of_them else changed & here)
                await self._each_batch(release, changed - here)
            except BaseException:
                self._presence.put_back(changed)
                raise
            if all_of_them:
                self._renewed_at = now

    async def news(self, seconds: float) -> None:
        """Waits until there is a change to write, for at most `seconds`."""
        await self._presence.news(seconds - GATHER_SECONDS)
        await asyncio.sleep(max(0, min(seconds, GATHER_SECONDS)))

    async def _each_batch(self, work: Telling, people: Collection[Listener]) -> None:
        for batch in _batches(people):
            await self._database.transact(THE_SERVER, "presence", partial(_of, batch, work), repeatable=True)


def _of(batch: Sequence[Listener], work: Telling, tx: Transaction) -> Awaitable[None]:
    return work(tx, batch)


def _batches(people: Collection[Listener]) -> Iterator[Sequence[Listener]]:
    # The last batch is padded with repeated entries, so that few lengths occur and few statements are prepared.
    in_order = sorted(people)
    for start in range(0, len(in_order), BATCH):
        batch = in_order[start : start + BATCH]
        padded_to = 1 << (len(batch) - 1).bit_length()
        yield batch + batch[:1] * (padded_to - len(batch))
