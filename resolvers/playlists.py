"""Playlists: ordered selections of a gallery's media, which its moderators and managers edit (rule 16)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Select, bindparam, delete, insert, select, update

from models.access.authorise import access_gallery
from models.access.media import access_playlist
from models.access.rights import Rights, rights_in
from models.database.transaction import Snapshot, Transaction
from models.errors import not_found
from models.events.media import PlaylistDeleted, PlaylistSaved
from models.permissions import Permission
from models.storage.base import new_id
from models.storage.counting import Counting
from models.storage.paging import EMPTY, Key, Page, PageArguments, page_each
from models.storage.statements import among
from models.tables.media import ITEMS_LIMIT, Media, Playlist, PlaylistFacts, PlaylistItem
from models.values.answers import InGallery
from models.values.checks import all_invalid
from models.values.lists import checked_list
from models.values.text import DESCRIPTION_LIMIT, TITLE_LIMIT, clean_line, clean_text
from resolvers.media import reviewed_by, visible_media
from resolvers.playlist_order import new_places

IN_ORDER = (Key(Playlist.id),)
ITEMS_IN_ORDER = (Key(PlaylistItem.position),)


async def create_playlist(
    tx: Transaction, gallery_id: UUID, title: str, description: str, media_ids: Sequence[UUID]
) -> InGallery:
    """Creates a playlist of these media, and returns it. Raises INVALID, NOT_FOUND for media of other galleries."""
    await access_gallery(tx, gallery_id, Permission.EDIT_PLAYLISTS, "input", "galleryId")
    with all_invalid() as check:
        title = check(_title, title)
        description = check(_description, description)
        check(_check_items, media_ids)
    made = PlaylistFacts(
        id=new_id(),
        gallery_id=gallery_id,
        title=title,
        description=description,
        created_at=tx.now,
        updated_at=tx.now,
        media_ids=await _items(tx, gallery_id, media_ids),
    )
    await tx.execute(insert(Playlist), _stored(made))
    await _put_items(tx, made.id, new_places({}, made.media_ids))
    await tx.record(gallery_id, PlaylistSaved(playlist=made))
    return InGallery(made.id, gallery_id)


async def update_playlist(
    tx: Transaction, playlist_id: UUID, title: str | None, description: str | None, media_ids: Sequence[UUID] | None
) -> InGallery:
    """Changes a playlist, and returns it. None leaves a value unchanged; `media_ids` replaces the whole list.

    Raises the errors of `create_playlist`.
    """
    row = await access_playlist(tx, playlist_id, Permission.EDIT_PLAYLISTS, "input", "playlistId")
    with all_invalid() as check:
        title = check.given(_title, title)
        description = check.given(_description, description)
        check.given(_check_items, media_ids)
    (before,) = await playlists_as_stored(tx, [row])
    after = replace(
        before,
        title=before.title if title is None else title,
        description=before.description if description is None else description,
        media_ids=before.media_ids if media_ids is None else await _items(tx, row.gallery_id, media_ids),
    )
    if after == before:
        return InGallery(playlist_id, row.gallery_id)
    after = replace(after, updated_at=tx.now)
    await tx.execute(update(Playlist).where(Playlist.id == playlist_id).values(**_stored(after)))
    if after.media_ids != before.media_ids:
        places: dict[UUID, int] = dict(await tx.rows(_PLACES, {"playlist": playlist_id}))
        await tx.execute(delete(PlaylistItem).where(PlaylistItem.playlist_id == playlist_id))
        await _put_items(tx, playlist_id, new_places(places, after.media_ids))
    await tx.record(row.gallery_id, PlaylistSaved(playlist=after))
    return InGallery(playlist_id, row.gallery_id)


async def delete_playlist(tx: Transaction, playlist_id: UUID) -> InGallery:
    """Deletes a playlist but not its media."""
    row = await access_playlist(tx, playlist_id, Permission.EDIT_PLAYLISTS, "input", "playlistId")
    await tx.execute(delete(Playlist).where(Playlist.id == playlist_id))
    await tx.record(row.gallery_id, PlaylistDeleted(playlist_id=playlist_id))
    return InGallery(playlist_id, row.gallery_id)


def _check_items(media_ids: Sequence[UUID]) -> None:
    checked_list(media_ids, ITEMS_LIMIT, "input", "mediaIds", may_be_empty=True)


async def _items(tx: Transaction, gallery_id: UUID, media_ids: Sequence[UUID]) -> list[UUID]:
    here = select(Media.id).where(Media.gallery_id == gallery_id, Media.id.in_(media_ids))
    known = set(await tx.values(here))
    for place, each in enumerate(media_ids):
        if each not in known:
            raise not_found("medium", "input", "mediaIds", place)
    return list(media_ids)


_PLACES = select(PlaylistItem.media_id, PlaylistItem.position).where(PlaylistItem.playlist_id == bindparam("playlist"))


async def _put_items(tx: Transaction, playlist_id: UUID, places: Mapping[UUID, int]) -> None:
    items = [
        {"playlist_id": playlist_id, "position": position, "media_id": media_id}
        for media_id, position in places.items()
    ]
    if items:
        await tx.execute(insert(PlaylistItem), items)


def _stored(playlist: PlaylistFacts) -> dict[str, object]:
    return {field: getattr(playlist, field) for field in PlaylistFacts.__dataclass_fields__ if field != "media_ids"}


def _title(value: str) -> str:
    return clean_line(value, TITLE_LIMIT, "input", "title")


def _description(value: str) -> str:
    return clean_text(value, DESCRIPTION_LIMIT, "input", "description", may_be_empty=True)


_ITEMS = (
    select(PlaylistItem.playlist_id, PlaylistItem.media_id)
    .where(among(PlaylistItem.playlist_id))
    .order_by(PlaylistItem.playlist_id, PlaylistItem.position)
)


async def playlists_as_stored(tx: Transaction, rows: Sequence[Playlist]) -> list[PlaylistFacts]:
    """Returns the playlists with all their items, including those that the viewer may not see."""
    items: dict[UUID, list[UUID]] = {row.id: [] for row in rows}
    for playlist_id, media_id in await tx.rows(_ITEMS, {"ids": list(items)}) if rows else ():
        items[playlist_id].append(media_id)
    return [
        PlaylistFacts(
            id=row.id,
            gallery_id=row.gallery_id,
            title=row.title,
            description=row.description,
            created_at=row.created_at,
            updated_at=row.updated_at,
            media_ids=items[row.id],
        )
        for row in rows
    ]


async def playlists_with(tx: Transaction, media_ids: Sequence[UUID]) -> list[PlaylistFacts]:
    """Returns the playlists that contain any of these media."""
    holding = select(PlaylistItem.playlist_id).where(PlaylistItem.media_id.in_(media_ids))
    rows = await tx.all(select(Playlist).where(Playlist.id.in_(holding)).order_by(Playlist.id)) if media_ids else []
    return await playlists_as_stored(tx, rows)


async def playlists_of(
    snapshot: Snapshot, galleries: Mapping[UUID, Rights], arguments: PageArguments
) -> dict[UUID, Page[Playlist]]:
    """Returns a page of each gallery's playlists, oldest first. The page is empty if the viewer is not a member."""
    arguments.checked()
    found: dict[UUID, Page[Playlist]] = dict.fromkeys(galleries, EMPTY)
    mine = [gallery for gallery, rights in galleries.items() if Permission.VIEW_GALLERY in rights.permissions]
    if mine:
        found |= await page_each(snapshot, select(Playlist), Playlist.gallery_id, mine, IN_ORDER, arguments)
    return found


