"""The enums of `models`, with a description for each value.

Import enums from here, so that they are described before any type uses them.
"""

from models.tables.chat import ChatChannel
from models.tables.content import ContentKind, ContentState
from models.tables.galleries import GalleryOrder, GalleryRole, MembershipSource
from models.tables.interactions import InteractionKind, InteractionState, ResultsSharing
from models.tables.media import MediaKind, MediaOrder, MediaStatus, ReviewDecision
from models.tables.participants import ParticipantRole, ParticipantState
from models.tables.questions import QuestionOrder, QuestionState
from models.tables.rates import RateKind
from models.tables.recordings import RecordingState
from models.tables.rooms import AssignmentSource, FeatureSetting, RoomMode, RoomState
from models.tables.sessions import SessionEndReason, StageAccess
from models.tables.webhooks import WebhookDeliveryFailure, WebhookDeliveryState, WebhookDisabledReason
from schema.types.describe import describe

__all__ = [
    "AssignmentSource",
    "ChatChannel",
    "ContentKind",
    "ContentState",
    "FeatureSetting",
    "GalleryOrder",
    "GalleryRole",
    "InteractionKind",
    "InteractionState",
    "MediaKind",
    "MediaOrder",
    "MediaStatus",
    "MembershipSource",
    "ParticipantRole",
    "ParticipantState",
    "QuestionOrder",
    "QuestionState",
    "RateKind",
    "RecordingState",
    "ResultsSharing",
    "ReviewDecision",
    "RoomMode",
    "RoomState",
    "SessionEndReason",
    "StageAccess",
    "WebhookDeliveryFailure",
    "WebhookDeliveryState",
    "WebhookDisabledReason",
]

