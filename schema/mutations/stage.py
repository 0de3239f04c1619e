"""Mutations of a session's stage."""

from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from models.tables.rates import RateKind
from resolvers import stage
from schema.mutations.declare import mutation
from schema.mutations.targets import IN_ROOM, PARTICIPANT, SESSION, OnSession
from schema.types.enums import StageAccess


@strawberry.input(description="Who may step up from now on.")
class SetStageAccessInput(OnSession):
    access: StageAccess = strawberry.field(description="Who may step up.")


@mutation(
    "Set who may step up to the stage. Nobody is removed. For room moderators. SESSION_ENDED.",
    on=SESSION,
    argument="Who may.",
    rate=RateKind.MODERATION,
)
async def set_stage_access(tx: Transaction, session_id: UUID, input: SetStageAccessInput) -> UUID:
    return await stage.set_stage_access(tx, session_id, input.access)


@mutation(
    "Step up to the stage: at once where access is EVERYONE, and as a room moderator or a webinar's speaker always. Where it "
    "is BY_REQUEST this raises the hand instead, which a moderator answers with `inviteToStage`. STAGE_NOT_OPEN, STAGE_FULL, "
    "NOT_IN_SESSION, SESSION_ENDED.",
    on=IN_ROOM,
    argument="Which room.",
    input_description="On which room's stage to step.",
    payload_description="Answers `requestStage`: the participant is on stage, or has a hand up.",
    rate=RateKind.HANDS,
)
async def request_stage(tx: Transaction, room_id: UUID) -> UUID:
    return await stage.request_stage(tx, room_id)


@mutation(
    "Invite someone inside to the stage. In a webinar the invitation holds a place on it, and lapses after 60 seconds. For "
    "room moderators. STAGE_FULL, NOT_IN_SESSION, SESSION_ENDED.",
    on=PARTICIPANT,
    argument="Whom.",
    input_description="Whom to invite to the stage.",
    rate=RateKind.MODERATION,
)
async def invite_to_stage(tx: Transaction, participant_id: UUID) -> UUID:
    return await stage.invite_to_stage(tx, participant_id)


@mutation(
    "Accept the open invitation, and be on stage. NOT_INVITED (also when it has lapsed), NOT_IN_SESSION, SESSION_ENDED.",
    on=IN_ROOM,
    argument="Which room.",
    input_description="In which room to accept the invitation to the stage.",
)
async def accept_stage(tx: Transaction, room_id: UUID) -> UUID:
    return await stage.accept_stage(tx, room_id)


@mutation(
    "Decline the open invitation. NOT_INVITED, NOT_IN_SESSION, SESSION_ENDED.",
    on=IN_ROOM,
    argument="Which room.",
    input_description="In which room to decline the invitation to the stage.",
)
async def decline_stage(tx: Transaction, room_id: UUID) -> UUID:
    return await stage.decline_stage(tx, room_id)


@mutation(
    "Step down from the stage. NOT_IN_SESSION, SESSION_ENDED.",
    on=IN_ROOM,
    argument="Which room.",
    input_description="Which room's stage to leave.",
)
async def leave_stage(tx: Transaction, room_id: UUID) -> UUID:
    return await stage.leave_stage(tx, room_id)


@mutation(
    "Take someone off the stage, or take an open invitation back. For room moderators; a manager of the gallery only by "
    "managers. NOT_IN_SESSION, SESSION_ENDED.",
    on=PARTICIPANT,
    argument="Whom.",
    input_description="Whom to take off the stage.",
)
async def remove_from_stage(tx: Transaction, participant_id: UUID) -> UUID:
    return await stage.remove_from_stage(tx, participant_id)
