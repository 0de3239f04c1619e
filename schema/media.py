"""Media."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from models import media
from models.transaction import Snapshot
from schema.ahead import relation
from schema.enums import MediaKind, MediaStatus
from schema.ids import global_id
from schema.node import Node
from schema.people import User, load_users

GalleryLink: TypeAlias = Annotated["Gallery", strawberry.lazy("schema.galleries")]  # type: ignore[name-defined]  # noqa: F821


@strawberry.type(description="A medium in a gallery.")
class Media(Node):
    row: strawberry.Private[media.Media]
    title: str = strawberry.field(description="The title, plain text.")
    description: str = strawberry.field(description="The description, plain text; may be empty.")
    kind: MediaKind = strawberry.field(description="Video, audio or image.")
    status: MediaStatus = strawberry.field(description="Where it stands in moderation.")
    duration_seconds: int | None = strawberry.field(description="How long it plays, in seconds; null for images.")
    tags: list[str] = strawberry.field(description="Its tags.")
    url: str | None = strawberry.field(description="Where it can be fetched, an http(s) URL.")
    thumbnail_url: str | None = strawberry.field(description="Where its preview picture is, an http(s) URL.")
    created_at: datetime = strawberry.field(description="When it was added.")
    published_at: datetime | None = strawberry.field(description="When it became visible to all members.")

    @relation("Whoever added it; null once that account is gone.")
    @staticmethod
    async def owner(media: Sequence["Media"], snapshot: Snapshot) -> Sequence[User | None]:
        return await load_users(snapshot, [each.row.owner_id for each in media])

    @relation("The gallery that it is in.")
    @staticmethod
    async def gallery(media: Sequence["Media"], snapshot: Snapshot) -> Sequence[GalleryLink]:
        from schema.galleries import load_galleries

        return await load_galleries(snapshot, [each.row.gallery_id for each in media])


def media_node(row: media.Media) -> Media:
    """The medium as a node."""
    return Media(
        row=row,
        id=global_id("Media", row.id),
        title=row.title,
        description=row.description,
        kind=row.kind,
        status=row.status,
        duration_seconds=None if row.kind is MediaKind.IMAGE else row.duration_seconds,
        tags=row.tags,
        url=row.url,
        thumbnail_url=row.thumbnail_url,
        created_at=row.created_at,
        published_at=row.published_at,
    )
