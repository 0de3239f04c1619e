"""What can happen to a recording. For everyone: those inside are told, and so is the gallery (rules 56, 57)."""

from dataclasses import dataclass
from typing import Literal

from models.audiences import ForEveryone
from models.recordings import RecordingFacts


@dataclass(frozen=True, slots=True)
class RecordingStarted(ForEveryone):
    """What happens in the session is being recorded."""

    recording: RecordingFacts
    kind: Literal["RecordingStarted"] = "RecordingStarted"


@dataclass(frozen=True, slots=True)
class RecordingEnded(ForEveryone):
    """Nothing is recorded any more; the recording is being processed."""

    recording: RecordingFacts
    kind: Literal["RecordingEnded"] = "RecordingEnded"


@dataclass(frozen=True, slots=True)
class RecordingReady(ForEveryone):
    """The recording is in the gallery. Its medium was told of by a MediaAdded just before."""

    recording: RecordingFacts
    kind: Literal["RecordingReady"] = "RecordingReady"


@dataclass(frozen=True, slots=True)
class RecordingFailed(ForEveryone):
    """The recording was lost; it says why."""

    recording: RecordingFacts
    kind: Literal["RecordingFailed"] = "RecordingFailed"


RecordingEvent = RecordingStarted | RecordingEnded | RecordingReady | RecordingFailed
