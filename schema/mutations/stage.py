"""Mutations of a session's stage."""

from functools import partial
from typing import Annotated

import strawberry

from resolvers import stage
from schema.context import Info
from schema.mutations.targets import (
    InRoom,
    ParticipantPayload,
    SessionPayload,
    ToParticipant,
    ToSession,
    in_room,
    to_participant,
    to_session,
)
from schema.types.enums import StageAccess


@strawberry.input(description="Who may step up from now on.")
class SetStageAccessInput(ToSession):
    access: StageAccess = strawberry.field(description="Who may step up.")


@strawberry.input(description="On which room's stage to step.")
class RequestStageInput(InRoom):
    pass


@strawberry.input(description="Whom to invite to the stage.")
class InviteToStageInput(ToParticipant):
    pass


@strawberry.input(description="In which room to accept the invitation to the stage.")
class AcceptStageInput(InRoom):
    pass


@strawberry.input(description="In which room to decline the invitation to the stage.")
class DeclineStageInput(InRoom):
    pass


@strawberry.input(description="Which room's stage to leave.")
class LeaveStageInput(InRoom):
    pass


@strawberry.input(description="Whom to take off the stage.")
class RemoveFromStageInput(ToParticipant):
    pass


@strawberry.type(description="Answers `setStageAccess`.")
class SetStageAccessPayload(SessionPayload):
    pass


@strawberry.type(description="Answers `requestStage`: the participant is on stage, or has a hand up.")
class RequestStagePayload(ParticipantPayload):
    pass


@strawberry.type(description="Answers `inviteToStage`.")
class InviteToStagePayload(ParticipantPayload):
    pass


@strawberry.type(description="Answers `acceptStage`.")
class AcceptStagePayload(ParticipantPayload):
    pass


@strawberry.type(description="Answers `declineStage`.")
class DeclineStagePayload(ParticipantPayload):
    pass


@strawberry.type(description="Answers `leaveStage`.")
class LeaveStagePayload(ParticipantPayload):
    pass


@strawberry.type(description="Answers `removeFromStage`.")
class RemoveFromStagePayload(ParticipantPayload):
    pass


@strawberry.type
class StageMutations:
    @strawberry.mutation(
        description="Say who may step up to the stage; it removes nobody. For room moderators. SESSION_ENDED."
    )
    async def set_stage_access(
        self, info: Info, input: Annotated[SetStageAccessInput, strawberry.argument(description="Who may.")]
    ) -> SetStageAccessPayload:
        verb = partial(stage.set_stage_access, stage_access=input.access)
        return await to_session(info, SetStageAccessPayload, input, verb)

    @strawberry.mutation(
        description="Step up to the stage: at once where access is EVERYONE, and as a room moderator or a webinar's "
        "speaker always. Where it is BY_REQUEST this raises the hand instead, which a moderator answers with "
        "`inviteToStage`. STAGE_NOT_OPEN, STAGE_FULL, NOT_IN_SESSION, SESSION_ENDED."
    )
    async def request_stage(
        self, info: Info, input: Annotated[RequestStageInput, strawberry.argument(description="Which room.")]
    ) -> RequestStagePayload:
        return await in_room(info, RequestStagePayload, input, stage.request_stage)

    @strawberry.mutation(
        description="Invite someone inside to the stage. In a webinar the invitation holds a place on it, and lapses "
        "after 60 seconds. For room moderators. STAGE_FULL, NOT_IN_SESSION, SESSION_ENDED."
    )
    async def invite_to_stage(
        self, info: Info, input: Annotated[InviteToStageInput, strawberry.argument(description="Whom.")]
    ) -> InviteToStagePayload:
        return await to_participant(info, InviteToStagePayload, input, stage.invite_to_stage)

    @strawberry.mutation(
        description="Accept the open invitation, and be on stage. NOT_INVITED (also when it has lapsed), "
        "NOT_IN_SESSION, SESSION_ENDED."
    )
    async def accept_stage(
        self, info: Info, input: Annotated[AcceptStageInput, strawberry.argument(description="Which room.")]
    ) -> AcceptStagePayload:
        return await in_room(info, AcceptStagePayload, input, stage.accept_stage)

    @strawberry.mutation(description="Decline the open invitation. NOT_INVITED, NOT_IN_SESSION, SESSION_ENDED.")
    async def decline_stage(
        self, info: Info, input: Annotated[DeclineStageInput, strawberry.argument(description="Which room.")]
    ) -> DeclineStagePayload:
        return await in_room(info, DeclineStagePayload, input, stage.decline_stage)

    @strawberry.mutation(description="Step down from the stage. NOT_IN_SESSION, SESSION_ENDED.")
    async def leave_stage(
        self, info: Info, input: Annotated[LeaveStageInput, strawberry.argument(description="Which room.")]
    ) -> LeaveStagePayload:
        return await in_room(info, LeaveStagePayload, input, stage.leave_stage)

    @strawberry.mutation(
        description="Take someone off the stage, or take an open invitation back. For room moderators; a manager of the "
        "gallery only by managers. NOT_IN_SESSION, SESSION_ENDED."
    )
    async def remove_from_stage(
        self, info: Info, input: Annotated[RemoveFromStageInput, strawberry.argument(description="Whom.")]
    ) -> RemoveFromStagePayload:
        return await to_participant(info, RemoveFromStagePayload, input, stage.remove_from_stage)
