"""The events of a session's stage and of raised hands, as clients see them."""

from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

import strawberry

from models.events import stage as stage_events
from schema.events.interfaces import Place, RoomEvent, by_name
from schema.events.sessions import ParticipantEvent
from schema.types.devices import DeviceState
from schema.types.ids import global_id
from schema.types.participants import participant_node
from schema.types.sessions import RoomSession, session_node


@strawberry.type(description="Who may step up to the stage changed. Nobody was removed by it.")
class StageAccessChanged(RoomEvent):
    session: RoomSession = strawberry.field(description="The session with its new access.")


@strawberry.type(
    description="Someone stepped up or down, was invited, an invitation ended, or they may show content from now on, or no more: the "
    "participant says which."
)
class StageChanged(ParticipantEvent):
    on_stage_count: int = strawberry.field(description="How many are on stage now.")


@strawberry.type(description="Someone raised a hand.")
class HandRaised(ParticipantEvent):
    pass


@strawberry.type(description="A hand went down.")
class HandLowered(ParticipantEvent):
    pass


@strawberry.type(
    description="A participant's camera, microphone or screen changed: their client reported it, or a room moderator did it."
)
class DevicesChanged(ParticipantEvent):
    pass


@strawberry.type(
    description="A room moderator switched off, blocked or unblocked devices of many at once. Devices that it does not list "
    "stay as they are."
)
class AllDevicesChanged(RoomEvent):
    state: DeviceState = strawberry.field(description="The state that these devices have now: OFF or BLOCKED.")
    camera_ids: list[strawberry.ID] = strawberry.field(description="The participants whose camera has it.")
    microphone_ids: list[strawberry.ID] = strawberry.field(description="The participants whose microphone has it.")
    screen_ids: list[strawberry.ID] = strawberry.field(description="The participants whose screen has it.")


_HANDS: dict[str, type[HandLowered | HandRaised]] = by_name(HandLowered, HandRaised)
STAGE_EVENTS = (*_HANDS.values(), StageAccessChanged, StageChanged, DevicesChanged, AllDevicesChanged)


def stage_event_of(event: stage_events.StageEvent, gallery_id: UUID, at: Place) -> RoomEvent:
    """Returns the event as clients see it."""
    match event:
        case stage_events.StageAccessChanged(session=session):
            return StageAccessChanged(**at, session=session_node(session, gallery_id))
        case stage_events.StageChanged(participant=one, counts=counts):
            return StageChanged(**at, participant=participant_node(one), on_stage_count=counts.stage_count)
        case stage_events.HandRaised() | stage_events.HandLowered():
            return _HANDS[event.kind](**at, participant=participant_node(event.participant))
        case stage_events.DevicesChanged(participant=one):
            return DevicesChanged(**at, participant=participant_node(one))
        case stage_events.AllDevicesChanged():
            return AllDevicesChanged(
                **at,
                state=event.state,
                camera_ids=_ids(event.camera),
                microphone_ids=_ids(event.microphone),
                screen_ids=_ids(event.screen),
            )
        case _:
            assert_never(event)


def _ids(participants: Sequence[UUID]) -> list[strawberry.ID]:
    return [global_id("Participant", each) for each in participants]
