"""Mutations of admission: locking the room, admitting and declining people, and removing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from models.errors import Invalid
from models.tables.rates import RateKind
from models.values.answers import Answered
from resolvers import admission
from schema.execution.ahead import Loaded
from schema.mutations.declare import Keyed, mutation, mutation_input
from schema.mutations.payloads import Payload, shown
from schema.mutations.targets import PARTICIPANT, SESSION, OnParticipant
from schema.types.errors import UserError, error_of
from schema.types.ids import global_id, local_or_unknown
from schema.types.participants import Participant, load_participants
from schema.types.sessions import RoomSession, load_sessions

NAMED = "1 to 500 participants of the session. Somebody who is named twice gets one result."


@mutation(
    "Let newcomers wait to be let in, but for room moderators. For room moderators. SESSION_ENDED.",
    on=SESSION,
    argument="Which session.",
    input_description="Which session to lock. Named itself, so that a late retry cannot lock the next one.",
    rate=RateKind.MODERATION,
)
async def lock_room(tx: Transaction, session_id: UUID) -> UUID:
    return await admission.lock_room(tx, session_id)


@mutation(
    "Let newcomers in again. People who wait go on waiting until they are let in or enter again. For room moderators. "
    "SESSION_ENDED.",
    on=SESSION,
    argument="Which session.",
    input_description="Which session to unlock.",
)
async def unlock_room(tx: Transaction, session_id: UUID) -> UUID:
    return await admission.unlock_room(tx, session_id)


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
    """The stored outcome of admitting or declining people: the given ids, and the result for each id."""

    session_id: UUID
    given: Sequence[str]
    answers: Sequence[Answered]


async def _load_results(
    snapshot: Snapshot, answers: Sequence[AdmissionAnswer | None]
) -> Sequence[list[AdmissionResult] | None]:
    return [await _results(snapshot, each) if each else None for each in answers]


async def _results(snapshot: Snapshot, answer: AdmissionAnswer) -> list[AdmissionResult]:
    found = [None if each.code == "NOT_FOUND" else each.id for each in answer.answers]
    people = await load_participants(snapshot, found)
    return [
        AdmissionResult(participant_id=strawberry.ID(given), participant=one, user_error=error_of(each))
        for given, each, one in zip(answer.given, answer.answers, people, strict=True)
    ]


@mutation_input("Whom to let in: either those named, or all.")
class AdmitParticipantsInput(Keyed):
    session_id: strawberry.ID = strawberry.field(description="The session that they wait for.")
    participant_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description=f"{NAMED} Places go in this order. Not together with `all`."
    )
    all: bool = strawberry.field(
        default=False,
        description="Everyone who waits, in the order in which they began to; at most the first 500 who have access. Not "
        "together with `participantIds`.",
    )


@strawberry.type(description="Answers `admitParticipants`.")
class AdmitParticipantsPayload(Payload):
    results: list[AdmissionResult] | None = shown(
        "One for each participant, in order; null where the whole list was refused.", _load_results
    )
    session: RoomSession | None = shown(
        "The session that they were let into.", load_sessions, lambda outcome: outcome.session_id
    )


@mutation(
    "Let people in who wait, with a result for each: one that cannot be let in stops no other. They get the rights that they "
    "have now. For room moderators. INVALID, SESSION_ENDED.",
    on=SESSION,
    argument="Whom.",
    payload=AdmitParticipantsPayload,
)
async def admit_participants(tx: Transaction, session_id: UUID, input: AdmitParticipantsInput) -> AdmissionAnswer:
    ids = input.participant_ids
    if input.all == (ids is not None):
        raise Invalid("Name participants, or all.", "input", "all" if input.all else "participantIds")
    named = None if ids is None else local_or_unknown(ids, "Participant")
    answers = await admission.admit_participants(tx, session_id, named)
    given = [global_id("Participant", each.id) for each in answers] if ids is None else dict.fromkeys(ids)
    return AdmissionAnswer(session_id, list(given), answers)


@mutation_input("Whom not to let in.")
class DeclineParticipantsInput(Keyed):
    session_id: strawberry.ID = strawberry.field(description="The session that they wait for.")
    participant_ids: list[strawberry.ID] = strawberry.field(description=NAMED)


@strawberry.type(description="Answers `declineParticipants`.")
class DeclineParticipantsPayload(Payload):
    results: list[AdmissionResult] | None = shown(
        "One for each participant, in the order given; null where the whole list was refused.", _load_results
    )
    session: RoomSession | None = shown(
        "The session that they were not let into.", load_sessions, lambda outcome: outcome.session_id
    )


@mutation(
    "Tell people who wait that they are not let in, with a result for each. They may try again once the room is unlocked. "
    "For room moderators. INVALID, SESSION_ENDED.",
    on=SESSION,
    argument="Whom.",
    payload=DeclineParticipantsPayload,
)
async def decline_participants(tx: Transaction, session_id: UUID, input: DeclineParticipantsInput) -> AdmissionAnswer:
    named = local_or_unknown(input.participant_ids, "Participant")
    answers = await admission.decline_participants(tx, session_id, named)
    return AdmissionAnswer(session_id, list(dict.fromkeys(input.participant_ids)), answers)


@strawberry.input(description="Whom to remove.")
class RemoveParticipantInput(OnParticipant):
    ban: bool = strawberry.field(
        default=False, description="Whether they are kept out of this session from now on. The next one starts clean."
    )


@mutation(
    "Remove someone who is inside, or waits. For room moderators; managers of the gallery are removed by managers alone. "
    "INVALID for oneself, NOT_IN_SESSION, SESSION_ENDED.",
    on=PARTICIPANT,
    argument="Whom.",
)
async def remove_participant(tx: Transaction, participant_id: UUID, input: RemoveParticipantInput) -> UUID:
    return await admission.remove_participant(tx, participant_id, ban=input.ban)
