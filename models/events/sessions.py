"""Events of sessions and their participants."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import EVERYBODY_INSIDE, Audience, AudienceKey, ForEveryone
from models.tables.participants import ParticipantFacts
from models.tables.sessions import SessionCounts, SessionFacts


@dataclass(frozen=True, slots=True)
class OfSession(ForEveryone):
    """An event about the whole session, with the session after the event."""

    session: SessionFacts

    @property
    def session_id(self) -> UUID:
        return self.session.id


@dataclass(frozen=True, slots=True)
class SessionStarted(OfSession):
    """A moderator launched a session."""

    kind: Literal["SessionStarted"] = "SessionStarted"


@dataclass(frozen=True, slots=True)
class SessionEnded(OfSession):
    """The session ended for everyone. All participants left at its end."""

    kind: Literal["SessionEnded"] = "SessionEnded"

    changes_access_of = EVERYBODY_INSIDE  # from now on the stored rights count, and not the snapshot (rule 32)


@dataclass(frozen=True, slots=True)
class RoomLocked(OfSession):
    """The room was locked. Newcomers wait from now on (rule 37)."""

    kind: Literal["RoomLocked"] = "RoomLocked"


@dataclass(frozen=True, slots=True)
class RoomUnlocked(OfSession):
    """The room was unlocked for newcomers. Participants who wait still do (rule 37)."""

    kind: Literal["RoomUnlocked"] = "RoomUnlocked"


@dataclass(frozen=True, slots=True)
class OfParticipant:
    """An event about a participant, with the participant and the session's counts after the event."""

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
    """A user waits to be admitted. Only this user and the room's moderators get the event."""

    kind: Literal["ParticipantWaiting"] = "ParticipantWaiting"

    @property
    def audience(self) -> AudienceKey:
        return AudienceKey(Audience.PERSON, self.participant.user_id)


@dataclass(frozen=True, slots=True)
class ParticipantJoined(_Moved):
    """A participant was admitted, with rights that do not change until they leave (rule 32)."""

    kind: Literal["ParticipantJoined"] = "ParticipantJoined"


@dataclass(frozen=True, slots=True)
class ParticipantLeft(_Moved):
    """A participant left, was removed or was declined, as the participant's state says. They are off the stage."""

    waited: bool = False  # whether the participant was waiting and not inside
    absent: bool = False  # whether they gave no sign of life for too long (rule 33)
    kind: Literal["ParticipantLeft"] = "ParticipantLeft"

    @property
    def audience(self) -> AudienceKey:
        # Participants inside must not see who waits (rule 37).
        if self.waited:
            return AudienceKey(Audience.PERSON, self.participant.user_id)
        return AudienceKey(Audience.PEOPLE, self.participant.session_id)


@dataclass(frozen=True, slots=True)
class ParticipantChanged(OfParticipant):
    """A participant changed: whether their stored rights differ from the snapshot (rule 34).

    With `of_chat`: whether they are blocked from the chat (rule 47).
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
