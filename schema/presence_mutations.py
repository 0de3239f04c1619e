"""The mutation that keeps somebody in a session who holds no stream open."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from models.transaction import Snapshot
from resolvers import presence
from schema.ahead import relation
from schema.context import Info
from schema.ids import local_id
from schema.mutate import Payload, mutate
from schema.participants import Participant, load_participants


@strawberry.input(description="From which room. It takes no key: a retry is one more sign of life.")
class HeartbeatInput:
    room_id: strawberry.ID = strawberry.field(description="The room.")


@strawberry.type(description="Answers `heartbeat`. Nobody is told of it, so it has no cursor.")
class HeartbeatPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The viewer's participant, who stays.")
    @staticmethod
    async def participant(payloads: Sequence["HeartbeatPayload"], snapshot: Snapshot) -> Sequence[Participant | None]:
        return await load_participants(snapshot, [each.outcome for each in payloads])


@strawberry.type
class PresenceMutations:
    @strawberry.mutation(
        description="Stay in the session, or on its waiting list, without a stream: to be sent every 30 seconds. An open "
        "`roomEvents` or `chat` does the same by itself. NOT_IN_SESSION, SESSION_ENDED."
    )
    async def heartbeat(
        self, info: Info, input: Annotated[HeartbeatInput, strawberry.argument(description="Which room.")]
    ) -> HeartbeatPayload:
        return await mutate(
            info,
            HeartbeatPayload,
            UUID,
            input,
            lambda tx: presence.heartbeat(tx, local_id(input.room_id, "Room", "input", "roomId")),
        )
