"""Events as clients see them: the log's typed facts, each with its cursor."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

import strawberry

from models import events
from models.cursors import Cursors
from models.log import Entry
from models.transaction import Snapshot
from schema.ahead import Loaded, relation
from schema.chat import ChatMessage, message_of
from schema.enums import FeatureSetting, RoomMode
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


@strawberry.interface(description="What `chat` delivers.")
class ChatEvent(Event):
    pass


@strawberry.type(
    description="Nothing else happened for you up to here. Sent on a quiet stream, to tell quiet from dead."
)
class Checkpoint(RoomEvent, ChatEvent):
    pass


@strawberry.type(description="The room's settings were saved.")
class RoomConfigured(RoomEvent):
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


@strawberry.type(description="Who may do what in the room was changed. Read again what you show of it.")
class AccessChanged(RoomEvent):
    gallery_id: strawberry.Private[UUID]

    @relation("The room as it stands when this is delivered; null once it is not yours to see.")
    @staticmethod
    async def room(events: Sequence["AccessChanged"], snapshot: Snapshot) -> Sequence[Room | None]:
        return await load_rooms(snapshot, [event.gallery_id for event in events])


@strawberry.type(description="A moderator launched the room.")
class SessionStarted(RoomEvent):
    session: RoomSession = strawberry.field(description="The session as it started.")


@strawberry.type(description="The session ended for everyone; all who were inside have left.")
class SessionEnded(RoomEvent):
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


EVENT_TYPES = (
    AccessChanged,
    Checkpoint,
    MessagePosted,
    ParticipantJoined,
    ParticipantLeft,
    RoomConfigured,
    SessionEnded,
    SessionStarted,
)


def is_room_event(event: events.Event) -> bool:
    """Whether it is about the room: all but what is about the gallery itself."""
    return not isinstance(event, events.GalleryChanged)


def checkpoint(rest: Rest, cursors: Cursors) -> Checkpoint:
    """The checkpoint with a cursor that is never the same twice, so that it does not tell whether anything is hidden."""
    cursor = EventCursor(cursors.of_rest(rest.gallery_id, rest.position))
    return Checkpoint(cursor=cursor, occurred_at=rest.occurred_at)


def chat_event(entry: Entry, cursors: Cursors) -> ChatEvent:
    """The entry, which is one that `chat` delivers, as the event that clients know."""
    event = room_event(entry, cursors)
    assert isinstance(event, ChatEvent)
    return event


def room_event(entry: Entry, cursors: Cursors) -> RoomEvent:
    """The entry as the event that clients know."""
    cursor = EventCursor(cursors.of_entry(entry.gallery_id, entry.position))
    place: dict[str, Any] = {"cursor": cursor, "occurred_at": entry.occurred_at}
    match entry.event:
        case events.RoomConfigured(room=room):
            return RoomConfigured(
                **place,
                gallery_id=entry.gallery_id,
                enabled=room.enabled,
                mode=room.mode,
                qna=room.qna,
                group_chat=room.group_chat,
                version=room.version,
            )
        case events.AccessChanged():
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
        case events.GalleryChanged():
            raise ValueError("not an event of the room")
        case _:
            assert_never(entry.event)
