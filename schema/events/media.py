"""The events of a gallery's media and playlists, as clients see them."""

from collections.abc import Sequence
from typing import assert_never

import strawberry

from models.database.transaction import Snapshot
from models.events import media as media_events
from models.tables.media import PlaylistFacts
from resolvers.review import review_seen
from schema.events.interfaces import GalleryEvent, Place, by_name
from schema.execution.ahead import relation
from schema.types.ids import global_id
from schema.types.media import Media, media_of
from schema.types.playlists import Playlist, load_playlists


@strawberry.interface(description="About a medium.")
class MediaEvent(GalleryEvent):
    media: Media = strawberry.field(description="The medium as it was after it.")


@strawberry.type(description="A medium was added.")
class MediaAdded(MediaEvent):
    pass


@strawberry.type(description="A pending medium was published or rejected.")
class MediaReviewed(MediaEvent):
    of: strawberry.Private[media_events.MediaReviewed]

    @relation("What the reviewer said, for the owner and those who may review; null for others.")
    @staticmethod
    async def reason(events: Sequence["MediaReviewed"], snapshot: Snapshot) -> Sequence[str | None]:
        seen = await review_seen(snapshot, [event.of.media for event in events])
        return [event.of.reason if event.of.media.id in seen else None for event in events]


@strawberry.type(description="What is said of a medium was changed.")
class MediaChanged(MediaEvent):
    pass


@strawberry.type(description="A medium is gone, from playlists too.")
class MediaRemoved(GalleryEvent):
    media_id: strawberry.ID = strawberry.field(description="The id that it had.")


@strawberry.type(description="How many media wait for review. For reviewers.")
class PendingCountChanged(GalleryEvent):
    pending_count: int = strawberry.field(description="The number now.")


@strawberry.interface(description="About a playlist.")
class PlaylistEvent(GalleryEvent):
    playlist_id: strawberry.ID = strawberry.field(description="The playlist's id.")


@strawberry.type(description="A playlist was made or changed.")
class PlaylistSaved(PlaylistEvent):
    of: strawberry.Private[PlaylistFacts]

    @relation("The playlist as it stands when this is delivered; null once it is gone.")
    @staticmethod
    async def playlist(events: Sequence["PlaylistSaved"], snapshot: Snapshot) -> Sequence[Playlist | None]:
        return await load_playlists(snapshot, [event.of.id for event in events])


@strawberry.type(description="A playlist is gone; its media are not.")
class PlaylistDeleted(PlaylistEvent):
    pass


_ABOUT_MEDIA: dict[str, type[MediaAdded | MediaChanged]] = by_name(MediaAdded, MediaChanged)
MEDIA_EVENTS = (
    *_ABOUT_MEDIA.values(),
    MediaRemoved,
    MediaReviewed,
    PendingCountChanged,
    PlaylistDeleted,
    PlaylistSaved,
)


def media_event_of(event: media_events.MediaEvent, at: Place) -> GalleryEvent:
    """Returns the event as clients see it."""
    match event:
        case media_events.MediaAdded() | media_events.MediaChanged():
            return _ABOUT_MEDIA[event.kind](**at, media=media_of(event.media))
        case media_events.MediaReviewed(media=media):
            return MediaReviewed(**at, of=event, media=media_of(media))
        case media_events.MediaRemoved(media=media):
            return MediaRemoved(**at, media_id=global_id("Media", media.id))
        case media_events.PendingCountChanged(pending_count=count):
            return PendingCountChanged(**at, pending_count=count)
        case media_events.PlaylistSaved(playlist=playlist):
            return PlaylistSaved(**at, of=playlist, playlist_id=global_id("Playlist", playlist.id))
        case media_events.PlaylistDeleted(playlist_id=playlist_id):
            return PlaylistDeleted(**at, playlist_id=global_id("Playlist", playlist_id))
        case _:
            assert_never(event)
