"""Mutations of sessions: entering, leaving, ending."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from models.database.transaction import Snapshot
from resolvers import sessions
from resolvers.sessions import Entered
from schema.context import Info
from schema.execution.ahead import relation
from schema.mutations.mutate import KEY, mutate
from schema.mutations.payloads import Payload
from schema.mutations.targets import SessionPayload, ToSession, to_session
from schema.types.ids import local_id
from schema.types.participants import Participant, load_participants
from schema.types.sessions import RoomSession, load_sessions


@strawberry.input(description="Which room to enter.")
class EnterRoomInput:
    room_id: strawberry.ID = strawberry.field(description="The room.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Which room to leave.")
class LeaveRoomInput:
    room_id: strawberry.ID = strawberry.field(description="The room.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Which session to end. Named itself, so that a late retry cannot end the next one.")
class EndSessionInput(ToSession):
    pass


@strawberry.type(description="Answers `enterRoom`.")
class EnterRoomPayload(Payload):
    outcome: strawberry.Private[Entered | None] = None

    @strawberry.field(description="Whether entering launched the session.")
    def launched(self) -> bool:
        return self.outcome is not None and self.outcome.launched

    @relation("The viewer's participant: inside with the rights that hold until they leave, or waiting without any.")
    @staticmethod
    async def participant(payloads: Sequence["EnterRoomPayload"], snapshot: Snapshot) -> Sequence[Participant | None]:
        return await load_participants(
            snapshot, [each.outcome.participant_id if each.outcome else None for each in payloads]
        )

    @relation("The session that the viewer is in, or waits for.")
    @staticmethod
    async def session(payloads: Sequence["EnterRoomPayload"], snapshot: Snapshot) -> Sequence[RoomSession | None]:
        return await load_sessions(snapshot, [each.outcome.session_id if each.outcome else None for each in payloads])


@strawberry.type(description="Answers `leaveRoom`.")
class LeaveRoomPayload(Payload):
    outcome: strawberry.Private[Entered | None] = None

    @relation("The viewer's participant, who has left.")
    @staticmethod
    async def participant(payloads: Sequence["LeaveRoomPayload"], snapshot: Snapshot) -> Sequence[Participant | None]:
        return await load_participants(
            snapshot, [each.outcome.participant_id if each.outcome else None for each in payloads]
        )

    @relation("The session that was left.")
    @staticmethod
    async def session(payloads: Sequence["LeaveRoomPayload"], snapshot: Snapshot) -> Sequence[RoomSession | None]:
        return await load_sessions(snapshot, [each.outcome.session_id if each.outcome else None for each in payloads])


@strawberry.type(description="Answers `endSession`.")
class EndSessionPayload(SessionPayload):
    pass


@strawberry.type
class SessionMutations:
    @strawberry.mutation(
        description='"Enter Room": join the running session, or launch one where the viewer may. '
        "In a locked room, wait to be let in: the participant's state says so. "
        "ROOM_DISABLED, ROOM_NOT_OPEN, ROOM_FULL, ROOM_LOCKED once declined, REMOVED_FROM_SESSION once banned."
    )
    async def enter_room(
        self, info: Info, input: Annotated[EnterRoomInput, strawberry.argument(description="Which room.")]
    ) -> EnterRoomPayload:
        return await mutate(
            info,
            EnterRoomPayload,
            Entered,
            input,
            lambda tx: sessions.enter_room(tx, local_id(input.room_id, "Room", "input", "roomId")),
        )

    @strawberry.mutation(description="Leave the running session, or its waiting list. NOT_IN_SESSION, SESSION_ENDED.")
    async def leave_room(
        self, info: Info, input: Annotated[LeaveRoomInput, strawberry.argument(description="Which room.")]
    ) -> LeaveRoomPayload:
        return await mutate(
            info,
            LeaveRoomPayload,
            Entered,
            input,
            lambda tx: sessions.leave_room(tx, local_id(input.room_id, "Room", "input", "roomId")),
        )

    @strawberry.mutation(description="End a session for everyone. For room moderators. SESSION_ENDED.")
    async def end_session(
        self, info: Info, input: Annotated[EndSessionInput, strawberry.argument(description="Which session.")]
    ) -> EndSessionPayload:
        return await to_session(info, EndSessionPayload, input, sessions.end_session)
