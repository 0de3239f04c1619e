"""Reading the memberships of galleries."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, true, union_all

from models.access.rights import Rights, rights_in
from models.database.transaction import Snapshot
from models.storage.counting import Counting
from models.storage.paging import EMPTY, Key, Narrowing, Page, PageArguments, narrowed_page, page_each
from models.tables.galleries import GalleryRole, Membership
from models.tables.names import named_like
from models.tables.people import Group, User
from models.values.text import clean_search, like_pattern
from resolvers.galleries import viewed_in

MEMBERS_IN_ORDER = (Key(Membership.id),)
MEMBERS_REACH = 200  # This is fewer than elsewhere, because reading each member's name takes a lookup.


async def memberships_of(
    snapshot: Snapshot,
    galleries: Mapping[UUID, Rights],
    role: GalleryRole | None,
    search: str | None,
    arguments: PageArguments,
) -> dict[UUID, Page[Membership]]:
    """Returns a page of each gallery's memberships. The page is empty if the viewer is not a member."""
    arguments.checked()
    found: dict[UUID, Page[Membership]] = dict.fromkeys(galleries, EMPTY)
    mine = viewed_in(galleries)
    wanted = clean_search(search, "search") if search else None
    if wanted is not None and len(mine) == 1:
        found[mine[0]] = await _named_members(snapshot, mine[0], role, wanted, arguments)
    elif mine:
        members = select(Membership).where(_of_role(Membership, role), _named(Membership, wanted))
        found |= await page_each(snapshot, members, Membership.gallery_id, mine, MEMBERS_IN_ORDER, arguments)
    return found


_MEMBERS = Counting(select(Membership), Membership.gallery_id, {})


async def member_counts(snapshot: Snapshot, galleries: Mapping[UUID, Rights]) -> dict[UUID, int]:
    """Returns the number of each gallery's memberships, or 0 if the viewer is not a member. Runs one statement."""
    return await _MEMBERS.by_parent(snapshot, galleries, viewed_in(galleries))


async def _named_members(
    snapshot: Snapshot, gallery_id: UUID, role: GalleryRole | None, search: str, arguments: PageArguments
) -> Page[Membership]:
    # This searches users in all galleries. With the gallery's condition, PostgreSQL would expect few members and scan
    # all of them.
    users = select(Membership).where(Membership.user_id.in_(select(User.id).where(named_like(search))))
    groups = select(Membership).where(Membership.gallery_id == gallery_id, Membership.group_id.is_not(None))
    part = Narrowing(
        Membership,
        whole=lambda member: and_(member.gallery_id == gallery_id, _of_role(member, role)),
        holds=lambda member: [_named(member, search)],
        knows=lambda _: (),
        found=union_all(users, groups),
        reach=MEMBERS_REACH,
    )
    return await narrowed_page(snapshot, part, MEMBERS_IN_ORDER, arguments)


def _of_role(member: type[Membership], role: GalleryRole | None) -> ColumnElement[bool]:
    return true() if role is None else member.role == role


def _named(member: type[Membership], search: str | None) -> ColumnElement[bool]:
    if search is None:
        return true()
    # Scalar subqueries look up each member. For a join or EXISTS, PostgreSQL may scan all users.
    user = select(User.name_key).where(User.id == member.user_id).scalar_subquery()
    group = select(Group.name_key).where(Group.id == member.group_id).scalar_subquery()
    return func.coalesce(user, group).like(like_pattern(search), escape="\\")


async def memberships_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, Membership]:
    """Returns the memberships whose gallery the viewer is a member of."""
    rows = await snapshot.all(select(Membership).where(Membership.id.in_(ids)))
    rights = await rights_in(snapshot, {row.gallery_id for row in rows}, snapshot.viewer.id)
    return {row.id: row for row in rows if rights[row.gallery_id].gallery_role}
