"""Mutations of sessions: entering, leaving, ending."""

from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from resolvers import sessions
from resolvers.sessions import Entered
from resolvers.stage_places import Wishes
from schema.mutations.declare import Keyed, Target, mutation, mutation_input
from schema.mutations.payloads import Payload, shown, told
from schema.mutations.targets import SESSION
from schema.types.devices import StageOnEntering
from schema.types.participants import Participant, load_participants
from schema.types.sessions import RoomSession, load_sessions


@mutation_input("Which room.")
class OnRoom(Keyed):
    room_id: strawberry.ID = strawberry.field(description="The room.")


@strawberry.type(description="Answers `enterRoom`.")
class EnterRoomPayload(Payload):
    launched: bool = told("Whether entering launched the session.", lambda outcome: outcome.launched, refused=False)
    participant: Participant | None = shown(
        "The viewer's participant: inside with the rights that hold until they leave, or waiting without any.",
        load_participants,
        lambda outcome: outcome.participant_id,
    )
    session: RoomSession | None = shown(
        "The session that the viewer is in, or waits for.", load_sessions, lambda outcome: outcome.session_id
    )


ROOM = Target("Room", "room_id", OnRoom)


@mutation_input("Which room to enter, and how. For a participant who is inside already this changes nothing.")
class EnterRoomInput(OnRoom):
    stage: StageOnEntering = strawberry.field(
        default=StageOnEntering.BY_MODE,
        description="Whether to come onto the stage by entering. A participant who waits comes onto it when they are let in.",
    )
    camera: bool | None = strawberry.field(
        default=None,
        description="Whether the camera is on when entering leads onto the stage. If not given, the session's "
        "`limits.camerasOnByDefault` decides.",
    )


@mutation(
    '"Enter Room": join the running session, or launch one where the viewer may. In a locked room, wait to be let in: the '
    "participant's state says so. In an interactive session with access EVERYONE the participant is on the stage at "
    "once. ROOM_DISABLED, ROOM_NOT_OPEN, ROOM_FULL, ROOM_LOCKED once declined, REMOVED_FROM_SESSION once banned. "
    "RATE_LIMITED.",
    on=ROOM,
    argument="Which room, and how.",
    payload=EnterRoomPayload,
)
async def enter_room(tx: Transaction, room_id: UUID, input: EnterRoomInput) -> Entered:
    wishes = Wishes(declines_stage=input.stage is StageOnEntering.OFF, camera=input.camera)
    return await sessions.enter_room(tx, room_id, wishes)


@strawberry.type(description="Answers `leaveRoom`.")
class LeaveRoomPayload(Payload):
    participant: Participant | None = shown(
        "The viewer's participant, who has left.", load_participants, lambda outcome: outcome.participant_id
    )
    session: RoomSession | None = shown("The session that was left.", load_sessions, lambda outcome: outcome.session_id)


@mutation(
    "Leave the running session, or its waiting list. NOT_IN_SESSION, SESSION_ENDED.",
    on=ROOM,
    argument="Which room.",
    input_description="Which room to leave.",
    payload=LeaveRoomPayload,
)
async def leave_room(tx: Transaction, room_id: UUID) -> Entered:
    return await sessions.leave_room(tx, room_id)


@mutation(
    "End a session for everyone. For room moderators. SESSION_ENDED.",
    on=SESSION,
    argument="Which session.",
    input_description="Which session to end. Named itself, so that a late retry cannot end the next one.",
)
async def end_session(tx: Transaction, session_id: UUID) -> UUID:
    return await sessions.end_session(tx, session_id)
