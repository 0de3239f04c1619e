"""What can happen on a session's stage, and to raised hands. For its people and the room's moderators."""

from dataclasses import dataclass
from typing import Literal

from models.events.sessions import OfParticipant, OfSession


@dataclass(frozen=True, slots=True)
class StageAccessChanged(OfSession):
    """Who may step up changed; nobody was removed by it (rule 42)."""

    kind: Literal["StageAccessChanged"] = "StageAccessChanged"


@dataclass(frozen=True, slots=True)
class StageChanged(OfParticipant):
    """Someone stepped up or down, was invited, or an invitation was declined or lapsed: the participant says which."""

    stepped: bool = False  # up or down: how many are on stage has changed
    kind: Literal["StageChanged"] = "StageChanged"


@dataclass(frozen=True, slots=True)
class HandRaised(OfParticipant):
    """Someone raised a hand."""

    kind: Literal["HandRaised"] = "HandRaised"


@dataclass(frozen=True, slots=True)
class HandLowered(OfParticipant):
    """A hand went down."""

    kind: Literal["HandLowered"] = "HandLowered"


StageEvent = StageAccessChanged | StageChanged | HandRaised | HandLowered
