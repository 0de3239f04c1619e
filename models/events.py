"""What can happen in a gallery, as typed facts. An event says what became true; it holds no text that can be deleted.

Folding the events after N into the state at N gives the later state (rule 64): each carries all that it changed.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, Protocol
from uuid import UUID

from pydantic import Field, TypeAdapter

from models.chat import ChatChannel, MessageFacts
from models.galleries import MembershipFacts
from models.media import MediaFacts, MediaStatus, PlaylistFacts
from models.rooms import AssignmentFacts, RoomFacts
from models.sessions import ParticipantFacts, SessionFacts


class Audience(StrEnum):
    """Who an entry is for. Decided anew for each recipient at each delivery (rule 63)."""

    EVERYONE = "EVERYONE"  # whoever sees the room or the gallery
    MEMBERS = "MEMBERS"  # the gallery's members, not whoever sees its room alone (rule 11)
    REVIEWERS = "REVIEWERS"  # who may review the gallery's media
    OWNER = "OWNER"  # one user, and who may review the gallery's media
    PEOPLE = "PEOPLE"  # who is or was inside the session, and the room's moderators
    INSIDE = "INSIDE"  # who is or was inside the session
    BACKCHANNEL = "BACKCHANNEL"  # who is or was inside the session as room or chat moderator


@dataclass(frozen=True, slots=True)
class AudienceKey:
    """An audience: of a session, or with a user, where it depends on one."""

    audience: Audience
    of: UUID | None = None


EVERYONE = AudienceKey(Audience.EVERYONE)
MEMBERS = AudienceKey(Audience.MEMBERS)
REVIEWERS = AudienceKey(Audience.REVIEWERS)


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
class SiteDefaultsChanged(_ForEveryone):
    """The site's defaults changed, and with them every room that follows them (rule 24)."""

    qna_default: bool
    group_chat_default: bool
    kind: Literal["SiteDefaultsChanged"] = "SiteDefaultsChanged"


@dataclass(frozen=True, slots=True)
class _OfMedia:
    """About one medium: for its owner and the reviewers while it is not published (rule 16)."""

    media: MediaFacts

    changes_access_of = None
    subject_id = None

    @property
    def audience(self) -> AudienceKey:
        published = self.media.status is MediaStatus.PUBLISHED
        return MEMBERS if published else AudienceKey(Audience.OWNER, self.media.owner_id)


@dataclass(frozen=True, slots=True)
class MediaAdded(_OfMedia):
    """A medium was added."""

    kind: Literal["MediaAdded"] = "MediaAdded"


@dataclass(frozen=True, slots=True)
class MediaReviewed(_OfMedia):
    """A pending medium was published or rejected."""

    reason: str | None
    kind: Literal["MediaReviewed"] = "MediaReviewed"


@dataclass(frozen=True, slots=True)
class MediaChanged(_OfMedia):
    """What is said of a medium was changed."""

    kind: Literal["MediaChanged"] = "MediaChanged"


@dataclass(frozen=True, slots=True)
class MediaRemoved(_OfMedia):
    """A medium is gone. The facts are the last that were true of it."""

    kind: Literal["MediaRemoved"] = "MediaRemoved"


@dataclass(frozen=True, slots=True)
class PendingCountChanged:
    """How many media wait for review now (rule 17)."""

    pending_count: int
    kind: Literal["PendingCountChanged"] = "PendingCountChanged"
    audience = REVIEWERS
    changes_access_of = None
    subject_id = None


@dataclass(frozen=True, slots=True)
class PlaylistSaved:
    """A playlist was made or changed: what it is called, and all its items in their order."""

    playlist: PlaylistFacts
    kind: Literal["PlaylistSaved"] = "PlaylistSaved"
    audience = MEMBERS
    changes_access_of = None
    subject_id = None


@dataclass(frozen=True, slots=True)
class PlaylistDeleted:
    """A playlist is gone; its media are not."""

    playlist_id: UUID
    kind: Literal["PlaylistDeleted"] = "PlaylistDeleted"
    audience = MEMBERS
    changes_access_of = None
    subject_id = None


@dataclass(frozen=True, slots=True)
class MembershipsChanged(_ForEveryone):
    """Who belongs to the gallery changed, or who is in a group that does. The rows are for the log; clients read anew."""

    saved: list[MembershipFacts]
    removed: list[UUID]
    kind: Literal["MembershipsChanged"] = "MembershipsChanged"
    changes_access_of = EVERYBODY


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
    | SiteDefaultsChanged
    | MembershipsChanged
    | MediaAdded
    | MediaReviewed
    | MediaChanged
    | MediaRemoved
    | PendingCountChanged
    | PlaylistSaved
    | PlaylistDeleted
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
