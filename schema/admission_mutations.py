"""Mutations of admission: the lock, letting people in or not, and removing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import strawberry

from models.base import new_id
from models.errors import Invalid
from models.transaction import Snapshot, Transaction
from resolvers import admission
from resolvers.admission import Answered
from schema.ahead import Loaded, relation
from schema.context import Info
from schema.errors import UserError
from schema.ids import global_id, local_id, parse
from schema.mutate import KEY, Payload, mutate
from schema.participants import Participant, load_participants
from schema.sessions import RoomSession, load_sessions

NAMED = "1 to 500 participants of the session. Whoever is named twice is answered once."


@strawberry.input(description="Which session to lock. Named itself, so that a late retry cannot lock the next one.")
class LockRoomInput:
    session_id: strawberry.ID = strawberry.field(description="The session.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Which session to unlock.")
class UnlockRoomInput:
    session_id: strawberry.ID = strawberry.field(description="The session.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Whom to let in: either those named, or all.")
class AdmitParticipantsInput:
    session_id: strawberry.ID = strawberry.field(description="The session that they wait for.")
    participant_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description=f"{NAMED} Places go in this order. Not together with `all`."
    )
    all: bool = strawberry.field(
        default=False,
        description="Everyone who waits, in the order in which they began to; at most the first 500. Not together with "
        "`participantIds`.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Whom not to let in.")
class DeclineParticipantsInput:
    session_id: strawberry.ID = strawberry.field(description="The session that they wait for.")
    participant_ids: list[strawberry.ID] = strawberry.field(description=NAMED)
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Whom to remove.")
class RemoveParticipantInput:
    participant_id: strawberry.ID = strawberry.field(description="Someone who is inside, or waits.")
    ban: bool = strawberry.field(
        default=False, description="Whether they are kept out of this session from now on. The next one starts clean."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


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
class LockRoomPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The session, locked.")
    @staticmethod
    async def session(payloads: Sequence["LockRoomPayload"], snapshot: Snapshot) -> Sequence[RoomSession | None]:
        return await load_sessions(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `unlockRoom`.")
class UnlockRoomPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The session, unlocked.")
    @staticmethod
    async def session(payloads: Sequence["UnlockRoomPayload"], snapshot: Snapshot) -> Sequence[RoomSession | None]:
        return await load_sessions(snapshot, [each.outcome for each in payloads])


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
class RemoveParticipantPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The participant, removed.")
    @staticmethod
    async def participant(
        payloads: Sequence["RemoveParticipantPayload"], snapshot: Snapshot
    ) -> Sequence[Participant | None]:
        return await load_participants(snapshot, [each.outcome for each in payloads])


async def _results(answer: AdmissionAnswer, snapshot: Snapshot) -> list[AdmissionResult]:
    found = [None if each.code == "NOT_FOUND" else each.participant_id for each in answer.answers]
    people = await load_participants(snapshot, found)
    return [
        AdmissionResult(participant_id=strawberry.ID(given), participant=one, user_error=_user_error(each))
        for given, each, one in zip(answer.given, answer.answers, people, strict=True)
    ]


def _user_error(answered: Answered) -> UserError | None:
    if answered.code is None:
        return None
    return UserError(code=answered.code, message=answered.message, field=list(answered.field))


def _local_or_unknown(ids: Sequence[str]) -> list[UUID]:
    """What is no participant's id becomes one that nothing has: it is NOT_FOUND in its place, and stops no other."""
    found = {text: parse(text) for text in ids}
    local = {text: of[1] if of and of[0] == "Participant" else new_id() for text, of in found.items()}
    return [local[text] for text in ids]


async def _admit(tx: Transaction, input: AdmitParticipantsInput) -> AdmissionAnswer:
    session_id = local_id(input.session_id, "RoomSession", "input", "sessionId")
    ids = input.participant_ids
    if input.all == (ids is not None):
        raise Invalid("Name participants, or all.", "input", "all" if input.all else "participantIds")
    named = None if ids is None else _local_or_unknown(ids)
    answers = await admission.admit_participants(tx, session_id, named)
    given = [global_id("Participant", each.participant_id) for each in answers] if ids is None else dict.fromkeys(ids)
    return AdmissionAnswer(session_id, list(given), answers)


async def _decline(tx: Transaction, input: DeclineParticipantsInput) -> AdmissionAnswer:
    session_id = local_id(input.session_id, "RoomSession", "input", "sessionId")
    named = _local_or_unknown(input.participant_ids)
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
        async def lock(tx: Transaction) -> UUID:
            return await admission.lock_room(tx, local_id(input.session_id, "RoomSession", "input", "sessionId"))

        return await mutate(info, LockRoomPayload, UUID, input, lock)

    @strawberry.mutation(
        description="Let newcomers in again. Whoever waits goes on waiting, until they are let in or enter again. For "
        "room moderators. SESSION_ENDED."
    )
    async def unlock_room(
        self, info: Info, input: Annotated[UnlockRoomInput, strawberry.argument(description="Which session.")]
    ) -> UnlockRoomPayload:
        async def unlock(tx: Transaction) -> UUID:
            return await admission.unlock_room(tx, local_id(input.session_id, "RoomSession", "input", "sessionId"))

        return await mutate(info, UnlockRoomPayload, UUID, input, unlock)

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
        async def remove(tx: Transaction) -> UUID:
            participant_id = local_id(input.participant_id, "Participant", "input", "participantId")
            return await admission.remove_participant(tx, participant_id, ban=input.ban)

        return await mutate(info, RemoveParticipantPayload, UUID, input, remove)
