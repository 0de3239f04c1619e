"""The events of a session's stage and of raised hands, as clients see them."""

from typing import assert_never
from uuid import UUID

import strawberry

from models.events import stage as stage_events
from schema.events.interfaces import Place, RoomEvent, by_name
from schema.events.sessions import ParticipantEvent
from schema.types.participants import participant_node
from schema.types.sessions import RoomSession, session_node


@strawberry.type(description="Who may step up to the stage changed. Nobody was removed by it.")
class StageAccessChanged(RoomEvent):
    session: RoomSession = strawberry.field(description="The session with its new access.")


@strawberry.type(
    description="Someone stepped up or down, was invited, or an invitation ended: the participant says which."
)
class StageChanged(ParticipantEvent):
    on_stage_count: int = strawberry.field(description="How many are on stage now.")


@strawberry.type(description="Someone raised a hand.")
class HandRaised(ParticipantEvent):
    pass


@strawberry.type(description="A hand went down.")
class HandLowered(ParticipantEvent):
    pass


_HANDS: dict[str, type[HandLowered | HandRaised]] = by_name(HandLowered, HandRaised)
STAGE_EVENTS = (*_HANDS.values(), StageAccessChanged, StageChanged)


def stage_event_of(event: stage_events.StageEvent, gallery_id: UUID, at: Place) -> RoomEvent:
    """Returns the event as clients see it."""
    match event:
        case stage_events.StageAccessChanged(session=session):
            return StageAccessChanged(**at, session=session_node(session, gallery_id))
        case stage_events.StageChanged(participant=one, counts=counts):
            return StageChanged(**at, participant=participant_node(one), on_stage_count=counts.stage_count)
        case stage_events.HandRaised() | stage_events.HandLowered():
            return _HANDS[event.kind](**at, participant=participant_node(event.participant))
        case _:
            assert_never(event)
