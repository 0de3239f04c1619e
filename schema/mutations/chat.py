"""Mutations of a session's conversations, for the people who take part in them."""

from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from models.tables.rates import RateKind
from resolvers import chat, chat_moderation, reactions
from schema.mutations.declare import Keyed, Target, mutation, mutation_input
from schema.mutations.payloads import Payload, shown
from schema.mutations.targets import IN_ROOM, InRoom
from schema.types.chat import ChatMessage, load_messages
from schema.types.enums import ChatChannel
from schema.types.ids import local_or_unknown_id


@mutation_input("Which message.")
class OnMessage(Keyed):
    message_id: strawberry.ID = strawberry.field(description="The message, of the running session.")


@strawberry.type(description="Answers with a message.")
class MessagePayload(Payload):
    message: ChatMessage | None = shown("The message as it is now.", load_messages)


MESSAGE = Target("ChatMessage", "message_id", OnMessage, MessagePayload)


@mutation_input("What to say, and where.")
class PostMessageInput(InRoom):
    channel: ChatChannel = strawberry.field(default=ChatChannel.GROUP, description="Which conversation.")
    text: str = strawberry.field(description="1 to 4,000 characters of plain text.")
    reply_to_id: strawberry.ID | None = strawberry.field(
        default=None, description="The message that it answers, of the same session and conversation."
    )


@mutation(
    "Say something in the running session's group chat or backchannel. NOT_IN_SESSION, SESSION_ENDED, CHAT_DISABLED, "
    "CHAT_BLOCKED, INVALID, RATE_LIMITED; CONFLICT where what it answers was deleted.",
    on=IN_ROOM,
    argument="What, and where.",
    payload=MessagePayload,
)
async def post_message(tx: Transaction, room_id: UUID, input: PostMessageInput) -> UUID:
    reply_to_id = local_or_unknown_id(input.reply_to_id, "ChatMessage")
    return await chat.post_message(tx, room_id, input.channel, input.text, reply_to_id)


@strawberry.input(description="Which message to edit, and what it says then.")
class EditMessageInput(OnMessage):
    text: str = strawberry.field(description="1 to 4,000 characters of plain text.")


@mutation(
    "Edit one's own message within 15 minutes after it was sent; the earlier text is gone for everyone. SESSION_ENDED, NOT_IN_SESSION, "
    "CHAT_DISABLED, CHAT_BLOCKED, INVALID, RATE_LIMITED; CONFLICT later, or once it was deleted or cleared away.",
    on=MESSAGE,
    argument="Which message, and its new text.",
)
async def edit_message(tx: Transaction, message_id: UUID, input: EditMessageInput) -> UUID:
    return await chat.edit_message(tx, message_id, input.text)


@strawberry.input(description="What to tell everyone inside.")
class AnnounceInput(InRoom):
    text: str = strawberry.field(description="1 to 4,000 characters of plain text.")


@mutation(
    "Tell everyone inside something, also while group chat is switched off. For chat moderators. NOT_IN_SESSION, "
    "SESSION_ENDED, INVALID.",
    on=IN_ROOM,
    argument="What, and where.",
    payload=MessagePayload,
    rate=RateKind.MESSAGES,
)
async def announce(tx: Transaction, room_id: UUID, input: AnnounceInput) -> UUID:
    return await chat.announce(tx, room_id, input.text)


@mutation(
    "Delete one's own message, or as a chat moderator anyone's: its place stays, and chat moderators alone go on reading it. "
    "SESSION_ENDED, NOT_IN_SESSION; CONFLICT once it was cleared away.",
    on=MESSAGE,
    argument="Which message.",
    input_description="Which message to delete.",
)
async def delete_message(tx: Transaction, message_id: UUID) -> UUID:
    return await chat_moderation.delete_message(tx, message_id)


@strawberry.input(description="Which message to react to, and how.")
class AddReactionInput(OnMessage):
    emoji: str = strawberry.field(description="One emoji.")


@mutation(
    "React to a message with an emoji; a message takes 20 different ones. SESSION_ENDED, NOT_IN_SESSION, CHAT_DISABLED, "
    "CHAT_BLOCKED, INVALID, RATE_LIMITED; CONFLICT once it was deleted, or has 20 others.",
    on=MESSAGE,
    argument="To what, and how.",
)
async def add_reaction(tx: Transaction, message_id: UUID, input: AddReactionInput) -> UUID:
    return await reactions.add_reaction(tx, message_id, input.emoji)


@strawberry.input(description="Which of one's reactions to take back.")
class RemoveReactionInput(OnMessage):
    emoji: str = strawberry.field(description="One emoji.")


@mutation(
    "Take one's own reaction back. SESSION_ENDED, NOT_IN_SESSION, INVALID; CONFLICT once it was cleared away.",
    on=MESSAGE,
    argument="Which.",
)
async def remove_reaction(tx: Transaction, message_id: UUID, input: RemoveReactionInput) -> UUID:
    return await reactions.remove_reaction(tx, message_id, input.emoji)
