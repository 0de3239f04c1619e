"""Access to rooms, their sessions and the viewer's participant.

Absent and hidden both raise NOT_FOUND (rules 4, 37).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select, true

from models.access.authorise import allow, granting, locking, refused
from models.access.rights import SEES_ROOM, Rights, held_in, is_inside, rights_in, with_rights
from models.database.transaction import Act, Snapshot, Transaction
from models.errors import NotInSession, SessionEnded, not_found
from models.permissions import Permission, Role, granted
from models.storage.base import columns, unpack
from models.storage.statements import AnyRow, among
from models.tables import audit
from models.tables.galleries import Gallery, LogHead
from models.tables.participants import Participant, ParticipantFacts, ParticipantState
from models.tables.recordings import Recording, RecordingFacts
from models.tables.rooms import Room, RoomFacts
from models.tables.sessions import RoomSession, SessionFacts
from models.tables.site import FeatureDefaults, LimitFacts, RoomLimits, Site, Timeouts


@dataclass(frozen=True, slots=True)
class RoomAccess:
    """A room that the viewer may see, with its running or last session, its recording, and the viewer's participant."""

    defaults: FeatureDefaults
    timeouts: Timeouts
    head: LogHead
    limits: LimitFacts
    room: RoomFacts
    session: SessionFacts | None
    participant: ParticipantFacts | None
    recording: RecordingFacts | None  # the running recording
    rights: Rights

    @property
    def open_session(self) -> SessionFacts | None:
        return self.session if self.session and self.session.ended_at is None else None

    @property
    def inside(self) -> ParticipantFacts | None:
        """The viewer's participant, if the viewer is in the running session now."""
        return self.participant if is_inside(self.session, self.participant) else None

    @property
    def waiting(self) -> ParticipantFacts | None:
        """The viewer's participant, if the viewer waits to be let into the running session."""
        waits = self.participant and self.participant.state is ParticipantState.WAITING
        return self.participant if waits and self.open_session else None

    @property
    def roles(self) -> list[Role]:
        """The viewer's roles: the gallery role as stored now, and the room roles.

        Inside, the room roles are those of the snapshot (rule 32). Outside, they are the stored ones.
        """
        if not self.inside:
            return self.rights.roles
        return self._of_gallery + [Role(role) for role in self.inside.roles]

    @property
    def _of_gallery(self) -> list[Role]:
        return [Role(self.rights.gallery_role)] if self.rights.gallery_role else []

    @property
    def permissions(self) -> frozenset[Permission]:
        """The viewer's permissions. Inside, they come from the snapshot and from the current gallery role (rule 32)."""
        if not self.inside:
            return self.rights.permissions
        return granted(frozenset(self._of_gallery)) | frozenset(self.inside.permissions)

    def granting(self, permission: Permission) -> Role | None:
        """Returns the role by which the viewer holds the permission, or None."""
        if permission not in self.permissions:
            return None
        # A snapshot from before a change of GRANTS can hold a permission that no role grants now. The last role is
        # named instead.
        return granting(self.roles, permission) or self.roles[-1]

    @property
    def qna_enabled(self) -> bool:
        return self.room.qna.resolve(self.defaults.qna_default)

    @property
    def group_chat_enabled(self) -> bool:
        return self.room.group_chat.resolve(self.defaults.group_chat_default)

    @property
    def sees_moderators(self) -> bool:
        """Whether the viewer sees the lists of moderators: managers and the room's own moderators do (rule 5)."""
        return bool({Role.MANAGER, Role.ROOM_MODERATOR, Role.CHAT_MODERATOR} & set(self.roles + self.rights.roles))


