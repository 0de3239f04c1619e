"""How a subscriber is served with finished bytes, which are made once for all who get the same."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
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


class Outlet(Protocol):
    """Takes the finished items of one operation to its client."""

    def write(self, item: bytes) -> bool:
        """Sends a response as JSON now, or returns False if the client does not read fast enough."""
        ...


class Delivery(Protocol):
    """Serves one subscriber."""

    @property
    def key(self) -> Hashable:
        """Equal for subscribers who get the same bytes of the same entries."""
        ...

    def differs(self, entry: Entry) -> bool:
        """Returns whether some of those who see the entry may see more of it than others."""
        ...

    def sees_more(self, entry: Entry, visible: Visibility) -> bool:
        """Returns whether this viewer may see more of an entry that differs. They do not get the bytes of the others."""
        ...

    async def bytes_of(self, item: Entry | Checkpoint) -> bytes | None:
        """Returns the item as bytes, made once for all, or None if it has no form that can be shared."""
        ...

    def write(self, item: bytes) -> bool:
        """Sends the bytes now, or returns False if the client does not read fast enough."""
        ...
