"""Events of a room's settings and assignments."""

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
    """The room's assignments changed. Not everyone may see the lists, so clients have to read them again."""

    room_id: UUID
    assignments: list[AssignmentFacts]
    kind: Literal["AccessChanged"] = "AccessChanged"
    changes_access_of = EVERYBODY


RoomEvent = RoomConfigured | AccessChanged
