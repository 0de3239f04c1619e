"""Who may do what, as one table (rules 1, 6, 7, 8, 9, 14). docs/permissions.md is made from this module."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID


class Permission(StrEnum):
    """An action, or a group of actions, that roles grant."""

    # in a gallery
    VIEW_GALLERY = "VIEW_GALLERY"
    ADD_MEDIA = "ADD_MEDIA"
    REVIEW_MEDIA = "REVIEW_MEDIA"
    EDIT_PLAYLISTS = "EDIT_PLAYLISTS"
    MANAGE_GALLERY = "MANAGE_GALLERY"
    READ_RECORDS = "READ_RECORDS"
    # in a room
    ENTER = "ENTER"
    LAUNCH = "LAUNCH"
    END_SESSION = "END_SESSION"
    ADMIT = "ADMIT"
    LOCK = "LOCK"
    MANAGE_STAGE = "MANAGE_STAGE"
    REMOVE_PARTICIPANT = "REMOVE_PARTICIPANT"
    RECORD = "RECORD"
    MANAGE_CONTENT = "MANAGE_CONTENT"
    BACKCHANNEL = "BACKCHANNEL"
    POST_MESSAGE = "POST_MESSAGE"
    MODERATE_CHAT = "MODERATE_CHAT"
    ANSWER_QUESTIONS = "ANSWER_QUESTIONS"
    RUN_INTERACTIONS = "RUN_INTERACTIONS"
    ANNOUNCE = "ANNOUNCE"
    CONFIGURE = "CONFIGURE"
    READ_REPORTS = "READ_REPORTS"
    # on any room's recordings
    REPORT_RECORDING = "REPORT_RECORDING"
    # on the site
    CREATE_GALLERY = "CREATE_GALLERY"
    MANAGE_SITE = "MANAGE_SITE"
    MANAGE_PEOPLE = "MANAGE_PEOPLE"
    READ_AUDIT = "READ_AUDIT"
    SEARCH_DIRECTORY = "SEARCH_DIRECTORY"


class Role(StrEnum):
    """A user's role. The first four come from the gallery, the next four from the room, the last two from the token."""

    MANAGER = "MANAGER"
    MODERATOR = "MODERATOR"
    CONTRIBUTOR = "CONTRIBUTOR"
    MEMBER = "MEMBER"
    ROOM_MODERATOR = "ROOM_MODERATOR"
    CHAT_MODERATOR = "CHAT_MODERATOR"
    SPEAKER = "SPEAKER"
    ATTENDEE = "ATTENDEE"
    SITE_ADMIN = "SITE_ADMIN"
    MEDIA_SERVER = "MEDIA_SERVER"


P = Permission
_INSIDE = frozenset({P.ENTER, P.POST_MESSAGE})
_MEMBER = frozenset({P.VIEW_GALLERY, P.ENTER})
_CONTRIBUTOR = _MEMBER | {P.ADD_MEDIA}
_MODERATOR = _CONTRIBUTOR | {P.REVIEW_MEDIA, P.EDIT_PLAYLISTS}

GRANTS: Final[dict[Role, frozenset[Permission]]] = {
    Role.MEMBER: _MEMBER,
    Role.CONTRIBUTOR: _CONTRIBUTOR,
    Role.MODERATOR: _MODERATOR,
    Role.MANAGER: _MODERATOR | {P.MANAGE_GALLERY, P.READ_RECORDS, P.READ_REPORTS, P.CONFIGURE} | {P.SEARCH_DIRECTORY},
    Role.ATTENDEE: _INSIDE,
    Role.SPEAKER: _INSIDE,
    Role.ROOM_MODERATOR: _INSIDE
    | {P.LAUNCH, P.END_SESSION, P.ADMIT, P.LOCK, P.MANAGE_STAGE, P.REMOVE_PARTICIPANT, P.RECORD, P.MANAGE_CONTENT}
    | {P.BACKCHANNEL, P.READ_REPORTS},
    Role.CHAT_MODERATOR: _INSIDE
    | {P.MODERATE_CHAT, P.ANSWER_QUESTIONS, P.RUN_INTERACTIONS, P.ANNOUNCE}
    | {P.BACKCHANNEL},
    Role.SITE_ADMIN: frozenset({P.CREATE_GALLERY, P.MANAGE_SITE, P.MANAGE_PEOPLE, P.SEARCH_DIRECTORY, P.READ_AUDIT}),
    Role.MEDIA_SERVER: frozenset({P.REPORT_RECORDING}),
}

# Every permission that members, contributors and attendees do not have is privileged, and its use is audited (rule 67).
PRIVILEGED: Final = frozenset(Permission) - _CONTRIBUTOR - _INSIDE


def granted(roles: frozenset[Role]) -> frozenset[Permission]:
    """Returns all permissions that the roles grant together."""
    return frozenset().union(*(GRANTS[role] for role in roles))


@dataclass(frozen=True, slots=True)
class Viewer:
    """The user who makes a request, with the site roles from the token's scopes."""

    id: UUID
    name: str
    site_roles: frozenset[Role] = field(default_factory=frozenset)
    record_of: UUID | None = None  # the session whose record the viewer reads; only access_record sets it
