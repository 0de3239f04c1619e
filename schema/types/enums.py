"""The enums of `models`, with a description for each value, and the enums that only the schema needs.

Import enums from here, so that they are described before any type uses them.
"""

from enum import Enum, StrEnum
from typing import TypeVar

import strawberry

from models.errors import ErrorCode
from models.tables.chat import ChatChannel
from models.tables.galleries import GalleryOrder, GalleryRole, MembershipSource
from models.tables.media import MediaKind, MediaOrder, MediaStatus, ReviewDecision
from models.tables.participants import ParticipantRole, ParticipantState
from models.tables.polls import PollState
from models.tables.questions import QuestionState
from models.tables.rates import RateKind
from models.tables.recordings import RecordingState
from models.tables.rooms import AssignmentSource, FeatureSetting, RoomMode, RoomState
from models.tables.sessions import SessionEndReason, StageAccess

__all__ = [
    "AssignmentSource",
    "ChatChannel",
    "ErrorCode",
    "FeatureSetting",
    "GalleryOrder",
    "GalleryPermission",
    "GalleryRole",
    "MediaKind",
    "MediaOrder",
    "MediaStatus",
    "MembershipSource",
    "ParticipantRole",
    "ParticipantState",
    "PollState",
    "QuestionState",
    "RateKind",
    "RecordingState",
    "ReviewDecision",
    "RoomMode",
    "RoomPermission",
    "RoomState",
    "SessionEndReason",
    "StageAccess",
]

E = TypeVar("E", bound=type[Enum])


def _describe(enum: E, description: str, **values: str) -> E:
    """Registers an enum of `models` as a GraphQL enum, with a description for each value."""
    registered = strawberry.enum(enum, description=description)
    for value in registered.__strawberry_definition__.values:  # type: ignore[attr-defined]  # Strawberry adds this attribute
        value.description = values[value.name]
    return registered


class GalleryPermission(StrEnum):
    """The permissions that concern a gallery."""

    VIEW_GALLERY = "VIEW_GALLERY"
    ADD_MEDIA = "ADD_MEDIA"
    REVIEW_MEDIA = "REVIEW_MEDIA"
    EDIT_PLAYLISTS = "EDIT_PLAYLISTS"
    MANAGE_GALLERY = "MANAGE_GALLERY"
    READ_RECORDS = "READ_RECORDS"


class RoomPermission(StrEnum):
    """The permissions that concern a room."""

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
    RUN_POLLS = "RUN_POLLS"
    ANNOUNCE = "ANNOUNCE"
    CONFIGURE = "CONFIGURE"


