"""Events of recordings. Everyone who sees the room or the gallery gets them (rules 56, 57)."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import ForEveryone
from models.tables.recordings import RecordingFacts


@dataclass(frozen=True, slots=True)
class OfRecording(ForEveryone):
    """An event about one recording, with the recording after the event."""

    recording: RecordingFacts

    @property
    def session_id(self) -> UUID:
        return self.recording.session_id


@dataclass(frozen=True, slots=True)
class RecordingStarted(OfRecording):
    """A recording of the session started."""

    kind: Literal["RecordingStarted"] = "RecordingStarted"


@dataclass(frozen=True, slots=True)
class RecordingEnded(OfRecording):
    """The recording ended, and is being processed."""

    kind: Literal["RecordingEnded"] = "RecordingEnded"


@dataclass(frozen=True, slots=True)
class RecordingReady(OfRecording):
    """The recording is in the gallery. A MediaAdded just before this event announced its medium."""

    kind: Literal["RecordingReady"] = "RecordingReady"


@dataclass(frozen=True, slots=True)
class RecordingFailed(OfRecording):
    """The recording was lost. The recording's facts give the reason."""

    kind: Literal["RecordingFailed"] = "RecordingFailed"


RecordingEvent = RecordingStarted | RecordingEnded | RecordingReady | RecordingFailed