ROOM = (
    select(
        *columns(FeatureDefaults, Site),
        *columns(Timeouts, Site),
        *columns(LogHead, Gallery),
        *columns(LimitFacts, RoomLimits),
        *columns(RoomFacts, Room),
        *columns(SessionFacts, RoomSession),
        *columns(ParticipantFacts, Participant),
        *columns(RecordingFacts, Recording),
    )
    .join_from(Room, Site, true())
    .join(Gallery, Gallery.id == Room.gallery_id)
    .join(RoomLimits, RoomLimits.mode == Room.mode)
    .outerjoin(RoomSession, RoomSession.id == Room.session_id)
    .outerjoin(Participant, (Participant.session_id == RoomSession.id) & (Participant.user_id == bindparam("viewer")))
    .outerjoin(Recording, Recording.id == RoomSession.recording_id)
)
_GALLERY_OF_ROOM = select(Room.gallery_id).where(Room.id == bindparam("id")).scalar_subquery()
_ROOM_OF_SESSION = select(RoomSession.room_id).where(RoomSession.id == bindparam("id")).scalar_subquery()
_GALLERY_OF_SESSION = select(Room.gallery_id).where(Room.id == _ROOM_OF_SESSION).scalar_subquery()
_ROOM_BY_ID = with_rights(ROOM.where(Room.id == bindparam("id")), _GALLERY_OF_ROOM)
_ROOM_BY_GALLERY = with_rights(ROOM.where(Room.gallery_id == bindparam("id")), bindparam("id"))
_ROOM_BY_SESSION = with_rights(ROOM.where(Room.id == _ROOM_OF_SESSION), _GALLERY_OF_SESSION)
_LOCK_GALLERY_FOR_ROOM = locking(Gallery.id == bindparam("id"), SEES_ROOM)
_LOCK_ROOM = locking(Gallery.id == _GALLERY_OF_ROOM, SEES_ROOM)
_LOCK_SESSION = locking(Gallery.id == _GALLERY_OF_SESSION, SEES_ROOM)


async def access_room(handle: Snapshot, room_id: UUID, permission: Permission, *field: str) -> RoomAccess:
    """Returns the room, if the viewer sees it and holds `permission`. Raises NOT_FOUND, FORBIDDEN.

    Inside, the permissions of the snapshot count.
    """
    return await _access_room(handle, Act(permission, "room", room_id, None), _LOCK_ROOM, _ROOM_BY_ID, field)


async def access_room_unlocked(tx: Transaction, room_id: UUID, permission: Permission, *field: str) -> RoomAccess:
    """Returns the room as `access_room` does, but without locking the gallery.

    It is for changes that no event reports.
    """
    return await _access_room(tx, Act(permission, "room", room_id, None), None, _ROOM_BY_ID, field)


async def access_room_of(handle: Snapshot, gallery_id: UUID, permission: Permission, *field: str) -> RoomAccess:
    """Returns the room of a gallery as `access_room` does."""
    act = Act(permission, "gallery", gallery_id, None)
    return await _access_room(handle, act, _LOCK_GALLERY_FOR_ROOM, _ROOM_BY_GALLERY, field)


async def access_session(handle: Snapshot, session_id: UUID, permission: Permission, *field: str) -> RoomAccess:
    """Returns the room of a session, which must be running, as `access_room` does.

    Raises NOT_FOUND, FORBIDDEN, SESSION_ENDED.
    """
    act = Act(permission, "session", session_id, None)
    access = await _access_room(handle, act, _LOCK_SESSION, _ROOM_BY_SESSION, field)
    must_run(access, session_id, *field)
    return access


def must_run(access: RoomAccess, session_id: UUID, *field: str) -> SessionFacts:
    """Returns the session. Raises SESSION_ENDED unless it is the room's running session. For `access_*` only."""
    if access.open_session is None or access.open_session.id != session_id:
        raise SessionEnded("This session has ended.", *field)
    return access.open_session


def must_have_entered(
    access: RoomAccess, *field: str, session_id: UUID | None = None
) -> tuple[SessionFacts, ParticipantFacts]:
    """Returns the running session and the viewer's participant in it.

    Raises SESSION_ENDED if the session is over (rule 40), else NOT_IN_SESSION if the viewer is not inside. If the
    accessed thing belongs to a session, `session_id` names it, and it must be the running one.
    """
    if session_id is None and access.participant:
        session_id = access.participant.session_id
    if session_id is not None:
        must_run(access, session_id, *field)
    if access.session is None or access.inside is None:
        raise NotInSession("Enter the room first.", *field)
    return access.session, access.inside


async def reach_session(handle: Snapshot, act: Act, field: tuple[str, ...]) -> RoomAccess:
    """Returns the room of a running or ended session, if the viewer sees it. For `access_*` only.

    Takes no lock. Raises NOT_FOUND.
    """
    return await reach_room(handle, act, None, _ROOM_BY_SESSION, field)


