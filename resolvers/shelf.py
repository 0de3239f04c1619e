"""The shelf of a room: putting items on it, changing, moving and removing them (rules 68, 69).

Everything runs under the gallery's lock, and records an event for each item that changed.
"""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update

from models.access.content import access_content, state_of
from models.access.rooms import RoomAccess, access_room
from models.database.transaction import Transaction
from models.errors import Conflict, not_found
from models.events.content import ContentAdded, ContentChanged, ContentRemoved
from models.permissions import Permission
from models.storage.base import columns, read_facts
from models.tables.content import SHELF_LIMIT, ContentFacts, ContentItem, ContentState
from models.tables.media import Media, MediaStatus
from models.values.answers import InGallery
from resolvers.media import reviewed_by, visible_media
from resolvers.new_content import ContentChanges, NewContent, changed_item, new_item
from resolvers.playlist_order import new_places
from resolvers.shown import item_changed, item_removed


async def add_content(tx: Transaction, room_id: UUID, new: NewContent) -> UUID:
    """Puts an item on the shelf, at its end or before another one, and returns its id.

    Raises INVALID, NOT_FOUND (a medium that the viewer may not see, or of another gallery), CONFLICT (a full shelf).
    """
    access = await access_room(tx, room_id, Permission.MANAGE_CONTENT, "input", "roomId")
    item = new_item(new, access.room.gallery_id, tx.viewer.id, tx.now)
    status = await _status_of(tx, access, new.media_id) if new.media_id else None
    before = await _places(tx, item.gallery_id)
    if len(before) >= SHELF_LIMIT:
        raise Conflict(f"The shelf is full: it has {SHELF_LIMIT} items.", "input", "roomId")
    places = new_places(before, _ordered(before, item.id, new.before_id))
    item = replace(item, position=places.pop(item.id))
    stored = {name: getattr(item, name) for name in ContentFacts.__dataclass_fields__}
    await tx.execute(insert(ContentItem), stored)
    await tx.record(item.gallery_id, ContentAdded(item=item, to_all=_is_to_all(access, item, status)))
    await _move(tx, access, places, before)
    return item.id


async def _status_of(tx: Transaction, access: RoomAccess, media_id: UUID) -> MediaStatus:
    """Returns the status of a medium of the room's gallery. Raises NOT_FOUND if the viewer may not see it (rule 16)."""
    gallery_id, rights = access.room.gallery_id, access.rights
    seen = visible_media(tx.viewer.id, reviewed_by({gallery_id: rights}))
    here = select(Media.status).where(Media.id == media_id, Media.gallery_id == gallery_id, seen)
    status: MediaStatus | None = await tx.value(here)
    if status is None or Permission.VIEW_GALLERY not in rights.permissions:
        raise not_found("medium", "input", "mediaId")
    return status


async def update_content(tx: Transaction, content_id: UUID, changes: ContentChanges) -> UUID:
    """Changes an item, and what a session shows of it now. Returns its id.

    Raises INVALID, also for a field that the kind of item does not have: a medium has none of its own.
    """
    access = await access_content(tx, content_id, "input", "contentId")
    item = changed_item(access.item, changes)
    if item == access.item:
        return content_id
    values = {"title": item.title, "url": item.url, "page_count": item.page_count}
    await tx.execute(update(ContentItem).where(ContentItem.id == content_id).values(**values))
    await tx.record(item.gallery_id, ContentChanged(item=item, to_all=access.room.room.shelf_visible))
    await item_changed(tx, item)
    return content_id


async def move_content(tx: Transaction, content_id: UUID, before_id: UUID | None) -> UUID:
    """Moves an item before another one, or to the end. Returns its id. Raises NOT_FOUND for the other one."""
    access = await access_content(tx, content_id, "input", "contentId")
    before = await _places(tx, access.item.gallery_id)
    await _move(tx, access.room, new_places(before, _ordered(before, content_id, before_id)), before)
    return content_id


async def remove_content(tx: Transaction, content_id: UUID) -> InGallery:
    """Takes an item off the shelf. A session that shows it stops."""
    access = await access_content(tx, content_id, "input", "contentId")
    item = access.item
    await item_removed(tx, item)
    await tx.execute(delete(ContentItem).where(ContentItem.id == content_id))
    to_all = access.room.room.shelf_visible and access.state is ContentState.READY
    await tx.record(item.gallery_id, ContentRemoved(item=item, to_all=to_all))
    return InGallery(content_id, item.gallery_id)


_PLACES = (
    select(ContentItem.id, ContentItem.position)
    .where(ContentItem.gallery_id == bindparam("gallery"))
    .order_by(ContentItem.position)
)


async def _places(tx: Transaction, gallery_id: UUID) -> dict[UUID, int]:
    """Returns the position of each item, in order."""
    return dict(await tx.rows(_PLACES, {"gallery": gallery_id}))


def _ordered(before: dict[UUID, int], item_id: UUID, before_id: UUID | None) -> list[UUID]:
    """Returns the order with the item before another one, or at the end. Raises NOT_FOUND for the other one."""
    if before_id == item_id and item_id in before:
        return list(before)
    others = [each for each in before if each != item_id]
    if before_id is None:
        return [*others, item_id]
    if before_id not in others:
        raise not_found("item", "input", "beforeId")
    at = others.index(before_id)
    return [*others[:at], item_id, *others[at:]]


_ITEMS = select(*columns(ContentFacts, ContentItem), Media.status.label("media_status")).outerjoin(
    Media, Media.id == ContentItem.media_id
)
_PUT = update(ContentItem).where(ContentItem.id == bindparam("of")).values(position=bindparam("place"))


async def _move(tx: Transaction, access: RoomAccess, places: dict[UUID, int], before: dict[UUID, int]) -> None:
    """Stores the positions that changed, with an event for each. These are many only where a gap was too small."""
    moved = {each: place for each, place in places.items() if before.get(each) != place}
    if not moved:
        return
    await tx.execute(_PUT, [{"of": each, "place": place} for each, place in moved.items()])
    rows = await tx.rows(_ITEMS.where(ContentItem.id.in_(moved)))
    events = []
    for row in rows:
        item = read_facts(ContentFacts, row)
        events.append(ContentChanged(item=item, to_all=_is_to_all(access, item, row.media_status)))
    await tx.record_many(access.room.gallery_id, events)


def _is_to_all(access: RoomAccess, item: ContentFacts, media_status: MediaStatus | None) -> bool:
    return access.room.shelf_visible and state_of(item, media_status) is ContentState.READY
