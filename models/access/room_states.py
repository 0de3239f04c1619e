"""Rooms for streams: access to many at once, and a room's state without a viewer, because streams check access."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, bindparam, select

from models.access.authorise import allow, refused
from models.access.rights import NO_RIGHTS
from models.access.rooms import ROOM, RoomAccess, access_rooms_of, unpack_room
from models.database.transaction import Act, Snapshot
from models.errors import access_lost, not_found
from models.permissions import Permission
from models.storage.base import columns, unpack
from models.storage.statements import Statements, among
from models.tables.content import ShownContent, ShownFacts
from models.tables.rooms import Room
from models.tables.sessions import RoomSession

_SHOWN = columns(ShownFacts, ShownContent)
# One statement, so that what is shown is never newer than the position of the state.
_STATE = (
    ROOM.where(Room.gallery_id == bindparam("gallery"))
    .outerjoin(ShownContent, and_(ShownContent.session_id == RoomSession.id, ShownContent.item_id.is_not(None)))
    .add_columns(*_SHOWN)
)
_NOBODY = UUID(int=0)


_GALLERIES = select(Room.id, Room.gallery_id).where(among(Room.id))


async def access_rooms(
    snapshot: Snapshot, rooms: Sequence[UUID], permission: Permission, *field: str
) -> list[RoomAccess]:
    """Returns these rooms, if the viewer sees all of them and holds `permission` in each.

    Runs three statements. Raises NOT_FOUND and FORBIDDEN, with the place in the list.
    """
    galleries: dict[UUID, UUID] = dict(await snapshot.rows(_GALLERIES, {"ids": list(rooms)}))
    # An absent room is asked for under its own id, so that absent and hidden rooms cost the same (rule 4).
    wanted = [galleries.get(each, each) for each in rooms]
    found = await access_rooms_of(snapshot, set(wanted))
    for place, gallery_id in enumerate(wanted):
        act = Act(permission, "room", rooms[place], None)
        if gallery_id not in found:
            raise refused(snapshot, act, not_found("room", *field, str(place)))
        await allow(snapshot, act, found[gallery_id].granting(permission), (*field, str(place)))
    return [found[each] for each in wanted]


class RoomState(NamedTuple):
    """A room with its running or last session, and what that session shows now."""

    access: RoomAccess
    shown: ShownFacts | None


async def room_state(run: Statements, gallery_id: UUID) -> RoomState:
    """Returns a gallery's room without a viewer. Runs one statement. Raises FORBIDDEN if the gallery is gone."""
    row = await run.row(_STATE, {"gallery": gallery_id, "viewer": _NOBODY})
    if row is None:
        raise access_lost()
    shown, _end = unpack(row, len(row) - len(_SHOWN), ShownFacts)
    return RoomState(unpack_room(row, NO_RIGHTS), shown)
