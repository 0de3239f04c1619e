"""A room's state without a viewer, for streams, which check access themselves."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, bindparam

from models.access.rights import NO_RIGHTS
from models.access.rooms import ROOM, RoomAccess, unpack_room
from models.errors import access_lost
from models.storage.base import columns, unpack
from models.storage.statements import Statements
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
