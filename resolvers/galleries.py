"""Galleries: creating, changing, deleting and reading them, and reading their members."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, func, select, true, union_all, update

from models.access.authorise import access_gallery, access_site
from models.access.rights import IS_MEMBER, Rights, rights_in
from models.cursors import Position
from models.database.transaction import Snapshot, Transaction
from models.errors import Conflict, Invalid, RoomHasActiveSession
from models.events.galleries import GalleryChanged, MembershipsChanged
from models.permissions import Permission
from models.storage.base import new_id
from models.storage.counting import Counting
from models.storage.paging import EMPTY, Key, Narrowing, Page, PageArguments, narrowed_page, page, page_each
from models.storage.statements import among
from models.tables.galleries import Gallery, GalleryOrder, GalleryRole, Membership, MembershipSource
from models.tables.names import named_like
from models.tables.people import Group, User
from models.tables.principals import Principal, check_length, existing, hold_groups
from models.tables.rooms import FeatureSetting, Room, RoomMode, RoomState
from models.tables.sessions import RoomSession
from models.tables.site import THE_SITE
from models.values.checks import all_invalid
from models.values.text import (
    DESCRIPTION_LIMIT,
    KEY_LIMIT,
    TITLE_LIMIT,
    clean_line,
    clean_search,
    clean_text,
    like_pattern,
)
from models.values.text import sort_key as key_of
from resolvers.members import add_members, keep_managers

ORDERS = {
    GalleryOrder.TITLE: (Key(Gallery.title_key), Key(Gallery.id)),
    GalleryOrder.NEWEST: (Key(Gallery.id, descending=True),),
}


async def create_gallery(
    tx: Transaction,
    *,
    title: str,
    description: str,
    external_id: str | None,
    moderate_media: bool | None,
    managers: Sequence[Principal],
) -> UUID:
    """Creates a gallery with its room, which is disabled (rules 14, 21). Returns the gallery's id.

    Raises INVALID, NOT_FOUND, LAST_MANAGER, CONFLICT (the external id is used).
    """
    await access_site(tx, Permission.CREATE_GALLERY)
    await hold_groups(tx, managers)
    with all_invalid() as check:
        title = check(_title, title)
        description = check(_description, description)
        external_id = check.given(clean_line, external_id, KEY_LIMIT, "input", "externalId")
        check(_check_managers, managers)
    if external_id is not None:
        await _must_be_unused(tx, external_id)
    managers = await existing(tx, managers, "input", "managerIds")
    # The site's row is locked. So a concurrent change of defaults either precedes this gallery or records its event
    # here too.
    site = await tx.first(THE_SITE.with_for_update(read=True))
    assert site
    gallery = await tx.add(
        Gallery,
        id=new_id(),
        external_id=external_id,
        title=title,
        title_key=key_of(title),
        description=description,
        moderate_media=site.moderate_media_default if moderate_media is None else moderate_media,
        created_at=tx.now,
        updated_at=tx.now,
        log_head=0,
        log_mark=0,
        log_floor=0,
    )
    await _add_room(tx, gallery.id)
    event = GalleryChanged(title=title, description=description, moderate_media=gallery.moderate_media)
    await tx.record(gallery.id, event)
    first = [(manager, GalleryRole.MANAGER) for manager in managers]
    saved = await add_members(tx, gallery.id, first, MembershipSource.MANUAL)
    await keep_managers(tx, [gallery.id], "input", "managerIds")
    await tx.record(gallery.id, MembershipsChanged(saved=saved, removed=[]))
    return gallery.id


async def update_gallery(
    tx: Transaction,
    gallery_id: UUID,
    *,
    title: str | None,
    description: str | None,
    external_id: str | None,
    moderate_media: bool | None,
) -> UUID:
    """Changes a gallery, and returns its id. None leaves a setting unchanged; an empty external id removes the id.

    Disabling moderation leaves pending media pending (rule 18). An update without changes records no event. Raises
    INVALID, CONFLICT.
    """
    access = await access_gallery(tx, gallery_id, Permission.MANAGE_GALLERY, "input", "galleryId")
    before = access.gallery
    with all_invalid() as check:
        title = check.given(_title, title)
        description = check.given(_description, description)
        external_id = check.given(_external_id, external_id)
    if external_id and external_id != before.external_id:
        await _must_be_unused(tx, external_id)
    values: dict[str, Any] = {"title": title, "description": description, "moderate_media": moderate_media}
    values = {name: value for name, value in values.items() if value is not None}
    if title is not None:
        values["title_key"] = key_of(title)
    if external_id is not None:
        values["external_id"] = external_id or None
    if any(getattr(before, name) != value for name, value in values.items()):
        await _save(tx, gallery_id, values)
    return gallery_id


def _title(value: str) -> str:
    return clean_line(value, TITLE_LIMIT, "input", "title")


def _description(value: str) -> str:
    return clean_text(value, DESCRIPTION_LIMIT, "input", "description", may_be_empty=True)


def _external_id(value: str) -> str:
    """Returns the external id, or an empty text that removes it."""
    return clean_line(value, KEY_LIMIT, "input", "externalId") if value.strip() else ""


def _check_managers(managers: Sequence[Principal]) -> None:
    if not managers:
        raise Invalid("A gallery needs at least one manager.", "input", "managerIds")
    check_length(managers, "input", "managerIds")


async def _save(tx: Transaction, gallery_id: UUID, values: dict[str, Any]) -> None:
    changed = update(Gallery).where(Gallery.id == gallery_id).values(**values, updated_at=tx.now).returning(Gallery)
    after = await tx.first(changed)
    assert after
    event = GalleryChanged(title=after.title, description=after.description, moderate_media=after.moderate_media)
    await tx.record(gallery_id, event)


_RUNNING = (
    select(RoomSession.id)
    .join(Room, Room.session_id == RoomSession.id)
    .where(Room.gallery_id == bindparam("gallery"), RoomSession.ended_at.is_(None))
)


async def delete_gallery(tx: Transaction, gallery_id: UUID, *, end_active_session: bool) -> UUID:
    """Deletes a gallery with its content, its room and its log, and returns its id. The gallery's streams end.

    Raises ROOM_HAS_ACTIVE_SESSION.
    """
    access = await access_gallery(tx, gallery_id, Permission.MANAGE_GALLERY, "input", "galleryId")
    if not end_active_session and await tx.value(_RUNNING, {"gallery": gallery_id}):
        raise RoomHasActiveSession("A session is running in this gallery's room.", "input", "galleryId")
    await tx.execute(delete(Gallery).where(Gallery.id == gallery_id))
    tx.erased(gallery_id, access.gallery.log_head)
    return gallery_id


async def _must_be_unused(tx: Transaction, external_id: str) -> None:
    if await tx.value(select(Gallery.id).where(Gallery.external_id == external_id)):
        raise Conflict("Another gallery has this external id.", "input", "externalId")


async def _add_room(tx: Transaction, gallery_id: UUID) -> None:
    await tx.add(
        Room,
        id=new_id(),
        gallery_id=gallery_id,
        enabled=False,
        mode=RoomMode.INTERACTIVE,
        qna=FeatureSetting.SITE_DEFAULT,
        group_chat=FeatureSetting.SITE_DEFAULT,
        shelf_visible=False,
        version=1,
        session_id=None,
        updated_at=tx.now,
    )


async def my_galleries(
    snapshot: Snapshot, search: str | None, order: GalleryOrder, state: RoomState | None, arguments: PageArguments
) -> Page[Gallery]:
    """Returns a page of the galleries that the viewer is a member of. `state` is that of the gallery's room."""
    statement = select(Gallery).where(IS_MEMBER).params(viewer=snapshot.viewer.id)
    if search:
        pattern = like_pattern(clean_search(search, "search"))
        statement = statement.where(Gallery.title_key.like(pattern, escape="\\"))
    if state is not None:
        statement = statement.where(_IN_STATE[state])
    return await page(snapshot, statement, ORDERS[order], arguments)


