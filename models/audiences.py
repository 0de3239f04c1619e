"""Who an event is for, and what every event offers to the log and its readers."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Audience(StrEnum):
    """Who an entry is for. Decided anew for each recipient at each delivery (rule 63)."""

    EVERYONE = "EVERYONE"  # whoever sees the room or the gallery
    MEMBERS = "MEMBERS"  # the gallery's members, not whoever sees its room alone (rule 11)
    REVIEWERS = "REVIEWERS"  # who may review the gallery's media
    OWNER = "OWNER"  # one user, and who may review the gallery's media
    PEOPLE = "PEOPLE"  # who is or was inside the session, and the room's moderators
    PERSON = "PERSON"  # one user, and the room's moderators
    INSIDE = "INSIDE"  # who is or was inside the session
    BACKCHANNEL = "BACKCHANNEL"  # who is or was inside the session as room or chat moderator
    CHAT_MODERATORS = "CHAT_MODERATORS"  # who is or was inside the session as chat moderator
    THREAD = "THREAD"  # one user, and who is or was inside the session as chat moderator


@dataclass(frozen=True, slots=True)
class AudienceKey:
    """An audience: of a session, or with a user, where it depends on one; a thread is of a session and with a user."""

    audience: Audience
    of: UUID | None = None
    user_id: UUID | None = None


EVERYONE = AudienceKey(Audience.EVERYONE)
MEMBERS = AudienceKey(Audience.MEMBERS)
REVIEWERS = AudienceKey(Audience.REVIEWERS)


class Everybody(StrEnum):
    """The marks of events that may change what many viewers may see."""

    EVERYBODY = "EVERYBODY"
    INSIDE = "INSIDE"  # whoever is inside the session, and those alone


EVERYBODY = Everybody.EVERYBODY
EVERYBODY_INSIDE = Everybody.INSIDE


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

    @property
    def session_id(self) -> UUID | None: ...


class ForEveryone:
    """Defaults: seen by whoever sees the room, changes nobody's access, is about no message and no session."""

    __slots__ = ()
    audience: AudienceKey = EVERYONE
    changes_access_of: UUID | Everybody | None = None
    subject_id: UUID | None = None

    @property
    def session_id(self) -> UUID | None:
        """The session that it is of, if any."""
        return None
