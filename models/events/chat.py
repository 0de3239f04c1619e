"""Events of a session's conversations. No event contains a text that can be deleted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from models.audiences import Audience, AudienceKey
from models.tables.chat import ChatChannel, MessageFacts


@dataclass(frozen=True, slots=True)
class OfMessage:
    """About one message: as it is after it. Its text is joined from the message itself when the entry is read.

    An event may change what is read of messages that were told of before, unless it says that it does not.
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
    """A chat message."""

    kind: Literal["MessagePosted"] = "MessagePosted"
    changes_words = False


@dataclass(frozen=True, slots=True)
class Announced(OfMessage):
    """A chat moderator told everyone inside something."""

    kind: Literal["Announced"] = "Announced"
    changes_words = False


@dataclass(frozen=True, slots=True)
class MessageEdited(OfMessage):
    """The author changed a message's text. Nobody reads the earlier text any more (rule 46)."""

    kind: Literal["MessageEdited"] = "MessageEdited"


@dataclass(frozen=True, slots=True)
class MessageDeleted(OfMessage):
    """A message's text is gone for all but chat moderators; it is pinned no more (rule 46)."""

    kind: Literal["MessageDeleted"] = "MessageDeleted"


@dataclass(frozen=True, slots=True)
class MessagePinned(OfMessage):
    """A chat moderator pinned a message."""

    kind: Literal["MessagePinned"] = "MessagePinned"
    changes_words = False


@dataclass(frozen=True, slots=True)
class MessageUnpinned(OfMessage):
    """A message is pinned no more."""

    kind: Literal["MessageUnpinned"] = "MessageUnpinned"
    changes_words = False


@dataclass(frozen=True, slots=True)
class MessageReacted(OfMessage):
    """How people react to a message changed: of one message at most once a second."""

    kind: Literal["MessageReacted"] = "MessageReacted"
    changes_words = False


@dataclass(frozen=True, slots=True)
class ChatCleared:
    """A channel of the session was cleared: only chat moderators can still read its earlier messages."""

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