_OF_GALLERY = Room.gallery_id == Gallery.id
_IS_OPEN = exists().where(_OF_GALLERY, RoomSession.room_id == Room.id, RoomSession.ended_at.is_(None))
_IS_ENABLED = exists().where(_OF_GALLERY, Room.enabled)
_IN_STATE = {
    RoomState.OPEN: _IS_OPEN,
    RoomState.CLOSED: and_(_IS_ENABLED, ~_IS_OPEN),
    RoomState.DISABLED: and_(~_IS_ENABLED, ~_IS_OPEN),
}
"""The states that `RoomStatus.state` shows, as SQL conditions on a gallery."""

_HEADS = select(Gallery.id, Gallery.log_head, Gallery.log_mark).where(among(Gallery.id))


async def log_heads(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, Position]:
    """Returns the position of the last entry in each gallery's log, without checking access. Runs one statement."""
    rows = await snapshot.rows(_HEADS, {"ids": list(ids)})
    return {row.id: Position(row.log_head, row.log_mark) for row in rows}


_GALLERIES = select(Gallery).where(among(Gallery.id))


async def galleries_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, Gallery]:
    """Returns galleries by id, without checking access: callers pass ids that the viewer may see.

    Runs one statement.
    """
    return {gallery.id: gallery for gallery in await snapshot.all(_GALLERIES, {"ids": list(ids)})} if ids else {}


def viewed_in(galleries: Mapping[UUID, Rights]) -> list[UUID]:
    """Returns the galleries whose content these rights allow the viewer to see."""
    return [gallery for gallery, rights in galleries.items() if Permission.VIEW_GALLERY in rights.permissions]


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
