"""Mutations of a session's conversations, for chat moderators."""

from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from models.tables.rates import RateKind
from resolvers import chat_moderation
from resolvers.chat_moderation import Cleared
from schema.mutations.chat import MESSAGE
from schema.mutations.declare import mutation
from schema.mutations.payloads import Payload, shown, told
from schema.mutations.targets import IN_ROOM, PARTICIPANT, InRoom
from schema.types.enums import ChatChannel
from schema.types.sessions import RoomSession, load_sessions


@mutation(
    "Pin a message. For chat moderators. SESSION_ENDED, NOT_IN_SESSION; CONFLICT once it was deleted or cleared away.",
    on=MESSAGE,
    argument="Which message.",
    input_description="Which message to pin.",
    rate=RateKind.MODERATION,
)
async def pin_message(tx: Transaction, message_id: UUID) -> UUID:
    return await chat_moderation.pin_message(tx, message_id)


@mutation(
    "Pin a message no more. For chat moderators. SESSION_ENDED, NOT_IN_SESSION; CONFLICT once it was cleared away.",
    on=MESSAGE,
    argument="Which message.",
    input_description="Which message to pin no more.",
)
async def unpin_message(tx: Transaction, message_id: UUID) -> UUID:
    return await chat_moderation.unpin_message(tx, message_id)


@strawberry.input(description="What to clear.")
class ClearChatInput(InRoom):
    channel: ChatChannel = strawberry.field(default=ChatChannel.GROUP, description="Which conversation.")


@strawberry.type(description="Answers `clearChat`.")
class ClearChatPayload(Payload):
    cleared: int = told("How many messages were taken away.", lambda outcome: outcome.count, refused=0)
    session: RoomSession | None = shown(
        "The session whose conversation it was.", load_sessions, lambda outcome: outcome.session_id
    )


@mutation(
    "Take all messages so far of one conversation away from all but chat moderators. For chat moderators. NOT_IN_SESSION, "
    "SESSION_ENDED.",
    on=IN_ROOM,
    argument="What.",
    payload=ClearChatPayload,
    rate=RateKind.MODERATION,
)
async def clear_chat(tx: Transaction, room_id: UUID, input: ClearChatInput) -> Cleared:
    return await chat_moderation.clear_chat(tx, room_id, input.channel)


@mutation(
    "Let someone read the session's chat and not write in it, also after they leave and come back; nobody but them and the "
    "chat moderators is told. For chat moderators; a manager is blocked by managers alone. SESSION_ENDED, NOT_IN_SESSION.",
    on=PARTICIPANT,
    argument="Whom.",
    input_description="Whom to block.",
    rate=RateKind.MODERATION,
)
async def block_from_chat(tx: Transaction, participant_id: UUID) -> UUID:
    return await chat_moderation.block_from_chat(tx, participant_id)


@mutation(
    "Let someone write in the session's chat again. For chat moderators. SESSION_ENDED, NOT_IN_SESSION.",
    on=PARTICIPANT,
    argument="Whom.",
    input_description="Whom to block no more.",
)
async def unblock_from_chat(tx: Transaction, participant_id: UUID) -> UUID:
    return await chat_moderation.unblock_from_chat(tx, participant_id)
