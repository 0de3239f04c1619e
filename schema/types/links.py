"""References to types whose files import the file that refers to them.

Strawberry finds the type when the schema is built. The loader is looked up by its kind when it is needed. The module
schema/types/nodes.py imports all types and registers their loaders.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeAlias
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot
from resolvers.rooms import rooms_of_galleries
from schema.execution.ahead import Loader, link
from schema.types.node import Node, bare_node

if TYPE_CHECKING:
    from schema.types.galleries import Gallery
    from schema.types.interactions import Interaction
    from schema.types.recordings import Recording
    from schema.types.rooms import Room
    from schema.types.sessions import RoomSession

GalleryLink: TypeAlias = Annotated["Gallery", strawberry.lazy("schema.types.galleries")]
InteractionLink: TypeAlias = Annotated["Interaction", strawberry.lazy("schema.types.interactions")]
RecordingLink: TypeAlias = Annotated["Recording", strawberry.lazy("schema.types.recordings")]
RoomLink: TypeAlias = Annotated["Room", strawberry.lazy("schema.types.rooms")]
SessionLink: TypeAlias = Annotated["RoomSession", strawberry.lazy("schema.types.sessions")]

LINKED: dict[str, Callable[[Snapshot, Sequence[UUID | None]], Awaitable[Sequence[Any]]]] = {}


async def load_linked(kind: str, snapshot: Snapshot, keys: Sequence[UUID | None]) -> Sequence[Any]:
    """Loads objects of a kind by their keys.

    The key of a room is its gallery's id; the key of any other object is its own id.
    """
    return await LINKED[kind](snapshot, keys)


LINKED_TYPES: dict[str, type[Node]] = {}


class RoomKey(NamedTuple):
    """The key of a room. Its own id is None where only its gallery is known."""

    gallery_id: UUID
    room_id: UUID | None = None


async def _galleries(ids: Sequence[UUID], snapshot: Snapshot) -> Sequence[Any]:
    return await load_linked("Gallery", snapshot, ids)


async def _sessions(ids: Sequence[UUID], snapshot: Snapshot) -> Sequence[Any]:
    return await load_linked("RoomSession", snapshot, ids)


async def _rooms(keys: Sequence[RoomKey], snapshot: Snapshot) -> Sequence[Any]:
    return await load_linked("Room", snapshot, [key.gallery_id for key in keys])


async def _bare_galleries(ids: Sequence[UUID], _snapshot: Snapshot) -> Sequence[Any]:
    return [bare_node(LINKED_TYPES["Gallery"], each) for each in ids]


async def _bare_sessions(ids: Sequence[UUID], _snapshot: Snapshot) -> Sequence[Any]:
    return [bare_node(LINKED_TYPES["RoomSession"], each) for each in ids]


async def _bare_rooms(keys: Sequence[RoomKey], snapshot: Snapshot) -> Sequence[Any]:
    known = await rooms_of_galleries(snapshot, {key.gallery_id for key in keys if key.room_id is None})
    ids = [key.room_id or known.get(key.gallery_id) for key in keys]
    return [bare_node(LINKED_TYPES["Room"], each) if each else None for each in ids]


_GALLERIES, _BARE_GALLERIES = Loader(_galleries), Loader(_bare_galleries)
_SESSIONS, _BARE_SESSIONS = Loader(_sessions), Loader(_bare_sessions)
_ROOMS, _BARE_ROOMS = Loader(_rooms), Loader(_bare_rooms)

# Those who see the parent of these fields see the gallery, the session or the room as well. So nothing is read for the
# id alone, and subscribers share it.


def gallery_link(description: str, gallery_id: Callable[[Any], UUID]) -> Any:
    """Returns a field with the gallery of this id."""
    return link(description, _GALLERIES, gallery_id, bare=_BARE_GALLERIES)


def session_link(description: str, session_id: Callable[[Any], UUID]) -> Any:
    """Returns a field with the session of this id."""
    return link(description, _SESSIONS, session_id, bare=_BARE_SESSIONS)


def room_link(description: str, key: Callable[[Any], RoomKey]) -> Any:
    """Returns a field with the room of this key."""
    return link(description, _ROOMS, key, bare=_BARE_ROOMS)
