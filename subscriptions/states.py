"""The latest state of what is derived from a gallery's log, such as its room's status, for many watchers."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from models.access.visibility import Visibility
from models.cursors import Position
from models.events import log
from models.events.every import Event
from models.permissions import Viewer
from subscriptions.crowds import AT_ONCE, Crowd, Member
from subscriptions.delivery import Item
from subscriptions.reader import Reader
from subscriptions.readers import Readers
from subscriptions.sights import Sight
from subscriptions.signs import ALIVE, Alive, InCrowd, signs_in_time


class View(Protocol):
    """A state as some of its watchers see it. Views with an equal `shows` look the same to clients."""

    @property
    def shows(self) -> Hashable: ...


V = TypeVar("V", bound=View)
V_co = TypeVar("V_co", bound=View, covariant=True)
V_contra = TypeVar("V_contra", bound=View, contravariant=True)


class State(Protocol[V_co]):
    """A state that is derived from the log, with the log's position at which it was derived."""

    @property
    def position(self) -> Position: ...

    def seen_with(self, visible: Visibility) -> V_co:
        """Returns the state as a viewer with these rights sees it."""
        ...


class ViewDelivery(Protocol[V_contra]):
    """Serves one watcher with finished items."""

    @property
    def key(self) -> Hashable:
        """Equal for watchers who get the same items of the same views."""
        ...

    async def item_of_view(self, view: V_contra) -> Item | None:
        """Returns the finished item, made once for all, or None if it has no form that can be shared."""
        ...

    def write(self, item: Item) -> bool:
        """Sends the item now, or returns False if the client does not read fast enough."""
        ...


def latest(
    readers: Readers,
    viewer: Viewer,
    gallery_id: UUID,
    wanted: Callable[[Event], bool],
    read: Callable[[], Awaitable[State[V]]],
    delivery: ViewDelivery[V] | None = None,
    turn: AbstractAsyncContextManager[object] | None = None,
) -> AsyncGenerator[V, None]:
    """Yields the state as the viewer sees it at the start, and again after each batch with a wanted entry.

    A view that looks like the one before is left out. The state is read once for all subscribers in this process, which
    pass the same `read`. A slow subscriber receives only the latest state. Raises FORBIDDEN and UNAVAILABLE as `follow`
    does. With a `delivery`, views that many watchers share go to it, and only the others are yielded.

    `turn` is entered before a view is made, and left when the next one is asked for. So of generators that share one,
    only one holds a view that is not sent yet, and none holds one that is out of date.
    """
    whose_turn = turn or nullcontext()

    def signs(reader: Reader, sight: Sight) -> AsyncGenerator[V | Alive | InCrowd, None]:
        return _Watching(readers, wanted, read, delivery, reader, sight, whose_turn).signs()

    return signs_in_time(readers, viewer, gallery_id, signs)


