"""Events of a session's stage, of raised hands, and of the devices of participants."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import Audience, AudienceKey
from models.events.sessions import OfParticipant, OfSession
from models.tables.participants import DeviceState


@dataclass(frozen=True, slots=True)
class StageAccessChanged(OfSession):
    """The stage's access changed. Nobody was removed from the stage (rule 42)."""

    kind: Literal["StageAccessChanged"] = "StageAccessChanged"


@dataclass(frozen=True, slots=True)
class StageChanged(OfParticipant):
    """A participant stepped up or down, was invited, an invitation ended, or the right to show changed: their columns say which."""

    stepped: bool = False  # whether the participant stepped up or down, so that the number of people on stage changed
    lets_show: bool = False  # whether the right to show content changed, and with it what they see of the shelf
    kind: Literal["StageChanged"] = "StageChanged"

    @property
    def changes_access_of(self) -> UUID | None:
        return self.participant.user_id if self.lets_show else None


@dataclass(frozen=True, slots=True)
class HandRaised(OfParticipant):
    """A participant raised a hand."""

    kind: Literal["HandRaised"] = "HandRaised"


@dataclass(frozen=True, slots=True)
class HandLowered(OfParticipant):
    """A participant's hand was lowered."""

    kind: Literal["HandLowered"] = "HandLowered"


@dataclass(frozen=True, slots=True)
class DevicesChanged(OfParticipant):
    """A participant's camera, microphone or screen changed: their client reported it, or a room moderator did it."""

    kind: Literal["DevicesChanged"] = "DevicesChanged"


@dataclass(frozen=True, slots=True)
class AllDevicesChanged:
    """A room moderator switched off, blocked or unblocked devices of many participants at once.

    Each list has the participants whose device of this kind has the new state now.
    """

    session_id: UUID
    state: DeviceState
    camera: list[UUID]
    microphone: list[UUID]
    screen: list[UUID]
    kind: Literal["AllDevicesChanged"] = "AllDevicesChanged"

    changes_access_of = None
    subject_id = None

    @property
    def audience(self) -> AudienceKey:
        return AudienceKey(Audience.PEOPLE, self.session_id)


StageEvent = StageAccessChanged | StageChanged | HandRaised | HandLowered | DevicesChanged | AllDevicesChanged
