"""Access to the full record of a session, for the gallery's managers (rules 4, 48)."""

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
    """The gallery of a session, and a Viewer that may read the session's record."""

    gallery_id: UUID
    viewer: Viewer
    backchannel: bool  # whether the viewer may read the backchannel too; only the snapshot counts (rule 48)


_OWN_BACKCHANNEL = select(Participant.backchannel).where(
    Participant.session_id == bindparam("id"), Participant.user_id == bindparam("viewer"), Participant.was_admitted
)


async def access_record(handle: Snapshot, session_id: UUID, *field: str) -> RecordAccess:
    """Returns access to the record of a running or ended session. Raises NOT_FOUND, FORBIDDEN.

    Only managers of the session's gallery get access.
    """
    act = Act(Permission.READ_RECORDS, "session", session_id, None)
    room = await reach_session(handle, act, field)
    await allow(handle, act, room.granting(act.permission), field)
    backchannel = await handle.value(_OWN_BACKCHANNEL, {"id": session_id, "viewer": handle.viewer.id})
    return RecordAccess(room.room.gallery_id, replace(handle.viewer, record_of=session_id), bool(backchannel))
