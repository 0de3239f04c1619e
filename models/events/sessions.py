"""What can happen to a session and to the people in it."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import EVERYBODY_INSIDE, Audience, AudienceKey, ForEveryone
from models.tables.participants import ParticipantFacts
from models.tables.sessions import SessionCounts, SessionFacts


@dataclass(frozen=True, slots=True)
class OfSession(ForEveryone):
    """About the session as a whole: as it is after it."""

    session: SessionFacts

    @property
    def session_id(self) -> UUID:
        return self.session.id


@dataclass(frozen=True, slots=True)
class SessionStarted(OfSession):
    """A moderator launched the room."""

    kind: Literal["SessionStarted"] = "SessionStarted"


@dataclass(frozen=True, slots=True)
class SessionEnded(OfSession):
    """The session is over for everyone: all who were inside have left at its end."""

    kind: Literal["SessionEnded"] = "SessionEnded"

    changes_access_of = EVERYBODY_INSIDE  # from now on what is stored says what they may, not the snapshot (rule 32)


@dataclass(frozen=True, slots=True)
class RoomLocked(OfSession):
    """Newcomers wait from now on (rule 37)."""

    kind: Literal["RoomLocked"] = "RoomLocked"


@dataclass(frozen=True, slots=True)
class RoomUnlocked(OfSession):
    """Newcomers are let in again. Whoever waits goes on waiting (rule 37)."""

    kind: Literal["RoomUnlocked"] = "RoomUnlocked"


@dataclass(frozen=True, slots=True)
class OfParticipant:
    """About someone in a session: the participant and the session's counts after it."""

    participant: ParticipantFacts
    counts: SessionCounts

    subject_id = None

    @property
    def session_id(self) -> UUID:
        return self.participant.session_id

    @property
    def audience(self) -> AudienceKey:
        return AudienceKey(Audience.PEOPLE, self.session_id)

    @property
    def changes_access_of(self) -> UUID | None:
        return None


@dataclass(frozen=True, slots=True)
class _Moved(OfParticipant):
    @property
    def changes_access_of(self) -> UUID:
        return self.participant.user_id


@dataclass(frozen=True, slots=True)
class ParticipantWaiting(_Moved):
    """Someone waits to be let in. For them and the room's moderators."""

    kind: Literal["ParticipantWaiting"] = "ParticipantWaiting"

    @property
    def audience(self) -> AudienceKey:
        return AudienceKey(Audience.PERSON, self.participant.user_id)


@dataclass(frozen=True, slots=True)
class ParticipantJoined(_Moved):
    """Someone was admitted, with the rights that hold until they leave (rule 32)."""

    kind: Literal["ParticipantJoined"] = "ParticipantJoined"


@dataclass(frozen=True, slots=True)
class ParticipantLeft(_Moved):
    """Someone left, was removed, or was declined: the participant's state says which. They are off stage with it."""

    waited: bool = False  # had not been let in
    kind: Literal["ParticipantLeft"] = "ParticipantLeft"

    @property
    def audience(self) -> AudienceKey:
        # Of who waits, those inside learn nothing (rule 37).
        if self.waited:
            return AudienceKey(Audience.PERSON, self.participant.user_id)
        return AudienceKey(Audience.PEOPLE, self.participant.session_id)


@dataclass(frozen=True, slots=True)
class ParticipantChanged(OfParticipant):
    """What is known of a participant changed: whether their stored rights differ from the snapshot (rule 34).

    Or `of_chat`, whether they are blocked from it (rule 47).
    """

    of_chat: bool = False
    kind: Literal["ParticipantChanged"] = "ParticipantChanged"

    @property
    def audience(self) -> AudienceKey:
        if self.of_chat:
            return AudienceKey(Audience.THREAD, self.participant.session_id, self.participant.user_id)
        return AudienceKey(Audience.PERSON, self.participant.user_id)


SessionEvent = (
    SessionStarted
    | SessionEnded
    | RoomLocked
    | RoomUnlocked
    | ParticipantWaiting
    | ParticipantJoined
    | ParticipantLeft
    | ParticipantChanged
)
