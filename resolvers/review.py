"""Reviewing pending media in bulk (rules 17, 18)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from models.access.authorise import GalleryAccess, access_gallery, note_act
from models.access.media import sees_review
from models.access.rights import Rights, rights_in
from models.database.transaction import Snapshot, Transaction
from models.errors import Conflict, Refusal, not_found
from models.events.media import MediaReviewed, PlaylistSaved
from models.permissions import Permission
from models.storage.base import columns, read_facts
from models.tables.media import Media, MediaFacts, MediaStatus, ReviewDecision
from models.values.answers import Answered, answered
from models.values.checks import all_invalid
from models.values.lists import checked_list
from models.values.text import clean_text
from resolvers.media_changes import pending_count, record_pending_count
from resolvers.playlists import playlists_with
from resolvers.shown import media_changed

REVIEWED_AT_ONCE = 100
REASON_LIMIT = 1_000


BECOMES = {ReviewDecision.APPROVE: MediaStatus.PUBLISHED, ReviewDecision.REJECT: MediaStatus.REJECTED}


@dataclass(frozen=True, slots=True)
class Review:
    """The result for each medium, in the order of the input, and the number of media that are pending now."""

    results: Sequence[Answered]
    pending_count: int


async def review_media(
    tx: Transaction, gallery_id: UUID, media_ids: Sequence[UUID], decision: ReviewDecision, reason: str | None
) -> Review:
    """Publishes or rejects pending media. A CONFLICT or NOT_FOUND of one medium does not stop the others.

    Raises INVALID.
    """
    access = await access_gallery(tx, gallery_id, Permission.REVIEW_MEDIA, "input", "galleryId")
    with all_invalid() as check:
        check(checked_list, media_ids, REVIEWED_AT_ONCE, "input", "mediaIds")
        reason = check.given(clean_text, reason, REASON_LIMIT, "input", "reason")
    known = await _known(tx, gallery_id, media_ids)
    results, decided = [], []
    for place, media_id in enumerate(media_ids):
        media = known.get(media_id)
        refusal = _refusal(media, decision, place)
        results.append(answered(media_id, refusal))
        if media is not None and media.status is MediaStatus.PENDING:
            decided.append(await _decide(tx, access, media, decision, reason))
    return Review(results, await _afterwards(tx, gallery_id, decided))


async def _known(tx: Transaction, gallery_id: UUID, media_ids: Sequence[UUID]) -> dict[UUID, MediaFacts]:
    here = select(*columns(MediaFacts, Media)).where(Media.gallery_id == gallery_id, Media.id.in_(media_ids))
    return {row.id: read_facts(MediaFacts, row) for row in await tx.rows(here)}


def _refusal(media: MediaFacts | None, decision: ReviewDecision, place: int) -> Refusal | None:
    if media is None:
        return not_found("medium", "input", "mediaIds", place)
    if media.status in (MediaStatus.PENDING, BECOMES[decision]):
        return None
    return Conflict("This medium was already reviewed with the other decision.", "input", "mediaIds", place)


async def _decide(
    tx: Transaction, access: GalleryAccess, media: MediaFacts, decision: ReviewDecision, reason: str | None
) -> MediaFacts:
    values: dict[str, Any] = {
        "status": BECOMES[decision],
        "published_at": tx.now if decision is ReviewDecision.APPROVE else None,
        "updated_at": tx.now,
        "reviewed_at": tx.now,
        "reviewer_id": tx.viewer.id,
        "review_reason": reason,
    }
    after = replace(media, **values)
    await tx.execute(update(Media).where(Media.id == media.id).values(**values))
    await note_act(tx, access, Permission.REVIEW_MEDIA, "media", media.id)
    await tx.record(media.gallery_id, MediaReviewed(media=after, reason=reason))
    return after


async def _afterwards(tx: Transaction, gallery_id: UUID, decided: Sequence[MediaFacts]) -> int:
    # Members now see the published media in playlists that already contained them, so these playlists count as saved
    # (rule 64).
    published = [each for each in decided if each.status is MediaStatus.PUBLISHED]
    for playlist in await playlists_with(tx, [each.id for each in published]):
        await tx.record(gallery_id, PlaylistSaved(playlist=playlist))
    await media_changed(tx, published)
    return await (record_pending_count(tx, gallery_id) if decided else pending_count(tx, gallery_id))


@dataclass(frozen=True, slots=True)
class ReadReview:
    """The decision about a medium, as the viewer may read it. Only those who may review see who decided."""

    decision: ReviewDecision
    reason: str | None
    reviewed_at: datetime
    reviewer_id: UUID | None


async def reviews_of(snapshot: Snapshot, media: Sequence[Media | MediaFacts]) -> list[ReadReview | None]:
    """Returns the review of each medium, or None if there was none or the viewer may not read it.

    Runs one statement. The owner reads the review, and those who may review.
    """
    rights = await rights_in(snapshot, {each.gallery_id for each in media}, snapshot.viewer.id)
    return [
        _read(each, rights[each.gallery_id]) if sees_review(each, rights[each.gallery_id], snapshot.viewer.id) else None
        for each in media
    ]


def _read(media: Media | MediaFacts, rights: Rights) -> ReadReview | None:
    if media.reviewed_at is None:
        return None
    decision = ReviewDecision.REJECT if media.status is MediaStatus.REJECTED else ReviewDecision.APPROVE
    reviewer = media.reviewer_id if Permission.REVIEW_MEDIA in rights.permissions else None
    return ReadReview(decision, media.review_reason, media.reviewed_at, reviewer)


async def review_seen(snapshot: Snapshot, media: Sequence[MediaFacts]) -> set[UUID]:
    """Returns the ids of the media whose review the viewer may read.

    These are the viewer's own media, and those that the viewer may review.
    """
    rights = await rights_in(snapshot, {each.gallery_id for each in media}, snapshot.viewer.id)
    return {each.id for each in media if sees_review(each, rights[each.gallery_id], snapshot.viewer.id)}
