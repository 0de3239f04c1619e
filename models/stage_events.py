"""What can happen on a session's stage, and to raised hands. For its people and the room's moderators."""

from dataclasses import dataclass
from typing import Literal

from models.audiences import ForEveryone
from models.session_events import OfParticipant
from models.sessions import SessionFacts


@dataclass(frozen=True, slots=True)
class StageAccessChanged(ForEveryone):
    """Who may step up changed; nobody was removed by it (rule 42)."""

    session: SessionFacts
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
