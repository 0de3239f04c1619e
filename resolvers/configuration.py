"""Planning a save of a room's form: the save and its preview use the same plan (rules 9, 13, 25 to 28)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import CompoundSelect, String, bindparam, literal, select, type_coerce, union_all, update

from models.access.rooms import RoomAccess
from models.database.transaction import Snapshot, Transaction
from models.errors import Conflict
from models.events.rooms import RoomConfigured
from models.storage.base import columns, read_facts
from models.storage.statements import among
from models.tables.galleries import GalleryRole, Membership
from models.tables.principals import Principal, check_length, existing, principal
from models.tables.rooms import (
    AssignedRole,
    AssignmentFacts,
    AssignmentSource,
    FeatureSetting,
    ModeratorAssignment,
    Room,
    RoomFacts,
    RoomMode,
)
from models.values.checks import all_invalid

T = TypeVar("T")

FIELDS = {
    AssignedRole.ROOM_MODERATOR: "roomModeratorIds",
    AssignedRole.CHAT_MODERATOR: "chatModeratorIds",
    AssignedRole.SPEAKER: "speakerIds",
}
Assignments = Mapping[AssignedRole, Sequence[Principal]]


@dataclass(frozen=True, slots=True)
class RoomChanges:
    """The submitted form: None leaves a setting unchanged, a list replaces the whole list."""

    expected_version: int | None
    enabled: bool | None
    mode: RoomMode | None
    qna: FeatureSetting | None
    group_chat: FeatureSetting | None
    assigned: Assignments
    end_active_session: bool
    shelf_visible: bool | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The room and its lists before and after the save."""

    before: RoomFacts
    after: RoomFacts
    assigned_before: Assignments
    assigned_after: Assignments
    managers: Sequence[Principal]

    @property
    def settings_change(self) -> bool:
        return self.before != self.after

    @property
    def lists_change(self) -> bool:
        return self.assigned_before != self.assigned_after


async def plan_changes(handle: Snapshot, access: RoomAccess, changes: RoomChanges) -> Plan:
    """Works out the changes.

    Raises INVALID, CONFLICT for another version than expected, NOT_FOUND for an unknown principal.
    """
    room = access.room
    with all_invalid() as check:
        for role, principals in changes.assigned.items():
            check(check_length, principals, "input", FIELDS[role])
    if changes.expected_version is not None and changes.expected_version != room.version:
        raise Conflict("These settings have changed. Read them again before you save.", "input", "expectedVersion")
    managers = await managers_of(handle, [room.gallery_id])
    before = await assigned(handle, room.id)
    after = dict(before)
    for role, principals in changes.assigned.items():
        wanted = await existing(handle, principals, "input", FIELDS[role])
        # Rule 9: the form lists managers as room moderators, but this is not stored.
        own = managers[room.gallery_id] if role is AssignedRole.ROOM_MODERATOR else ()
        after[role] = [each for each in wanted if each not in own]
    settings = replace(
        room,
        enabled=_either(changes.enabled, room.enabled),
        mode=_either(changes.mode, room.mode),
        qna=_either(changes.qna, room.qna),
        group_chat=_either(changes.group_chat, room.group_chat),
        shelf_visible=_either(changes.shelf_visible, room.shelf_visible),
    )
    return Plan(room, settings, before, after, managers[room.gallery_id])


def _either(new: T | None, old: T) -> T:
    return old if new is None else new


async def assigned(handle: Snapshot, room_id: UUID) -> dict[AssignedRole, list[Principal]]:
    """Returns the stored lists of one room, in the order in which they were saved."""
    lists: dict[AssignedRole, list[Principal]] = {role: [] for role in AssignedRole}
    for fact in (await assignments_of(handle, [room_id]))[room_id]:
        lists[fact.role].append(principal(fact.user_id, fact.group_id))
    return lists


