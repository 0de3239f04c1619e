"""The events of a recording, as clients see them."""

import strawberry

from models.events import recordings as recording_events
from schema.events.interfaces import GalleryEvent, Place, RecordingEvent, RoomEvent, by_name
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


_ABOUT_RECORDINGS: dict[str, type[RecordingEnded | RecordingFailed | RecordingReady | RecordingStarted]] = by_name(
    RecordingEnded, RecordingFailed, RecordingReady, RecordingStarted
)
RECORDING_EVENTS = tuple(_ABOUT_RECORDINGS.values())


def recording_event_of(event: recording_events.RecordingEvent, at: Place) -> RecordingEvent:
    """Returns the event as clients see it."""
    return _ABOUT_RECORDINGS[event.kind](**at, recording=recording_node(event.recording))
