"""References to types whose files import the file that refers to them.

Strawberry finds the type when the schema is built. The loader is looked up by its kind when it is needed. The module
schema/types/nodes.py imports all types and registers their loaders.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot

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
