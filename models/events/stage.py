"""Events of a session's stage and raised hands."""

from dataclasses import dataclass
from typing import Literal

from models.events.sessions import OfParticipant, OfSession


@dataclass(frozen=True, slots=True)
class StageAccessChanged(OfSession):
    """The stage's access changed. Nobody was removed from the stage (rule 42)."""

    kind: Literal["StageAccessChanged"] = "StageAccessChanged"


@dataclass(frozen=True, slots=True)
class StageChanged(OfParticipant):
    """A participant stepped up or down, was invited, or an invitation ended. The participant's columns say which."""

    stepped: bool = False  # whether the participant stepped up or down, so that the number of people on stage changed
    kind: Literal["StageChanged"] = "StageChanged"


@dataclass(frozen=True, slots=True)
class HandRaised(OfParticipant):
    """A participant raised a hand."""

    kind: Literal["HandRaised"] = "HandRaised"


@dataclass(frozen=True, slots=True)
class HandLowered(OfParticipant):
    """A participant's hand was lowered."""

    kind: Literal["HandLowered"] = "HandLowered"


StageEvent = StageAccessChanged | StageChanged | HandRaised | HandLowered
