"""Events of a session's conversations. No event contains a text that can be deleted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from models.audiences import Audience, AudienceKey
from models.tables.chat import ChatChannel, MessageFacts


@dataclass(frozen=True, slots=True)
class OfMessage:
    """An event about one message, with the message after the event. Its text is read from the message's own row.

    An event may change the text that readers see in earlier events of the message. A class says otherwise with
    `changes_words = False`.
    """

    message: MessageFacts

    changes_access_of = None
    changes_words = True

    @property
    def channel(self) -> ChatChannel:
        return self.message.channel

    @property
    def audience(self) -> AudienceKey:
        return _who_reads(self.channel, self.session_id)

    @property
    def session_id(self) -> UUID:
        return self.message.session_id

    @property
    def subject_id(self) -> UUID:
        return self.message.id


@dataclass(frozen=True, slots=True)
class MessagePosted(OfMessage):
    """A chat message was posted."""

    kind: Literal["MessagePosted"] = "MessagePosted"
    changes_words = False


@dataclass(frozen=True, slots=True)
class Announced(OfMessage):
    """A chat moderator sent an announcement to everyone inside."""

    kind: Literal["Announced"] = "Announced"
    changes_words = False


@dataclass(frozen=True, slots=True)
class MessageEdited(OfMessage):
    """The author changed a message's text. No reader sees the earlier text any more (rule 46)."""

    kind: Literal["MessageEdited"] = "MessageEdited"


@dataclass(frozen=True, slots=True)
class MessageDeleted(OfMessage):
    """A message was deleted. Only chat moderators can still read its text, and it is no longer pinned (rule 46)."""

    kind: Literal["MessageDeleted"] = "MessageDeleted"


@dataclass(frozen=True, slots=True)
class MessagePinned(OfMessage):
    """A chat moderator pinned a message."""

    kind: Literal["MessagePinned"] = "MessagePinned"
    changes_words = False


@dataclass(frozen=True, slots=True)
class MessageUnpinned(OfMessage):
    """A message was unpinned."""

    kind: Literal["MessageUnpinned"] = "MessageUnpinned"
    changes_words = False


@dataclass(frozen=True, slots=True)
class MessageReacted(OfMessage):
    """The reactions to a message changed. The event is recorded at most once a second for each message."""

    kind: Literal["MessageReacted"] = "MessageReacted"
    changes_words = False


@dataclass(frozen=True, slots=True)
class ChatCleared:
    """A channel of the session was cleared. Only chat moderators can still read its earlier messages."""

    session_id: UUID
    channel: ChatChannel
    cleared_at: datetime
    kind: Literal["ChatCleared"] = "ChatCleared"
    changes_words = True
    changes_access_of = None
    subject_id = None

    @property
    def audience(self) -> AudienceKey:
        return _who_reads(self.channel, self.session_id)


def _who_reads(channel: ChatChannel, session_id: UUID) -> AudienceKey:
    audience = Audience.BACKCHANNEL if channel is ChatChannel.BACKCHANNEL else Audience.INSIDE
    return AudienceKey(audience, session_id)


AboutMessage = (
    MessagePosted | MessageEdited | Announced | MessageDeleted | MessagePinned | MessageUnpinned | MessageReacted
)
ChatEvent = AboutMessage | ChatCleared
