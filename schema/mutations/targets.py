"""What acts in a session are done to, and answer with.

The room for one's own, the participant for what is done to others, and the session itself for what is done to all of it, so that
a late retry cannot do it to the next one.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from schema.context import Info
from schema.mutations.declare import Keyed, Target, mutation_input
from schema.mutations.mutate import act_on
from schema.mutations.payloads import Payload, shown
from schema.types.participants import Participant, load_participants
from schema.types.sessions import RoomSession, load_sessions


@mutation_input("Which room.")
class InRoom(Keyed):
    room_id: strawberry.ID = strawberry.field(description="The room whose session the viewer is in.")


@mutation_input("Whom.")
class OnParticipant(Keyed):
    participant_id: strawberry.ID = strawberry.field(description="The participant, of the running session.")


@mutation_input("Which session.")
class OnSession(Keyed):
    session_id: strawberry.ID = strawberry.field(description="The session.")


@strawberry.type(description="Answers with a participant.")
class ParticipantPayload(Payload):
    participant: Participant | None = shown("The participant as they are now.", load_participants)


@strawberry.type(description="Answers with a session.")
class SessionPayload(Payload):
    session: RoomSession | None = shown("The session as it is now.", load_sessions)


IN_ROOM = Target("Room", "room_id", InRoom, ParticipantPayload)
PARTICIPANT = Target("Participant", "participant_id", OnParticipant, ParticipantPayload)
SESSION = Target("RoomSession", "session_id", OnSession, SessionPayload)


Verb = Callable[[Transaction, UUID], Awaitable[UUID]]
ToParticipant = OnParticipant
ToSession = OnSession
P = TypeVar("P", bound=ParticipantPayload)
A = TypeVar("A", bound=Payload)


async def in_room(info: Info, payload: type[P], given: InRoom, verb: Verb) -> P:
    """Run what the viewer does in a room."""
    return await act_on(info, payload, given, given.room_id, "Room", verb)


async def to_participant(info: Info, payload: type[P], given: ToParticipant, verb: Verb) -> P:
    """Run what is done to a participant."""
    return await act_on(info, payload, given, given.participant_id, "Participant", verb)


async def to_session(
    info: Info,
    payload: type[A],
    given: ToSession,
    verb: Callable[[Transaction, UUID], Awaitable[Any]],
    outcome: Any = UUID,
) -> A:
    """Run what is done to a session, which gives an `outcome`."""
    return await act_on(info, payload, given, given.session_id, "RoomSession", verb, outcome)