_describe(
    RoomMode,
    "How people take part.",
    INTERACTIVE="Everyone can join the stage.",
    WEBINAR="Assigned presenters take the stage, all others are viewers.",
)
_describe(
    GalleryRole,
    "What someone may do in a gallery; each role includes the ones after it.",
    MANAGER="Edits the gallery, its members and its room, and removes any media.",
    MODERATOR="Reviews pending media.",
    CONTRIBUTOR="Adds media, and removes their own.",
    MEMBER="Sees the gallery and joins its room.",
)
_describe(
    MembershipSource,
    "How a membership came about.",
    MANUAL="Somebody added it here.",
    ROSTER="It came with the course's roster.",
)
_describe(
    GalleryOrder,
    "The order of galleries in a list.",
    TITLE="By title, letter case aside.",
    NEWEST="Latest created first.",
)
_describe(MediaKind, "What a medium is.", VIDEO="Moving pictures.", AUDIO="Sound alone.", IMAGE="A picture.")
_describe(
    MediaStatus,
    "Where a medium stands in moderation.",
    PENDING="Waits for review; seen by its owner and by reviewers.",
    PUBLISHED="Seen by every member of the gallery.",
    REJECTED="Not accepted; seen by its owner and by reviewers.",
)
_describe(
    ReviewDecision,
    "What a reviewer decides.",
    APPROVE="Publish it.",
    REJECT="Do not accept it.",
)
_describe(
    MediaOrder,
    "The order of media in a list.",
    NEWEST="Latest added first.",
    OLDEST="First added first.",
    TITLE="By title, letter case aside.",
    LONGEST="By duration, longest first.",
    SHORTEST="By duration, shortest first.",
)
_describe(
    FeatureSetting,
    "A switch that can follow the site.",
    SITE_DEFAULT="Whatever the site's default is, also when that changes.",
    ENABLED="On.",
    DISABLED="Off.",
)
_describe(
    RoomState,
    "Whether a room can be entered.",
    DISABLED="Switched off.",
    CLOSED="Switched on; nobody has launched it.",
    OPEN="A session is running.",
)
_describe(
    AssignmentSource,
    "Why someone is on a list.",
    ASSIGNED="A manager put them on it.",
    GALLERY_MANAGER="As a manager of the gallery; cannot be taken off here.",
)
_describe(
    GalleryPermission,
    "What can be allowed in a gallery.",
    VIEW_GALLERY="See it, its members, its playlists and its published media. Held from MEMBER on.",
    ADD_MEDIA="Add media, and change and remove one's own. Held from CONTRIBUTOR on.",
    REVIEW_MEDIA="See what waits for review or was rejected, and review it; what one adds is published at once. Held from "
    "MODERATOR on.",
    EDIT_PLAYLISTS="Make, change and delete playlists. Held from MODERATOR on.",
    MANAGE_GALLERY="Change it and who belongs to it, change and remove any media, delete it. Held by MANAGER.",
    READ_RECORDS="Read the whole records of its room's sessions. Held by MANAGER.",
)
_describe(
    RoomPermission,
    "What can be allowed in a room.",
    ENTER="Join the room while it is open.",
    LAUNCH="Open the room by entering it.",
    END_SESSION="End the session for everyone.",
    ADMIT="Let waiting people in.",
    LOCK="Lock and unlock the room.",
    MANAGE_STAGE="Invite to the stage and remove from it.",
    REMOVE_PARTICIPANT="Remove someone from the session.",
    RECORD="Start and end recordings.",
    MANAGE_CONTENT="Manage what the room shows.",
    BACKCHANNEL="Read and write the moderators' own chat.",
    POST_MESSAGE="Write in the group chat.",
    MODERATE_CHAT="Delete, pin, block and clear in the chat.",
    ANSWER_QUESTIONS="Answer questions.",
    RUN_POLLS="Make and run polls.",
    ANNOUNCE="Make announcements.",
    CONFIGURE="Change the room's settings.",
)
_describe(
    SessionEndReason,
    "Why a session ended.",
    ENDED_BY_MODERATOR="A moderator ended it for everyone.",
    HOST_ABSENT="No room moderator was inside for too long.",
    ROOM_DISABLED="The room was switched off.",
)
_describe(
    StageAccess,
    "Who may step up to the stage.",
    EVERYONE="Everyone inside.",
    BY_REQUEST="Whoever asks and is let up.",
    INVITE_ONLY="Whoever is invited; speakers and room moderators by themselves.",
)
_describe(
    ParticipantState,
    "Where a participant is.",
    WAITING="Waits to be let in.",
    ADMITTED="Inside.",
    LEFT="Gone, or gone when the session ended.",
    REMOVED="Removed by a moderator.",
    DECLINED="Not let in.",
)
_describe(
    ParticipantRole,
    "What a participant is in the room, as resolved when they entered.",
    ROOM_MODERATOR="Runs the room: stage, admission, recordings.",
    CHAT_MODERATOR="Runs the conversation: chat, questions, polls.",
    SPEAKER="An assigned presenter.",
    ATTENDEE="Everybody else.",
)
_describe(
    RecordingState,
    "How far a recording is.",
    RECORDING="Being made.",
    PROCESSING="Made; the media server is working on it.",
    READY="In the gallery.",
    FAILED="Lost; it says why.",
)
_describe(
    QuestionState,
    "How far a question is.",
    PENDING="Waits for somebody to answer it.",
    CLAIMED="A chat moderator answers it.",
    ANSWERED="Answered; to those who are not in its thread, whatever is published is.",
    DISMISSED="Set aside.",
)
_describe(
    ChatChannel,
    "A conversation in a session.",
    GROUP="Everyone inside.",
    BACKCHANNEL="The room's and the chat's moderators among themselves.",
    ANNOUNCEMENTS="What chat moderators tell everyone inside.",
)
_describe(
    RateKind,
    "What is counted together, for each user.",
    MESSAGES="Chat messages.",
    REACTIONS="Reactions to messages.",
    QUESTIONS="Questions.",
    VOTES="Votes in polls, and for questions.",
    HANDS="Raised hands, and requests for the stage.",
    MEDIA="Media that are added.",
    PLAYLISTS="Playlists that are made.",
    MEMBERS="Roles in galleries that are given by hand.",
    POLLS="Polls that are made.",
    RECORDINGS="Recordings that are started.",
    IMPORTS="What a site admin makes, of whatever kind: galleries, users, groups, rosters, and also media and the like.",
)
_describe(
    PollState,
    "How far a poll is.",
    DRAFT="Being written; seen by chat moderators alone.",
    OPEN="Takes votes.",
    CLOSED="Takes no more votes.",
)
_describe(
    ErrorCode,
    "Why a mutation was refused.",
    NOT_FOUND="There is no such thing, or it is not yours to see: the two are one answer.",
    FORBIDDEN="You may see it, but not do this.",
    INVALID="The input itself is wrong.",
    LAST_MANAGER="The gallery would be left without a manager.",
    CONFLICT="The state has moved on, or is taken; the payload shows it as it is now.",
    IDEMPOTENCY_MISMATCH="This idempotency key was used with another input.",
    ROOM_DISABLED="The room is switched off.",
    ROOM_NOT_OPEN="Nobody has launched the room, and you may not.",
    ROOM_HAS_ACTIVE_SESSION="Disabling would end a running session; ask for it with `endActiveSession`.",
    ROOM_FULL="Everyone inside reaches the capacity.",
    ROOM_LOCKED="The room is locked, and you were not let in.",
    SESSION_ENDED="The session is over.",
    NOT_IN_SESSION="Enter the room first; or whoever it is about is not inside.",
    REMOVED_FROM_SESSION="A moderator removed you from this session for good.",
    STAGE_FULL="Nobody more fits on the stage, open invitations counted.",
    STAGE_NOT_OPEN="The stage is not open to you without an invitation.",
    NOT_INVITED="There is no invitation to the stage, or it has lapsed.",
    ALREADY_RECORDING="The session is being recorded already.",
    NOT_RECORDING="This is not being recorded.",
    CHAT_DISABLED="Group chat is switched off.",
    QNA_DISABLED="Q&A is switched off.",
    ALREADY_CLAIMED="Somebody else has claimed this question.",
    RATE_LIMITED="You do this too often; `retryAfterSeconds` says when you may again.",
    POLL_NOT_OPEN="The poll takes no votes: it was not opened yet, was closed, or its time is over.",
    ALREADY_VOTED="You have voted in this poll.",
    CHAT_BLOCKED="A chat moderator keeps you from writing in this session.",
    UNAVAILABLE="The server cannot do this at the moment; `retryAfterSeconds` says when to try again.",
)
