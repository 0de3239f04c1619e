"""The items of a room's shelf, and what a session shows."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot
from models.storage.statements import AnyRow
from models.tables.content import ShownFacts
from resolvers import content as resolvers
from resolvers.content import ReadContent, read_content
from schema.execution.ahead import Loaded, Loader, link, relation
from schema.types.enums import ContentKind, ContentState
from schema.types.ids import global_id
from schema.types.links import GalleryLink, RoomKey, RoomLink, gallery_link, room_link
from schema.types.media import Media, load_media
from schema.types.node import Node, in_places
from schema.types.participants import Participant, load_participants
from schema.types.people import User, user_link


async def _load_media(ids: Sequence[UUID | None], snapshot: Snapshot) -> Sequence[Media | None]:
    return await load_media(snapshot, ids)


_MEDIA = Loader(_load_media)


@strawberry.type(description="A thing on a room's shelf, which can be shown in a session.")
class ContentItem(Node):
    read: strawberry.Private[ReadContent]
    kind: ContentKind = strawberry.field(description="What it is.")
    state: ContentState = strawberry.field(description="Whether it can be shown. All but media always can.")
    title: str | None = strawberry.field(description="The title, plain text; null for a medium, which has its own.")
    url: str | None = strawberry.field(
        description="Where it can be fetched, an http(s) URL; null for a medium, a whiteboard and a screen."
    )
    page_count: int | None = strawberry.field(
        description="How many pages it has: 1 for an image; null for what is no document and no image."
    )
    position: int = strawberry.field(
        description="Orders the shelf: lower ones come first. The number itself means nothing, and may be negative."
    )
    added_at: datetime = strawberry.field(description="When it was put on the shelf.")

    added_by: User | None = user_link(
        "Who put it on the shelf; null once that account is gone.", lambda item: item.read.item.added_by
    )
    media: Media | None = link(
        "The medium, as it is now; null for other kinds, once it is removed from the gallery, and for those who may not see "
        "it there.",
        _MEDIA,
        lambda item: item.read.item.media_id,
    )

    gallery: GalleryLink = gallery_link(
        "The gallery whose room's shelf it is on.", lambda item: item.read.item.gallery_id
    )
    room: RoomLink = room_link("The room whose shelf it is on.", lambda item: RoomKey(item.read.item.gallery_id))


def content_node(read: ReadContent) -> ContentItem:
    """Returns the item as a node."""
    item = read.item
    return ContentItem(
        read=read,
        id=global_id("ContentItem", item.id),
        kind=item.kind,
        state=read.state,
        title=item.title,
        url=item.url,
        page_count=item.page_count,
        position=item.position,
        added_at=item.added_at,
    )


def content_of_row(row: AnyRow) -> ContentItem:
    """Returns the item of a page's row as a node."""
    return content_node(read_content(row))


async def load_content(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[ContentItem | None]:
    """Returns the items that the viewer may see. Each place gets its own node."""
    found = await resolvers.content_by_id(snapshot, {each for each in ids if each})
    return in_places(ids, found, content_node)


async def _load_items(ids: Sequence[UUID | None], snapshot: Snapshot) -> Sequence[ContentItem | None]:
    return await load_content(snapshot, ids)


ITEMS = Loader(_load_items)


@strawberry.type(
    description="Where a video or a sound stands. Now it is at `positionSeconds`, plus `rate` times the "
    "seconds since `setAt` while it is playing, and at most at its end."
)
class Playback:
    playing: bool = strawberry.field(description="Whether it is playing; if not, it is paused.")
    position_seconds: float = strawberry.field(description="Seconds from its start, at `setAt`.")
    rate: float = strawberry.field(description="How fast it plays: 0.25 to 4, where 1 is as it was made.")
    set_at: datetime = strawberry.field(description="The server's time of this position.")


@strawberry.type(description="What a session shows to everyone inside, and which place of it.")
class ShownContent(Loaded):
    facts: strawberry.Private[ShownFacts]
    kind: ContentKind = strawberry.field(description="What it is.")
    title: str = strawberry.field(description="The title, plain text. Of a medium this is the medium's.")
    url: str | None = strawberry.field(
        description="Where it can be fetched, an http(s) URL; null for a whiteboard and a screen, and for a medium without one."
    )
    page_count: int | None = strawberry.field(
        description="How many pages it has; null for what is no document and no image."
    )
    page: int | None = strawberry.field(description="The page that is shown, from 1; null where there are no pages.")
    playback: Playback | None = strawberry.field(description="Where it stands; null for what does not play.")
    version: int = strawberry.field(
        description="Grows with each change of what the session shows, and of its place. `expectedVersion` is compared with it."
    )

    item: ContentItem | None = link(
        "Its item on the room's shelf; null for those who may not see the shelf.",
        ITEMS,
        lambda shown: shown.facts.item_id,
    )
    media: Media | None = link(
        "The medium, for those who may see it in the gallery, else null; null for other kinds.",
        _MEDIA,
        lambda shown: shown.facts.media_id,
    )

    @relation("Who shows it.")
    @staticmethod
    async def shown_by(shown: Sequence["ShownContent"], snapshot: Snapshot) -> Sequence[Participant | None]:
        return await load_participants(snapshot, [each.facts.shown_by for each in shown])


def shown_content(of: ShownFacts) -> ShownContent:
    """Returns what a session shows as clients see it."""
    playback = None
    if of.playing is not None:
        playback = Playback(
            playing=of.playing, position_seconds=of.position_seconds or 0.0, rate=of.rate or 1.0, set_at=of.set_at
        )
    return ShownContent(
        facts=of,
        kind=of.kind,
        title=of.title,
        url=of.url,
        page_count=of.page_count,
        page=of.page,
        playback=playback,
        version=of.version,
    )


async def load_shown(snapshot: Snapshot, sessions: Sequence[UUID | None]) -> list[ShownContent | None]:
    """Returns what each session shows, if the viewer is or was inside it."""
    found = await resolvers.shown_in(snapshot, {each for each in sessions if each})
    return in_places(sessions, found, shown_content)
