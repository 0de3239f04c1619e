"""Adding, changing and removing media (rules 1, 15, 16, 20)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, update

from models.access.authorise import access_gallery
from models.access.media import access_media
from models.database.transaction import Transaction
from models.errors import Invalid
from models.events.media import MediaAdded, MediaChanged, MediaRemoved, PendingCountChanged
from models.permissions import Permission
from models.storage.base import new_id, read_facts
from models.storage.full_text import search_row
from models.tables.media import DURATION_LIMIT, UNPUBLISHED, Media, MediaFacts, MediaKind, MediaStatus
from models.tables.search import stored_words
from models.values.answers import InGallery
from models.values.checks import all_invalid
from models.values.lists import clean_tags
from models.values.text import DESCRIPTION_LIMIT, TITLE_LIMIT, clean_line, clean_text, sort_key
from models.values.urls import clean_url
from resolvers.shown import media_changed, media_removed


@dataclass(frozen=True, slots=True)
class NewMedia:
    """The input for a new medium."""

    title: str
    description: str
    kind: MediaKind
    url: str
    thumbnail_url: str | None
    duration_seconds: int | None
    tags: Sequence[str]


@dataclass(frozen=True, slots=True)
class MediaChanges:
    """The changes of a medium. None leaves a value unchanged.

    Kind and URL cannot change, because the medium may have been reviewed.
    """

    title: str | None
    description: str | None
    thumbnail_url: str | None
    duration_seconds: int | None
    tags: Sequence[str] | None


async def add_media(tx: Transaction, gallery_id: UUID, new: NewMedia) -> UUID:
    """Adds a medium, and returns its id. The medium waits for review if the gallery moderates media (rule 15).

    Raises INVALID.
    """
    access = await access_gallery(tx, gallery_id, Permission.ADD_MEDIA, "input", "galleryId")
    waits = access.gallery.moderate_media and not access.may(Permission.REVIEW_MEDIA)
    with all_invalid() as check:
        title = check(_title, new.title)
        description = check(_description, new.description)
        url = check(clean_url, new.url, "input", "url")
        thumbnail = check.given(_thumbnail, new.thumbnail_url)
        duration = check(clean_duration, new.kind, new.duration_seconds)
        tags = check(clean_tags, new.tags, "input", "tags", may_be_empty=True)
    media = MediaFacts(
        id=new_id(),
        gallery_id=gallery_id,
        title=title,
        description=description,
        kind=new.kind,
        status=MediaStatus.PENDING if waits else MediaStatus.PUBLISHED,
        duration_seconds=duration,
        tags=tags,
        owner_id=tx.viewer.id,
        url=url,
        thumbnail_url=thumbnail,
        recording_id=None,
        created_at=tx.now,
        published_at=None if waits else tx.now,
    )
    await insert_media(tx, media)
    if waits:
        await record_pending_count(tx, gallery_id)
    return media.id


async def insert_media(tx: Transaction, media: MediaFacts) -> None:
    """Inserts a medium, and records its event. The caller holds the gallery's lock."""
    await tx.add(Media, **_stored(media), **_derived(media), search_row=search_row(media.id))
    await tx.record(media.gallery_id, MediaAdded(media=media))


async def update_media(tx: Transaction, media_id: UUID, changes: MediaChanges) -> UUID:
    """Changes the viewer's own medium, or any medium as a manager. Returns the medium's id. Raises INVALID."""
    before = await _to_change(tx, media_id)
    after = _changed(before, changes)
    if after != before:
        after = replace(after, updated_at=tx.now)
        stored = update(Media).where(Media.id == media_id)
        await tx.execute(stored.values(**_stored(after), **_derived(after)))
        await tx.record(after.gallery_id, MediaChanged(media=after))
        await media_changed(tx, [after])
    return media_id


async def remove_media(tx: Transaction, media_id: UUID) -> InGallery:
    """Removes the viewer's own medium, or any medium as a manager, also from playlists."""
    gone = await _to_change(tx, media_id)
    await media_removed(tx, gone)
    await tx.execute(delete(Media).where(Media.id == media_id))
    await tx.record(gone.gallery_id, MediaRemoved(media=gone))
    if gone.status is MediaStatus.PENDING:
        await record_pending_count(tx, gone.gallery_id)
    return InGallery(media_id, gone.gallery_id)


async def _to_change(tx: Transaction, media_id: UUID) -> MediaFacts:
    access = await access_media(tx, media_id, "input", "mediaId")
    return read_facts(MediaFacts, access.media)


def _changed(before: MediaFacts, changes: MediaChanges) -> MediaFacts:
    removes_thumbnail = changes.thumbnail_url is not None and not changes.thumbnail_url.strip()
    with all_invalid() as check:
        new: dict[str, Any] = {
            "title": check.given(_title, changes.title),
            "description": check.given(_description, changes.description),
            "thumbnail_url": None if removes_thumbnail else check.given(_thumbnail, changes.thumbnail_url),
            "duration_seconds": check(_new_duration, before, changes.duration_seconds),
            "tags": check.given(clean_tags, changes.tags, "input", "tags", may_be_empty=True),
        }
    given = {name: value for name, value in new.items() if value is not None}
    return replace(before, **given | ({"thumbnail_url": None} if removes_thumbnail else {}))


def _new_duration(before: MediaFacts, seconds: int | None) -> int | None:
    return None if seconds is None else clean_duration(before.kind, seconds)


_PENDING = select(func.count()).where(
    Media.gallery_id == bindparam("gallery"), UNPUBLISHED, Media.status == MediaStatus.PENDING
)


async def record_pending_count(tx: Transaction, gallery_id: UUID) -> int:
    """Records an event with the number of pending media, and returns the number (rule 17)."""
    count = await pending_count(tx, gallery_id)
    await tx.record(gallery_id, PendingCountChanged(pending_count=count))
    return count


async def pending_count(tx: Transaction, gallery_id: UUID) -> int:
    """Returns the number of pending media."""
    count: int = await tx.value(_PENDING, {"gallery": gallery_id})
    return count


def _stored(media: MediaFacts) -> dict[str, Any]:
    return {field: getattr(media, field) for field in MediaFacts.__dataclass_fields__}


def _derived(media: MediaFacts) -> dict[str, Any]:
    fixed = (media.gallery_id, media.kind, media.owner_id)
    recorded = media.recording_id is not None
    words = stored_words(*fixed, media.title, media.description, media.tags, recorded=recorded)
    return {"title_key": sort_key(media.title), "search_words": words}


def _title(value: str) -> str:
    return clean_line(value, TITLE_LIMIT, "input", "title")


def _thumbnail(value: str) -> str:
    return clean_url(value, "input", "thumbnailUrl")


def _description(value: str) -> str:
    return clean_text(value, DESCRIPTION_LIMIT, "input", "description", may_be_empty=True)


def clean_duration(kind: MediaKind, seconds: int | None) -> int:
    """Returns the duration as it is stored, 0 for None. Raises Invalid naming the input's `durationSeconds`."""
    if seconds is None:
        return 0
    if kind is MediaKind.IMAGE:
        raise Invalid("An image has no duration.", "input", "durationSeconds")
    if not 0 <= seconds <= DURATION_LIMIT:
        raise Invalid(f"This must be between 0 and {DURATION_LIMIT}.", "input", "durationSeconds")
    return seconds
