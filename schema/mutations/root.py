"""The mutation root."""

import strawberry

from schema.mutations.admission import AdmissionMutations
from schema.mutations.chat import ChatMutations
from schema.mutations.chat_moderation import ChatModerationMutations
from schema.mutations.galleries import GalleryMutations
from schema.mutations.groups import GroupMutations
from schema.mutations.hands import HandMutations
from schema.mutations.media import MediaMutations
from schema.mutations.members import MemberMutations
from schema.mutations.playlists import PlaylistMutations
from schema.mutations.polls import PollMutations
from schema.mutations.presence import PresenceMutations
from schema.mutations.questions import QuestionMutations
from schema.mutations.recordings import RecordingMutations
from schema.mutations.rooms import RoomMutations
from schema.mutations.sessions import SessionMutations
from schema.mutations.site import SiteMutations
from schema.mutations.stage import StageMutations


@strawberry.type(description="What can be done. Each is one transaction: all of it, with its events, or nothing.")
class Mutation(
    SiteMutations,
    GroupMutations,
    GalleryMutations,
    MemberMutations,
    MediaMutations,
    PlaylistMutations,
    RoomMutations,
    SessionMutations,
    AdmissionMutations,
    StageMutations,
    HandMutations,
    RecordingMutations,
    PresenceMutations,
    ChatMutations,
    PollMutations,
    ChatModerationMutations,
    QuestionMutations,
):
    pass
