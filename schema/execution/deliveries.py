"""Delivery of a stream's items as finished bytes, which are made once for all subscribers who get the same."""

from collections.abc import Callable, Hashable
from typing import Any

from models.access.visibility import Visibility
from models.events.log import Entry
from schema.context import Info
from schema.execution.impersonal import Operation, Sharing
from schema.execution.renderings import Told
from subscriptions.delivery import Checkpoint, Outlet


class SharedDelivery:
    """Serves one subscriber through an outlet, as far as what they get is shared."""

    def __init__(
        self,
        info: Info,
        outlet: Outlet,
        sharing: Sharing,
        operation: Operation,
        tell: Callable[[Entry | Checkpoint], Told[Any]],
        differs: Callable[[Entry], bool],
        sees_more: Callable[[Entry, Visibility], bool],
    ) -> None:
        self.write = outlet.write
        self.differs = differs
        self.sees_more = sees_more
        self._info = info
        self._sharing = sharing
        self._operation = operation
        self._tell = tell

    @property
    def key(self) -> Hashable:
        return self._operation

    async def bytes_of(self, item: Entry | Checkpoint) -> bytes | None:
        told = self._tell(item)
        if not self._sharing.shares(told.type_name):
            return None
        rendering = await self._info.context.executor.shared(told, self._info, self._operation)
        encoded: bytes | None = rendering.encoded
        return encoded


def delivery_of(
    info: Info,
    tell: Callable[[Entry | Checkpoint], Told[Any]],
    differs: Callable[[Entry], bool],
    sees_more: Callable[[Entry, Visibility], bool],
) -> SharedDelivery | None:
    """Returns how the subscription is served, or None if it has no outlet or its items cannot be shared."""
    outlet = info.context.outlet
    sharing: Sharing | None = info.context.executor.sharing(info)
    if outlet is None or sharing is None or sharing.operation is None:
        return None
    return SharedDelivery(info, outlet, sharing, sharing.operation, tell, differs, sees_more)
