"""Events as clients see them: the log's typed facts, each with its cursor."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

import strawberry

from models import events
from models.cursors import Cursors
from models.log import Entry
from models.media import PlaylistFacts
from models.rooms import RoomFacts
from models.transaction import Snapshot
from schema.ahead import Loaded, relation
from schema.chat import ChatMessage, message_of
from schema.enums import FeatureSetting, RoomMode
from schema.ids import global_id
from schema.media import Media, media_of
from schema.playlists import Playlist, load_playlists
from schema.rooms import Room, load_rooms
from schema.scalars import EventCursor
from schema.sessions import Participant, RoomSession, participant_node, session_node
from subscriptions.streams import Checkpoint as Rest


@strawberry.interface(description="Something that became true in a gallery or its room.")
class Event(Loaded):
    cursor: EventCursor = strawberry.field(
        description="Its place in the log: resume after the last that you processed."
    )
    occurred_at: datetime = strawberry.field(description="When.")


@strawberry.interface(description="What `roomEvents` delivers.")
class RoomEvent(Event):
    pass


@strawberry.interface(description="What `galleryEvents` delivers.")
class GalleryEvent(Event):
    pass


@strawberry.interface(description="What `chat` delivers.")
class ChatEvent(Event):
    pass


@strawberry.type(
    description="Nothing else happened for you up to here. Sent on a quiet stream, to tell quiet from dead."
)
class Checkpoint(RoomEvent, ChatEvent, GalleryEvent):
    pass


@strawberry.type(description="The room's settings were saved.")
class RoomConfigured(RoomEvent, GalleryEvent):
    gallery_id: strawberry.Private[UUID]
    enabled: bool = strawberry.field(description="Whether it is switched on.")
    mode: RoomMode = strawberry.field(description="The mode of the next session.")
    qna: FeatureSetting = strawberry.field(description="The setting for Q&A.")
    group_chat: FeatureSetting = strawberry.field(description="The setting for group chat.")
    version: int = strawberry.field(description="The settings' version.")

    @relation("The room as it stands when this is delivered; null once it is not yours to see.")
    @staticmethod
    async def room(events: Sequence["RoomConfigured"], snapshot: Snapshot) -> Sequence[Room | None]:
        return await load_rooms(snapshot, [event.gallery_id for event in events])


@strawberry.type(
    description="Who belongs to the gallery, or who may do what in its room, was changed. Read again what you show."
)
class AccessChanged(RoomEvent, GalleryEvent):
    gallery_id: strawberry.Private[UUID]

    @relation("The room as it stands when this is delivered; null once it is not yours to see.")
    @staticmethod
    async def room(events: Sequence["AccessChanged"], snapshot: Snapshot) -> Sequence[Room | None]:
        return await load_rooms(snapshot, [event.gallery_id for event in events])


@strawberry.type(description="A moderator launched the room.")
class SessionStarted(RoomEvent, GalleryEvent):
    session: RoomSession = strawberry.field(description="The session as it started.")


@strawberry.type(description="The session ended for everyone; all who were inside have left.")
class SessionEnded(RoomEvent, GalleryEvent):
    session: RoomSession = strawberry.field(description="The session as it ended.")


@strawberry.type(description="Someone entered.")
class ParticipantJoined(RoomEvent):
    participant: Participant = strawberry.field(description="The participant, with the rights resolved on entering.")
    participant_count: int = strawberry.field(description="How many are inside now.")


@strawberry.type(description="Someone left.")
class ParticipantLeft(RoomEvent):
    participant: Participant = strawberry.field(description="The participant as they left.")
    participant_count: int = strawberry.field(description="How many are inside now.")


@strawberry.type(description="A chat message was posted.")
class MessagePosted(RoomEvent, ChatEvent):
    message: ChatMessage = strawberry.field(description="The message, with the text that it still has.")


@strawberry.type(description="The site's defaults changed, and with them every room that follows them.")
class SiteDefaultsChanged(RoomEvent, GalleryEvent):
    qna_default: bool = strawberry.field(description="What SITE_DEFAULT means for Q&A now.")
    group_chat_default: bool = strawberry.field(description="What SITE_DEFAULT means for group chat now.")


@strawberry.type(description="The gallery was created, or its own settings changed.")
class GalleryChanged(GalleryEvent):
    title: str = strawberry.field(description="The title.")
    description: str = strawberry.field(description="The description.")
    moderate_media: bool = strawberry.field(description="Whether what contributors add waits for review.")


@strawberry.type(description="A medium was added.")
class MediaAdded(GalleryEvent):
    media: Media = strawberry.field(description="The medium as it was added.")


@strawberry.type(description="A pending medium was published or rejected.")
class MediaReviewed(GalleryEvent):
    media: Media = strawberry.field(description="The medium as it is after the decision.")
    reason: str | None = strawberry.field(description="What the reviewer said.")


@strawberry.type(description="What is said of a medium was changed.")
class MediaChanged(GalleryEvent):
    media: Media = strawberry.field(description="The medium as it is now.")


@strawberry.type(description="A medium is gone, from playlists too.")
class MediaRemoved(GalleryEvent):
    media_id: strawberry.ID = strawberry.field(description="The id that it had.")


@strawberry.type(description="How many media wait for review. For reviewers.")
class PendingCountChanged(GalleryEvent):
    pending_count: int = strawberry.field(description="The number now.")


@strawberry.type(description="A playlist was made or changed.")
class PlaylistSaved(GalleryEvent):
    of: strawberry.Private[PlaylistFacts]

    @relation("The playlist as it stands when this is delivered; null once it is gone.")
    @staticmethod
    async def playlist(events: Sequence["PlaylistSaved"], snapshot: Snapshot) -> Sequence[Playlist | None]:
        return await load_playlists(snapshot, [event.of.id for event in events])


@strawberry.type(description="A playlist is gone; its media are not.")
class PlaylistDeleted(GalleryEvent):
    playlist_id: strawberry.ID = strawberry.field(description="The id that it had.")


EVENT_TYPES = (
    AccessChanged,
    Checkpoint,
    GalleryChanged,
    MediaAdded,
    MediaChanged,
    MediaRemoved,
    MediaReviewed,
    MessagePosted,
    ParticipantJoined,
    ParticipantLeft,
    PendingCountChanged,
    PlaylistDeleted,
    PlaylistSaved,
    RoomConfigured,
    SessionEnded,
    SessionStarted,
    SiteDefaultsChanged,
)

_OF_THE_GALLERY_ALONE = (
    events.GalleryChanged
    | events.MediaAdded
    | events.MediaReviewed
    | events.MediaChanged
    | events.MediaRemoved
    | events.PendingCountChanged
    | events.PlaylistSaved
    | events.PlaylistDeleted
)
_OF_THE_ROOM_ALONE = events.ParticipantJoined | events.ParticipantLeft | events.MessagePosted


def is_room_event(event: events.Event) -> bool:
    """Whether `roomEvents` tells of it."""
    return not isinstance(event, _OF_THE_GALLERY_ALONE)


def is_gallery_event(event: events.Event) -> bool:
    """Whether `galleryEvents` tells of it."""
    return not isinstance(event, _OF_THE_ROOM_ALONE)


def checkpoint(rest: Rest, cursors: Cursors) -> Checkpoint:
    """The checkpoint with a cursor that is never the same twice, so that it does not tell whether anything is hidden."""
    cursor = EventCursor(cursors.of_rest(rest.gallery_id, rest.position))
    return Checkpoint(cursor=cursor, occurred_at=rest.occurred_at)


def chat_event(entry: Entry, cursors: Cursors) -> ChatEvent:
    """The entry, which is one that `chat` delivers, as the event that clients know."""
    event = event_of(entry, cursors)
    assert isinstance(event, ChatEvent)
    return event


def room_event(entry: Entry, cursors: Cursors) -> RoomEvent:
    """The entry, which is one that `roomEvents` delivers, as the event that clients know."""
    event = event_of(entry, cursors)
    assert isinstance(event, RoomEvent)
    return event


def gallery_event(entry: Entry, cursors: Cursors) -> GalleryEvent:
    """The entry, which is one that `galleryEvents` delivers, as the event that clients know."""
    event = event_of(entry, cursors)
    assert isinstance(event, GalleryEvent)
    return event


def event_of(entry: Entry, cursors: Cursors) -> Event:
    """The entry as the event that clients know."""
    cursor = EventCursor(cursors.of_entry(entry.gallery_id, entry.position))
    place: dict[str, Any] = {"cursor": cursor, "occurred_at": entry.occurred_at}
    match entry.event:
        case events.GalleryChanged(title=title, description=description, moderate_media=moderate):
            return GalleryChanged(**place, title=title, description=description, moderate_media=moderate)
        case events.SiteDefaultsChanged(qna_default=qna, group_chat_default=chat):
            return SiteDefaultsChanged(**place, qna_default=qna, group_chat_default=chat)
        case events.MediaAdded(media=media):
            return MediaAdded(**place, media=media_of(media))
        case events.MediaReviewed(media=media, reason=reason):
            return MediaReviewed(**place, media=media_of(media), reason=reason)
        case events.MediaChanged(media=media):
            return MediaChanged(**place, media=media_of(media))
        case events.MediaRemoved(media=media):
            return MediaRemoved(**place, media_id=global_id("Media", media.id))
        case events.PendingCountChanged(pending_count=count):
            return PendingCountChanged(**place, pending_count=count)
        case events.PlaylistSaved(playlist=playlist):
            return PlaylistSaved(**place, of=playlist)
        case events.PlaylistDeleted(playlist_id=playlist_id):
            return PlaylistDeleted(**place, playlist_id=global_id("Playlist", playlist_id))
        case events.RoomConfigured(room=room):
            return _configured(place, room)
        case events.AccessChanged() | events.MembershipsChanged():
            return AccessChanged(**place, gallery_id=entry.gallery_id)
        case events.SessionStarted(session=session):
            return SessionStarted(**place, session=session_node(session, entry.gallery_id))
        case events.SessionEnded(session=session):
            return SessionEnded(**place, session=session_node(session, entry.gallery_id))
        case events.ParticipantJoined(participant=participant, participant_count=count):
            return ParticipantJoined(**place, participant=participant_node(participant), participant_count=count)
        case events.ParticipantLeft(participant=participant, participant_count=count):
            return ParticipantLeft(**place, participant=participant_node(participant), participant_count=count)
        case events.MessagePosted(message=message):
            return MessagePosted(**place, message=message_of(message, entry.text))
        case _:
            assert_never(entry.event)


def _configured(place: dict[str, Any], room: RoomFacts) -> RoomConfigured:
    return RoomConfigured(
        **place,
        gallery_id=room.gallery_id,
        enabled=room.enabled,
        mode=room.mode,
        qna=room.qna,
        group_chat=room.group_chat,
        version=room.version,
    )