describe(
    RoomMode,
    "How participants join the stage. The numbers are the defaults of `Site.roomLimits`, which site admins change.",
    INTERACTIVE="Interactive: everyone can join the stage. Everyone's camera is on by default • Up to 25 visible, 100 total "
    "participants. Great for workshops, training sessions, and lively group discussions.",
    WEBINAR="Webinar: assigned presenters join the stage; all others join as viewers. Speakers take the stage while everyone "
    "else chats. Up to 10 cameras, 300 total participants. Easily bring audience members up to the stage.",
)
describe(
    GalleryRole,
    "What someone may do in a gallery; each role includes the ones after it.",
    MANAGER="Edits the gallery, its members and its room, and removes any media.",
    MODERATOR="Reviews pending media.",
    CONTRIBUTOR="Adds media, and removes their own.",
    MEMBER="Sees the gallery and joins its room.",
)
describe(
    MembershipSource,
    "How a membership came about.",
    MANUAL="Somebody added it here.",
    ROSTER="It came with the course's roster.",
)
describe(
    GalleryOrder,
    "The order of galleries in a list.",
    TITLE="By title, letter case aside.",
    NEWEST="Latest created first.",
)
describe(MediaKind, "What a medium is.", VIDEO="Moving pictures.", AUDIO="Sound alone.", IMAGE="A picture.")
describe(
    MediaStatus,
    "The state of a medium in moderation.",
    PENDING="Waits for review; seen by its owner and by reviewers.",
    PUBLISHED="Seen by every member of the gallery.",
    REJECTED="Not accepted; seen by its owner and by reviewers.",
)
describe(
    ReviewDecision,
    "What a reviewer decides.",
    APPROVE="Publish it.",
    REJECT="Do not accept it.",
)
describe(
    MediaOrder,
    "The order of media in a list.",
    NEWEST="Latest added first.",
    OLDEST="First added first.",
    TITLE="By title, letter case aside.",
    LONGEST="By duration, longest first.",
    SHORTEST="By duration, shortest first.",
)
describe(
    FeatureSetting,
    "A switch that can follow the site.",
    SITE_DEFAULT="According to site default: what the site's default is, also when that changes.",
    ENABLED="On.",
    DISABLED="Off.",
)
describe(
    RoomState,
    "Whether a room can be entered.",
    DISABLED="Switched off.",
    CLOSED="Switched on; nobody has launched it.",
    OPEN="A session is running.",
)
describe(
    AssignmentSource,
    "Why someone is on a list.",
    ASSIGNED="A manager put them on it.",
    GALLERY_MANAGER="As a manager of the gallery; cannot be taken off here.",
)
describe(
    SessionEndReason,
    "Why a session ended.",
    ENDED_BY_MODERATOR="A moderator ended it for everyone.",
    HOST_ABSENT="No room moderator was inside for too long.",
    ROOM_DISABLED="The room was switched off.",
)
describe(
    StageAccess,
    "Who may step up to the stage.",
    EVERYONE="Everyone inside.",
    BY_REQUEST="People who ask, once a room moderator lets them.",
    INVITE_ONLY="People who are invited. Speakers and room moderators need no invitation.",
)
describe(
    ParticipantState,
    "Where a participant is.",
    WAITING="Waits to be let in.",
    ADMITTED="Inside.",
    LEFT="Gone, or gone when the session ended.",
    REMOVED="Removed by a moderator.",
    DECLINED="Not let in.",
)
describe(
    ParticipantRole,
    "What a participant is in the room, as resolved when they entered.",
    ROOM_MODERATOR="Runs the room: stage, admission, recordings.",
    CHAT_MODERATOR="Runs the conversation: chat, questions, interactions.",
    SPEAKER="An assigned presenter.",
    ATTENDEE="Everybody else.",
)
describe(
    RecordingState,
    "How far a recording is.",
    RECORDING="Being made.",
    PROCESSING="Made; the media server is working on it.",
    READY="In the gallery.",
    FAILED="Lost; it says why.",
)
describe(
    QuestionState,
    "How far a question is.",
    PENDING="Waits for somebody to answer it.",
    CLAIMED="A chat moderator answers it.",
    ANSWERED="Answered. Published questions are always ANSWERED for those who are not in their thread.",
    DISMISSED="Set aside.",
)
describe(
    QuestionOrder,
    "The order of questions in a list.",
    OLDEST="First asked first.",
    NEWEST="Latest asked first.",
    UPVOTES="Most upvotes first, then the latest asked. A vote between two pages can move a question, which is then read twice "
    "or not at all: read the first page again to show the top.",
)
describe(
    ChatChannel,
    "A conversation in a session.",
    GROUP="Everyone inside.",
    BACKCHANNEL="The room's and the chat's moderators among themselves.",
    ANNOUNCEMENTS="What chat moderators tell everyone inside.",
)
describe(
    RateKind,
    "What is counted together, for each user.",
    MESSAGES="Chat messages.",
    REACTIONS="Reactions to messages, and in the room.",
    QUESTIONS="Questions.",
    ANSWERS="Answers to interactions, and votes for questions.",
    HANDS="Raised hands, and requests for the stage.",
    DEVICES="Reports of cameras, microphones and screens.",
    MEDIA="Media that are added.",
    PLAYLISTS="Playlists that are made.",
    MEMBERS="Roles in galleries that are given by hand.",
    INTERACTIONS="Interactions that are made.",
    RECORDINGS="Recordings that are started.",
    CONTENT="Things that are put on shelves.",
    SHOWING="What is shown, and each turn of a page, play, pause and seek.",
    VISITS="Rooms that are entered again, and sessions that are launched.",
    CHANGES="Changes to media, playlists, galleries and rooms' settings.",
    MODERATION="What moderators do that has no limit of its own: locks, invitations, pins, blocks, claims and the like.",
    IMPORTS="What a site admin creates or changes: galleries, users, groups, rosters, media and the like.",
)
describe(
    InteractionKind,
    "What an interaction, or a question of one, is.",
    CHOICE="A poll: some of 2 to 10 options are chosen.",
    QUIZ="A choice with right options, which are shown once it is closed.",
    RATING="A value on a scale from 1.",
    TEXT="An open question, answered in words.",
    WORDS="A word cloud: up to 3 words each, counted.",
    VOTE="A crowd vote: one emoji, one vote each.",
    SURVEY="Several questions that are answered together.",
)
describe(
    InteractionState,
    "How far an interaction is.",
    DRAFT="Being written; seen by chat moderators alone.",
    SCHEDULED="Opens by itself at its time; seen by chat moderators alone.",
    OPEN="Takes answers.",
    CLOSED="Takes no more answers.",
)
describe(
    ResultsSharing,
    "When everyone inside sees an interaction's results. Chat moderators always do.",
    NEVER="Never.",
    AFTER_CLOSING="Once it is closed.",
    LIVE="From its opening on.",
)
describe(
    ContentKind,
    "What an item of a room's shelf is.",
    MEDIA="A medium of the gallery.",
    DOCUMENT="A document with pages, by URL.",
    IMAGE="A picture, by URL.",
    LINK="A web page, by URL.",
    WHITEBOARD="The whiteboard; its strokes travel elsewhere.",
    SCREEN="Somebody's screen; its pictures travel elsewhere.",
)
describe(
    ContentState,
    "Whether an item of a room's shelf can be shown.",
    READY="It can.",
    UNPUBLISHED="Its medium waits for review or was rejected.",
    REMOVED="Its medium was removed from the gallery.",
)
describe(
    WebhookDisabledReason,
    "Why a webhook is sent no events.",
    MANAGER="A manager disabled it.",
    FAILURES="All attempts failed for three days.",
    GONE="The receiver answered with the status 410, by which it asks for no more.",
    ACCESS_LOST="Its service account is suspended, gone, or has lost access to the gallery and its room.",
    CURSOR_EXPIRED="Events that it did not get yet are not kept any more. Replay it from a later cursor.",
    KEY_CHANGED="The server's key has changed, so it cannot read the secret. Rotate the secret.",
)
describe(
    WebhookDeliveryState,
    "How a delivery ended.",
    PENDING="It is a test that waits.",
    SUCCEEDED="The receiver answered with a status from 200 to 299 in time.",
    FAILED="It did not.",
)
describe(
    WebhookDeliveryFailure,
    "Why a delivery failed.",
    STATUS="The receiver answered with another status. Redirects are not followed.",
    TIMEOUT="The receiver did not answer in time.",
    ADDRESS="The host has no address, or one that is not of the public internet.",
    CONNECTION="The connection or its encryption failed, or the answer was not HTTP.",
    KEY="The server's key has changed, so nothing could be signed. Rotate the secret.",
)
