"""The events of a recording, as clients see them."""

import strawberry

from models.events import recordings as recording_events
from schema.events.interfaces import GalleryEvent, Place, RecordingsEvent, RoomEvent, by_name
from schema.types.recordings import Recording, recording_node


@strawberry.interface(description="About a recording.")
class RecordingEvent(RoomEvent, GalleryEvent, RecordingsEvent):
    recording: Recording = strawberry.field(description="The recording as it was after it.")


@strawberry.type(description="What happens in the session is being recorded.")
class RecordingStarted(RecordingEvent):
    pass


@strawberry.type(description="Nothing is recorded any more; the recording is being processed.")
class RecordingEnded(RecordingEvent):
    pass


@strawberry.type(description="The recording is in the gallery, as a medium.")
class RecordingReady(RecordingEvent):
    pass


@strawberry.type(description="The recording was lost; it says why.")
class RecordingFailed(RecordingEvent):
    pass


_ABOUT_RECORDINGS: dict[str, type[RecordingEvent]] = by_name(
    RecordingEnded, RecordingFailed, RecordingReady, RecordingStarted
)
RECORDING_EVENTS = tuple(_ABOUT_RECORDINGS.values())


def recording_event_of(event: recording_events.RecordingEvent, at: Place) -> RecordingEvent:
    """Returns the event as clients see it."""
    return _ABOUT_RECORDINGS[event.kind](**at, recording=recording_node(event.recording))
