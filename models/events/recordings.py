"""Events of recordings. Everyone who sees the room or the gallery gets them (rules 56, 57)."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import ForEveryone
from models.tables.recordings import RecordingFacts


@dataclass(frozen=True, slots=True)
class OfRecording(ForEveryone):
    """About one recording: as it is after it."""

    recording: RecordingFacts

    @property
    def session_id(self) -> UUID:
        return self.recording.session_id


@dataclass(frozen=True, slots=True)
class RecordingStarted(OfRecording):
    """What happens in the session is being recorded."""

    kind: Literal["RecordingStarted"] = "RecordingStarted"


@dataclass(frozen=True, slots=True)
class RecordingEnded(OfRecording):
    """Nothing is recorded any more; the recording is being processed."""

    kind: Literal["RecordingEnded"] = "RecordingEnded"


@dataclass(frozen=True, slots=True)
class RecordingReady(OfRecording):
    """The recording is in the gallery. Its medium was told of by a MediaAdded just before."""

    kind: Literal["RecordingReady"] = "RecordingReady"


@dataclass(frozen=True, slots=True)
class RecordingFailed(OfRecording):
    """The recording was lost; it says why."""

    kind: Literal["RecordingFailed"] = "RecordingFailed"


RecordingEvent = RecordingStarted | RecordingEnded | RecordingReady | RecordingFailed
