"""Groups: site admins edit them, and every gallery in which a group has rights gets an event (rules 10, 13, 63)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, union, update

from models.access.authorise import access_site
from models.access.people import access_group
from models.database.transaction import Transaction
from models.errors import not_found
from models.events.galleries import MembershipsChanged
from models.events.rooms import AccessChanged
from models.permissions import Permission
from models.storage.base import columns, new_id, read_facts
from models.storage.statements import among
from models.tables.galleries import Gallery, GalleryRole, Membership, MembershipFacts
from models.tables.people import Group, GroupMember, User
from models.tables.rooms import ModeratorAssignment, Room
from models.values.lists import checked_list
from models.values.text import TITLE_LIMIT, clean_line, sort_key
from resolvers.configuration import assignments_of, outdate_forms
from resolvers.members import keep_managers
from resolvers.staleness import rights_changed

USERS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Moved:
    """The group, and the users that were added or removed."""

    group_id: UUID
    user_ids: Sequence[UUID]


async def create_group(tx: Transaction, name: str) -> UUID:
    """Creates an empty group, and returns its id."""
    await access_site(tx, Permission.MANAGE_PEOPLE)
    name = clean_line(name, TITLE_LIMIT, "input", "name")
    group = await tx.add(Group, id=new_id(), name=name, name_key=sort_key(name), created_at=tx.now)
    return group.id


async def update_group(tx: Transaction, group_id: UUID, name: str) -> UUID:
    """Renames a group."""
    await access_group(tx, group_id, "input", "groupId")
    name = clean_line(name, TITLE_LIMIT, "input", "name")
    await tx.execute(update(Group).where(Group.id == group_id).values(name=name, name_key=sort_key(name)))
    return group_id


async def delete_group(tx: Transaction, group_id: UUID) -> UUID:
    """Deletes a group with its memberships and its assignments in rooms (rule 13). Raises LAST_MANAGER.

    Rooms whose form listed the group, as assigned or as a manager, get a new version (rule 25).
    """
    await access_group(tx, group_id, "input", "groupId")
    held = await _hold_reached(tx, group_id)
    managed = await _managed_by(tx, group_id)
    of_group = {"group": group_id}
    memberships = await tx.rows(_MEMBERSHIPS, of_group)
    rooms: dict[UUID, UUID] = dict(await tx.rows(_ROOMS, of_group))
    await tx.execute(delete(Group).where(Group.id == group_id))
    await keep_managers(tx, managed, "input", "groupId")
    await rights_changed(tx, held)
    removed: dict[UUID, list[UUID]] = {}
    for gallery_id, membership_id in memberships:
        removed.setdefault(gallery_id, []).append(membership_id)
    await tx.record_each({gallery: MembershipsChanged(saved=[], removed=ids) for gallery, ids in removed.items()})
    await outdate_forms(tx, {*managed, *rooms})
    left = await assignments_of(tx, list(rooms.values()))
    await tx.record_each({of: AccessChanged(room_id=room, assignments=left[room]) for of, room in rooms.items()})
    return group_id


async def add_users(tx: Transaction, group_id: UUID, users: Sequence[UUID]) -> Moved:
    """Adds users to a group. Users who are already in it stay. Raises INVALID, NOT_FOUND."""
    await access_group(tx, group_id, "input", "groupId")
    inside = await _inside(tx, group_id, users)
    new = [user for user in users if user not in inside]
    if new:
        galleries = await _hold_reached(tx, group_id)
        await tx.execute(insert(GroupMember), [{"group_id": group_id, "user_id": user} for user in new])
        await _tell(tx, group_id, galleries)
    return Moved(group_id, new)


async def remove_users(tx: Transaction, group_id: UUID, users: Sequence[UUID]) -> Moved:
    """Removes users from a group. Users who are not in it are ignored. Raises INVALID, NOT_FOUND, LAST_MANAGER."""
    await access_group(tx, group_id, "input", "groupId")
    inside = await _inside(tx, group_id, users)
    if inside:
        galleries = await _hold_reached(tx, group_id)
        gone = delete(GroupMember).where(GroupMember.group_id == group_id, GroupMember.user_id.in_(inside))
        await tx.execute(gone)
        await keep_managers(tx, await _managed_by(tx, group_id), "input", "userIds")
        await _tell(tx, group_id, galleries)
    return Moved(group_id, [user for user in users if user in inside])


_USERS = select(User.id).where(among(User.id))
_INSIDE = select(GroupMember.user_id).where(GroupMember.group_id == bindparam("group"), among(GroupMember.user_id))


async def _inside(tx: Transaction, group_id: UUID, users: Sequence[UUID]) -> set[UUID]:
    checked_list(users, USERS_AT_ONCE, "input", "userIds", may_be_empty=True)
    there = set(await tx.values(_USERS, {"ids": list(users)}))
    for place, user in enumerate(users):
        if user not in there:
            raise not_found("user", "input", "userIds", place)
    return set(await tx.values(_INSIDE, {"group": group_id, "ids": list(users)}))


_OF_GROUP = Membership.group_id == bindparam("group")
_MEMBERSHIPS = select(Membership.gallery_id, Membership.id).where(_OF_GROUP)
_MEMBERSHIP_FACTS = select(Membership.gallery_id, *columns(MembershipFacts, Membership)).where(_OF_GROUP)
_MANAGING = select(Membership.gallery_id).where(_OF_GROUP, Membership.role == GalleryRole.MANAGER)
_ROOMS = (
    select(Room.gallery_id, Room.id)
    .join(ModeratorAssignment, ModeratorAssignment.room_id == Room.id)
    .where(ModeratorAssignment.group_id == bindparam("group"))
    .distinct()
)
_BY_ASSIGNMENT = (
    select(Room.gallery_id)
    .join(ModeratorAssignment, ModeratorAssignment.room_id == Room.id)
    .where(ModeratorAssignment.group_id == bindparam("group"))
)
_REACHED = union(select(Membership.gallery_id).where(_OF_GROUP), _BY_ASSIGNMENT)
# Transactions that lock several galleries lock them in id order, which avoids deadlocks.
_HOLD_REACHED = select(Gallery.id).where(Gallery.id.in_(_REACHED)).order_by(Gallery.id).with_for_update()


async def _hold_reached(tx: Transaction, group_id: UUID) -> list[UUID]:
    """Locks and returns the galleries in which the group has rights.

    The group is locked too, so it cannot get rights in further galleries; see `hold_groups`.
    """
    return list(await tx.values(_HOLD_REACHED, {"group": group_id}))


async def _managed_by(tx: Transaction, group_id: UUID) -> list[UUID]:
    return list(await tx.values(_MANAGING, {"group": group_id}))


async def _tell(tx: Transaction, group_id: UUID, galleries: Sequence[UUID]) -> None:
    # The event makes streams check access again. The group's own memberships are in it as they were before: clients
    # show how many belong to the group. In a gallery that has the group only on its room's lists, the event is empty.
    await rights_changed(tx, galleries)
    saved: dict[UUID, list[MembershipFacts]] = {gallery: [] for gallery in galleries}
    for row in await tx.rows(_MEMBERSHIP_FACTS, {"group": group_id}):
        saved[row.gallery_id].append(read_facts(MembershipFacts, row))
    await tx.record_each({gallery: MembershipsChanged(saved=each, removed=[]) for gallery, each in saved.items()})
