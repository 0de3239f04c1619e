"""A user's rights in a gallery and its room (rules 2, 8 to 11, 32).

They come from memberships and assignments, direct and by group.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    and_,
    bindparam,
    exists,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from models.permissions import Permission, Role, granted
from models.storage.statements import AnyRow, Statements, among
from models.tables.galleries import HIGHEST_FIRST, Gallery, GalleryRole, Membership
from models.tables.participants import Participant, ParticipantFacts, ParticipantRole, ParticipantState
from models.tables.people import GroupMember
from models.tables.rooms import AssignedRole, AssignmentSource, ModeratorAssignment, Room
from models.tables.sessions import RoomSession, SessionFacts


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role in the room and its source: assigned or held as gallery manager, directly or through a group."""

    role: ParticipantRole
    source: AssignmentSource
    user_id: UUID | None
    group_id: UUID | None

    def stored(self) -> dict[str, str]:
        """Returns the form in which a participant's snapshot stores the role."""
        principal = {"user_id": str(self.user_id)} if self.user_id else {"group_id": str(self.group_id)}
        return {"role": self.role, "source": self.source} | principal


@dataclass(frozen=True, slots=True)
class Rights:
    """A user's stored rights now, regardless of the snapshot in a running session."""

    gallery_role: GalleryRole | None
    held: tuple[HeldRole, ...]

    @property
    def any(self) -> bool:
        return bool(self.gallery_role or self.held)

    @property
    def room_roles(self) -> list[ParticipantRole]:
        """The roles that the user would get on entering now. A user without any other role is an attendee."""
        held = {each.role for each in self.held}
        return [role for role in ParticipantRole if role in held] or [ParticipantRole.ATTENDEE]

    @property
    def roles(self) -> list[Role]:
        """All roles, those of the gallery first."""
        of_gallery = [Role(self.gallery_role)] if self.gallery_role else []
        return of_gallery + [Role(role) for role in self.room_roles] if self.any else []

    @property
    def permissions(self) -> frozenset[Permission]:
        return granted(frozenset(self.roles))


NO_RIGHTS = Rights(None, ())

_VIEWER: BindParameter[UUID] = bindparam("viewer")


