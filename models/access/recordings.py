"""Access to recordings: through their room, or through the media server's token scope (rules 4, 56, 57).

As in models/access/media.py, the lock statement checks visibility itself, so that hidden and absent recordings cost the
same.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select, true

from models.access.authorise import allow, granting, holds, locking, refused
from models.access.rights import SEES_ROOM, with_rights
from models.access.rooms import ROOM, RoomAccess, reach_room
from models.database.transaction import Act, Transaction
from models.errors import NotRecording, SessionEnded, not_found
from models.permissions import Permission, Role, granted
from models.storage.base import columns, unpack
from models.tables.galleries import Gallery
from models.tables.recordings import Recording, RecordingFacts, RecordingState
from models.tables.rooms import Room
from models.tables.sessions import RoomSession, SessionFacts


@dataclass(frozen=True, slots=True)
class RecordingAccess:
    """A recording on which the viewer may act, its session, and its gallery's title."""

    recording: RecordingFacts
    session: SessionFacts
    gallery_title: str


_GALLERY = select(Recording.gallery_id).where(Recording.id == bindparam("id")).scalar_subquery()
_LOCK = locking(Gallery.id == _GALLERY, SEES_ROOM)
_LOCK_FOR_SCOPE = locking(Gallery.id == _GALLERY, true())
_ROOM_OF = with_rights(ROOM.where(Room.gallery_id == _GALLERY), _GALLERY)
_RECORDING = (
    select(*columns(RecordingFacts, Recording), *columns(SessionFacts, RoomSession), Gallery.title)
    .join_from(Recording, RoomSession, RoomSession.id == Recording.session_id)
    .join(Gallery, Gallery.id == Recording.gallery_id)
    .where(Recording.id == bindparam("id"))
)


async def access_recording(tx: Transaction, recording_id: UUID, permission: Permission, *field: str) -> RecordingAccess:
    """Returns the recording, if the viewer holds `permission` in its room or by a site role.

    Raises NOT_FOUND, FORBIDDEN.
    """
    act = Act(permission, "recording", recording_id, None)
    role = await _role(tx, act, field)
    row = await tx.row(_RECORDING, {"id": recording_id})
    if row is None:
        raise refused(tx, act, not_found("recording", *field))
    await allow(tx, act, role, field)
    recording, at = unpack(row, 0, RecordingFacts)
    session, at = unpack(row, at, SessionFacts)
    assert recording
    assert session
    return RecordingAccess(recording, session, row[at])


def must_be_running(recording: RecordingFacts, session: SessionFacts, *field: str) -> None:
    """Raises SESSION_ENDED or NOT_RECORDING unless the recording is being made."""
    if session.ended_at is not None:
        raise SessionEnded("This session has ended, so its recording has ended too.", *field)
    if recording.state is not RecordingState.RECORDING:
        raise NotRecording("This recording has ended.", *field)


def may_end_recording(room: RoomAccess, recording: RecordingFacts, _viewer_id: UUID, _now: datetime) -> bool:
    """Returns whether `endRecording` is done for the viewer, who sees this room of the recording's session."""
    assert room.session
    return room.granting(Permission.RECORD) is not None and holds(must_be_running, recording, room.session)


async def _role(tx: Transaction, act: Act, field: tuple[str, ...]) -> Role | None:
    """Locks the gallery, and returns the role that allows the act, or None. Raises NOT_FOUND."""
    if act.permission not in granted(tx.viewer.site_roles):
        return (await reach_room(tx, act, _LOCK, _ROOM_OF, field)).granting(act.permission)
    if not await tx.row(_LOCK_FOR_SCOPE, {"id": act.target_id}):
        raise refused(tx, act, not_found("recording", *field))
    return granting(list(tx.viewer.site_roles), act.permission)
