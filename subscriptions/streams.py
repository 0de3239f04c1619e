"""What a subscriber receives: the log after a position, without a gap, as far as the viewer sees it (rules 60, 61, 63)."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from uuid import UUID

from models.access.visibility import Visibility
from models.cursors import Position
from models.errors import access_lost
from models.events import log
from models.events.every import Event
from models.events.log import Entry
from models.permissions import Viewer
from subscriptions.delivery import Checkpoint, Delivery, Item
from subscriptions.event_crowds import EventCrowd, EventMember
from subscriptions.reader import Reader
from subscriptions.readers import Readers
from subscriptions.sights import Sight
from subscriptions.signs import ALIVE, Alive, InCrowd, signs_in_time

MANY = 20
"""A stream that reads a page of this many entries catches up, and takes turns with others that do."""


def follow(
    readers: Readers,
    viewer: Viewer,
    gallery_id: UUID,
    after: Position | None,
    wanted: Callable[[Event], bool],
    *,
    for_members: bool = False,
    delivery: Delivery | None = None,
    asked_at: float | None = None,
) -> AsyncGenerator[Entry | Checkpoint, None]:
    """Yields the wanted entries after `after` that the viewer may see, each once, in order.

    `after` None means after the log's head now. A quiet stream yields a Checkpoint every `checkpoint_seconds`. The
    stream ends by raising CURSOR_EXPIRED, STREAM_RESET or FORBIDDEN before any further entry, or UNAVAILABLE if it
    cannot go on. FORBIDDEN means that the viewer has lost access to the gallery and its room. With `for_members`, it
    means that the viewer has lost access to the gallery, even if the viewer still has access to the room.

    `asked_at` is the event loop's time when the client subscribed, now if it is None. The first Checkpoint is due
    `checkpoint_seconds` later, however long the stream takes to begin.

    With a `delivery`, items that many subscribers share go to it, and only the others are yielded. Callers who pass
    equal keys pass an equivalent `wanted`.
    """
    due = (asyncio.get_running_loop().time() if asked_at is None else asked_at) + readers.pace.checkpoint_seconds

    def signs(reader: Reader, sight: Sight) -> AsyncGenerator[Entry | Checkpoint | Alive | InCrowd, None]:
        return _Following(readers, wanted, delivery, reader, sight, due, for_members=for_members).signs(after)

    return signs_in_time(readers, viewer, gallery_id, signs)


class _Following:
    """One subscriber's way through the log."""

    def __init__(
        self,
        readers: Readers,
        wanted: Callable[[Event], bool],
        delivery: Delivery | None,
        reader: Reader,
        sight: Sight,
        due: float,
        *,
        for_members: bool,
    ) -> None:
        self._readers = readers
        self._wanted = wanted
        self._delivery = delivery
        self._reader = reader
        self._sight = sight
        self._for_members = for_members
        self._loop = asyncio.get_running_loop()
        self._position = Position(0, 0)
        self._due = due  # the event loop's time of the next checkpoint

    async def signs(self, after: Position | None) -> AsyncGenerator[Entry | Checkpoint | Alive | InCrowd, None]:
        """Yields the entries that are not delivered otherwise, checkpoints, and signs of life."""
        await self._begin(after)
        while True:
            async with aclosing(self._page()) as page:
                async for sign in page:
                    yield sign
            await self._visible()
            if self._loop.time() >= self._due and (checkpoint := self._checkpoint()):
                yield checkpoint
            if self._delivery and self._position == self._reader.position:
                member = self._member(self._delivery)
                make = partial(EventCrowd, self._reader, self._wanted, self._readers.database.clock)
                with self._readers.crowds.joined(self._reader, self._delivery.key, make, member):
                    yield InCrowd(member)
                self._position, self._due = member.position, member.due
            else:
                await self._reader.news(self._position, self._due - self._loop.time())

    async def _begin(self, after: Position | None) -> None:
        reads, gallery_id = self._readers.database.reads, self._reader.gallery_id
        if after is None:
            self._position = await log.head(reads, gallery_id)
        else:
            await log.check(reads, gallery_id, after)
            self._position = after
        self._reader.wake()  # The reader may not know of either position yet.

    async def _page(self) -> AsyncGenerator[Entry | Alive, None]:
        """Yields those of the next entries that are not delivered otherwise."""
        redacted_at = self._reader.redacted_at  # This is read before the page, because reading it may take time.
        page = await self._reader.after(self._position)
        turn_ends = await self._turn_ends(page)
        for entry in page:
            if self._loop.time() >= turn_ends:
                turn_ends = await self._turn_ends(page)
            item = await self._shared(entry)
            visible = await self._visible()
            if self._reader.redacted_at != redacted_at:
                # The text of an entry on this page changed while it was read or delivered, so the page is read again
                # (rule 46).
                break
            self._position = entry.position
            if self._is_for(entry, visible):
                self._heard()
                if not (item and self._delivery and self._delivery.write(item)):
                    yield entry
        if page:
            yield ALIVE

    async def _turn_ends(self, page: Sequence[Entry]) -> float:
        """Returns when others have their turn. A stream with few entries to read needs none."""
        return await self._readers.turns.next() if len(page) >= MANY else float("inf")

    async def _shared(self, entry: Entry) -> Item | None:
        """Returns the finished item of the entry, if this subscriber gets the same as others."""
        visible, delivery = await self._visible(), self._delivery
        if not delivery or not self._is_for(entry, visible):
            return None
        if delivery.differs(entry) and delivery.sees_more(entry, visible):
            return None
        return await delivery.item_of(entry)

    def _is_for(self, entry: Entry, visible: Visibility) -> bool:
        return visible.sees(entry.event.audience) and self._wanted(entry.event)

    async def _visible(self) -> Visibility:
        visible = await self._reader.sights.current(self._sight)
        if self._for_members and not visible.belongs:
            raise access_lost()
        return visible

    def _member(self, delivery: Delivery) -> EventMember:
        return EventMember(delivery, self._sight, self._position, self._due, for_members=self._for_members)

    def _checkpoint(self) -> Checkpoint | None:
        # The time of a checkpoint depends only on what was delivered, so a client cannot infer hidden entries from it
        # (rule 48).
        pace = self._readers.pace
        if self._reader.verified_at < self._due - pace.checkpoint_seconds:
            self._due += pace.checkpoint_seconds / 4
            return None
        self._heard()
        return Checkpoint(self._reader.gallery_id, self._position, self._readers.database.clock())

    def _heard(self) -> None:
        self._due = self._loop.time() + self._readers.pace.checkpoint_seconds
