"""Access to someone in a session. As in models/access/authorise.py, absent and hidden are one answer (rules 4, 37)."""

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
    """Someone of the running session, whatever their state, and the room with what the viewer holds in it."""

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
    """Someone whom the viewer sees, for an act that takes `permission`, or `own` where it is the viewer.

    NOT_FOUND, FORBIDDEN, SESSION_ENDED.
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
    # Of who waits those inside learn nothing, and whoever was inside before has left for them (rule 37).
    return was_there and participant.was_admitted


def outranks(room: RoomAccess, participant: ParticipantFacts, rights: Rights | None = None) -> bool:
    """Whether the participant is a manager of the gallery and the viewer is not (rule 12): by snapshot, where inside.

    `rights` are those that are stored for a participant who waits, and has no snapshot yet.
    """
    is_one = rights.gallery_role is GalleryRole.MANAGER if rights else participant.is_manager
    return is_one and not _manages(room)


def _manages(room: RoomAccess) -> bool:
    return room.inside.is_manager if room.inside else Role.MANAGER in room.roles


def must_be_inside(access: ParticipantAccess, *field: str) -> None:
    """Refuse what can be done only to someone who is inside. NOT_IN_SESSION."""
    if access.participant.state is not ParticipantState.ADMITTED:
        raise NotInSession("They are not inside.", *field)


def respect(access: ParticipantAccess, *field: str, rights: Rights | None = None) -> None:
    """Refuse what only a manager may do to a manager (rule 12), as `outranks` says. FORBIDDEN."""
    if outranks(access.room, access.participant, rights):
        raise Forbidden("You may not do this to a manager of the gallery.", *field)
