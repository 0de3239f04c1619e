"""The form of a room's settings, and a preview of what saving the form would change."""

from collections.abc import Iterator, Sequence

import strawberry

from models.database.transaction import Snapshot
from models.tables.rooms import AssignedRole
from resolvers.configuration import RoomChanges
from resolvers.rooms import Effective, Preview
from schema.context import Info
from schema.execution.ahead import Loaded, guaranteed, relation
from schema.types.effects import RoomSettingChange, setting_changes
from schema.types.enums import FeatureSetting, ParticipantRole, RoomMode
from schema.types.errors import UserError, user_errors
from schema.types.ids import local_principals
from schema.types.people import Group, Principal, User, load_principals, user_link


@strawberry.input(
    description='The form "Meeting Room", "Configure your channel meeting room.": the whole form at once. What is left out, '
    "or null, stays as it is."
)
class ConfigureRoomInput:
    gallery_id: strawberry.ID = strawberry.field(description="The gallery whose room it is.")
    expected_version: int | None = strawberry.field(
        default=None, description="The `version` that the form was filled from; CONFLICT when it is no longer that."
    )
    enabled: bool | None = strawberry.field(
        default=None, description='"Enable meeting room": whether the room is switched on.'
    )
    mode: RoomMode | None = strawberry.field(
        default=None,
        description='"Room mode": select how participants join the stage. It applies from the next session on.',
    )
    room_moderator_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description='"Room Moderators": "Select users that are allowed to moderate the room, manage room content, start and '
        'end recording, and have access to the backchannel." "Add room moderators": users and groups, the whole list. At most 500.',
    )
    chat_moderator_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description='"Chat Moderators": "Select users that are allowed to moderate the chat, reply to QnA, launch polls and '
        'interactions, and have access to the backchannel." "Add chat moderators": users and groups, the whole list. At most 500.',
    )
    speaker_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="A webinar's presenters, users and groups: the whole list. At most 500."
    )
    qna: FeatureSetting | None = strawberry.field(
        default=None,
        description='"Enable Q&A": "Enable 1:1 chat with a moderator for users accessing the room." It applies at once.',
    )
    group_chat: FeatureSetting | None = strawberry.field(
        default=None,
        description='"Group Chat": "Enable the group chat for users that browse within the room." It applies at once.',
    )
    shelf_visible: bool | None = strawberry.field(
        default=None,
        description="Whether everyone who sees the room sees its shelf of things to show; applies at once.",
    )
    end_active_session: bool = strawberry.field(
        default=False, description="Whether disabling may end a running session."
    )


@strawberry.type(description="A user who would gain or lose a role in the room.")
class EffectiveModerator(Loaded):
    of: strawberry.Private[Effective]
    role: ParticipantRole = strawberry.field(description="The role.")
    has_gallery_access: bool = strawberry.field(
        description="Whether they are a member of the gallery; if not, the role gives them the room but not the media."
    )

    user: User = user_link("Who.", lambda holder: holder.of.user_id)

    @relation("Through whom: themselves, or groups that they are in.")
    @staticmethod
    async def via(holders: Sequence["EffectiveModerator"], snapshot: Snapshot) -> Sequence[list[Principal]]:
        wanted = [each for holder in holders for each in holder.of.via]
        found: Iterator[User | Group] = iter(guaranteed(await load_principals(snapshot, wanted)))
        return [[next(found) for _ in holder.of.via] for holder in holders]


@strawberry.type(description="What saving the form would do.")
class RoomConfigurationPreview:
    gained: list[EffectiveModerator] = strawberry.field(default_factory=list, description="Who would gain which role.")
    lost: list[EffectiveModerator] = strawberry.field(default_factory=list, description="Who would lose which role.")
    session_affected: bool = strawberry.field(
        default=False, description="Whether people in a running session would notice, now or when they rejoin."
    )
    changes: list[RoomSettingChange] = strawberry.field(
        default_factory=list,
        description="Each setting that the save would change, and from when the new value would apply.",
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why the save would be refused; empty when it would be done."
    )


def preview_of(preview: Preview, info: Info) -> RoomConfigurationPreview:
    """Returns the preview as clients see it."""
    return RoomConfigurationPreview(
        gained=[_moderator(each) for each in preview.gained],
        lost=[_moderator(each) for each in preview.lost],
        session_affected=preview.session_affected,
        changes=setting_changes(preview.changes),
        user_errors=user_errors(preview.refusal, info) if preview.refusal else [],
    )


def _moderator(each: Effective) -> EffectiveModerator:
    return EffectiveModerator(of=each, role=each.role, has_gallery_access=each.has_gallery_access)


def room_changes(given: ConfigureRoomInput) -> RoomChanges:
    """Returns the changes that the form asks for."""
    lists = {
        AssignedRole.ROOM_MODERATOR: given.room_moderator_ids,
        AssignedRole.CHAT_MODERATOR: given.chat_moderator_ids,
        AssignedRole.SPEAKER: given.speaker_ids,
    }
    assigned = {role: local_principals(ids) for role, ids in lists.items() if ids is not None}
    return RoomChanges(
        expected_version=given.expected_version,
        enabled=given.enabled,
        mode=given.mode,
        qna=given.qna,
        group_chat=given.group_chat,
        assigned=assigned,
        end_active_session=given.end_active_session,
        shelf_visible=given.shelf_visible,
    )
