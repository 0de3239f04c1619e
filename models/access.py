"""The one place where authorisation lives: `access_*` fetch and authorise at once, and there is no other way in.

Absent and hidden are one answer, NOT_FOUND (rule 4). In a Transaction access takes the gallery's row lock first, so all
that is decided afterwards is decided on the state that the log's order tells of. The lock asks for visibility itself:
whoever may not see a gallery neither holds nor waits for its lock.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, select, true

from models import audit
from models.base import columns, unpack
from models.errors import Forbidden, Invalid, NotFound, SessionEnded, access_lost, not_found
from models.galleries import Gallery, LogHead
from models.participants import Participant, ParticipantFacts
from models.permissions import GRANTS, Permission, Role, granted
from models.rights import (
    IS_MEMBER,
    NO_RIGHTS,
    SEES_ROOM,
    Rights,
    held_in,
    is_inside,
    rights_in,
    with_rights,
)
from models.rooms import Room, RoomFacts
from models.sessions import RoomSession, SessionFacts
from models.site import FeatureDefaults, LimitFacts, RoomLimits, Site, Timeouts
from models.statements import AnyRow, Statements
from models.text import KEY_LIMIT, clean_line
from models.transaction import Act, Snapshot, Transaction


@dataclass(frozen=True, slots=True)
class GalleryAccess:
    """A gallery that the viewer may see, and what they hold in it."""

    gallery: Gallery
    rights: Rights

    def may(self, permission: Permission) -> bool:
        return permission in self.rights.permissions


@dataclass(frozen=True, slots=True)
class RoomAccess:
    """A room that the viewer may see, with its running or last session and the viewer's own part in it."""

    defaults: FeatureDefaults
    timeouts: Timeouts
    head: LogHead
    limits: LimitFacts
    room: RoomFacts
    session: SessionFacts | None
    participant: ParticipantFacts | None
    rights: Rights

    @property
    def open_session(self) -> SessionFacts | None:
        return self.session if self.session and self.session.ended_at is None else None

    @property
    def inside(self) -> ParticipantFacts | None:
        """The viewer as a participant who is in the running session now."""
        return self.participant if is_inside(self.session, self.participant) else None

    @property
    def roles(self) -> list[Role]:
        """Inside, the roles of the snapshot hold (rule 32); the gallery's role is not the session's business."""
        if not self.inside:
            return self.rights.roles
        return self._of_gallery + [Role(role) for role in self.inside.roles]

    @property
    def _of_gallery(self) -> list[Role]:
        return [Role(self.rights.gallery_role)] if self.rights.gallery_role else []

    @property
    def permissions(self) -> frozenset[Permission]:
        """Inside, those that were stored on admission and those of the gallery's role now (rule 32)."""
        if not self.inside:
            return self.rights.permissions
        return granted(frozenset(self._of_gallery)) | frozenset(self.inside.permissions)

    def granting(self, permission: Permission) -> Role | None:
        """The role by which the viewer holds the permission."""
        role = granting(self.roles if permission in self.permissions else [], permission)
        # A snapshot outlives a change of GRANTS: what it holds is held by one of its roles.
        return role or (self.roles[-1] if permission in self.permissions else None)

    @property
    def qna_enabled(self) -> bool:
        return self.room.qna.resolve(self.defaults.qna_default)

    @property
    def group_chat_enabled(self) -> bool:
        return self.room.group_chat.resolve(self.defaults.group_chat_default)

    @property
    def sees_moderators(self) -> bool:
        """Rule 5: the lists are for managers and the room's own moderators."""
        return bool({Role.MANAGER, Role.ROOM_MODERATOR, Role.CHAT_MODERATOR} & set(self.roles + self.rights.roles))


_GALLERY = with_rights(select(Gallery).where(Gallery.id == bindparam("id")), bindparam("id"))
_BY_EXTERNAL_ID = Gallery.external_id == bindparam("external_id")
_GALLERY_BY_EXTERNAL_ID = with_rights(
    select(Gallery).where(_BY_EXTERNAL_ID), select(Gallery.id).where(_BY_EXTERNAL_ID).scalar_subquery()
)
ROOM = (
    select(
        *columns(FeatureDefaults, Site),
        *columns(Timeouts, Site),
        *columns(LogHead, Gallery),
        *columns(LimitFacts, RoomLimits),
        *columns(RoomFacts, Room),
        *columns(SessionFacts, RoomSession),
        *columns(ParticipantFacts, Participant),
    )
    .join_from(Room, Site, true())
    .join(Gallery, Gallery.id == Room.gallery_id)
    .join(RoomLimits, RoomLimits.mode == Room.mode)
    .outerjoin(RoomSession, RoomSession.id == Room.session_id)
    .outerjoin(Participant, (Participant.session_id == RoomSession.id) & (Participant.user_id == bindparam("viewer")))
)
_GALLERY_OF_ROOM = select(Room.gallery_id).where(Room.id == bindparam("id")).scalar_subquery()
_ROOM_OF_SESSION = select(RoomSession.room_id).where(RoomSession.id == bindparam("id")).scalar_subquery()
_GALLERY_OF_SESSION = select(Room.gallery_id).where(Room.id == _ROOM_OF_SESSION).scalar_subquery()
_ROOM_BY_ID = with_rights(ROOM.where(Room.id == bindparam("id")), _GALLERY_OF_ROOM)
_ROOM_BY_GALLERY = with_rights(ROOM.where(Room.gallery_id == bindparam("id")), bindparam("id"))
_ROOM_BY_SESSION = with_rights(ROOM.where(Room.id == _ROOM_OF_SESSION), _GALLERY_OF_SESSION)


