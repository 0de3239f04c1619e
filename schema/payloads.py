"""What mutations answer: the entities they changed, read in the mutation's own transaction."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from models.transaction import Snapshot
from resolvers.sessions import Entered
from schema.ahead import relation
from schema.chat import ChatMessage, load_messages
from schema.context import Info
from schema.galleries import Gallery, load_galleries
from schema.mutate import Payload
from schema.rooms import Room, load_rooms
from schema.sessions import Participant, RoomSession, load_participants, load_sessions


@strawberry.type(description="Answers `createGallery`.")
class CreateGalleryPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The new gallery.")
    async def gallery(
        payloads: Sequence["CreateGalleryPayload"], info: Info, snapshot: Snapshot
    ) -> Sequence[Gallery | None]:
        return await load_galleries(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `configureRoom`.")
class ConfigureRoomPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The room as saved; after a CONFLICT, as it is now.")
    async def room(payloads: Sequence["ConfigureRoomPayload"], info: Info, snapshot: Snapshot) -> Sequence[Room | None]:
        return await load_rooms(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `enterRoom`.")
class EnterRoomPayload(Payload):
    outcome: strawberry.Private[Entered | None] = None

    @strawberry.field(description="Whether entering launched the session.")
    def launched(self) -> bool:
        return self.outcome is not None and self.outcome.launched

    @relation("The viewer's participant, with the rights that hold until they leave.")
    async def participant(
        payloads: Sequence["EnterRoomPayload"], info: Info, snapshot: Snapshot
    ) -> Sequence[Participant | None]:
        return await load_participants(snapshot, [each.outcome and each.outcome.participant_id for each in payloads])

    @relation("The session that the viewer is in.")
    async def session(
        payloads: Sequence["EnterRoomPayload"], info: Info, snapshot: Snapshot
    ) -> Sequence[RoomSession | None]:
        return await load_sessions(snapshot, [each.outcome and each.outcome.session_id for each in payloads])


@strawberry.type(description="Answers `leaveRoom`.")
class LeaveRoomPayload(Payload):
    outcome: strawberry.Private[Entered | None] = None

    @relation("The viewer's participant, who has left.")
    async def participant(
        payloads: Sequence["LeaveRoomPayload"], info: Info, snapshot: Snapshot
    ) -> Sequence[Participant | None]:
        return await load_participants(snapshot, [each.outcome and each.outcome.participant_id for each in payloads])

    @relation("The session that was left.")
    async def session(
        payloads: Sequence["LeaveRoomPayload"], info: Info, snapshot: Snapshot
    ) -> Sequence[RoomSession | None]:
        return await load_sessions(snapshot, [each.outcome and each.outcome.session_id for each in payloads])


@strawberry.type(description="Answers `endSession`.")
class EndSessionPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The session as it ended.")
    async def session(
        payloads: Sequence["EndSessionPayload"], info: Info, snapshot: Snapshot
    ) -> Sequence[RoomSession | None]:
        return await load_sessions(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `postMessage`.")
class PostMessagePayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The message as it was stored.")
    async def message(
        payloads: Sequence["PostMessagePayload"], info: Info, snapshot: Snapshot
    ) -> Sequence[ChatMessage | None]:
        return await load_messages(snapshot, [each.outcome for each in payloads])
