"""The mutation that keeps a user in a session without an open stream."""

from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from resolvers import presence
from schema.mutations.declare import mutation
from schema.mutations.targets import IN_ROOM


@strawberry.input(description="From which room. It takes no key: a retry is one more sign of life.")
class HeartbeatInput:
    room_id: strawberry.ID = strawberry.field(description="The room.")


@mutation(
    "Stay in the session, or on its waiting list, without a stream: to be sent every 30 seconds. An open `roomEvents` or "
    "`chat` does the same by itself. NOT_IN_SESSION, SESSION_ENDED.",
    on=IN_ROOM,
    argument="Which room.",
    payload_description="Answers `heartbeat`. Nobody is told of it, so it has no cursor.",
)
async def heartbeat(tx: Transaction, room_id: UUID, input: HeartbeatInput) -> UUID:
    return await presence.heartbeat(tx, room_id)
