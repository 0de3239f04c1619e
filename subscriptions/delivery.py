"""How a subscriber is served with finished items, which are made once for all who get the same."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from models.access.visibility import Visibility
from models.cursors import Position
from models.events.log import Entry


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Tells the client that all entries up to this position were considered and that the stream still works."""

    gallery_id: UUID
    position: Position
    occurred_at: datetime


class Item(NamedTuple):
    """A finished item: the response as JSON, and the cursor after which a stream continues, if the item has one."""

    body: bytes
    cursor: str | None = None


class Outlet(Protocol):
    """Takes the finished items of one operation to its client."""

    def write(self, item: Item) -> bool:
        """Sends the item now, or returns False if the client does not read fast enough."""
        ...


class Delivery(Protocol):
    """Serves one subscriber."""

    @property
    def key(self) -> Hashable:
        """Equal for subscribers who get the same items of the same entries."""
        ...

    def differs(self, entry: Entry) -> bool:
        """Returns whether some of those who see the entry may see more of it than others."""
        ...

    def sees_more(self, entry: Entry, visible: Visibility) -> bool:
        """Returns whether this viewer may see more of an entry that differs. They do not get the item of the others."""
        ...

    async def item_of(self, told: Entry | Checkpoint) -> Item | None:
        """Returns the finished item, made once for all, or None if it has no form that can be shared."""
        ...

    def write(self, item: Item) -> bool:
        """Sends the item now, or returns False if the client does not read fast enough."""
        ...
