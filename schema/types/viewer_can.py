"""Fields that say what the viewer may do to an object now.

The functions of models/access/ that refuse mutations decide here too. So a mutation of a viewer who may is done, unless
its input is INVALID, a rate limit is reached or the state changes meanwhile.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from models.access.rights import Rights, rights_in
from models.access.rooms import RoomAccess, access_rooms_in
from models.database.transaction import Snapshot
from schema.execution.ahead import Loader, link

InRoom: TypeAlias = Callable[[RoomAccess, UUID, datetime], bool]
InGallery: TypeAlias = Callable[[Rights, UUID], bool]


@dataclass(frozen=True, slots=True)
class OfSession:
    """A question about an object of a session. Nothing can be done to it unless the session is its room's last one."""

    session_id: UUID
    may: InRoom


@dataclass(frozen=True, slots=True)
class OfGallery:
    """A question about an object of a gallery."""

    gallery_id: UUID
    may: InGallery


async def _of_sessions(asked: Sequence[OfSession], snapshot: Snapshot) -> Sequence[bool]:
    rooms = await access_rooms_in(snapshot, {each.session_id for each in asked})
    viewer_id, now = snapshot.viewer.id, snapshot.now
    return [each.session_id in rooms and each.may(rooms[each.session_id], viewer_id, now) for each in asked]


async def _of_galleries(asked: Sequence[OfGallery], snapshot: Snapshot) -> Sequence[bool]:
    rights = await rights_in(snapshot, {each.gallery_id for each in asked}, snapshot.viewer.id)
    return [each.may(rights[each.gallery_id], snapshot.viewer.id) for each in asked]


# Each loader answers all such fields at once: two statements for objects of sessions, one for those of galleries.
_SESSIONS, _GALLERIES = Loader(_of_sessions), Loader(_of_galleries)


def viewer_can_in_session(description: str, of: Callable[[Any], OfSession]) -> Any:
    """Returns a field with the answer to the question that `of` makes of the object."""
    return link(description, _SESSIONS, of)


def viewer_can_in_gallery(description: str, of: Callable[[Any], OfGallery]) -> Any:
    """Returns a field with the answer to the question that `of` makes of the object."""
    return link(description, _GALLERIES, of)
