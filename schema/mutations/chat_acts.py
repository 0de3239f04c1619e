"""What acts on a message take and answer with."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot
from schema.context import Info
from schema.execution.ahead import relation
from schema.mutations.mutate import KEY, act_on
from schema.mutations.payloads import Payload
from schema.mutations.targets import Verb
from schema.types.chat import ChatMessage, load_messages


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
