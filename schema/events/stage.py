"""The events of a session's stage and of raised hands, as clients see them."""

from collections.abc import Sequence
from itertools import chain
from typing import assert_never
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot
from models.events import stage as stage_events
from schema.events.interfaces import Place, RoomEvent, by_name
from schema.events.sessions import ParticipantEvent, SessionEvent
from schema.execution.ahead import relation
from schema.types.devices import DeviceState
from schema.types.ids import global_id
from schema.types.links import SessionLink, session_link
from schema.types.participants import Participant, load_participants, participant_node
from schema.types.sessions import session_node


@strawberry.type(description="Who may step up to the stage changed. Nobody was removed by it.")
class StageAccessChanged(SessionEvent):
    pass


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
    of: strawberry.Private[stage_events.AllDevicesChanged]
    state: DeviceState = strawberry.field(description="The state that these devices have now: OFF or BLOCKED.")
    camera_ids: list[strawberry.ID] = strawberry.field(description="The participants whose camera has it.")
    microphone_ids: list[strawberry.ID] = strawberry.field(description="The participants whose microphone has it.")
    screen_ids: list[strawberry.ID] = strawberry.field(description="The participants whose screen has it.")
    session: SessionLink = session_link("The session.", lambda event: event.of.session_id)

    @relation("The participants whose devices have it, as they stand when this is delivered.")
    @staticmethod
    async def participants(events: Sequence["AllDevicesChanged"], snapshot: Snapshot) -> Sequence[list[Participant]]:
        ids = [list(dict.fromkeys([*each.of.camera, *each.of.microphone, *each.of.screen])) for each in events]
        found = iter(await load_participants(snapshot, list(chain.from_iterable(ids))))
        return [[one for _ in each if (one := next(found))] for each in ids]


_HANDS: dict[str, type[HandLowered | HandRaised]] = by_name(HandLowered, HandRaised)
STAGE_EVENTS = (*_HANDS.values(), StageAccessChanged, StageChanged, DevicesChanged, AllDevicesChanged)


def stage_event_of(event: stage_events.StageEvent, at: Place) -> RoomEvent:
    """Returns the event as clients see it."""
    match event:
        case stage_events.StageAccessChanged(session=session):
            return StageAccessChanged(**at, session=session_node(session, at["gallery_id"]))
        case stage_events.StageChanged(participant=one, counts=counts):
            return StageChanged(**at, participant=participant_node(one), on_stage_count=counts.stage_count)
        case stage_events.HandRaised() | stage_events.HandLowered():
            return _HANDS[event.kind](**at, participant=participant_node(event.participant))
        case stage_events.DevicesChanged(participant=one):
            return DevicesChanged(**at, participant=participant_node(one))
        case stage_events.AllDevicesChanged():
            return AllDevicesChanged(
                **at,
                of=event,
                state=event.state,
                camera_ids=_ids(event.camera),
                microphone_ids=_ids(event.microphone),
                screen_ids=_ids(event.screen),
            )
        case _:
            assert_never(event)


def _ids(participants: Sequence[UUID]) -> list[strawberry.ID]:
    return [global_id("Participant", each) for each in participants]
