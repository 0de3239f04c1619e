"""Mutations of a session's conversations."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from models.transaction import Snapshot, Transaction
from resolvers import chat
from schema.ahead import relation
from schema.chat import ChatMessage, load_messages
from schema.context import Info
from schema.enums import ChatChannel
from schema.ids import local_id
from schema.mutate import KEY, Payload, mutate


@strawberry.input(description="What to say, and where.")
class PostMessageInput:
    room_id: strawberry.ID = strawberry.field(description="The room whose session the viewer is in.")
    channel: ChatChannel = strawberry.field(default=ChatChannel.GROUP, description="Which conversation.")
    text: str = strawberry.field(description="1 to 4,000 characters of plain text.")
    reply_to_id: strawberry.ID | None = strawberry.field(
        default=None, description="The message that it answers, of the same session and conversation."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Answers `postMessage`.")
class PostMessagePayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The message as it was stored.")
    @staticmethod
    async def message(payloads: Sequence["PostMessagePayload"], snapshot: Snapshot) -> Sequence[ChatMessage | None]:
        return await load_messages(snapshot, [each.outcome for each in payloads])


@strawberry.type
class ChatMutations:
    @strawberry.mutation(
        description="Say something in the running session. NOT_IN_SESSION, SESSION_ENDED, CHAT_DISABLED, INVALID, "
        "RATE_LIMITED."
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
