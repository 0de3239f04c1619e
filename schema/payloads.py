"""What mutations answer: the entities they changed, read in the mutation's own transaction."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from models.transaction import Snapshot
from resolvers.sessions import Entered
from schema.ahead import relation
from schema.chat import ChatMessage, load_messages
from schema.mutate import Payload
from schema.rooms import Room, load_rooms
from schema.sessions import Participant, RoomSession, load_participants, load_sessions


@strawberry.type(description="Answers `configureRoom`.")
class ConfigureRoomPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The room as saved; after a CONFLICT, as it is now.")
    @staticmethod
    async def room(payloads: Sequence["ConfigureRoomPayload"], snapshot: Snapshot) -> Sequence[Room | None]:
        return await load_rooms(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `enterRoom`.")
class EnterRoomPayload(Payload):
    outcome: strawberry.Private[Entered | None] = None

    @strawberry.field(description="Whether entering launched the session.")
    def launched(self) -> bool:
        return self.outcome is not None and self.outcome.launched

    @relation("The viewer's participant, with the rights that hold until they leave.")
    @staticmethod
    async def participant(payloads: Sequence["EnterRoomPayload"], snapshot: Snapshot) -> Sequence[Participant | None]:
        return await load_participants(
            snapshot, [each.outcome.participant_id if each.outcome else None for each in payloads]
        )

    @relation("The session that the viewer is in.")
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
class EndSessionPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The session as it ended.")
    @staticmethod
    async def session(payloads: Sequence["EndSessionPayload"], snapshot: Snapshot) -> Sequence[RoomSession | None]:
        return await load_sessions(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `postMessage`.")
class PostMessagePayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The message as it was stored.")
    @staticmethod
    async def message(payloads: Sequence["PostMessagePayload"], snapshot: Snapshot) -> Sequence[ChatMessage | None]:
        return await load_messages(snapshot, [each.outcome for each in payloads])
