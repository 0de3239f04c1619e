"""What acts on a message take and answer with."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot
from schema.ahead import relation
from schema.chat import ChatMessage, load_messages
from schema.context import Info
from schema.mutate import KEY, Payload, act_on
from schema.participation import Verb


@strawberry.input(description="Which message.")
class ToMessage:
    message_id: strawberry.ID = strawberry.field(description="The message, of the running session.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Answers with a message.")
class MessagePayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The message as it is now.")
    @staticmethod
    async def message(payloads: Sequence["MessagePayload"], snapshot: Snapshot) -> Sequence[ChatMessage | None]:
        return await load_messages(snapshot, [each.outcome for each in payloads])


P = TypeVar("P", bound=MessagePayload)


async def to_message(info: Info, payload: type[P], given: ToMessage, verb: Verb) -> P:
    """Run what is done to a message."""
    return await act_on(info, payload, given, given.message_id, "ChatMessage", verb)
