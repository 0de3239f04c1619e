"""Audiences of events, and the attributes that the log and its readers use of every event."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Audience(StrEnum):
    """Who may see a log entry. This is checked for each recipient at each delivery (rule 63)."""

    EVERYONE = "EVERYONE"  # everyone who sees the room or the gallery
    MEMBERS = "MEMBERS"  # the gallery's members, without users who see only its room (rule 11)
    REVIEWERS = "REVIEWERS"  # users who may review the gallery's media
    MANAGERS = "MANAGERS"  # users who manage the gallery
    OWNER = "OWNER"  # one user, and the users who may review the gallery's media
    PEOPLE = "PEOPLE"  # users who are or were inside the session, and the room's moderators
    PERSON = "PERSON"  # one user, and the room's moderators
    INSIDE = "INSIDE"  # users who are or were inside the session
    SHELF = "SHELF"  # the room's moderators, and participants who may show: they see a hidden shelf too
    BACKCHANNEL = "BACKCHANNEL"  # users who are or were inside the session as room or chat moderator
    CHAT_MODERATORS = "CHAT_MODERATORS"  # users who are or were inside the session as chat moderator
    THREAD = "THREAD"  # one user, and users who are or were inside the session as chat moderator


SHOWN = (Audience.EVERYONE, Audience.MEMBERS)
"""The audiences that every member of the gallery belongs to."""


@dataclass(frozen=True, slots=True)
class AudienceKey:
    """An audience, with the session (`of`) and the user that it depends on. Only a THREAD needs both."""

    audience: Audience
    of: UUID | None = None
    user_id: UUID | None = None


EVERYONE = AudienceKey(Audience.EVERYONE)
MEMBERS = AudienceKey(Audience.MEMBERS)
REVIEWERS = AudienceKey(Audience.REVIEWERS)
MANAGERS = AudienceKey(Audience.MANAGERS)


class Everybody(StrEnum):
    """Values of `changes_access_of` for events that may change what many viewers see."""

    EVERYBODY = "EVERYBODY"
    INSIDE = "INSIDE"  # only the users who are inside the session


EVERYBODY = Everybody.EVERYBODY
EVERYBODY_INSIDE = Everybody.INSIDE


class EventFacts(Protocol):
    """The attributes that the log and its readers use of every event."""

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
    """Defaults for an event: everyone who sees the room sees the event, and it changes nobody's access.

    By default the event has no subject and no session.
    """

    __slots__ = ()
    audience: AudienceKey = EVERYONE
    changes_access_of: UUID | Everybody | None = None
    subject_id: UUID | None = None

    @property
    def session_id(self) -> UUID | None:
        """The session that the event belongs to, if any."""
        return None
