"""Access to a participant of a session. Absent and hidden participants both raise NOT_FOUND (rules 4, 37)."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import aliased

from models.access.authorise import allow, locking, refused
from models.access.rights import SEES_ROOM, Rights, with_rights
from models.access.rooms import ROOM, RoomAccess, must_run, reach_room
from models.database.transaction import Act, Transaction
from models.errors import Forbidden, NotInSession, not_found
from models.permissions import Permission, Role
from models.storage.base import columns, unpack
from models.tables.galleries import Gallery, GalleryRole
from models.tables.participants import Participant, ParticipantFacts, ParticipantState
from models.tables.rooms import Room
from models.tables.sessions import SessionFacts


@dataclass(frozen=True, slots=True)
class ParticipantAccess:
    """A participant of the running session in any state, and the room with the viewer's rights."""

    room: RoomAccess
    session: SessionFacts
    participant: ParticipantFacts


_GALLERY = select(Participant.gallery_id).where(Participant.id == bindparam("id")).scalar_subquery()
_LOCK = locking(Gallery.id == _GALLERY, SEES_ROOM)
_ROOM_OF = with_rights(ROOM.where(Room.gallery_id == _GALLERY), _GALLERY)
_Viewer = aliased(Participant)
_VIEWER_WAS_THERE = exists().where(
    _Viewer.session_id == Participant.session_id, _Viewer.user_id == bindparam("viewer"), _Viewer.was_admitted
)
_PARTICIPANT = select(*columns(ParticipantFacts, Participant), _VIEWER_WAS_THERE).where(
    Participant.id == bindparam("id")
)


async def access_participant(
    tx: Transaction, participant_id: UUID, permission: Permission, *field: str, own: Permission | None = None
) -> ParticipantAccess:
    """Returns a participant whom the viewer sees, for an act that needs `permission`.

    An act on the viewer's own participant needs `own` instead, if it is given. Raises NOT_FOUND, FORBIDDEN,
    SESSION_ENDED.
    """
    act = Act(permission, "participant", participant_id, None)
    room = await reach_room(tx, act, _LOCK, _ROOM_OF, field)
    row = await tx.row(_PARTICIPANT, {"id": participant_id, "viewer": tx.viewer.id})
    participant, at = unpack(row, 0, ParticipantFacts) if row else (None, 0)
    if row is None or participant is None or not _sees(room, participant, was_there=row[at], viewer_id=tx.viewer.id):
        raise refused(tx, act, not_found("participant", *field))
    needed = own if own and participant.user_id == tx.viewer.id else permission
    await allow(tx, Act(needed, act.target, participant_id, None), room.granting(needed), field)
    return ParticipantAccess(room, must_run(room, participant.session_id, *field), participant)


def _sees(room: RoomAccess, participant: ParticipantFacts, *, was_there: bool, viewer_id: UUID) -> bool:
    if participant.user_id == viewer_id or Role.ROOM_MODERATOR in room.roles:
        return True
    # Participants inside do not see who waits. To them, a participant who was inside before and waits now has left
    # (rule 37).
    return was_there and participant.was_admitted


def outranks(room: RoomAccess, participant: ParticipantFacts, rights: Rights | None = None) -> bool:
    """Returns whether the participant is a manager of the gallery and the viewer is not (rule 12).

    Inside the session, the snapshots count. `rights` are the stored rights of a waiting participant, who has no
    snapshot yet.
    """
    is_one = rights.gallery_role is GalleryRole.MANAGER if rights else participant.is_manager
    return is_one and not _manages(room)


def _manages(room: RoomAccess) -> bool:
    return room.inside.is_manager if room.inside else Role.MANAGER in room.roles


def must_be_inside(access: ParticipantAccess, *field: str) -> None:
    """Raises NOT_IN_SESSION unless the participant is inside."""
    if access.participant.state is not ParticipantState.ADMITTED:
        raise NotInSession("This participant is not in the room.", *field)


def respect(access: ParticipantAccess, *field: str, rights: Rights | None = None) -> None:
    """Raises FORBIDDEN if the participant outranks the viewer (rule 12); see `outranks`."""
    if outranks(access.room, access.participant, rights):
        raise Forbidden("You may not do this to a manager of the gallery.", *field)
