"""Rooms: saving their settings, and previewing a save."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, insert, select, union, update

from models.access.rooms import RoomAccess, access_room_of
from models.database.transaction import Snapshot, Transaction
from models.errors import Refusal, RoomHasActiveSession
from models.events.rooms import AccessChanged, RoomConfigured
from models.permissions import Permission
from models.storage.base import columns, new_id, read_facts
from models.tables.galleries import Membership
from models.tables.participants import Participant, ParticipantRole, ParticipantState
from models.tables.people import GroupMember
from models.tables.principals import Principal, PrincipalKind, hold_groups
from models.tables.rooms import AssignedRole, AssignmentFacts, ModeratorAssignment, Room, RoomFacts
from models.tables.sessions import SessionEndReason
from resolvers.configuration import Assignments, Plan, RoomChanges, plan_changes
from resolvers.effects import Change, changes_of
from resolvers.sessions import close_session
from resolvers.staleness import rights_changed


async def configure_room(tx: Transaction, gallery_id: UUID, changes: RoomChanges) -> list[Change]:
    """Saves the whole form of the room, or nothing (rule 25). A save without changes records no event.

    Returns what was changed, and from when each change applies (rule 90). Raises CONFLICT, NOT_FOUND (an unknown user or group), ROOM_HAS_ACTIVE_SESSION (disabling would end a session).
    """
    await hold_groups(tx, [each for named in changes.assigned.values() for each in named])
    access = await access_room_of(tx, gallery_id, Permission.CONFIGURE, "input", "galleryId")
    planned = await plan_changes(tx, access, changes)
    if refusal := _refusal(access, planned, changes):
        raise refusal
    if _ends_session(access, planned):
        assert access.open_session
        await close_session(tx, gallery_id, access.open_session.id, SessionEndReason.ROOM_DISABLED)
    if planned.settings_change or planned.lists_change:
        await _save(tx, planned)
    return changes_of(planned, runs=_goes_on(access, planned))


def _refusal(access: RoomAccess, planned: Plan, changes: RoomChanges) -> Refusal | None:
    if _ends_session(access, planned) and not changes.end_active_session:
        return RoomHasActiveSession("A session is running in this room.", "input", "enabled")
    return None


def _goes_on(access: RoomAccess, planned: Plan) -> bool:
    return access.open_session is not None and planned.after.enabled


def _ends_session(access: RoomAccess, planned: Plan) -> bool:
    return access.open_session is not None and not planned.after.enabled


async def _save(tx: Transaction, planned: Plan) -> None:
    after = planned.after
    saved = (
        update(Room)
        .where(Room.id == after.id)
        .values(
            enabled=after.enabled,
            mode=after.mode,
            qna=after.qna,
            group_chat=after.group_chat,
            shelf_visible=after.shelf_visible,
            version=after.version + 1,
            updated_at=tx.now,
        )
        .returning(*columns(RoomFacts, Room))
    )
    room = read_facts(RoomFacts, await tx.row(saved))
    await tx.record(room.gallery_id, RoomConfigured(room=room))
    if planned.lists_change:
        stored = await _replace_assignments(tx, room.id, planned.assigned_after)
        await tx.record(room.gallery_id, AccessChanged(room_id=room.id, assignments=stored))
        await rights_changed(tx, [room.gallery_id])


async def _replace_assignments(tx: Transaction, room_id: UUID, assigned: Assignments) -> list[AssignmentFacts]:
    stored = [AssignmentFacts(role, each.user_id, each.group_id) for role in AssignedRole for each in assigned[role]]
    await tx.execute(delete(ModeratorAssignment).where(ModeratorAssignment.room_id == room_id))
    rows = [
        {"id": new_id(), "room_id": room_id, "position": place, "created_at": tx.now}
        | {"role": fact.role, "user_id": fact.user_id, "group_id": fact.group_id}
        for place, fact in enumerate(stored)
    ]
    if rows:
        await tx.execute(insert(ModeratorAssignment), rows)
    return stored


@dataclass(frozen=True, slots=True)
class Effective:
    """A user with a role in the room, and the principals that grant the role.

    `has_gallery_access` says whether the user may see the gallery (rule 11).
    """

    user_id: UUID
    role: ParticipantRole
    via: tuple[Principal, ...]
    has_gallery_access: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The effects of a save (rule 26), and the refusal if it would be refused."""

    gained: Sequence[Effective]
    lost: Sequence[Effective]
    session_affected: bool
    changes: Sequence[Change]
    refusal: Refusal | None


