"""The enums of devices and of the stage on entering. Import them from here, so that they are described first."""

from enum import StrEnum

from models.tables.participants import Device, DeviceState
from schema.types.describe import describe

__all__ = ["Device", "DeviceState", "StageOnEntering"]


class StageOnEntering(StrEnum):
    BY_MODE = "BY_MODE"
    OFF = "OFF"


describe(
    Device,
    "What a participant on the stage can show or be heard by.",
    CAMERA="The camera.",
    MICROPHONE="The microphone.",
    SCREEN="The shared screen.",
)
describe(
    DeviceState,
    "Whether a participant's camera, microphone or screen is on. It is OFF or BLOCKED for everyone off the stage.",
    ON="On, as the participant's client reported it.",
    OFF="Off.",
    BLOCKED="Off, and kept off by a room moderator until one unblocks it or the session ends.",
)
describe(
    StageOnEntering,
    "Whether a participant comes onto the stage by entering.",
    BY_MODE="In an interactive session with access EVERYONE the participant is on the stage at once, if it has a free "
    "place. In other sessions they are off the stage.",
    OFF="The participant stays off the stage, and can step up later.",
)
