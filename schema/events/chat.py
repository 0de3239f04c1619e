"""The events of a session's conversations, as clients see them."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

import strawberry

from models.events import chat as chat_events
from models.tables.chat import Spoken
from schema.events.interfaces import ChatEvent, Place, RoomEvent, by_name
from schema.types.chat import ChatMessage, message_of
from schema.types.enums import ChatChannel
from schema.types.links import SessionLink, session_link


@strawberry.interface(description="About a message.")
class MessageEvent(RoomEvent, ChatEvent):
    message: ChatMessage = strawberry.field(
        description="The message as it was after it, with the text and the reactions that it has now."
    )


@strawberry.type(description="A chat message was posted.")
class MessagePosted(MessageEvent):
    pass


@strawberry.type(description="A chat moderator told everyone inside something.")
class Announced(MessageEvent):
    pass


@strawberry.type(description="The author edited a message. Nobody reads the earlier text any more.")
class MessageEdited(MessageEvent):
    pass


@strawberry.type(
    description="A message was deleted: its place stays, and nobody but chat moderators reads it any more."
)
class MessageDeleted(MessageEvent):
    pass


@strawberry.type(description="A message was pinned.")
class MessagePinned(MessageEvent):
    pass


@strawberry.type(description="A message is pinned no more.")
class MessageUnpinned(MessageEvent):
    pass


@strawberry.type(description="How people react to a message changed. Told of one message at most once a second.")
class MessageReacted(MessageEvent):
    pass


@strawberry.type(description="All messages so far of one conversation were taken away from all but chat moderators.")
class ChatCleared(RoomEvent, ChatEvent):
    session_id: strawberry.Private[UUID]
    channel: ChatChannel = strawberry.field(description="Which conversation.")
    cleared_at: datetime = strawberry.field(description="When; what was sent later stays.")
    session: SessionLink = session_link("The session whose conversation it was.", lambda event: event.session_id)


_ABOUT_MESSAGES: dict[str, type[MessageEvent]] = by_name(
    Announced, MessageDeleted, MessageEdited, MessagePinned, MessagePosted, MessageReacted, MessageUnpinned
)
CHAT_EVENTS = (*_ABOUT_MESSAGES.values(), ChatCleared)


def chat_event_of(event: chat_events.ChatEvent, spoken: Spoken | None, at: Place) -> ChatEvent:
    """Returns the event as clients see it, with the current text of its message."""
    match event:
        case chat_events.OfMessage():
            return _ABOUT_MESSAGES[event.kind](**at, message=message_of(event.message, spoken))
        case chat_events.ChatCleared(session_id=session_id, channel=channel, cleared_at=cleared_at):
            return ChatCleared(**at, session_id=session_id, channel=channel, cleared_at=cleared_at)
        case _:
            assert_never(event)
