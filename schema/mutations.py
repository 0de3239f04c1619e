"""The mutation root, with its inputs and payloads."""

from typing import Annotated
from uuid import UUID

import strawberry

from models.transaction import Transaction
from resolvers import chat, rooms, sessions
from resolvers.sessions import Entered
from schema.configuration import ConfigureRoomInput, room_changes
from schema.context import Info
from schema.enums import ChatChannel
from schema.gallery_mutations import GalleryMutations
from schema.group_mutations import GroupMutations
from schema.ids import local_id, parse
from schema.media_mutations import MediaMutations
from schema.member_mutations import MemberMutations
from schema.mutate import KEY, mutate
from schema.payloads import (
    ConfigureRoomPayload,
    EndSessionPayload,
    EnterRoomPayload,
    LeaveRoomPayload,
    PostMessagePayload,
)
from schema.playlist_mutations import PlaylistMutations
from schema.site_mutations import SiteMutations


@strawberry.input(description="Which room to enter.")
class EnterRoomInput:
    room_id: strawberry.ID = strawberry.field(description="The room.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Which room to leave.")
class LeaveRoomInput:
    room_id: strawberry.ID = strawberry.field(description="The room.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Which session to end. Named itself, so that a late retry cannot end the next one.")
class EndSessionInput:
    session_id: strawberry.ID = strawberry.field(description="The session.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="What to say, and where.")
class PostMessageInput:
    room_id: strawberry.ID = strawberry.field(description="The room whose session the viewer is in.")
    channel: ChatChannel = strawberry.field(default=ChatChannel.GROUP, description="Which conversation.")
    text: str = strawberry.field(description="1 to 4,000 characters of plain text.")
    reply_to_id: strawberry.ID | None = strawberry.field(
        default=None, description="The message that it answers, of the same session and conversation."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="What can be done. Each is one transaction: all of it, with its events, or nothing.")
class Mutation(SiteMutations, GroupMutations, GalleryMutations, MemberMutations, MediaMutations, PlaylistMutations):
    @strawberry.mutation(
        description="\"Save\": all of a room's settings at once. For the gallery's managers. "
        "CONFLICT, NOT_FOUND, ROOM_HAS_ACTIVE_SESSION."
    )
    async def configure_room(
        self, info: Info, input: Annotated[ConfigureRoomInput, strawberry.argument(description="The form.")]
    ) -> ConfigureRoomPayload:
        async def save(tx: Transaction) -> UUID:
            gallery_id = local_id(input.gallery_id, "Gallery", "input", "galleryId")
            await rooms.configure_room(tx, gallery_id, room_changes(input))
            return gallery_id

        present = parse(input.gallery_id)
        return await mutate(info, ConfigureRoomPayload, UUID, input, save, after_conflict=present and present[1])

    @strawberry.mutation(
        description='"Enter Room": join the running session, or launch one where the viewer may. '
        "ROOM_DISABLED, ROOM_NOT_OPEN, ROOM_FULL."
    )
    async def enter_room(
        self, info: Info, input: Annotated[EnterRoomInput, strawberry.argument(description="Which room.")]
    ) -> EnterRoomPayload:
        return await mutate(
            info,
            EnterRoomPayload,
            Entered,
            input,
            lambda tx: sessions.enter_room(tx, local_id(input.room_id, "Room", "input", "roomId")),
        )

    @strawberry.mutation(description="Leave the running session. NOT_IN_SESSION, SESSION_ENDED.")
    async def leave_room(
        self, info: Info, input: Annotated[LeaveRoomInput, strawberry.argument(description="Which room.")]
    ) -> LeaveRoomPayload:
        return await mutate(
            info,
            LeaveRoomPayload,
            Entered,
            input,
            lambda tx: sessions.leave_room(tx, local_id(input.room_id, "Room", "input", "roomId")),
        )

    @strawberry.mutation(description="End a session for everyone. For room moderators. SESSION_ENDED.")
    async def end_session(
        self, info: Info, input: Annotated[EndSessionInput, strawberry.argument(description="Which session.")]
    ) -> EndSessionPayload:
        return await mutate(
            info,
            EndSessionPayload,
            UUID,
            input,
            lambda tx: sessions.end_session(tx, local_id(input.session_id, "RoomSession", "input", "sessionId")),
        )

    @strawberry.mutation(
        description="Say something in the running session. NOT_IN_SESSION, SESSION_ENDED, CHAT_DISABLED, INVALID."
    )
    async def post_message(
        self, info: Info, input: Annotated[PostMessageInput, strawberry.argument(description="What, and where.")]
    ) -> PostMessagePayload:
        async def post(tx: Transaction) -> UUID:
            room_id = local_id(input.room_id, "Room", "input", "roomId")
            reply_to = input.reply_to_id
            reply_to_id = None if reply_to is None else local_id(reply_to, "ChatMessage", "input", "replyToId")
            return await chat.post_message(tx, room_id, input.channel, input.text, reply_to_id)

        return await mutate(info, PostMessagePayload, UUID, input, post)
