"""Memberships of a gallery (rules 1 to 3).

There are manual memberships and those of the course's roster. They do not affect each other.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, or_, select, update

from models.access.authorise import access_gallery
from models.access.people import access_roster
from models.database.transaction import Transaction
from models.errors import LastManager, NotFound
from models.events.galleries import MembershipsChanged
from models.permissions import Permission
from models.storage.base import columns, new_id, read_facts
from models.storage.statements import among
from models.tables.galleries import GalleryRole, Membership, MembershipFacts, MembershipSource
from models.tables.people import GroupMember
from models.tables.principals import Principal, hold_groups, known, principal
from models.values.answers import InGallery
from models.values.lists import checked_list
from resolvers.configuration import outdate_forms
from resolvers.staleness import rights_changed

ROSTER_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Synced:
    """The number of roster memberships that a sync added, changed and removed."""

    gallery_id: UUID
    added: int
    changed: int
    removed: int


async def set_member(tx: Transaction, gallery_id: UUID, who: Principal, role: GalleryRole) -> UUID:
    """Sets the manual role of a user or group, and returns the membership's id.

    Setting the same role again records no event (rule 13). Raises NOT_FOUND, LAST_MANAGER.
    """
    await hold_groups(tx, [who])
    await access_gallery(tx, gallery_id, Permission.MANAGE_GALLERY, "input", "galleryId")
    if not await known(tx, [who]):
        raise NotFound("There is no such user or group.", "input", "principalId")
    before = await _manual(tx, gallery_id, who)
    if before is None:
        (saved,) = await add_members(tx, gallery_id, [(who, role)], MembershipSource.MANUAL)
    elif before.role is role:
        return before.id
    else:
        saved = replace(before, role=role)
        await _change_roles(tx, [saved])
        await keep_managers(tx, [gallery_id], "input", "role")
    await _outdate_form(tx, gallery_id, [saved, before or saved])
    await rights_changed(tx, [gallery_id])
    await tx.record(gallery_id, MembershipsChanged(saved=[saved], removed=[]))
    return saved.id


async def remove_member(tx: Transaction, gallery_id: UUID, who: Principal) -> InGallery:
    """Removes a manual membership, and returns its id. Roster and group memberships stay (rule 2).

    Raises NOT_FOUND, LAST_MANAGER.
    """
    await access_gallery(tx, gallery_id, Permission.MANAGE_GALLERY, "input", "galleryId")
    before = await _manual(tx, gallery_id, who)
    if before is None:
        raise NotFound("This user or group has no manual membership.", "input", "principalId")
    await _remove(tx, [before.id])
    await keep_managers(tx, [gallery_id], "input", "principalId")
    await _outdate_form(tx, gallery_id, [before])
    await rights_changed(tx, [gallery_id])
    await tx.record(gallery_id, MembershipsChanged(saved=[], removed=[before.id]))
    return InGallery(before.id, gallery_id)


async def sync_roster(tx: Transaction, gallery_id: UUID, members: Sequence[tuple[Principal, GalleryRole]]) -> Synced:
    """Replaces the gallery's roster with this list. Manual memberships stay.

    A roster without differences records no event. Raises INVALID, NOT_FOUND, LAST_MANAGER.
    """
    checked_list(members, ROSTER_LIMIT, "input", "members", may_be_empty=True, key=lambda each: each[0])
    wanted = dict(members)
    await hold_groups(tx, wanted)
    await access_roster(tx, gallery_id, "input", "galleryId")
    await _all_known(tx, list(wanted))
    stored = {principal(each.user_id, each.group_id): each for each in await _roster(tx, gallery_id)}
    new = [(who, role) for who, role in members if who not in stored]
    differing = [before for who, before in stored.items() if who in wanted and before.role is not wanted[who]]
    changed = [replace(before, role=wanted[principal(before.user_id, before.group_id)]) for before in differing]
    lost = [before for who, before in stored.items() if who not in wanted]
    gone = [before.id for before in lost]
    if new or changed or gone:
        saved = await add_members(tx, gallery_id, new, MembershipSource.ROSTER)
        await _change_roles(tx, changed)
        await _remove(tx, gone)
        await keep_managers(tx, [gallery_id] if changed or gone else [], "input", "members")
        await _outdate_form(tx, gallery_id, [*saved, *changed, *differing, *lost])
        await rights_changed(tx, [gallery_id])
        await tx.record(gallery_id, MembershipsChanged(saved=[*saved, *changed], removed=gone))
    return Synced(gallery_id, len(new), len(changed), len(gone))


async def _outdate_form(tx: Transaction, gallery_id: UUID, touched: Iterable[MembershipFacts]) -> None:
    # The room's form lists the gallery's managers among the moderators (rule 9), but no other members.
    if any(each.role is GalleryRole.MANAGER for each in touched):
        await outdate_forms(tx, [gallery_id])


async def _all_known(tx: Transaction, wanted: Sequence[Principal]) -> None:
    there = await known(tx, wanted)
    for place, each in enumerate(wanted):
        if each not in there:
            raise NotFound("There is no such user or group.", "input", "members", place, "principalId")


async def add_members(
    tx: Transaction, gallery_id: UUID, members: Iterable[tuple[Principal, GalleryRole]], source: MembershipSource
) -> list[MembershipFacts]:
    """Inserts memberships for principals that have none from this source. Returns them for the event."""
    saved = [
        MembershipFacts(
            id=new_id(), user_id=who.user_id, group_id=who.group_id, role=role, source=source, created_at=tx.now
        )
        for who, role in members
    ]
    if saved:
        await tx.execute(insert(Membership), [asdict(each) | {"gallery_id": gallery_id} for each in saved])
    return saved


_FACTS = select(*columns(MembershipFacts, Membership)).where(
    Membership.gallery_id == bindparam("gallery"), Membership.source == bindparam("source")
)
_OF_PRINCIPAL = _FACTS.where(
    or_(Membership.user_id == bindparam("user"), Membership.group_id == bindparam("group")),
)


async def _manual(tx: Transaction, gallery_id: UUID, who: Principal) -> MembershipFacts | None:
    whose = {"gallery": gallery_id, "source": MembershipSource.MANUAL, "user": who.user_id, "group": who.group_id}
    row = await tx.row(_OF_PRINCIPAL, whose)
    return read_facts(MembershipFacts, row) if row else None


async def _roster(tx: Transaction, gallery_id: UUID) -> list[MembershipFacts]:
    rows = await tx.rows(_FACTS, {"gallery": gallery_id, "source": MembershipSource.ROSTER})
    return [read_facts(MembershipFacts, row) for row in rows]


async def _change_roles(tx: Transaction, changed: Sequence[MembershipFacts]) -> None:
    for role in GalleryRole:
        ids = [each.id for each in changed if each.role is role]
        if ids:
            await tx.execute(update(Membership).where(Membership.id.in_(ids)).values(role=role))


async def _remove(tx: Transaction, ids: Sequence[UUID]) -> None:
    if ids:
        await tx.execute(delete(Membership).where(Membership.id.in_(ids)))


# A group without members does not count as a manager.
_MANAGED = (
    select(Membership.gallery_id)
    .outerjoin(GroupMember, GroupMember.group_id == Membership.group_id)
    .where(
        among(Membership.gallery_id),
        Membership.role == GalleryRole.MANAGER,
        or_(Membership.user_id.is_not(None), GroupMember.user_id.is_not(None)),
    )
    .distinct()
)


async def keep_managers(tx: Transaction, galleries: Collection[UUID], *field: str) -> None:
    """Raises LAST_MANAGER if one of these galleries has no manager any more (rule 3).

    The caller holds the galleries' row locks. A manager is a user who holds the role directly or through a group.
    """
    if galleries and set(galleries) - set(await tx.values(_MANAGED, {"ids": list(galleries)})):
        raise LastManager("This would leave a gallery without a manager. Add another manager first.", *field)
