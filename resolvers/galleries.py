"""Galleries: creating, changing, deleting and reading them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, exists, select, update

from models.access.authorise import access_gallery, access_site
from models.access.rights import IS_MEMBER, Rights
from models.cursors import Position
from models.database.transaction import Snapshot, Transaction
from models.errors import Conflict, Invalid, RoomHasActiveSession
from models.events.galleries import GalleryChanged, MembershipsChanged
from models.permissions import Permission
from models.storage.base import new_id
from models.storage.paging import Key, Page, PageArguments, page
from models.storage.statements import among
from models.tables.galleries import Gallery, GalleryOrder, GalleryRole, MembershipSource
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