def locking(which: ColumnElement[bool], visible: ColumnElement[bool]) -> Select[UUID]:
    """For what accesses something: takes the gallery's row lock, where the viewer may see what it is about."""
    return select(Gallery.id).where(which, visible).with_for_update(of=Gallery)


_LOCK_GALLERY = locking(Gallery.id == bindparam("id"), IS_MEMBER)
_LOCK_GALLERY_FOR_ROOM = locking(Gallery.id == bindparam("id"), SEES_ROOM)
_LOCK_ROOM = locking(Gallery.id == _GALLERY_OF_ROOM, SEES_ROOM)
_LOCK_SESSION = locking(Gallery.id == _GALLERY_OF_SESSION, SEES_ROOM)


async def access_gallery(
    handle: Snapshot, gallery_id: UUID, permission: Permission = Permission.VIEW_GALLERY, *field: str
) -> GalleryAccess:
    """The gallery, if the viewer is a member of it who holds `permission`. NOT_FOUND, FORBIDDEN."""
    act = Act(permission, "gallery", gallery_id, None)
    if handle.locks and not await handle.row(_LOCK_GALLERY, {"id": gallery_id, "viewer": handle.viewer.id}):
        raise refused(handle, act, not_found("gallery", *field))
    access = await _gallery(handle, _GALLERY, {"id": gallery_id})
    if access is None:
        raise refused(handle, act, not_found("gallery", *field))
    await permit(handle, act, access.rights.roles, field)
    return access


async def access_course(snapshot: Snapshot, external_id: str) -> GalleryAccess:
    """The gallery of a course (LTI context), if the viewer is a member of it. NOT_FOUND."""
    try:
        which = {"external_id": clean_line(external_id, KEY_LIMIT)}
    except Invalid:
        raise not_found("gallery") from None
    access = await _gallery(snapshot, _GALLERY_BY_EXTERNAL_ID, which)
    if access is None:
        raise not_found("gallery")
    return access


async def _gallery(
    handle: Snapshot, read: Select[*tuple[Any, ...]], which: Mapping[str, object]
) -> GalleryAccess | None:
    rows = await handle.rows(read, {**which, "viewer": handle.viewer.id})
    rights = held_in(rows)
    # A row of the whole table and more; see Statements.
    return GalleryAccess(cast("Gallery", rows[0]), rights) if rights.gallery_role else None


async def note_act(tx: Transaction, access: GalleryAccess, permission: Permission, target: str, of: UUID) -> None:
    """Audit one of several things that are done by a permission that access to the gallery asked for (rule 67)."""
    await tx.allowed(Act(permission, target, of, granting(access.rights.roles, permission)))


async def note_acts(
    tx: Transaction, access: RoomAccess, permission: Permission, target: str, ids: Sequence[UUID]
) -> None:
    """Audit each of many things that are done by a privilege that access to a room asked for (rule 67)."""
    role = granting(access.roles, permission)
    if ids:
        await tx.write_audit([Act(permission, target, each, role) for each in ids], audit.DONE)


async def access_room(handle: Snapshot, room_id: UUID, permission: Permission, *field: str) -> RoomAccess:
    """The room, if the viewer sees it and holds `permission` (inside: by the snapshot). NOT_FOUND, FORBIDDEN."""
    return await _access_room(handle, Act(permission, "room", room_id, None), _LOCK_ROOM, _ROOM_BY_ID, field)


async def access_room_unlocked(tx: Transaction, room_id: UUID, permission: Permission, *field: str) -> RoomAccess:
    """The same in a transaction that neither holds nor waits for the gallery's lock: for what no event tells of."""
    return await _access_room(tx, Act(permission, "room", room_id, None), None, _ROOM_BY_ID, field)


async def access_room_of(handle: Snapshot, gallery_id: UUID, permission: Permission, *field: str) -> RoomAccess:
    """The same for the one room of a gallery."""
    act = Act(permission, "gallery", gallery_id, None)
    return await _access_room(handle, act, _LOCK_GALLERY_FOR_ROOM, _ROOM_BY_GALLERY, field)


async def access_session(handle: Snapshot, session_id: UUID, permission: Permission, *field: str) -> RoomAccess:
    """The room of a session, with that session, which must be the running one. NOT_FOUND, FORBIDDEN, SESSION_ENDED."""
    act = Act(permission, "session", session_id, None)
    access = await _access_room(handle, act, _LOCK_SESSION, _ROOM_BY_SESSION, field)
    if access.open_session is None or access.open_session.id != session_id:
        raise SessionEnded("This session has ended.", *field)
    return access


