"""What can happen in a session's conversations. No event holds a text that can be deleted."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import Audience, AudienceKey
from models.chat import ChatChannel, MessageFacts


@dataclass(frozen=True, slots=True)
class MessagePosted:
    """A chat message. Its text is joined from the message itself when the entry is read, and gone when deleted."""

    message: MessageFacts
    kind: Literal["MessagePosted"] = "MessagePosted"
    changes_access_of = None

    @property
    def audience(self) -> AudienceKey:
        inside = Audience.INSIDE if self.message.channel is ChatChannel.GROUP else Audience.BACKCHANNEL
        return AudienceKey(inside, self.session_id)

    @property
    def session_id(self) -> UUID:
        return self.message.session_id

    @property
    def subject_id(self) -> UUID:
        return self.message.id


ChatEvent = MessagePosted
