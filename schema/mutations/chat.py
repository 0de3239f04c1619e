"""Mutations of a session's conversations, for who takes part in them."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from resolvers import chat, chat_moderation, reactions
from schema.context import Info
from schema.mutations.chat_acts import MessagePayload, ToMessage, to_message
from schema.mutations.mutate import KEY, mutate
from schema.mutations.targets import InRoom, Verb
from schema.types.enums import ChatChannel
from schema.types.ids import local_id


@strawberry.input(description="What to say, and where.")
class PostMessageInput:
    room_id: strawberry.ID = strawberry.field(description="The room whose session the viewer is in.")
    channel: ChatChannel = strawberry.field(default=ChatChannel.GROUP, description="Which conversation.")
    text: str = strawberry.field(description="1 to 4,000 characters of plain text.")
    reply_to_id: strawberry.ID | None = strawberry.field(
        default=None, description="The message that it answers, of the same session and conversation."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="What to tell everyone inside.")
class AnnounceInput(InRoom):
    text: str = strawberry.field(description="1 to 4,000 characters of plain text.")


@strawberry.input(description="Which message to delete.")
class DeleteMessageInput(ToMessage):
    pass


@strawberry.input(description="Which message to react to, and how.")
class AddReactionInput(ToMessage):
    emoji: str = strawberry.field(description="One emoji.")


@strawberry.input(description="Which of one's reactions to take back.")
class RemoveReactionInput(ToMessage):
    emoji: str = strawberry.field(description="One emoji.")


@strawberry.type(description="Answers `postMessage`.")
class PostMessagePayload(MessagePayload):
    pass


@strawberry.type(description="Answers `announce`.")
class AnnouncePayload(MessagePayload):
    pass


@strawberry.type(description="Answers `deleteMessage`.")
class DeleteMessagePayload(MessagePayload):
    pass


@strawberry.type(description="Answers `addReaction`.")
class AddReactionPayload(MessagePayload):
    pass


@strawberry.type(description="Answers `removeReaction`.")
class RemoveReactionPayload(MessagePayload):
    pass


@strawberry.type
class ChatMutations:
    @strawberry.mutation(
        description="Say something in the running session's group chat or backchannel. NOT_IN_SESSION, SESSION_ENDED, "
        "CHAT_DISABLED, CHAT_BLOCKED, INVALID, RATE_LIMITED; CONFLICT where what it answers was deleted."
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

    @strawberry.mutation(
        description="Tell everyone inside something, also while group chat is switched off. For chat moderators. "
        "NOT_IN_SESSION, SESSION_ENDED, INVALID."
    )
    async def announce(
        self, info: Info, input: Annotated[AnnounceInput, strawberry.argument(description="What, and where.")]
    ) -> AnnouncePayload:
        async def announce(tx: Transaction) -> UUID:
            return await chat.announce(tx, local_id(input.room_id, "Room", "input", "roomId"), input.text)

        return await mutate(info, AnnouncePayload, UUID, input, announce)

    @strawberry.mutation(
        description="Delete one's own message, or as a chat moderator anyone's: its place stays, and chat moderators alone "
        "go on reading it. SESSION_ENDED, NOT_IN_SESSION; CONFLICT once it was cleared away."
    )
    async def delete_message(
        self, info: Info, input: Annotated[DeleteMessageInput, strawberry.argument(description="Which message.")]
    ) -> DeleteMessagePayload:
        return await to_message(info, DeleteMessagePayload, input, chat_moderation.delete_message)

    @strawberry.mutation(
        description="React to a message with an emoji; a message takes 20 different ones. SESSION_ENDED, NOT_IN_SESSION, "
        "CHAT_DISABLED, CHAT_BLOCKED, INVALID, RATE_LIMITED; CONFLICT once it was deleted, or has 20 others."
    )
    async def add_reaction(
        self, info: Info, input: Annotated[AddReactionInput, strawberry.argument(description="To what, and how.")]
    ) -> AddReactionPayload:
        return await to_message(info, AddReactionPayload, input, _with_emoji(input.emoji, reactions.add_reaction))

    @strawberry.mutation(
        description="Take one's own reaction back. SESSION_ENDED, NOT_IN_SESSION, INVALID; CONFLICT once it was cleared away."
    )
    async def remove_reaction(
        self, info: Info, input: Annotated[RemoveReactionInput, strawberry.argument(description="Which.")]
    ) -> RemoveReactionPayload:
        return await to_message(info, RemoveReactionPayload, input, _with_emoji(input.emoji, reactions.remove_reaction))


def _with_emoji(emoji: str, verb: Callable[[Transaction, UUID, str], Awaitable[UUID]]) -> Verb:
    return lambda tx, message_id: verb(tx, message_id, emoji)
