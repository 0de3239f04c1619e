"""Crowds: the subscribers of one gallery who wait at the head of the log with the same operation.

An item is made once for the whole crowd, and goes to all of its members in one pass that wakes no task. Each member is
still a position in the log, and what they may see is decided for each of them and each entry (rules 63, 65). A member
who cannot be served in this way goes on alone from their position: their client does not read fast enough, they see
another form of the item, or they have lost access.
"""

import asyncio
import logging
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import datetime

from models.audiences import AudienceKey
from models.cursors import Position
from models.errors import Unavailable
from models.events.every import Event
from models.events.log import Entry
from subscriptions.delivery import Checkpoint, Delivery
from subscriptions.reader import Reader
from subscriptions.sights import Sight

logger = logging.getLogger(__name__)

AT_ONCE = 500
"""How many members are served before other tasks run."""


class Member:
    """A subscriber in a crowd. `position` is the last entry that was considered for them when they left."""

    __slots__ = ("delivery", "due", "for_members", "heard_at", "left", "position", "sight")

    def __init__(self, delivery: Delivery, sight: Sight, position: Position, due: float, *, for_members: bool) -> None:
        loop = asyncio.get_running_loop()
        self.delivery = delivery
        self.sight = sight
        self.position = position
        self.for_members = for_members
        self.due = due  # the event loop's time of the next checkpoint
        self.heard_at = loop.time()
        self.left: asyncio.Future[None] = loop.create_future()


class Crowd:
    """Serves its members from the reader's log, in a task that runs as long as there are members."""

    def __init__(self, reader: Reader, wanted: Callable[[Event], bool], now: Callable[[], datetime]) -> None:
        self._reader = reader
        self._wanted = wanted
        self._now = now
        self._position = reader.position
        self._members: set[Member] = set()
        self._loop = asyncio.get_running_loop()
        self._tick_seconds = reader.pace.checkpoint_seconds / 10
        self._next_tick = 0.0
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._members)

    def add(self, member: Member) -> None:
        self._members.add(member)
        if self._task is None:
            self._position = member.position
            self._task = asyncio.create_task(self._run(), name=f"crowd {self._reader.gallery_id}")

    def remove(self, member: Member, error: Exception | None = None) -> None:
        """Ends a membership. The member's stream goes on from the member's position, or raises the error."""
        self._members.discard(member)
        if not member.left.done():
            if member.position.number < self._position.number:
                member.position = self._position
            if error:
                member.left.set_exception(error)
            else:
                member.left.set_result(None)
        if not self._members and self._task:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        try:
            while True:
                async with asyncio.timeout(self._reader.pace.silence_seconds / 2):
                    await self._serve_page()
                await self._reader.news(self._position, self._next_tick - self._loop.time())
                if self._loop.time() >= self._next_tick:
                    await self._tick()
        except Exception:
            # Each member's own stream meets the same trouble, and reports it to its client.
            logger.debug("a crowd is dissolved", exc_info=True)
            self._task = None
            for member in list(self._members):
                self.remove(member)

    async def _serve_page(self) -> None:
        redacted_at = self._reader.redacted_at
        for entry in await self._reader.after(self._position):
            if not await self._serve(entry, redacted_at):
                return  # The text of an entry on this page changed meanwhile, so the page is read again (rule 46).
            self._position = entry.position

    async def _serve(self, entry: Entry, redacted_at: int) -> bool:
        """Serves all members with one entry. Returns False if the entry has to be read again."""
        wanted, sights, item = self._wanted(entry.event), self._reader.sights, None
        if not wanted and sights.settled():
            return True
        audience = entry.event.audience
        while waiting := [each for each in self._members if each.position.number < entry.number]:
            await sights.settle(each.sight for each in waiting)
            if wanted and item is None and any(_sees(each, audience) for each in waiting):
                item = await waiting[0].delivery.bytes_of(entry)
                await sights.settle(each.sight for each in waiting)
            # From here to the end of the pass nothing is awaited, so what was judged holds.
            if self._reader.redacted_at != redacted_at:
                return False
            self._pass(waiting[:AT_ONCE], entry, audience, item, wanted=wanted)
            if len(waiting) > AT_ONCE:
                await asyncio.sleep(0)
        return True

    def _pass(
        self, members: list[Member], entry: Entry, audience: AudienceKey, item: bytes | None, *, wanted: bool
    ) -> None:
        position, now = entry.position, self._loop.time()
        differs = members[0].delivery.differs(entry)
        due = now + self._reader.pace.checkpoint_seconds
        for member in members:
            visible = member.sight.visible
            if visible is None or (member.for_members and not visible.belongs):  # They have lost access.
                self.remove(member)
            elif not wanted or not visible.sees(audience):
                member.position = position
            elif item and not (differs and member.delivery.sees_more(entry, visible)) and member.delivery.write(item):
                member.position, member.heard_at, member.due = position, now, due
            else:
                self.remove(member)

    async def _tick(self) -> None:
        """Sends checkpoints to members who heard nothing for long, and ends streams that could tell nothing."""
        # The ticks do not depend on the log, so a client cannot infer hidden entries from the times of checkpoints
        # (rule 48).
        now, pace = self._loop.time(), self._reader.pace
        self._next_tick = (now // self._tick_seconds + 1) * self._tick_seconds
        for member in list(self._members):
            if now - member.heard_at > pace.silence_seconds:
                logger.warning("a stream could tell nothing for %s s, and was ended", pace.silence_seconds)
                self.remove(member, Unavailable())
        here = self._position.number
        due = [each for each in self._members if each.due <= now and each.position.number <= here]
        if due and self._reader.verified_at >= now - pace.checkpoint_seconds:
            await self._send_checkpoint(due)

    async def _send_checkpoint(self, members: list[Member]) -> None:
        rest = Checkpoint(self._reader.gallery_id, self._position, self._now())
        item = await members[0].delivery.bytes_of(rest)
        now = self._loop.time()
        for member in members:
            if member in self._members:
                if item and member.delivery.write(item):
                    member.heard_at, member.due = now, now + self._reader.pace.checkpoint_seconds
                else:
                    self.remove(member)


def _sees(member: Member, audience: AudienceKey) -> bool:
    visible = member.sight.visible
    return visible is not None and visible.sees(audience)


class Crowds:
    """All crowds of this process."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._crowds: dict[tuple[Reader, Hashable], Crowd] = {}

    @contextmanager
    def joined(self, reader: Reader, wanted: Callable[[Event], bool], member: Member) -> Iterator[None]:
        """Keeps the member in its crowd while entered. The member has come as far as the reader."""
        key = reader, member.delivery.key
        crowd = self._crowds.get(key)
        if crowd is None:
            crowd = self._crowds[key] = Crowd(reader, wanted, self._now)
        crowd.add(member)
        try:
            yield
        finally:
            crowd.remove(member)
            if not len(crowd):
                self._crowds.pop(key, None)
