"""A room's status as `roomStatus` sends it."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple
from uuid import UUID

from models.access.room_states import RoomState, room_state
from models.access.visibility import Visibility
from models.cursors import Position
from models.events import content as content_events
from models.events import every as events
from models.events import galleries as gallery_events
from models.events import recordings as recording_events
from models.events import rooms as room_events
from models.events import sessions as session_events
from models.events import stage as stage_events
from models.storage.statements import Statements
from schema.execution.renderings import Told
from schema.types.rooms import RoomStatus, room_status

_CHANGES = (
    room_events.RoomConfigured
    | gallery_events.SiteDefaultsChanged
    | session_events.SessionStarted
    | session_events.SessionEnded
    | session_events.RoomLocked
    | session_events.RoomUnlocked
    | session_events.ParticipantWaiting
    | session_events.ParticipantJoined
    | session_events.ParticipantLeft
    | stage_events.StageAccessChanged
    | recording_events.RecordingStarted
    | recording_events.RecordingEnded
    | content_events.ShownChanged
    | content_events.ShownEnded
)


def changes_status(event: events.Event) -> bool:
    """Returns whether the event may change the room's status."""
    return event.stepped if isinstance(event, stage_events.StageChanged) else isinstance(event, _CHANGES)


class ToldStatus(Told[RoomStatus]):
    """A status to send. Two statuses with an equal `shows` look the same to clients, so the second need not be sent."""

    def __init__(self, state: RoomState, *, admits: bool, inside: bool) -> None:
        told = state.shown if inside else None
        super().__init__("RoomStatus", partial(room_status, state.access, admits=admits, told=told))
        self.shows = _shown(self.make())


class Statuses(NamedTuple):
    """A room's status at one position of the log, as four kinds of viewers see it: who may admit people, or is inside."""

    position: Position
    views: Mapping[tuple[bool, bool], ToldStatus]

    def seen_with(self, visible: Visibility) -> ToldStatus:
        """Returns the status as a viewer with these rights sees it."""
        return self.views[visible.moderates, visible.inside]


async def read_statuses(run: Statements, gallery_id: UUID) -> Statuses:
    """Reads the room's status. Raises Forbidden if the gallery is gone."""
    state = await room_state(run, gallery_id)
    views: dict[tuple[bool, bool], ToldStatus] = {}
    for admits in (False, True):
        views[admits, False] = views[admits, True] = ToldStatus(state, admits=admits, inside=False)
        if state.shown:  # While nothing is shown, those inside share the bytes with the others.
            views[admits, True] = ToldStatus(state, admits=admits, inside=True)
    return Statuses(state.access.head.position, views)


def _shown(status: RoomStatus) -> tuple[object, ...]:
    session = status.access.open_session
    # The status has its own `waiting_count`, which only those who may admit people see.
    # Clients never see turns (rule 37).
    of_session = replace(session, waiting_count=0, turns=0) if session else None
    return status.state, status.mode, of_session, status.waiting_count, status.told
