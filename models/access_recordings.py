"""Access to recordings: by the room that they are of, and for the media server by its account's scope (rules 4, 56, 57).

As in models/access_media.py, the lock asks for visibility itself, so that what is hidden costs what is absent costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, select, true

from models.access import access_rooms_of, permit, refused
from models.base import columns, unpack
from models.errors import not_found
from models.galleries import Gallery
from models.permissions import Permission, Role, granted
from models.recordings import Recording, RecordingFacts
from models.rights import SEES_ROOM
from models.sessions import RoomSession, SessionFacts
from models.transaction import Act, Transaction


@dataclass(frozen=True, slots=True)
class RecordingAccess:
    """A recording that the viewer may do something with, the session that it is of, and its gallery's title."""

    recording: RecordingFacts
    session: SessionFacts
    gallery_title: str


def _lock(visible: ColumnElement[bool]) -> Select[UUID]:
    recorded = select(Gallery.id).join(Recording, Recording.gallery_id == Gallery.id)
    return recorded.where(Recording.id == bindparam("id"), visible).with_for_update(of=Gallery)


_LOCK = _lock(SEES_ROOM)
_LOCK_FOR_SCOPE = _lock(true())
_RECORDING = (
    select(*columns(RecordingFacts, Recording), *columns(SessionFacts, RoomSession), Gallery.title)
    .join_from(Recording, RoomSession, RoomSession.id == Recording.session_id)
    .join(Gallery, Gallery.id == Recording.gallery_id)
    .where(Recording.id == bindparam("id"))
)


async def access_recording(tx: Transaction, recording_id: UUID, permission: Permission, *field: str) -> RecordingAccess:
    """The recording, if the viewer sees its room, or their scopes reach it, and holds `permission`.

    NOT_FOUND, FORBIDDEN.
    """
    act = Act(permission, "recording", recording_id, None)
    by_scope = permission in granted(tx.viewer.site_roles)
    lock = _LOCK_FOR_SCOPE if by_scope else _LOCK
    gallery_id: UUID | None = await tx.value(lock, {"id": recording_id, "viewer": tx.viewer.id})
    row = await tx.row(_RECORDING, {"id": recording_id}) if gallery_id else None
    if gallery_id is None or row is None:
        raise refused(tx, act, not_found("recording", *field))
    roles = list(tx.viewer.site_roles) if by_scope else await _roles_in(tx, gallery_id)
    if not roles:  # access went while the lock was waited for
        raise refused(tx, act, not_found("recording", *field))
    await permit(tx, act, roles, field)
    recording, at = unpack(row, 0, RecordingFacts)
    session, at = unpack(row, at, SessionFacts)
    assert recording
    assert session
    return RecordingAccess(recording, session, row[at])


async def _roles_in(tx: Transaction, gallery_id: UUID) -> Sequence[Role]:
    access = (await access_rooms_of(tx, [gallery_id])).get(gallery_id)
    return access.roles if access else ()