async def _access_room(
    handle: Snapshot, act: Act, lock: Select[UUID] | None, read: Select[*tuple[Any, ...]], field: tuple[str, ...]
) -> RoomAccess:
    access = await reach_room(handle, act, lock, read, field)
    await allow(handle, act, access.granting(act.permission), field)
    return access


async def reach_room(
    handle: Snapshot, act: Act, lock: Select[UUID] | None, read: Select[*tuple[Any, ...]], field: tuple[str, ...]
) -> RoomAccess:
    """For what accesses something in a room: the room, if the viewer sees it; the act is still to be allowed."""
    kind = act.target
    of_viewer = {"id": act.target_id, "viewer": handle.viewer.id}
    if handle.locks and lock is not None and not await handle.row(lock, of_viewer):
        raise refused(handle, act, not_found(kind, *field))
    rows = await handle.rows(read, of_viewer)
    access = _access(rows[0], held_in(rows)) if rows else None
    if access is None:
        raise refused(handle, act, not_found(kind, *field))
    return access


def _access(row: AnyRow, rights: Rights) -> RoomAccess | None:
    access = _unpacked(row, rights)
    return access if rights.any or access.inside else None


def _unpacked(row: AnyRow, rights: Rights) -> RoomAccess:
    defaults, at = unpack(row, 0, FeatureDefaults)
    timeouts, at = unpack(row, at, Timeouts)
    head, at = unpack(row, at, LogHead)
    limits, at = unpack(row, at, LimitFacts)
    room, at = unpack(row, at, RoomFacts)
    session, at = unpack(row, at, SessionFacts)
    participant, _ = unpack(row, at, ParticipantFacts)
    assert defaults
    assert timeouts
    assert head
    assert limits
    assert room
    return RoomAccess(defaults, timeouts, head, limits, room, session, participant, rights)


async def may_also(tx: Transaction, access: RoomAccess, permission: Permission) -> bool:
    """Whether the viewer may do one thing more in a room that they have accessed. If so, it counts as being done."""
    role = access.granting(permission)
    if role is not None:
        await tx.allowed(Act(permission, "room", access.room.id, role))
    return role is not None


_ROOMS_BY_GALLERY = ROOM.where(Room.gallery_id.in_(bindparam("galleries", expanding=True)))


async def access_rooms_of(
    handle: Snapshot, galleries: Collection[UUID], known: Mapping[UUID, Rights] | None = None
) -> dict[UUID, RoomAccess]:
    """The rooms of many galleries, by gallery, as far as the viewer may see them: two statements.

    One, where the viewer's rights in these galleries are known from the same snapshot.
    """
    rights = known or await rights_in(handle, galleries, handle.viewer.id)
    rows = await handle.rows(_ROOMS_BY_GALLERY, {"galleries": list(galleries), "viewer": handle.viewer.id})
    return {row.gallery_id: access for row in rows if (access := _access(row, rights[row.gallery_id]))}


_STATE = ROOM.where(Room.gallery_id == bindparam("gallery"))
_NOBODY = UUID(int=0)


async def room_state(run: Statements, gallery_id: UUID) -> RoomAccess:
    """A gallery's room without anyone's part in it, for streams, which judge by themselves. FORBIDDEN when it is gone."""
    row = await run.row(_STATE, {"gallery": gallery_id, "viewer": _NOBODY})
    if row is None:
        raise access_lost()
    return _unpacked(row, NO_RIGHTS)


async def access_site(handle: Snapshot, permission: Permission) -> None:
    """Refuse whoever does not hold `permission` on the site, by the token's scopes. FORBIDDEN."""
    roles = [role for role in Role if role in handle.viewer.site_roles]
    await permit(handle, Act(permission, "site", None, None), roles, ())


async def permit(handle: Snapshot, act: Act, roles: Sequence[Role], field: Sequence[str]) -> None:
    """For what accesses something: go on, if one of the roles allows the act. FORBIDDEN."""
    await allow(handle, act, granting(roles, act.permission), field)


async def allow(handle: Snapshot, act: Act, role: Role | None, field: Sequence[str]) -> None:
    """For what accesses something: go on, if there is a role that allows the act. FORBIDDEN."""
    if role is None:
        raise refused(handle, act, Forbidden("You may not do this here.", *field))
    if isinstance(handle, Transaction):
        await handle.allowed(Act(act.permission, act.target, act.target_id, role))


def granting(roles: Sequence[Role], permission: Permission) -> Role | None:
    """The first of the roles that gives the permission."""
    return next((role for role in roles if permission in GRANTS[role]), None)


def refused(handle: Snapshot, act: Act, refusal: NotFound | Forbidden) -> NotFound | Forbidden:
    """For what accesses something: the refusal, with a note of what was asked for."""
    if isinstance(handle, Transaction):
        handle.asked = act
    return refusal
