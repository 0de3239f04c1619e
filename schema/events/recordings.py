"""What happens to a recording, as clients see it."""

from typing import assert_never

import strawberry

from models.events import recordings as recording_events
from schema.events.interfaces import GalleryEvent, Place, RecordingEvent, RoomEvent
from schema.types.recordings import Recording, recording_node


@strawberry.type(description="What happens in the session is being recorded.")
class RecordingStarted(RoomEvent, GalleryEvent, RecordingEvent):
    recording: Recording = strawberry.field(description="The recording as it started.")


@strawberry.type(description="Nothing is recorded any more; the recording is being processed.")
class RecordingEnded(RoomEvent, GalleryEvent, RecordingEvent):
    recording: Recording = strawberry.field(description="The recording as it ended.")


@strawberry.type(description="The recording is in the gallery.")
class RecordingReady(RoomEvent, GalleryEvent, RecordingEvent):
    recording: Recording = strawberry.field(description="The recording, with its medium.")


@strawberry.type(description="The recording was lost.")
class RecordingFailed(RoomEvent, GalleryEvent, RecordingEvent):
    recording: Recording = strawberry.field(description="The recording, with the reason.")


RECORDING_EVENTS = (RecordingEnded, RecordingFailed, RecordingReady, RecordingStarted)


def recording_event_of(event: recording_events.RecordingEvent, at: Place) -> RecordingEvent:
    """The event as clients know it."""
    recording = recording_node(event.recording)
    match event:
        case recording_events.RecordingStarted():
            return RecordingStarted(**at, recording=recording)
        case recording_events.RecordingEnded():
            return RecordingEnded(**at, recording=recording)
        case recording_events.RecordingReady():
            return RecordingReady(**at, recording=recording)
        case recording_events.RecordingFailed():
            return RecordingFailed(**at, recording=recording)
        case _:
            assert_never(event)
