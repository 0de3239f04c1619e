"""The mutation that keeps somebody in a session who holds no stream open."""

from typing import Annotated
from uuid import UUID

import strawberry

from resolvers import presence
from schema.context import Info
from schema.mutations.mutate import mutate
from schema.mutations.targets import ParticipantPayload
from schema.types.ids import local_id


@strawberry.input(description="From which room. It takes no key: a retry is one more sign of life.")
class HeartbeatInput:
    room_id: strawberry.ID = strawberry.field(description="The room.")


@strawberry.type(description="Answers `heartbeat`. Nobody is told of it, so it has no cursor.")
class HeartbeatPayload(ParticipantPayload):
    pass


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
