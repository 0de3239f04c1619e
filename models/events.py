"""What can happen in a gallery, as typed facts. An event says what became true; it holds no text that can be deleted.

Folding the events after N into the state at N gives the later state (rule 64): each carries all that it changed.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, Protocol
from uuid import UUID

from pydantic import Field, TypeAdapter

from models.chat import ChatChannel, MessageFacts
from models.rooms import AssignmentFacts, RoomFacts
from models.sessions import ParticipantFacts, SessionFacts


class Audience(StrEnum):
    """Who an entry is for. Decided anew for each recipient at each delivery (rule 63)."""

    EVERYONE = "EVERYONE"  # whoever sees the room or the gallery
    PEOPLE = "PEOPLE"  # who is or was inside the session, and the room's moderators
    INSIDE = "INSIDE"  # who is or was inside the session
    BACKCHANNEL = "BACKCHANNEL"  # who is or was inside the session as room or chat moderator


@dataclass(frozen=True, slots=True)
class AudienceKey:
    """An audience, of one session where it depends on one."""

    audience: Audience
    session_id: UUID | None = None


EVERYONE = AudienceKey(Audience.EVERYONE)


class Everybody(StrEnum):
    """The mark of an event that may change what any viewer may see."""

    EVERYBODY = "EVERYBODY"


EVERYBODY = Everybody.EVERYBODY


class EventFacts(Protocol):
    """What every event offers to the log and its readers."""

    @property
    def kind(self) -> str: ...

    @property
    def audience(self) -> AudienceKey: ...

    @property
    def changes_access_of(self) -> UUID | Everybody | None: ...

    @property
    def subject_id(self) -> UUID | None: ...


class _ForEveryone:
    """Defaults: seen by whoever sees the room, changes nobody's access, is about no message."""

    __slots__ = ()
    audience: AudienceKey = EVERYONE
    changes_access_of: UUID | Everybody | None = None
    subject_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class GalleryChanged(_ForEveryone):
    """The gallery was created, or its settings changed."""

    title: str
    description: str
    moderate_media: bool
    kind: Literal["GalleryChanged"] = "GalleryChanged"


@dataclass(frozen=True, slots=True)
class RoomConfigured(_ForEveryone):
    """The room's settings were saved."""

    room: RoomFacts
    kind: Literal["RoomConfigured"] = "RoomConfigured"


@dataclass(frozen=True, slots=True)
class AccessChanged(_ForEveryone):
    """Who may do what in the room was changed. The lists themselves are not for everyone, so clients re-read theirs."""

    room_id: UUID
    assignments: list[AssignmentFacts]
    kind: Literal["AccessChanged"] = "AccessChanged"
    changes_access_of = EVERYBODY


@dataclass(frozen=True, slots=True)
class SessionStarted(_ForEveryone):
    """A moderator launched the room."""

    session: SessionFacts
    kind: Literal["SessionStarted"] = "SessionStarted"


@dataclass(frozen=True, slots=True)
class SessionEnded(_ForEveryone):
    """The session is over for everyone: all who were inside have left at its end."""

    session: SessionFacts
    kind: Literal["SessionEnded"] = "SessionEnded"


@dataclass(frozen=True, slots=True)
class _ParticipantMoved:
    participant: ParticipantFacts
    participant_count: int
    peak_participants: int

    subject_id = None

    @property
    def audience(self) -> AudienceKey:
        return AudienceKey(Audience.PEOPLE, self.participant.session_id)

    @property
    def changes_access_of(self) -> UUID:
        return self.participant.user_id


@dataclass(frozen=True, slots=True)
class ParticipantJoined(_ParticipantMoved):
    """Someone was admitted, with the rights that hold until they leave (rule 32)."""

    kind: Literal["ParticipantJoined"] = "ParticipantJoined"


@dataclass(frozen=True, slots=True)
class ParticipantLeft(_ParticipantMoved):
    """Someone left."""

    kind: Literal["ParticipantLeft"] = "ParticipantLeft"


@dataclass(frozen=True, slots=True)
class MessagePosted:
    """A chat message. Its text is joined from the message itself when the entry is read, and gone when deleted."""

    message: MessageFacts
    kind: Literal["MessagePosted"] = "MessagePosted"
    changes_access_of = None

    @property
    def audience(self) -> AudienceKey:
        inside = Audience.INSIDE if self.message.channel is ChatChannel.GROUP else Audience.BACKCHANNEL
        return AudienceKey(inside, self.message.session_id)

    @property
    def subject_id(self) -> UUID:
        return self.message.id


Event = (
    GalleryChanged
    | RoomConfigured
    | AccessChanged
    | SessionStarted
    | SessionEnded
    | ParticipantJoined
    | ParticipantLeft
    | MessagePosted
)

_ADAPTER: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def encode(event: Event) -> str:
    """The event as the JSON that the log stores."""
    return _ADAPTER.dump_json(event).decode()


def decode(payload: str) -> Event:
    """The event that `encode` stored."""
    return _ADAPTER.validate_json(payload)
