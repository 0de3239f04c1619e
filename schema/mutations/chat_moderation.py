"""Mutations of a session's conversations, for chat moderators."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from models.database.transaction import Snapshot, Transaction
from resolvers import chat_moderation
from resolvers.chat_moderation import Cleared
from schema.context import Info
from schema.execution.ahead import relation
from schema.mutations.chat_acts import MessagePayload, ToMessage, to_message
from schema.mutations.mutate import mutate
from schema.mutations.payloads import Payload
from schema.mutations.targets import InRoom, ParticipantPayload, ToParticipant, to_participant
from schema.types.enums import ChatChannel
from schema.types.ids import local_id
from schema.types.sessions import RoomSession, load_sessions


@strawberry.input(description="Which message to pin.")
class PinMessageInput(ToMessage):
    pass


@strawberry.input(description="Which message to pin no more.")
class UnpinMessageInput(ToMessage):
    pass


@strawberry.input(description="What to clear.")
class ClearChatInput(InRoom):
    channel: ChatChannel = strawberry.field(default=ChatChannel.GROUP, description="Which conversation.")


@strawberry.input(description="Whom to block.")
class BlockFromChatInput(ToParticipant):
    pass


@strawberry.input(description="Whom to block no more.")
class UnblockFromChatInput(ToParticipant):
    pass


@strawberry.type(description="Answers `pinMessage`.")
class PinMessagePayload(MessagePayload):
    pass


@strawberry.type(description="Answers `unpinMessage`.")
class UnpinMessagePayload(MessagePayload):
    pass


@strawberry.type(description="Answers `clearChat`.")
class ClearChatPayload(Payload):
    outcome: strawberry.Private[Cleared | None] = None

    @strawberry.field(description="How many messages were taken away.")
    def cleared(self) -> int:
        return self.outcome.count if self.outcome else 0

    @relation("The session whose conversation it was.")
    @staticmethod
    async def session(payloads: Sequence["ClearChatPayload"], snapshot: Snapshot) -> Sequence[RoomSession | None]:
        return await load_sessions(snapshot, [each.outcome.session_id if each.outcome else None for each in payloads])


@strawberry.type(description="Answers `blockFromChat`.")
class BlockFromChatPayload(ParticipantPayload):
    pass


@strawberry.type(description="Answers `unblockFromChat`.")
class UnblockFromChatPayload(ParticipantPayload):
    pass


@strawberry.type
class ChatModerationMutations:
    @strawberry.mutation(
        description="Pin a message. For chat moderators. SESSION_ENDED, NOT_IN_SESSION; CONFLICT once it was deleted or "
        "cleared away."
    )
    async def pin_message(
        self, info: Info, input: Annotated[PinMessageInput, strawberry.argument(description="Which message.")]
    ) -> PinMessagePayload:
        return await to_message(info, PinMessagePayload, input, chat_moderation.pin_message)

    @strawberry.mutation(
        description="Pin a message no more. For chat moderators. SESSION_ENDED, NOT_IN_SESSION; CONFLICT once it was "
        "cleared away."
    )
    async def unpin_message(
        self, info: Info, input: Annotated[UnpinMessageInput, strawberry.argument(description="Which message.")]
    ) -> UnpinMessagePayload:
        return await to_message(info, UnpinMessagePayload, input, chat_moderation.unpin_message)

    @strawberry.mutation(
        description="Take all messages so far of one conversation away from all but chat moderators. For chat moderators. "
        "NOT_IN_SESSION, SESSION_ENDED."
    )
    async def clear_chat(
        self, info: Info, input: Annotated[ClearChatInput, strawberry.argument(description="What.")]
    ) -> ClearChatPayload:
        async def clear(tx: Transaction) -> Cleared:
            room_id = local_id(input.room_id, "Room", "input", "roomId")
            return await chat_moderation.clear_chat(tx, room_id, input.channel)

        return await mutate(info, ClearChatPayload, Cleared, input, clear)

    @strawberry.mutation(
        description="Let someone read the session's chat and not write in it, also after they leave and come back; nobody but "
        "them and the chat moderators is told. For chat moderators; a manager is blocked by managers alone. SESSION_ENDED, "
        "NOT_IN_SESSION."
    )
    async def block_from_chat(
        self, info: Info, input: Annotated[BlockFromChatInput, strawberry.argument(description="Whom.")]
    ) -> BlockFromChatPayload:
        return await to_participant(info, BlockFromChatPayload, input, chat_moderation.block_from_chat)

    @strawberry.mutation(
        description="Let someone write in the session's chat again. For chat moderators. SESSION_ENDED, NOT_IN_SESSION."
    )
    async def unblock_from_chat(
        self, info: Info, input: Annotated[UnblockFromChatInput, strawberry.argument(description="Whom.")]
    ) -> UnblockFromChatPayload:
        return await to_participant(info, UnblockFromChatPayload, input, chat_moderation.unblock_from_chat)