async def _access_room(
    handle: Snapshot, act: Act, lock: Select[UUID] | None, read: Select[*tuple[Any, ...]], field: tuple[str, ...]
) -> RoomAccess:
    access = await reach_room(handle, act, lock if handle.locks else None, read, field)
    await allow(handle, act, access.granting(act.permission), field)
    return access


async def reach_room(
    handle: Snapshot, act: Act, lock: Select[UUID] | None, read: Select[*tuple[Any, ...]], field: tuple[str, ...]
) -> RoomAccess:
    """Locks and returns the room, if the viewer sees it. For `access_*` only.

    Does not check the act's permission. Raises NOT_FOUND.
    """
    kind = act.target
    of_viewer = {"id": act.target_id, "viewer": handle.viewer.id}
    if isinstance(handle, Transaction) and lock is not None and not await handle.row(lock, of_viewer):
        raise refused(handle, act, not_found(kind, *field))
    rows = await handle.rows(read, of_viewer)
    access = _access(rows[0], held_in(rows)) if rows else None
    if access is None:
        raise refused(handle, act, not_found(kind, *field))
    return access


def _access(row: AnyRow, rights: Rights) -> RoomAccess | None:
    access = unpack_room(row, rights)
    return access if rights.any or access.inside else None


def unpack_room(row: AnyRow, rights: Rights) -> RoomAccess:
    """Returns the room from a row of ROOM. For `models/access/` only."""
    defaults, at = unpack(row, 0, FeatureDefaults)
    timeouts, at = unpack(row, at, Timeouts)
    head, at = unpack(row, at, LogHead)
    limits, at = unpack(row, at, LimitFacts)
    room, at = unpack(row, at, RoomFacts)
    session, at = unpack(row, at, SessionFacts)
    participant, at = unpack(row, at, ParticipantFacts)
    recording, _ = unpack(row, at, RecordingFacts)
    assert defaults
    assert timeouts
    assert head
    assert limits
    assert room
    return RoomAccess(defaults, timeouts, head, limits, room, session, participant, recording, rights)


async def may_also(tx: Transaction, access: RoomAccess, permission: Permission) -> bool:
    """Returns whether the viewer holds another permission in an accessed room. If so, the act is audited as done."""
    role = access.granting(permission)
    if role is not None:
        await tx.allowed(Act(permission, "room", access.room.id, role))
    return role is not None


async def note_acts(
    tx: Transaction, access: RoomAccess, permission: Permission, target: str, ids: Sequence[UUID]
) -> None:
    """Writes the audit record of each of many acts, under a permission that was checked on access (rule 67).

    The caller has accessed the room with this permission.
    """
    role = granting(access.roles, permission)
    if ids:
        await tx.write_audit([Act(permission, target, each, role) for each in ids], audit.DONE)


_ROOMS_BY_SESSION = ROOM.where(among(RoomSession.id, "sessions"), Room.id == RoomSession.room_id)


async def access_rooms_in(handle: Snapshot, sessions: Collection[UUID]) -> dict[UUID, RoomAccess]:
    """Returns the rooms that the viewer may see whose running or last session is one of these, by session.

    Runs two statements.
    """
    rows = await handle.rows(_ROOMS_BY_SESSION, {"sessions": list(sessions), "viewer": handle.viewer.id})
    rights = await rights_in(handle, {row.gallery_id for row in rows}, handle.viewer.id)
    found = [access for row in rows if (access := _access(row, rights[row.gallery_id]))]
    return {access.session.id: access for access in found if access.session}


_ROOMS_BY_GALLERY = ROOM.where(Room.gallery_id.in_(bindparam("galleries", expanding=True)))


async def access_rooms_of(
    handle: Snapshot, galleries: Collection[UUID], known: Mapping[UUID, Rights] | None = None
) -> dict[UUID, RoomAccess]:
    """Returns the rooms that the viewer may see, by gallery.

    Runs two statements, or one if the viewer's rights are `known` from the same snapshot.
    """
    rights = known or await rights_in(handle, galleries, handle.viewer.id)
    rows = await handle.rows(_ROOMS_BY_GALLERY, {"galleries": list(galleries), "viewer": handle.viewer.id})
    return {row.gallery_id: access for row in rows if (access := _access(row, rights[row.gallery_id]))}
