"""Reading the media that the viewer may see (rules 16, 17, 19)."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, bindparam, func, or_, select

from models.access.media import sees_media
from models.access.rights import Rights, rights_in
from models.database.transaction import Snapshot
from models.permissions import Permission
from models.storage.counting import Counting
from models.storage.paging import EMPTY, Key, Narrowing, Page, PageArguments, narrowed_page, page_each
from models.storage.statements import among
from models.tables.media import UNPUBLISHED, Media, MediaOrder, MediaStatus
from resolvers.media_filters import EVERYTHING, MediaFilters

ORDERS = {
    MediaOrder.NEWEST: (Key(Media.created_at, descending=True), Key(Media.id, descending=True)),
    MediaOrder.OLDEST: (Key(Media.created_at), Key(Media.id)),
    MediaOrder.TITLE: (Key(Media.title_key), Key(Media.id)),
    MediaOrder.LONGEST: (Key(Media.duration_seconds, descending=True), Key(Media.id, descending=True)),
    MediaOrder.SHORTEST: (Key(Media.duration_seconds), Key(Media.id)),
}


async def media_of(
    snapshot: Snapshot,
    galleries: Mapping[UUID, Rights],
    order: MediaOrder,
    arguments: PageArguments,
    filters: MediaFilters = EVERYTHING,
) -> dict[UUID, Page[Media]]:
    """Returns a page of the media that the viewer may see in each gallery.

    The page is empty if the viewer is not a member.
    """
    arguments.checked()
    found: dict[UUID, Page[Media]] = dict.fromkeys(galleries, EMPTY)
    mine = [gallery for gallery, rights in galleries.items() if Permission.VIEW_GALLERY in rights.permissions]
    if filters is EVERYTHING:  # The usual case. Its statement is built once.
        given = {"viewer": snapshot.viewer.id, "reviewing": reviewed_by(galleries)}
        if mine:
            found |= await page_each(snapshot, _VISIBLE, Media.gallery_id, mine, ORDERS[order], arguments, given)
        return found
    chosen = filters.checked()
    reviewing = reviewed_by(galleries)

    def holds(media: type[Media]) -> list[ColumnElement[bool]]:
        return [visible_media(snapshot.viewer.id, reviewing, media), *chosen.conditions(media)]

    match mine, chosen.found(mine):
        case [], _:
            pass
        case [gallery], ColumnElement() as in_index:
            part = Narrowing(
                Media,
                whole=lambda media: media.gallery_id == gallery,
                holds=holds,
                knows=chosen.written,
                found=select(Media).where(in_index),
            )
            found[gallery] = await narrowed_page(snapshot, part, ORDERS[order], arguments)
        case _, in_index:
            visible = select(Media).where(*holds(Media), *([] if in_index is None else [in_index]))
            found |= await page_each(snapshot, visible, Media.gallery_id, mine, ORDERS[order], arguments)
    return found


def reviewed_by(galleries: Mapping[UUID, Rights]) -> list[UUID]:
    """Returns the galleries in which these rights allow the viewer to review media."""
    return [gallery for gallery, rights in galleries.items() if Permission.REVIEW_MEDIA in rights.permissions]


def visible_media(
    viewer_id: UUID | BindParameter[UUID],
    reviewing: Sequence[UUID] | BindParameter[Sequence[UUID]],
    media: type[Media] = Media,
) -> ColumnElement[bool]:
    """Returns the condition that the viewer, a member of the medium's gallery, may see the medium (rule 16)."""
    published = media.status == MediaStatus.PUBLISHED
    return or_(published, media.owner_id == viewer_id, media.gallery_id.in_(reviewing))


_VISIBLE = select(Media).where(visible_media(bindparam("viewer"), bindparam("reviewing", expanding=True)))


_PENDING = (
    select(Media.gallery_id, func.count())
    .where(among(Media.gallery_id), UNPUBLISHED, Media.status == MediaStatus.PENDING)
    .group_by(Media.gallery_id)
)


async def pending_counts(snapshot: Snapshot, galleries: Mapping[UUID, Rights]) -> dict[UUID, int | None]:
    """Returns the number of pending media by gallery, or None where the viewer may not review (rule 17).

    Runs one statement.
    """
    reviewing = reviewed_by(galleries)
    counts: dict[UUID, int | None] = dict.fromkeys(galleries) | dict.fromkeys(reviewing, 0)
    if reviewing:
        counts |= dict(await snapshot.rows(_PENDING, {"ids": reviewing}))
    return counts


async def media_counts(snapshot: Snapshot, galleries: Mapping[UUID, Rights]) -> dict[UUID, int]:
    """Returns the number of media that the viewer may see in each gallery, or 0 if the viewer is not a member.

    Runs one statement.
    """
    given = {"viewer": snapshot.viewer.id, "reviewing": reviewed_by(galleries)}
    counting = Counting(_VISIBLE, Media.gallery_id, given)
    mine = [gallery for gallery, rights in galleries.items() if Permission.VIEW_GALLERY in rights.permissions]
    return await counting.by_parent(snapshot, galleries, mine)


async def media_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, Media]:
    """Returns the media that the viewer may see. Omits the others."""
    return {row.id: row for row in await _seen(snapshot, Media.id.in_(ids))}


async def media_of_recordings(snapshot: Snapshot, recordings: Collection[UUID]) -> dict[UUID, Media]:
    """Returns the medium of each recording, if there is one and the viewer may see it."""
    seen = await _seen(snapshot, Media.recording_id.in_(recordings))
    return {row.recording_id: row for row in seen if row.recording_id}


async def _seen(snapshot: Snapshot, which: ColumnElement[bool]) -> list[Media]:
    rows = await snapshot.all(select(Media).where(which))
    rights = await rights_in(snapshot, {row.gallery_id for row in rows}, snapshot.viewer.id)
    return [row for row in rows if sees_media(row, rights[row.gallery_id], snapshot.viewer.id)]
