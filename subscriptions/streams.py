"""What a subscriber receives: the log after a position, without a gap, as far as the viewer sees it (rules 60, 61, 63)."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from uuid import UUID

from models.access.visibility import Visibility
from models.cursors import Position
from models.errors import access_lost
from models.events import log
from models.events.every import Event
from models.events.log import Entry
from models.permissions import Viewer
from subscriptions.delivery import Checkpoint, Delivery
from subscriptions.event_crowds import EventCrowd, EventMember
from subscriptions.reader import Reader
from subscriptions.readers import Readers
from subscriptions.sights import Sight
from subscriptions.signs import ALIVE, Alive, InCrowd, in_time

MANY = 20
"""A page with as many entries is read by a stream that catches up."""


def follow(
    readers: Readers,
    viewer: Viewer,
    gallery_id: UUID,
    after: Position | None,
    wanted: Callable[[Event], bool],
    *,
    for_members: bool = False,
    delivery: Delivery | None = None,
) -> AsyncGenerator[Entry | Checkpoint, None]:
    """Yields the wanted entries after `after` that the viewer may see, each once, in order.

    `after` None means after the log's head now. A quiet stream yields a Checkpoint every `checkpoint_seconds`. The
    stream ends by raising CURSOR_EXPIRED, STREAM_RESET or FORBIDDEN before any further entry, or UNAVAILABLE if it
    cannot go on. FORBIDDEN means that the viewer has lost access to the gallery and its room. With `for_members`, it
    means that the viewer has lost access to the gallery, even if the viewer still has access to the room.

    With a `delivery`, items that many subscribers share go to it, and only the others are yielded. Callers who pass
    equal keys pass an equivalent `wanted`.
    """
    following = _Following(readers, viewer, gallery_id, wanted, for_members=for_members, delivery=delivery)
    return in_time(readers.pace, following.items(after))


class _Following:
    """One subscriber's way through the log."""

    def __init__(
        self,
        readers: Readers,
        viewer: Viewer,
        gallery_id: UUID,
        wanted: Callable[[Event], bool],
        *,
        for_members: bool,
        delivery: Delivery | None,
    ) -> None:
        self._readers = readers
        self._viewer = viewer
        self._gallery_id = gallery_id
        self._wanted = wanted
        self._for_members = for_members
        self._delivery = delivery
        self._loop = asyncio.get_running_loop()
        self._position = Position(0, 0)
        self._due = 0.0

    async def items(self, after: Position | None) -> AsyncGenerator[Entry | Checkpoint | Alive | InCrowd, None]:
        async with self._readers.open(self._gallery_id) as reader:
            with reader.sights.of(self._viewer) as sight:
                await self._begin(reader, after)
                while True:
                    redacted_at = reader.redacted_at  # This is read before the page, whose reading may take time.
                    page = await reader.after(self._position)
                    turn_ends = await self._turn_ends(page)
                    for entry in page:
                        if self._loop.time() >= turn_ends:
                            turn_ends = await self._readers.turns.next()
                        item = await self._shared(entry, reader, sight)
                        visible = await self._visible(reader, sight)
                        if reader.redacted_at != redacted_at:
                            # The text of an entry on this page changed while it was read or delivered, so the page is
                            # read again (rule 46).
                            break
                        self._position = entry.position
                        if self._is_for(entry, visible):
                            self._heard()
                            if not self._write(item):
                                yield entry
                    if page:
                        yield ALIVE
                    await self._visible(reader, sight)
                    if self._loop.time() >= self._due and (checkpoint := self._checkpoint(reader)):
                        yield checkpoint
                    if not self._delivery or self._position != reader.position:
                        await reader.news(self._position, self._due - self._loop.time())
                        continue
                    due, for_members = self._due, self._for_members
                    member = EventMember(self._delivery, sight, self._position, due, for_members=for_members)
                    make = partial(EventCrowd, reader, self._wanted, self._readers.database.clock)
                    with self._readers.crowds.joined(reader, self._delivery.key, make, member):
                        yield InCrowd(member)
                    self._position, self._due = member.position, member.due

    async def _begin(self, reader: Reader, after: Position | None) -> None:
        reads = self._readers.database.reads
        if after is None:
            self._position = await log.head(reads, self._gallery_id)
        else:
            await log.check(reads, self._gallery_id, after)
            self._position = after
        reader.wake()  # The reader may not know of either position yet.
        self._heard()

    async def _turn_ends(self, page: Sequence[Entry]) -> float:
        return await self._readers.turns.next() if len(page) >= MANY else float("inf")

    async def _shared(self, entry: Entry, reader: Reader, sight: Sight) -> bytes | None:
        """Returns the entry as bytes, if this subscriber gets the same as others."""
        visible, delivery = await self._visible(reader, sight), self._delivery
        if not delivery or not self._is_for(entry, visible):
            return None
        if delivery.differs(entry) and delivery.sees_more(entry, visible):
            return None
        return await delivery.bytes_of(entry)

    def _write(self, item: bytes | None) -> bool:
        return bool(item and self._delivery and self._delivery.write(item))

    def _is_for(self, entry: Entry, visible: Visibility) -> bool:
        return visible.sees(entry.event.audience) and self._wanted(entry.event)

    async def _visible(self, reader: Reader, sight: Sight) -> Visibility:
        visible = await reader.sights.current(sight)
        if self._for_members and not visible.belongs:
            raise access_lost()
        return visible

    def _checkpoint(self, reader: Reader) -> Checkpoint | None:
        # The time of a checkpoint depends only on what was delivered, so a client cannot infer hidden entries from it
        # (rule 48).
        pace = self._readers.pace
        if reader.verified_at < self._due - pace.checkpoint_seconds:
            self._due += pace.checkpoint_seconds / 4
            return None
        self._heard()
        return Checkpoint(self._gallery_id, self._position, self._readers.database.clock())

    def _heard(self) -> None:
        self._due = self._loop.time() + self._readers.pace.checkpoint_seconds