Holders = dict[tuple[UUID, ParticipantRole], tuple[Principal, ...]]


async def preview_configuration(snapshot: Snapshot, gallery_id: UUID, changes: RoomChanges) -> Preview:
    """Returns which users would gain and lose which roles, and whether the save would affect a running session."""
    access = await access_room_of(snapshot, gallery_id, Permission.CONFIGURE, "input", "galleryId")
    planned = await plan_changes(snapshot, access, changes)
    groups = await _members(snapshot, [planned.assigned_before, planned.assigned_after], planned.managers)
    before = _holders(planned.assigned_before, planned.managers, groups)
    after = _holders(planned.assigned_after, planned.managers, groups)
    with_access = await _gallery_users(snapshot, gallery_id)
    gained = _difference(after, before, with_access)
    lost = _difference(before, after, with_access)
    affected = await _session_affected(snapshot, access, planned, gained, lost)
    settings = changes_of(planned, runs=_goes_on(access, planned))
    return Preview(gained, lost, affected, settings, _refusal(access, planned, changes))


async def _members(
    snapshot: Snapshot, lists: Iterable[Assignments], managers: Sequence[Principal]
) -> Mapping[UUID, Sequence[UUID]]:
    named = {each for assigned in lists for principals in assigned.values() for each in principals} | set(managers)
    groups = [each.id for each in named if each.kind is PrincipalKind.GROUP]
    members: dict[UUID, list[UUID]] = {group: [] for group in groups}
    rows = select(GroupMember.group_id, GroupMember.user_id).where(GroupMember.group_id.in_(groups))
    for group_id, user_id in await snapshot.rows(rows.order_by(GroupMember.user_id)) if groups else ():
        members[group_id].append(user_id)
    return members


def _holders(assigned: Assignments, managers: Sequence[Principal], members: Mapping[UUID, Sequence[UUID]]) -> Holders:
    holders: Holders = {}
    granted = [(ParticipantRole(role), each) for role in AssignedRole for each in assigned[role]]
    for role, via in granted + [(ParticipantRole.ROOM_MODERATOR, manager) for manager in managers]:
        for user_id in [via.id] if via.kind is PrincipalKind.USER else members[via.id]:
            holders[user_id, role] = (*holders.get((user_id, role), ()), via)
    return holders


def _difference(of: Holders, without: Holders, with_access: frozenset[UUID]) -> list[Effective]:
    return [
        Effective(user_id, role, via, user_id in with_access)
        for (user_id, role), via in of.items()
        if (user_id, role) not in without
    ]


async def _gallery_users(snapshot: Snapshot, gallery_id: UUID) -> frozenset[UUID]:
    here = Membership.gallery_id == gallery_id
    direct = select(Membership.user_id).where(here, Membership.user_id.is_not(None))
    by_group = select(GroupMember.user_id).join(Membership, Membership.group_id == GroupMember.group_id).where(here)
    return frozenset(await snapshot.values(union(direct, by_group)))


async def _session_affected(
    snapshot: Snapshot, access: RoomAccess, planned: Plan, gained: list[Effective], lost: list[Effective]
) -> bool:
    if access.open_session is None:
        return False
    before, after, defaults = planned.before, planned.after, access.defaults
    features_change = (
        before.qna.resolve(defaults.qna_default),
        before.group_chat.resolve(defaults.group_chat_default),
    ) != (
        after.qna.resolve(defaults.qna_default),
        after.group_chat.resolve(defaults.group_chat_default),
    )
    shelf_changes = before.shelf_visible != after.shelf_visible
    if features_change or shelf_changes or _ends_session(access, planned):
        return True
    inside = select(Participant.user_id).where(
        Participant.session_id == access.open_session.id, Participant.state == ParticipantState.ADMITTED
    )
    return not {each.user_id for each in (*gained, *lost)}.isdisjoint(await snapshot.values(inside))


async def rooms_of_galleries(snapshot: Snapshot, galleries: Collection[UUID]) -> dict[UUID, UUID]:
    """Returns the id of each gallery's room, without checking access. Runs one statement, or none for no galleries."""
    rows = select(Room.gallery_id, Room.id).where(Room.gallery_id.in_(galleries))
    return dict(await snapshot.rows(rows)) if galleries else {}


async def galleries_of_rooms(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Returns the gallery's id of each room, without checking access. access_rooms_of checks access."""
    rows = await snapshot.rows(select(Room.id, Room.gallery_id).where(Room.id.in_(ids)))
    return dict(rows)
