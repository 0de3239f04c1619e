"""Delivery of a stream's finished items, which are made once for all subscribers who get the same."""

from collections.abc import Callable, Hashable
from typing import Any

from models.access.visibility import Visibility
from models.events.log import Entry
from schema.context import Info
from schema.execution.impersonal import Sharing
from schema.execution.renderings import Told
from subscriptions.delivery import Checkpoint, Item, Outlet


class SharedDelivery:
    """Serves one subscriber through an outlet with items that are shared."""

    __slots__ = ("_info", "_sharing", "key", "write")

    def __init__(self, info: Info, outlet: Outlet, sharing: Sharing) -> None:
        self.key: Hashable = sharing.operation
        self.write = outlet.write
        self._info = info
        self._sharing = sharing

    def shares(self, type_name: str) -> bool:
        """Returns whether nothing that is selected of an item of this type depends on the viewer."""
        return self._sharing.shares(type_name, self._info)

    async def item_of_view(self, view: Told[Any]) -> Item | None:
        """Returns the finished item, made once for all, or None if it has no form that can be shared."""
        if not self.shares(view.type_name):
            return None
        rendering = await self._info.context.executor.shared(view, self._info, self._sharing.operation)
        item: Item | None = rendering.item
        return item


class EventDelivery:
    """Serves one subscriber of the log's entries."""

    __slots__ = ("_differs", "_sees_more", "_shared", "_tell", "key", "write")

    def __init__(
        self,
        shared: SharedDelivery,
        tell: Callable[[Entry | Checkpoint], Told[Any]],
        differs: Callable[[Entry], bool],
        sees_more: Callable[[Entry, Visibility], bool],
    ) -> None:
        self.key = shared.key
        self.write = shared.write
        self._differs = differs
        self._sees_more = sees_more
        self._shared = shared
        self._tell = tell

    def differs(self, entry: Entry) -> bool:
        """Returns whether some of those who see the entry may see more of it than others."""
        return self._differs(entry)

    def sees_more(self, entry: Entry, visible: Visibility) -> bool:
        """Returns whether this viewer may see more of an entry that differs."""
        return self._sees_more(entry, visible)

    async def item_of(self, told: Entry | Checkpoint) -> Item | None:
        """Returns the finished item, made once for all, or None if it has no form that can be shared."""
        return await self._shared.item_of_view(self._tell(told))


def view_delivery_of(info: Info) -> SharedDelivery | None:
    """Returns how the subscription is served, or None if it has no outlet or its items cannot be shared."""
    outlet = info.context.outlet
    sharing: Sharing | None = info.context.executor.sharing(info)
    if outlet is None or sharing is None:
        return None
    return SharedDelivery(info, outlet, sharing)


def delivery_of(
    info: Info,
    tell: Callable[[Entry | Checkpoint], Told[Any]],
    differs: Callable[[Entry], bool],
    sees_more: Callable[[Entry, Visibility], bool],
) -> EventDelivery | None:
    """Returns how the subscription of entries is served, or None as `view_delivery_of` does."""
    shared = view_delivery_of(info)
    return EventDelivery(shared, tell, differs, sees_more) if shared else None
