"""Mutations of admission: the lock, letting people in or not, and removing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from models.errors import Invalid
from models.values.answers import Answered
from resolvers import admission
from schema.context import Info
from schema.execution.ahead import Loaded, relation
from schema.mutations.mutate import KEY, mutate
from schema.mutations.payloads import Payload
from schema.mutations.targets import (
    ParticipantPayload,
    SessionPayload,
    ToParticipant,
    ToSession,
    to_participant,
    to_session,
)
from schema.types.errors import UserError, error_of
from schema.types.ids import global_id, local_id, local_or_unknown
from schema.types.participants import Participant, load_participants
from schema.types.sessions import RoomSession, load_sessions

NAMED = "1 to 500 participants of the session. Whoever is named twice is answered once."


@strawberry.input(description="Which session to lock. Named itself, so that a late retry cannot lock the next one.")
class LockRoomInput(ToSession):
    pass


@strawberry.input(description="Which session to unlock.")
class UnlockRoomInput(ToSession):
    pass


@strawberry.input(description="Whom to let in: either those named, or all.")
class AdmitParticipantsInput:
    session_id: strawberry.ID = strawberry.field(description="The session that they wait for.")
    participant_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description=f"{NAMED} Places go in this order. Not together with `all`."
    )
    all: bool = strawberry.field(
        default=False,
        description="Everyone who waits, in the order in which they began to; at most the first 500 who have access. Not "
        "together with `participantIds`.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Whom not to let in.")
class DeclineParticipantsInput:
    session_id: strawberry.ID = strawberry.field(description="The session that they wait for.")
    participant_ids: list[strawberry.ID] = strawberry.field(description=NAMED)
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Whom to remove.")
class RemoveParticipantInput(ToParticipant):
    ban: bool = strawberry.field(
        default=False, description="Whether they are kept out of this session from now on. The next one starts clean."
    )


@strawberry.type(description="What became of one participant of the list.")
class AdmissionResult(Loaded):
    participant_id: strawberry.ID = strawberry.field(description="The id, as it was given.")
    participant: Participant | None = strawberry.field(
        description="The participant as they are now; null where there is none."
    )
    user_error: UserError | None = strawberry.field(
        description="Why it was not done. NOT_FOUND: nobody in this session. NOT_IN_SESSION: they do not wait any more. "
        "On admitting, FORBIDDEN: they have lost access to the room; ROOM_FULL. On declining, CONFLICT: they are inside; "
        "FORBIDDEN: they manage the gallery. Null when it was done, now or before."
    )


@dataclass(frozen=True, slots=True)
class AdmissionAnswer:
    """What is kept of letting people in or not: the ids as given, beside what became of them."""

    session_id: UUID
    given: Sequence[str]
    answers: Sequence[Answered]


@strawberry.type(description="Answers `lockRoom`.")
class LockRoomPayload(SessionPayload):
    pass


@strawberry.type(description="Answers `unlockRoom`.")
class UnlockRoomPayload(SessionPayload):
    pass


@strawberry.type(description="Answers `admitParticipants`.")
class AdmitParticipantsPayload(Payload):
    outcome: strawberry.Private[AdmissionAnswer | None] = None

    @relation("One for each participant, in order; null where the whole list was refused.")
    @staticmethod
    async def results(
        payloads: Sequence["AdmitParticipantsPayload"], snapshot: Snapshot
    ) -> Sequence[list[AdmissionResult] | None]:
        return [await _results(each.outcome, snapshot) if each.outcome else None for each in payloads]

    @relation("The session that they were let into.")
    @staticmethod
    async def session(
        payloads: Sequence["AdmitParticipantsPayload"], snapshot: Snapshot
    ) -> Sequence[RoomSession | None]:
        return await load_sessions(snapshot, [each.outcome.session_id if each.outcome else None for each in payloads])


@strawberry.type(description="Answers `declineParticipants`.")
class DeclineParticipantsPayload(Payload):
    outcome: strawberry.Private[AdmissionAnswer | None] = None

    @relation("One for each participant, in the order given; null where the whole list was refused.")
    @staticmethod
    async def results(
        payloads: Sequence["DeclineParticipantsPayload"], snapshot: Snapshot
    ) -> Sequence[list[AdmissionResult] | None]:
        return [await _results(each.outcome, snapshot) if each.outcome else None for each in payloads]

    @relation("The session that they were not let into.")
    @staticmethod
    async def session(
        payloads: Sequence["DeclineParticipantsPayload"], snapshot: Snapshot
    ) -> Sequence[RoomSession | None]:
        return await load_sessions(snapshot, [each.outcome.session_id if each.outcome else None for each in payloads])


@strawberry.type(description="Answers `removeParticipant`.")
class RemoveParticipantPayload(ParticipantPayload):
    pass


async def _results(answer: AdmissionAnswer, snapshot: Snapshot) -> list[AdmissionResult]:
    found = [None if each.code == "NOT_FOUND" else each.id for each in answer.answers]
    people = await load_participants(snapshot, found)
    return [
        AdmissionResult(participant_id=strawberry.ID(given), participant=one, user_error=error_of(each))
        for given, each, one in zip(answer.given, answer.answers, people, strict=True)
    ]


async def _admit(tx: Transaction, input: AdmitParticipantsInput) -> AdmissionAnswer:
    session_id = local_id(input.session_id, "RoomSession", "input", "sessionId")
    ids = input.participant_ids
    if input.all == (ids is not None):
        raise Invalid("Name participants, or all.", "input", "all" if input.all else "participantIds")
    named = None if ids is None else local_or_unknown(ids, "Participant")
    answers = await admission.admit_participants(tx, session_id, named)
    given = [global_id("Participant", each.id) for each in answers] if ids is None else dict.fromkeys(ids)
    return AdmissionAnswer(session_id, list(given), answers)


async def _decline(tx: Transaction, input: DeclineParticipantsInput) -> AdmissionAnswer:
    session_id = local_id(input.session_id, "RoomSession", "input", "sessionId")
    named = local_or_unknown(input.participant_ids, "Participant")
    answers = await admission.decline_participants(tx, session_id, named)
    return AdmissionAnswer(session_id, list(dict.fromkeys(input.participant_ids)), answers)


@strawberry.type
class AdmissionMutations:
    @strawberry.mutation(
        description="Let newcomers wait to be let in, but for room moderators. For room moderators. SESSION_ENDED."
    )
    async def lock_room(
        self, info: Info, input: Annotated[LockRoomInput, strawberry.argument(description="Which session.")]
    ) -> LockRoomPayload:
        return await to_session(info, LockRoomPayload, input, admission.lock_room)

    @strawberry.mutation(
        description="Let newcomers in again. Whoever waits goes on waiting, until they are let in or enter again. For "
        "room moderators. SESSION_ENDED."
    )
    async def unlock_room(
        self, info: Info, input: Annotated[UnlockRoomInput, strawberry.argument(description="Which session.")]
    ) -> UnlockRoomPayload:
        return await to_session(info, UnlockRoomPayload, input, admission.unlock_room)

    @strawberry.mutation(
        description="Let people in who wait, with a result for each: one that cannot be let in stops no other. They get "
        "the rights that they have now. For room moderators. INVALID, SESSION_ENDED."
    )
    async def admit_participants(
        self, info: Info, input: Annotated[AdmitParticipantsInput, strawberry.argument(description="Whom.")]
    ) -> AdmitParticipantsPayload:
        return await mutate(info, AdmitParticipantsPayload, AdmissionAnswer, input, lambda tx: _admit(tx, input))

    @strawberry.mutation(
        description="Tell people who wait that they are not let in, with a result for each. They may try again once the "
        "room is unlocked. For room moderators. INVALID, SESSION_ENDED."
    )
    async def decline_participants(
        self, info: Info, input: Annotated[DeclineParticipantsInput, strawberry.argument(description="Whom.")]
    ) -> DeclineParticipantsPayload:
        return await mutate(info, DeclineParticipantsPayload, AdmissionAnswer, input, lambda tx: _decline(tx, input))

    @strawberry.mutation(
        description="Remove someone who is inside, or waits. For room moderators; managers of the gallery are removed by "
        "managers alone. INVALID for oneself, NOT_IN_SESSION, SESSION_ENDED."
    )
    async def remove_participant(
        self, info: Info, input: Annotated[RemoveParticipantInput, strawberry.argument(description="Whom.")]
    ) -> RemoveParticipantPayload:
        verb = partial(admission.remove_participant, ban=input.ban)
        return await to_participant(info, RemoveParticipantPayload, input, verb)
