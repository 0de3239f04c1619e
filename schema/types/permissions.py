"""The permissions in a gallery and in a room. Import them from here, so that they are described before any type uses them."""

from enum import StrEnum

from schema.types.describe import describe


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
    RUN_INTERACTIONS = "RUN_INTERACTIONS"
    ANNOUNCE = "ANNOUNCE"
    CONFIGURE = "CONFIGURE"
    READ_REPORTS = "READ_REPORTS"


describe(
    GalleryPermission,
    "What can be allowed in a gallery.",
    VIEW_GALLERY="See it, its members, its playlists and its published media. Held from MEMBER on.",
    ADD_MEDIA="Add media, and change and remove one's own. Held from CONTRIBUTOR on.",
    REVIEW_MEDIA="See what waits for review or was rejected, and review it; what one adds is published at once. Held from "
    "MODERATOR on.",
    EDIT_PLAYLISTS="Make, change and delete playlists. Held from MODERATOR on.",
    MANAGE_GALLERY="Change it, its webhooks and who belongs to it, change and remove any media, delete it. Held by MANAGER.",
    READ_RECORDS="Read the whole records of its room's sessions. Held by MANAGER.",
)
describe(
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
    RUN_INTERACTIONS="Make and run interactions: polls, quizzes, surveys and the like.",
    ANNOUNCE="Make announcements.",
    CONFIGURE="Change the room's settings.",
    READ_REPORTS="Read the reports of the room's sessions.",
)
