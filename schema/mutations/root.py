"""The mutation root."""

import strawberry

from schema.admission_mutations import AdmissionMutations
from schema.chat_moderation_mutations import ChatModerationMutations
from schema.chat_mutations import ChatMutations
from schema.gallery_mutations import GalleryMutations
from schema.group_mutations import GroupMutations
from schema.hand_mutations import HandMutations
from schema.media_mutations import MediaMutations
from schema.member_mutations import MemberMutations
from schema.playlist_mutations import PlaylistMutations
from schema.poll_mutations import PollMutations
from schema.presence_mutations import PresenceMutations
from schema.question_mutations import QuestionMutations
from schema.recording_mutations import RecordingMutations
from schema.room_mutations import RoomMutations
from schema.session_mutations import SessionMutations
from schema.site_mutations import SiteMutations
from schema.stage_mutations import StageMutations


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