_ASSIGNMENTS = (
    select(ModeratorAssignment.room_id, *columns(AssignmentFacts, ModeratorAssignment))
    .where(among(ModeratorAssignment.room_id))
    .order_by(ModeratorAssignment.position, ModeratorAssignment.id)
)
_MANAGERS = (
    select(Membership.gallery_id, Membership.user_id, Membership.group_id)
    .where(among(Membership.gallery_id), Membership.role == GalleryRole.MANAGER)
    .order_by(Membership.id)
)


async def assignments_of(handle: Snapshot, rooms: Sequence[UUID]) -> dict[UUID, list[AssignmentFacts]]:
    """Returns the stored assignments of many rooms. Runs one statement."""
    found: dict[UUID, list[AssignmentFacts]] = {room: [] for room in rooms}
    for room_id, *values in await handle.rows(_ASSIGNMENTS, {"ids": list(rooms)}) if rooms else ():
        found[room_id].append(AssignmentFacts(*values))
    return found


async def managers_of(handle: Snapshot, galleries: Sequence[UUID]) -> dict[UUID, list[Principal]]:
    """Returns the users and groups that are managers of many galleries. Runs one statement."""
    found: dict[UUID, list[Principal]] = {gallery: [] for gallery in galleries}
    for gallery_id, user_id, group_id in await handle.rows(_MANAGERS, {"ids": list(galleries)}) if galleries else ():
        found[gallery_id].append(principal(user_id, group_id))
    return found


_LISTED: CompoundSelect[*tuple[Any, ...]] = union_all(
    select(
        Room.id.label("room_id"),
        literal(AssignedRole.ROOM_MODERATOR, String).label("role"),
        literal(AssignmentSource.GALLERY_MANAGER, String).label("source"),
        Membership.user_id,
        Membership.group_id,
        literal(-1).label("place"),  # sorts managers before all assigned principals
        Membership.id.label("id"),
    )
    .join(Room, Room.gallery_id == Membership.gallery_id)
    .where(among(Room.id), Membership.role == GalleryRole.MANAGER),
    select(
        ModeratorAssignment.room_id,
        type_coerce(ModeratorAssignment.role, String),
        literal(AssignmentSource.ASSIGNED, String),
        ModeratorAssignment.user_id,
        ModeratorAssignment.group_id,
        ModeratorAssignment.position,
        ModeratorAssignment.id,
    ).where(among(ModeratorAssignment.room_id)),
).order_by("place", "id")


async def lists_of(
    handle: Snapshot, rooms: Collection[UUID]
) -> dict[tuple[UUID, AssignedRole], dict[Principal, AssignmentSource]]:
    """Returns the lists of many rooms as they are shown, with managers among the room moderators.

    Runs one statement.
    """
    found: dict[tuple[UUID, AssignedRole], dict[Principal, AssignmentSource]] = {}
    for row in await handle.rows(_LISTED, {"ids": list(rooms)}) if rooms else ():
        listed = found.setdefault((row.room_id, AssignedRole(row.role)), {})
        # Each principal is listed once, even with several memberships as manager. Managers come first (rule 9).
        listed.setdefault(principal(row.user_id, row.group_id), AssignmentSource(row.source))
    return found


_OUTDATE = (
    update(Room)
    .where(among(Room.gallery_id))
    .values(version=Room.version + 1, updated_at=bindparam("at", type_=Room.updated_at.type))
    .returning(*columns(RoomFacts, Room))
)


async def outdate_forms(tx: Transaction, galleries: Collection[UUID]) -> None:
    """Increments the version of these galleries' rooms, because their forms' content changed.

    The caller holds the row locks. A save is checked against the version that the manager saw (rule 25). Otherwise, a
    form that still lists a user who is no longer a manager would assign this user as a room moderator.
    """
    rows = await tx.rows(_OUTDATE, {"ids": list(galleries), "at": tx.now}) if galleries else ()
    rooms = [read_facts(RoomFacts, row) for row in rows]
    await tx.record_each({room.gallery_id: RoomConfigured(room=room) for room in rooms})
