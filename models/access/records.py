"""Access to a session's whole record, for the gallery's managers (rules 4, 48)."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import bindparam, select

from models.access.authorise import allow
from models.access.rooms import reach_session
from models.database.transaction import Act, Snapshot
from models.permissions import Permission, Viewer
from models.tables.participants import Participant


@dataclass(frozen=True, slots=True)
class RecordAccess:
    """A session's gallery, and the viewer as who may read the session's record."""

    gallery_id: UUID
    viewer: Viewer
    backchannel: bool  # whether that is theirs to read as well: by snapshot alone (rule 48)


_OWN_BACKCHANNEL = select(Participant.backchannel).where(
    Participant.session_id == bindparam("id"), Participant.user_id == bindparam("viewer"), Participant.was_admitted
)


async def access_record(handle: Snapshot, session_id: UUID, *field: str) -> RecordAccess:
    """The record of a session, running or over, if the viewer is a manager of its gallery. NOT_FOUND, FORBIDDEN."""
    act = Act(Permission.READ_RECORDS, "session", session_id, None)
    room = await reach_session(handle, act, field)
    await allow(handle, act, room.granting(act.permission), field)
    backchannel = await handle.value(_OWN_BACKCHANNEL, {"id": session_id, "viewer": handle.viewer.id})
    return RecordAccess(room.room.gallery_id, replace(handle.viewer, record_of=session_id), bool(backchannel))
