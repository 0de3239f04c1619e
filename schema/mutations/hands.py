"""Mutations of raised hands."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from models.database.transaction import Snapshot
from resolvers import hands
from resolvers.hands import Lowered
from schema.context import Info
from schema.execution.ahead import relation
from schema.mutations.payloads import Payload
from schema.mutations.targets import (
    InRoom,
    ParticipantPayload,
    ToParticipant,
    ToSession,
    in_room,
    to_participant,
    to_session,
)
from schema.types.sessions import RoomSession, load_sessions


@strawberry.input(description="In which room to raise the hand.")
class RaiseHandInput(InRoom):
    pass


@strawberry.input(description="Whose hand to lower.")
class LowerHandInput(ToParticipant):
    pass


@strawberry.input(description="In which session to lower all hands.")
class LowerAllHandsInput(ToSession):
    pass


@strawberry.type(description="Answers `raiseHand`.")
class RaiseHandPayload(ParticipantPayload):
    pass


@strawberry.type(description="Answers `lowerHand`.")
class LowerHandPayload(ParticipantPayload):
    pass


@strawberry.type(description="Answers `lowerAllHands`.")
class LowerAllHandsPayload(Payload):
    outcome: strawberry.Private[Lowered | None] = None

    @strawberry.field(description="How many hands went down.")
    def lowered(self) -> int:
        return self.outcome.count if self.outcome else 0

    @relation("The session as it is now.")
    @staticmethod
    async def session(payloads: Sequence["LowerAllHandsPayload"], snapshot: Snapshot) -> Sequence[RoomSession | None]:
        return await load_sessions(snapshot, [each.outcome.session_id if each.outcome else None for each in payloads])


@strawberry.type
class HandMutations:
    @strawberry.mutation(
        description="Raise the viewer's hand, behind those that are up; one that is up keeps its place. "
        "NOT_IN_SESSION, SESSION_ENDED."
    )
    async def raise_hand(
        self, info: Info, input: Annotated[RaiseHandInput, strawberry.argument(description="Which room.")]
    ) -> RaiseHandPayload:
        return await in_room(info, RaiseHandPayload, input, hands.raise_hand)

    @strawberry.mutation(
        description="Lower a hand, which loses its place: one's own, or as a room moderator anyone's; a manager's only "
        "as a manager. NOT_IN_SESSION, SESSION_ENDED."
    )
    async def lower_hand(
        self, info: Info, input: Annotated[LowerHandInput, strawberry.argument(description="Whose.")]
    ) -> LowerHandPayload:
        return await to_participant(info, LowerHandPayload, input, hands.lower_hand)

    @strawberry.mutation(
        description="Lower all hands; those of the gallery's managers only as a manager. For room moderators. "
        "SESSION_ENDED."
    )
    async def lower_all_hands(
        self, info: Info, input: Annotated[LowerAllHandsInput, strawberry.argument(description="Which session.")]
    ) -> LowerAllHandsPayload:
        return await to_session(info, LowerAllHandsPayload, input, hands.lower_all_hands, Lowered)
