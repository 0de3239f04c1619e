"""Crowds that follow the log's entries."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from models.audiences import AudienceKey
from models.cursors import Position
from models.events.every import Event
from models.events.log import Entry
from subscriptions.crowds import AT_ONCE, Crowd, Member
from subscriptions.delivery import Checkpoint, Delivery, Item
from subscriptions.reader import Reader
from subscriptions.sights import Sight


class EventMember(Member):
    """A subscriber of entries. `position` is the last entry that was considered for them when they left."""

    __slots__ = ("delivery", "due", "position")

    def __init__(self, delivery: Delivery, sight: Sight, position: Position, due: float, *, for_members: bool) -> None:
        super().__init__(sight, for_members=for_members)
        self.delivery = delivery
        self.position = position
        self.due = due  # the event loop's time of the next checkpoint


class EventCrowd(Crowd[EventMember]):
    def __init__(self, reader: Reader, wanted: Callable[[Event], bool], now: Callable[[], datetime]) -> None:
        super().__init__(reader)
        self._wanted = wanted
        self._now = now

    def note_position(self, member: EventMember) -> None:
        if member.position.number < self.position.number:
            member.position = self.position

    async def serve(self) -> None:
        redacted_at = self.reader.redacted_at
        for entry in await self.reader.after(self.position):
            if not await self._serve(entry, redacted_at):
                return  # The text of an entry on this page changed meanwhile, so the page is read again (rule 46).
            self.position = entry.position

    async def _serve(self, entry: Entry, redacted_at: int) -> bool:
        """Serves all members with one entry. Returns False if the entry has to be read again."""
        wanted, sights, item = self._wanted(entry.event), self.reader.sights, None
        if not wanted and sights.settled():
            return True
        audience = entry.event.audience
        # Those who join from now on have come as far as the reader, which is at this entry or further.
        waiting = [each for each in self.members if each.position.number < entry.number]
        while waiting:
            some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            if wanted and item is None:
                await sights.settle(each.sight for each in some)
                if any(_sees(each, audience) for each in some):
                    item = await some[0].delivery.item_of(entry)
            await sights.settle(each.sight for each in some)
            # From here to the end of the pass nothing is awaited, so what was judged holds.
            if self.reader.redacted_at != redacted_at:
                return False
            self._pass(some, entry, audience, item, wanted=wanted)
            if waiting:
                await asyncio.sleep(0)
        return True

    def _pass(
        self, members: list[EventMember], entry: Entry, audience: AudienceKey, item: Item | None, *, wanted: bool
    ) -> None:
        position, due = entry.position, self.loop.time() + self.reader.pace.checkpoint_seconds
        differs = members[0].delivery.differs(entry)
        for member in members:
            if member not in self.members:
                continue
            visible = member.visible()
            if visible is None:
                self.remove(member)
            elif not wanted or not visible.sees(audience):
                member.position = position
            elif item and not (differs and member.delivery.sees_more(entry, visible)) and member.delivery.write(item):
                member.position, member.due = position, due
            else:
                self.remove(member)

    async def tick(self, now: float) -> None:
        """Sends a checkpoint to members who got nothing for long.

        Its time depends only on what they got, so a client cannot infer hidden entries from it (rule 48).
        """
        here, seconds = self.position, self.reader.pace.checkpoint_seconds
        due = [each for each in self.members if each.due <= now and each.position.number <= here.number]
        verified = [each for each in due if self.reader.verified_at >= each.due - seconds]
        for member in set(due).difference(verified):
            member.due += seconds / 4
        if not verified:
            return
        item = await verified[0].delivery.item_of(Checkpoint(self.reader.gallery_id, here, self._now()))
        for member in verified:
            # Members who were passed by an entry meanwhile are further. They get their checkpoint at the next time.
            if member in self.members and member.position.number <= here.number:
                if item and member.delivery.write(item):
                    member.due = now + seconds
                else:
                    member.due = now  # It is told to them alone, and at once.
                    self.remove(member)


def _sees(member: EventMember, audience: AudienceKey) -> bool:
    visible = member.visible()
    return visible is not None and visible.sees(audience)
