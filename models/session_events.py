"""What can happen to a session and to the people in it."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import Audience, AudienceKey, ForEveryone
from models.sessions import ParticipantFacts, SessionFacts


@dataclass(frozen=True, slots=True)
class SessionStarted(ForEveryone):
    """A moderator launched the room."""

    session: SessionFacts
    kind: Literal["SessionStarted"] = "SessionStarted"


@dataclass(frozen=True, slots=True)
class SessionEnded(ForEveryone):
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


SessionEvent = SessionStarted | SessionEnded | ParticipantJoined | ParticipantLeft