class _Watching(Generic[V]):
    """One watcher's way from state to state."""

    def __init__(
        self,
        readers: Readers,
        wanted: Callable[[Event], bool],
        read: Callable[[], Awaitable[State[V]]],
        delivery: ViewDelivery[V] | None,
        reader: Reader,
        sight: Sight,
        turn: AbstractAsyncContextManager[object],
    ) -> None:
        self._readers = readers
        self._wanted = wanted
        self._read = read
        self._delivery = delivery
        self._reader = reader
        self._sight = sight
        self._turn = turn
        self._shown: Hashable = None  # what the client was shown last

    async def signs(self) -> AsyncGenerator[V | Alive | InCrowd, None]:
        """Yields the views that are not delivered otherwise, and signs of life."""
        position = await log.head(self._readers.database.reads, self._reader.gallery_id)
        self._reader.wake()
        # Until the reader has reached this position, the state that it shares may be older.
        state = await (self._reader.shared(self._read) if self._reader.position == position else self._read())
        due = False
        while True:
            async with self._turn:
                while entries := await self._reader.after(position):
                    due = due or any(self._wanted(entry.event) for entry in entries)
                    position = entries[-1].position
                state = await self._reader.shared(self._read) if due else state
                if view := await self._new_view(state):
                    yield view
            if not view and self._reader.verified_at >= self._loop_time() - self._readers.pace.checkpoint_seconds:
                yield ALIVE
            if self._delivery and position == self._reader.position:
                member = StateMember(self._delivery, self._sight, self._shown)
                make = partial(StateCrowd[V], self._reader, self._wanted, self._read)
                with self._readers.crowds.joined(self._reader, self._delivery.key, make, member):
                    yield InCrowd(member)
                # The crowd may have read on without showing anything to this member.
                self._shown, due = member.shown, True
            else:
                await self._reader.news(position, self._readers.pace.checkpoint_seconds)
                due = False

    async def _new_view(self, state: State[V]) -> V | None:
        """Returns the viewer's view of the state, or None if it looks like the one before."""
        # Access is judged last, with all changes of access up to the state. So a state is never newer than the
        # judgement.
        await self._reader.reaches(state.position)
        view = state.seen_with(await self._reader.sights.current(self._sight))
        if view.shows == self._shown:
            return None
        self._shown = view.shows
        return view

    def _loop_time(self) -> float:
        return asyncio.get_running_loop().time()


class StateMember(Member, Generic[V]):
    """A watcher. `shown` is what their client was shown last."""

    __slots__ = ("delivery", "served", "shown")

    def __init__(self, delivery: ViewDelivery[V], sight: Sight, shown: Hashable) -> None:
        super().__init__(sight)
        self.delivery = delivery
        self.shown = shown
        self.served: State[V] | None = None  # the state that was last considered for them


class StateCrowd(Crowd[StateMember[V]]):
    def __init__(
        self, reader: Reader, wanted: Callable[[Event], bool], read: Callable[[], Awaitable[State[V]]]
    ) -> None:
        super().__init__(reader)
        self._wanted = wanted
        self._read = read

    async def serve(self) -> None:
        due = False
        while entries := await self.reader.after(self.position):
            due = due or any(self._wanted(entry.event) for entry in entries)
            self.position = entries[-1].position
        await self.reader.sights.settle(each.sight for each in self.members)
        for member in [each for each in self.members if each.visible() is None]:
            self.remove(member)
        if due:
            await self._show(await self.reader.shared(self._read))

    async def _show(self, state: State[V]) -> None:
        await self.reader.reaches(state.position)
        while waiting := [each for each in self.members if each.served is not state][:AT_ONCE]:
            items = await self._items(waiting, state)
            await self.reader.sights.settle(each.sight for each in waiting)
            # From here to the end of the pass nothing is awaited, so what was judged holds.
            for member in waiting:
                self._show_one(member, state, items)
            await asyncio.sleep(0)

    async def _items(self, members: Iterable[StateMember[V]], state: State[V]) -> dict[Hashable, Item | None]:
        """Returns the finished item of each view that one of the members has to be shown, by what it shows."""
        items: dict[Hashable, Item | None] = {}
        for member in members:
            visible = member.visible()
            view = visible and state.seen_with(visible)
            if view and view.shows != member.shown and view.shows not in items:
                items[view.shows] = await member.delivery.item_of_view(view)
        return items

    def _show_one(self, member: StateMember[V], state: State[V], items: Mapping[Hashable, Item | None]) -> None:
        visible = member.visible()
        shows = visible and state.seen_with(visible).shows
        if visible is None:
            self.remove(member)
        elif shows == member.shown:
            member.served = state
        elif shows in items:  # Otherwise the member has got other rights meanwhile, and the next round serves them.
            item = items[shows]
            if item and member.delivery.write(item):
                member.served, member.shown = state, shows
            else:
                self.remove(member)

    async def tick(self, now: float) -> None:
        """Does nothing: watchers get no checkpoints."""
