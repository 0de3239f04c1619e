"""What can happen to a room's settings, and to who may do what in it."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import EVERYBODY, ForEveryone
from models.tables.rooms import AssignmentFacts, RoomFacts


@dataclass(frozen=True, slots=True)
class RoomConfigured(ForEveryone):
    """The room's settings were saved."""

    room: RoomFacts
    kind: Literal["RoomConfigured"] = "RoomConfigured"


@dataclass(frozen=True, slots=True)
class AccessChanged(ForEveryone):
    """Who may do what in the room was changed. The lists themselves are not for everyone, so clients re-read theirs."""

    room_id: UUID
    assignments: list[AssignmentFacts]
    kind: Literal["AccessChanged"] = "AccessChanged"
    changes_access_of = EVERYBODY


RoomEvent = RoomConfigured | AccessChanged