def _mine(
    table: type[Membership] | type[ModeratorAssignment],
    user: ColumnElement[UUID] | InstrumentedAttribute[UUID] = _VIEWER,
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    # Two conditions for two EXISTS: an OR inside one of them would use neither index.
    groups = select(GroupMember.group_id).where(GroupMember.user_id == user).correlate(Participant)
    return table.user_id == user, table.group_id.in_(groups)


def _any_of_mine(
    table: type[Membership] | type[ModeratorAssignment], *where: ColumnElement[bool]
) -> ColumnElement[bool]:
    return or_(*(exists().where(*where, mine).correlate(Gallery) for mine in _mine(table)))


IS_MEMBER = _any_of_mine(Membership, Membership.gallery_id == Gallery.id)
_REVIEWING = [role for role in GalleryRole if Permission.REVIEW_MEDIA in granted(frozenset({Role(role)}))]
IS_REVIEWER = _any_of_mine(Membership, Membership.gallery_id == Gallery.id, Membership.role.in_(_REVIEWING))
IS_MANAGER = _any_of_mine(Membership, Membership.gallery_id == Gallery.id, Membership.role == GalleryRole.MANAGER)
_IS_ASSIGNED = _any_of_mine(ModeratorAssignment, ModeratorAssignment.room_id == Room.id, Room.gallery_id == Gallery.id)
_HERE = (
    (Membership, Membership.gallery_id == Participant.gallery_id),
    (ModeratorAssignment, and_(ModeratorAssignment.room_id == Room.id, Room.gallery_id == Participant.gallery_id)),
)
# `Rights.any` of a participant, in SQL.
HOLDS_ANYTHING = or_(
    *(
        exists().where(here, theirs).correlate(Participant)
        for table, here in _HERE
        for theirs in _mine(table, Participant.user_id)
    )
)
IS_ROOM_MODERATOR = or_(  # by stored rights; managers are without an assignment (rule 9)
    IS_MANAGER,
    _any_of_mine(
        ModeratorAssignment,
        ModeratorAssignment.room_id == Room.id,
        Room.gallery_id == Gallery.id,
        ModeratorAssignment.role == AssignedRole.ROOM_MODERATOR,
    ),
)
# A participant inside keeps access until they leave, even if their stored rights change (rule 32).
_IS_INSIDE = (
    exists()
    .where(
        Participant.session_id == RoomSession.id,
        Participant.gallery_id == Gallery.id,
        Participant.user_id == bindparam("viewer"),
        Participant.state == ParticipantState.ADMITTED,
        RoomSession.ended_at.is_(None),
    )
    .correlate(Gallery)
)
# Rule 45: only users who are or were admitted to a session may read its history.
WAS_ADMITTED = Participant.was_admitted
SEES_ROOM = or_(IS_MEMBER, _IS_ASSIGNED, _IS_INSIDE)
IS_MANAGER_SOMEWHERE = select(_any_of_mine(Membership, Membership.role == GalleryRole.MANAGER))


_MEMBERSHIPS = select(
    literal("membership").label("origin"),
    Membership.gallery_id,
    type_coerce(Membership.role, String).label("role"),
    Membership.user_id,
    Membership.group_id,
)
_ASSIGNMENTS = select(
    literal("assignment"),
    Room.gallery_id,
    type_coerce(ModeratorAssignment.role, String),
    ModeratorAssignment.user_id,
    ModeratorAssignment.group_id,
).join_from(ModeratorAssignment, Room, Room.id == ModeratorAssignment.room_id)


def _grants(
    of_gallery: Callable[[InstrumentedAttribute[UUID]], ColumnElement[bool]],
) -> CompoundSelect[*tuple[Any, ...]]:
    memberships = _MEMBERSHIPS.where(of_gallery(Membership.gallery_id))
    assignments = _ASSIGNMENTS.where(of_gallery(Room.gallery_id))
    return union_all(
        *(memberships.where(mine) for mine in _mine(Membership)),
        *(assignments.where(mine) for mine in _mine(ModeratorAssignment)),
    )


def _grants_to_many() -> CompoundSelect[*tuple[Any, ...]]:
    """Returns each grant with the user who holds it. A group's grant is returned once for each member."""
    grants = []
    for source, table, of_gallery in (
        (_MEMBERSHIPS, Membership, Membership.gallery_id),
        (_ASSIGNMENTS, ModeratorAssignment, Room.gallery_id),
    ):
        here = source.where(of_gallery == bindparam("gallery"))
        direct = here.add_columns(table.user_id).where(among(table.user_id, "users"))
        by_group = here.add_columns(GroupMember.user_id).join(GroupMember, GroupMember.group_id == table.group_id)
        grants += [direct, by_group.where(among(GroupMember.user_id, "users"))]
    return union_all(*grants)


_GRANTS = _grants(lambda gallery: gallery == bindparam("gallery"))
_GRANTS_IN = _grants(lambda gallery: gallery.in_(bindparam("galleries", expanding=True)))
_GRANTS_TO_MANY = _grants_to_many()
_USERS_AT_ONCE = 5_000  # each user takes four parameters of a statement, which can have 32,767


async def stored_rights(run: Statements, gallery_id: UUID, user_id: UUID) -> Rights:
    """Returns the user's rights in the gallery now, from all sources. Runs one statement."""
    return _resolve(await run.rows(_GRANTS, {"gallery": gallery_id, "viewer": user_id}))


async def rights_in(run: Statements, galleries: Collection[UUID], user_id: UUID) -> dict[UUID, Rights]:
    """Returns the user's rights in each of many galleries. Runs one statement."""
    found: dict[UUID, list[AnyRow]] = {gallery: [] for gallery in galleries}
    # The statement runs even without galleries, so that absent and hidden galleries cost the same (rule 4).
    for row in await run.rows(_GRANTS_IN, {"galleries": list(galleries), "viewer": user_id}):
        found[row[1]].append(row)
    return {gallery: _resolve(rows) for gallery, rows in found.items()}


def with_rights(read: Select[*tuple[Any, ...]], gallery: ColumnElement[UUID]) -> Select[*tuple[Any, ...]]:
    """Returns `read`, which reads one row of `gallery`, joined with the viewer's grants there.

    The statement returns one row for each grant.
    """
    held = _grants(lambda column: column == gallery).subquery("held")
    return read.outerjoin(held, held.c.gallery_id == Gallery.id).add_columns(
        *(column.label(f"held_{column.key}") for column in held.c)
    )


def held_in(rows: Sequence[AnyRow]) -> Rights:
    """Returns the rights from the rows of a statement that `with_rights` built."""
    return _resolve([row[-_GRANT:] for row in rows if row[-_GRANT] is not None])


_GRANT = len(_GRANTS.selected_columns)


async def rights_of(run: Statements, gallery_id: UUID, users: Collection[UUID]) -> dict[UUID, Rights]:
    """Returns the rights of each user in the gallery now. Runs one statement for each 5,000 users."""
    grants: dict[UUID, list[Sequence[Any]]] = {user: [] for user in users}
    some = list(grants)
    for start in range(0, len(some), _USERS_AT_ONCE):
        asked = {"gallery": gallery_id, "users": some[start : start + _USERS_AT_ONCE]}
        for *grant, user in await run.rows(_GRANTS_TO_MANY, asked):
            grants[user].append(grant)
    return {user: _resolve(of_user) for user, of_user in grants.items()}


def _resolve(grants: Sequence[Sequence[Any]]) -> Rights:
    gallery_roles = {role for origin, _gallery, role, _user, _group in grants if origin == "membership"}
    held = []
    for origin, _gallery, role, user_id, group_id in grants:
        if origin == "assignment":
            held.append(HeldRole(ParticipantRole(AssignedRole(role)), AssignmentSource.ASSIGNED, user_id, group_id))
        elif role == GalleryRole.MANAGER:  # rule 9
            source = AssignmentSource.GALLERY_MANAGER
            held.append(HeldRole(ParticipantRole.ROOM_MODERATOR, source, user_id, group_id))
    highest = next((role for role in HIGHEST_FIRST if role in gallery_roles), None)
    return Rights(highest, tuple(held))


def is_inside(session: SessionFacts | None, participant: ParticipantFacts | None) -> bool:
    """Returns whether the participant is in the session now."""
    running = session is not None and session.ended_at is None
    return running and participant is not None and participant.state is ParticipantState.ADMITTED
