"""What happens in a session's conversations, as clients see it."""

import strawberry

from models import chat_events as facts
from models.chat import Spoken
from schema.chat import ChatMessage, message_of
from schema.events import ChatEvent, Place, RoomEvent


@strawberry.type(description="A chat message was posted.")
class MessagePosted(RoomEvent, ChatEvent):
    message: ChatMessage = strawberry.field(description="The message, with the text that it still has.")


CHAT_EVENTS = (MessagePosted,)


def chat_event_of(event: facts.ChatEvent, spoken: Spoken | None, at: Place) -> MessagePosted:
    """The event as clients know it, with the text that its message still has."""
    return MessagePosted(**at, message=message_of(event.message, spoken.text if spoken else None))
