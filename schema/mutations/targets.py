"""What acts in a session take and answer with.

The room for one's own, the participant for what is done to others, and the session itself for what is done to all of it, so that
a late retry cannot do it to the next one.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from schema.context import Info
from schema.execution.ahead import relation
from schema.mutations.mutate import KEY, Payload, act_on
from schema.types.participants import Participant, load_participants
from schema.types.sessions import RoomSession, load_sessions

Verb = Callable[[Transaction, UUID], Awaitable[UUID]]
OnSession = Callable[[Transaction, UUID], Awaitable[Any]]


@strawberry.input(description="Which room.")
class InRoom:
    room_id: strawberry.ID = strawberry.field(description="The room whose session the viewer is in.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Whom.")
class ToParticipant:
    participant_id: strawberry.ID = strawberry.field(description="The participant, of the running session.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Which session.")
class ToSession:
    session_id: strawberry.ID = strawberry.field(description="The session.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Answers with a participant.")
class ParticipantPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The participant as they are now.")
    @staticmethod
    async def participant(payloads: Sequence["ParticipantPayload"], snapshot: Snapshot) -> Sequence[Participant | None]:
        return await load_participants(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers with a session.")
class SessionPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The session as it is now.")
    @staticmethod
    async def session(payloads: Sequence["SessionPayload"], snapshot: Snapshot) -> Sequence[RoomSession | None]:
        return await load_sessions(snapshot, [each.outcome for each in payloads])


P = TypeVar("P", bound=ParticipantPayload)
A = TypeVar("A", bound=Payload)


async def in_room(info: Info, payload: type[P], given: InRoom, verb: Verb) -> P:
    """Run what the viewer does in a room."""
    return await act_on(info, payload, given, given.room_id, "Room", verb)


async def to_participant(info: Info, payload: type[P], given: ToParticipant, verb: Verb) -> P:
    """Run what is done to a participant."""
    return await act_on(info, payload, given, given.participant_id, "Participant", verb)


async def to_session(info: Info, payload: type[A], given: ToSession, verb: OnSession, outcome: Any = UUID) -> A:
    """Run what is done to a session, which gives an `outcome`."""
    return await act_on(info, payload, given, given.session_id, "RoomSession", verb, outcome)
