"""The reader of one gallery's log. All subscribers of the gallery in this process share it.

A subscriber is only a position in the log. It takes entries from its reader's ring, or from the database if it has
fallen behind the ring. So a slow subscriber costs one integer of memory and delays nobody (rule 65). A wake-up only
makes the reader look at the log. The poll finds the entries whose wake-ups were lost.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from models.audiences import EVERYBODY, EVERYBODY_INSIDE
from models.counts import COUNTS
from models.cursors import CursorExpired, Position
from models.database.away import AWAY
from models.database.database import Database
from models.errors import Forbidden, StreamReset, Unavailable
from models.events import log
from models.events.every import Event
from models.events.log import Entry
from subscriptions import pages
from subscriptions.once import Once
from subscriptions.pages import Pages, page_end
from subscriptions.redaction import changing_words, read_again
from subscriptions.sights import Sights

logger = logging.getLogger(__name__)

USERS_REMEMBERED = 10_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """The times, in seconds, that readers and streams keep to, and the number of entries that a ring holds."""

    poll_seconds: float = 1.5
    checkpoint_seconds: float = 10.0
    ring_entries: int = 1024
    silence_seconds: float = 20.0


class Reader:
    """Reads one gallery's log for this process."""

    def __init__(self, database: Database, gallery_id: UUID, pace: Pace) -> None:
        self.gallery_id = gallery_id
        self.pace = pace
        self.position = Position(0, 0)
        self.opened_at = asyncio.get_running_loop().time()
        self.verified_at = float("-inf")  # the event loop's time when `position` was last known to be the log's head
        self.broken: StreamReset | CursorExpired | Forbidden | None = None
        self.listeners = 0
        self.redacted_at = 0  # the number of the last entry that changed the text of earlier entries (rule 46)
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._database = database
        self._patience_seconds = pace.silence_seconds / 2
        self._ring: deque[Entry] = deque(maxlen=pace.ring_entries)
        self._woken = asyncio.Event()
        self._news = asyncio.Event()
        self._access_of_all = 0
        self._access_of_those_inside = 0
        self._access_of: dict[UUID, int] = {}
        self.access_changed_at = 0  # the number of the last entry that may have changed what anybody sees
        self.sights = Sights(database, gallery_id, self)
        self._pages = Pages()
        self._shared: tuple[Position, Once[None, Any]] = self.position, Once()
        self.task = asyncio.create_task(self._run(), name=f"reader {gallery_id}")

    def wake(self) -> None:
        """Makes the reader look at the log soon."""
        self._woken.set()

    async def after(self, position: Position) -> Sequence[Entry]:
        """Returns the next entries after a position, at most one page, and no entries at the head of the log.

        Raises CURSOR_EXPIRED, STREAM_RESET, FORBIDDEN. No returned entry lies beyond the reader's own position. The log
        may already have later entries, but the streams check access only with the changes up to the reader's position.
        They would judge a later entry by rights that may no longer hold (rule 63).
        """
        if self.broken:
            raise self.broken
        count = min(pages.PAGE, self.position.number - position.number)
        if count <= 0:
            return ()
        start = position.number + 1 - (self._ring[0].number if self._ring else self.position.number + 1)
        if start >= 0:
            return list(islice(self._ring, start, start + count))
        COUNTS.replayed_pages += 1
        count = min(count, page_end(position) - position.number)
        read = partial(log.after, self._database.reads, self.gallery_id, position, count)
        return await self._pages.of(position, count, read)

    async def reaches(self, position: Position) -> None:
        """Waits until the reader has reached a position. Raises CURSOR_EXPIRED, STREAM_RESET, FORBIDDEN."""
        while not self.broken and self.position.number < position.number:
            self.wake()
            await self._news.wait()
        if self.broken:
            raise self.broken

    async def news(self, position: Position, seconds: float | None = None) -> None:
        """Waits until there may be an entry after `position`, or until `seconds` have passed."""
        if self.broken or position.number < self.position.number:
            # A subscriber that reads one page after another lets other tasks run between the pages.
            await asyncio.sleep(0)
        elif seconds is None:
            await self._news.wait()
        else:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._news.wait()

    async def shared(self, load: Callable[[], Awaitable[T]]) -> T:
        """Returns the result of `load`, which is loaded once for all callers at the reader's current position.

        All callers pass an equivalent `load`.
        """
        if self._shared[0] != self.position:
            self._shared = self.position, Once()
        loaded: T = await self._shared[1].of(None, load)
        return loaded

    def access_changed(self, user_id: UUID, *, inside: bool) -> int:
        """Returns the number of the last entry that may have changed what this user sees.

        `inside` says whether the user was inside the session until now.
        """
        as_one_of_many = max(self._access_of_all, self._access_of_those_inside if inside else 0)
        return max(as_one_of_many, self._access_of.get(user_id, 0))

    async def _run(self) -> None:
        failures = 0
        while not self.broken:
            try:
                if not self.started.done():
                    async with asyncio.timeout(self._patience_seconds):
                        self.position = await log.head(self._database.reads, self.gallery_id)
                    self.verified()
                    self.started.set_result(None)
                await self._woken.wait()
                self._woken.clear()
                await self._catch_up()
                failures = 0
            except (StreamReset, CursorExpired, Forbidden) as broken:  # Forbidden means that the gallery was deleted
                self._end(broken)
            except Exception as error:  # noqa: BLE001  it is logged below
                # The database is away, or a read took too long and was given up. The streams go on without a gap when
                # this reader does.
                failures += 1
                note_failed_read(error)
                self._woken.set()
                await asyncio.sleep(min(5.0, 0.1 * 2**failures) * random.uniform(0.5, 1.0))

    async def _catch_up(self) -> None:
        while entries := await self._page():
            await self._redact(entries)
            for entry in entries:
                self._note_access(entry.number, entry.event)
                self._ring.append(entry)
            self.position = entries[-1].position
            if len(entries) < pages.PAGE:
                # This is noted after each short page too, for a log that grows so fast that the loop always finds
                # another page.
                self.verified()
            self._announce()
        self.verified()

    async def _page(self) -> Sequence[Entry]:
        async with asyncio.timeout(self._patience_seconds):
            return await log.after(self._database.reads, self.gallery_id, self.position, pages.PAGE)

    async def _redact(self, entries: Sequence[Entry]) -> None:
        if changing := changing_words(entries):
            self._pages.forget()
            async with asyncio.timeout(self._patience_seconds):
                remembered = await read_again(self._database.reads, self._ring, changing)
            self._ring = deque(remembered, self._ring.maxlen)
            self.redacted_at = changing[-1].number

    def _note_access(self, number: int, event: Event) -> None:
        whose = event.changes_access_of
        if whose is not None:
            self.access_changed_at = number
        if whose is EVERYBODY:
            self._access_of_all = number
        elif whose is EVERYBODY_INSIDE:
            self._access_of_those_inside = number
        elif isinstance(whose, UUID):
            if len(self._access_of) >= USERS_REMEMBERED:
                self._access_of.clear()
                # This counts as a change for every user, so that no user's change is lost.
                self._access_of_all = number
            self._access_of[whose] = number

    def _end(self, broken: StreamReset | CursorExpired | Forbidden) -> None:
        self.broken = broken
        COUNTS.expired += isinstance(broken, CursorExpired)
        COUNTS.resets += isinstance(broken, StreamReset)
        if not self.started.done():
            self.started.set_result(None)
        self._announce()

    def verified(self) -> None:
        """Records that `position` is the log's head at this moment."""
        self.verified_at = asyncio.get_running_loop().time()

    def hangs(self) -> bool:
        """Returns whether the reader has not known the head of its log for too long."""
        known_at = max(self.verified_at, self.opened_at)
        return not self.broken and asyncio.get_running_loop().time() - known_at > self._patience_seconds

    def _announce(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def note_failed_read(error: Exception) -> None:
    """Logs why a log could not be read. A database that is away is not logged for each reader."""
    if isinstance(error, TimeoutError):
        AWAY.warn(error)
    elif not isinstance(error, Unavailable):  # which is logged already
        logger.error("a reader could not read; trying again", exc_info=error)
