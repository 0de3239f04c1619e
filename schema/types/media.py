"""Media."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from models.access.media import may_change_media, may_review_media
from models.access.rights import Rights
from models.database.transaction import Snapshot
from models.tables import media
from models.tables.media import MediaFacts
from resolvers import media as resolvers
from resolvers.media_filters import EVERYTHING, MediaFilters
from resolvers.review import ReadReview, reviews_of
from schema.execution.ahead import Loaded, relation
from schema.types.enums import MediaKind, MediaStatus, ReviewDecision
from schema.types.ids import global_id, local_id
from schema.types.links import GalleryLink, RecordingLink, gallery_link, load_linked
from schema.types.node import Node, in_places
from schema.types.people import User, user_link
from schema.types.viewer_can import OfGallery, viewer_can_in_gallery


@strawberry.input(
    description="What a list of media is narrowed by. A medium has to match every field that is given. A list names each "
    "value once, and an empty list is no filter. INVALID names the field."
)
class MediaFilter:
    search: str | None = strawberry.field(
        default=None,
        description="Words, at most 200 characters, each of which begins a word of title, description or tags. Letter "
        "case and accents do not count.",
    )
    kinds: list[MediaKind] | None = strawberry.field(default=None, description="Of one of these kinds.")
    statuses: list[MediaStatus] | None = strawberry.field(
        default=None, description="Of one of these, as far as the viewer sees them."
    )
    tags: list[str] | None = strawberry.field(
        default=None, description="With each of these tags, at most 20, as a whole; letter case does not count."
    )
    owner_id: strawberry.ID | None = strawberry.field(default=None, description="Added by this user.")
    recordings_only: bool | None = strawberry.field(
        default=None, description="Only what was recorded in the room; false asks for all, as null does."
    )
    created_after: datetime | None = strawberry.field(default=None, description="Added later than this.")
    created_before: datetime | None = strawberry.field(default=None, description="Added earlier than this.")


def media_filters(given: MediaFilter | None) -> MediaFilters:
    """Returns the filters for the resolvers. Raises NOT_FOUND for an id that is not a user's."""
    if given is None:
        return EVERYTHING
    return MediaFilters(
        search=given.search,
        kinds=given.kinds,
        statuses=given.statuses,
        tags=given.tags,
        owner_id=None if given.owner_id is None else local_id(given.owner_id, "User", "filter", "ownerId"),
        recordings_only=bool(given.recordings_only),
        created_after=given.created_after,
        created_before=given.created_before,
    )


@strawberry.type(description="What was decided about a medium, for its owner and for those who may review.")
class MediaReview(Loaded):
    of: strawberry.Private[ReadReview]
    decision: ReviewDecision = strawberry.field(description="The decision.")
    reason: str | None = strawberry.field(description="What the reviewer said; null if nothing.")
    reviewed_at: datetime = strawberry.field(description="When it was decided.")

    reviewer: User | None = user_link(
        "The user who decided; null for those who may not review, the owner among them, and once that account is gone.",
        lambda review: review.of.reviewer_id,
    )


def _can(may: Callable[[media.Media | MediaFacts, Rights, UUID], bool], description: str) -> Any:
    return viewer_can_in_gallery(description, lambda medium: _asked(may, medium.row))


def _asked(may: Callable[[media.Media | MediaFacts, Rights, UUID], bool], of: media.Media | MediaFacts) -> OfGallery:
    return OfGallery(of.gallery_id, lambda rights, viewer_id: may(of, rights, viewer_id))


@strawberry.type(description="A medium in a gallery.")
class Media(Node):
    row: strawberry.Private[media.Media | MediaFacts]
    title: str = strawberry.field(description="The title, plain text.")
    description: str = strawberry.field(description="The description, plain text; may be empty.")
    kind: MediaKind = strawberry.field(description="Video, audio or image.")
    status: MediaStatus = strawberry.field(description="Its state in moderation.")
    duration_seconds: int | None = strawberry.field(
        description="How long it plays, in seconds; null where nobody said, and for images."
    )
    tags: list[str] = strawberry.field(description="Its tags.")
    url: str | None = strawberry.field(description="Where it can be fetched, an http(s) URL.")
    thumbnail_url: str | None = strawberry.field(description="Where its preview picture is, an http(s) URL.")
    created_at: datetime = strawberry.field(description="When it was added.")
    published_at: datetime | None = strawberry.field(description="When it became visible to all members.")
    updated_at: datetime = strawberry.field(
        description="When its status or what is said of it changed last; `createdAt` if nothing changed yet."
    )

    owner: User | None = user_link(
        "The user who added it; null once that account is gone.", lambda media: media.row.owner_id
    )

    viewer_can_edit: bool = _can(may_change_media, "Whether the viewer can change what is said of it.")
    viewer_can_remove: bool = _can(may_change_media, "Whether the viewer can remove it.")
    viewer_can_review: bool = _can(may_review_media, "Whether the viewer can publish or reject it: it is pending.")

    @relation("The recording that it is, where it arrived from the room.")
    @staticmethod
    async def recording(media: Sequence["Media"], snapshot: Snapshot) -> Sequence[RecordingLink | None]:
        return await load_linked("Recording", snapshot, [each.row.recording_id for each in media])

    gallery: GalleryLink = gallery_link("The gallery that it is in.", lambda media: media.row.gallery_id)

    @relation(
        "The decision about it; null if it was never reviewed, and for all but its owner and those who may review."
    )
    @staticmethod
    async def review(media: Sequence["Media"], snapshot: Snapshot) -> Sequence[MediaReview | None]:
        return [_review_node(each) for each in await reviews_of(snapshot, [medium.row for medium in media])]


def media_of(row: media.Media | MediaFacts) -> Media:
    """Returns a medium as a node, from a row or from the facts of an event."""
    return Media(
        row=row,
        id=global_id("Media", row.id),
        title=row.title,
        description=row.description,
        kind=row.kind,
        status=row.status,
        duration_seconds=row.duration_seconds or None,
        tags=row.tags,
        url=row.url,
        thumbnail_url=row.thumbnail_url,
        created_at=row.created_at,
        published_at=row.published_at,
        updated_at=row.updated_at or row.created_at,
    )


def _review_node(of: ReadReview | None) -> MediaReview | None:
    if of is None:
        return None
    return MediaReview(of=of, decision=of.decision, reason=of.reason, reviewed_at=of.reviewed_at)


async def load_media(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[Media | None]:
    """Returns the media that the viewer may see, in two statements. Each place gets its own node."""
    rows = await resolvers.media_by_id(snapshot, {each for each in ids if each})
    return in_places(ids, rows, media_of)


async def load_media_of_recordings(snapshot: Snapshot, recordings: Sequence[UUID]) -> list[Media | None]:
    """Returns the media that recordings have become, as far as the viewer may see them.

    Each place gets its own node.
    """
    rows = await resolvers.media_of_recordings(snapshot, set(recordings))
    return in_places(recordings, rows, media_of)