async def items_of(
    snapshot: Snapshot, playlists: Mapping[UUID, UUID], arguments: PageArguments
) -> dict[UUID, Page[Media]]:
    """Returns a page of each playlist's items that the viewer may see (rule 16). Runs two statements.

    `playlists` maps each playlist to its gallery. Positions have gaps, so that pages stay stable when items are added
    or removed.
    """
    arguments.checked()
    rights = await rights_in(snapshot, set(playlists.values()), snapshot.viewer.id)
    items = _items_seen(snapshot, rights)
    found: dict[UUID, Page[Media]] = dict.fromkeys(playlists, EMPTY)
    mine = [each for each, gallery in playlists.items() if Permission.VIEW_GALLERY in rights[gallery].permissions]
    if mine:
        parent = PlaylistItem.playlist_id
        found |= await page_each(snapshot, items, parent, mine, ITEMS_IN_ORDER, arguments)
    return found


async def item_counts(snapshot: Snapshot, playlists: Mapping[UUID, UUID]) -> dict[UUID, int]:
    """Returns the number of items of each playlist that the viewer may see. `playlists` maps them to galleries.

    Runs two statements.
    """
    rights = await rights_in(snapshot, set(playlists.values()), snapshot.viewer.id)
    mine = [each for each, gallery in playlists.items() if Permission.VIEW_GALLERY in rights[gallery].permissions]
    counting = Counting(_items_seen(snapshot, rights), PlaylistItem.playlist_id)
    return await counting.by_parent(snapshot, playlists, mine)


def _items_seen(snapshot: Snapshot, rights: Mapping[UUID, Rights]) -> Select[Media]:
    items: Select[Media] = (
        select(Media, PlaylistItem.position)  # type: ignore[assignment]  # rows of media, each with its position
        .join(PlaylistItem, PlaylistItem.media_id == Media.id)
        .where(visible_media(snapshot.viewer.id, reviewed_by(rights)))
    )
    return items


async def playlists_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, Playlist]:
    """Returns the playlists whose gallery the viewer is a member of. Omits the others."""
    rows = await snapshot.all(select(Playlist).where(Playlist.id.in_(ids)))
    rights = await rights_in(snapshot, {row.gallery_id for row in rows}, snapshot.viewer.id)
    return {row.id: row for row in rows if rights[row.gallery_id].gallery_role}
