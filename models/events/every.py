"""What can happen in a gallery, as typed facts. An event says what became true; it holds no text that can be deleted.

Folding the events after N into the state at N gives the later state (rule 64): each carries all that it changed.
The events of each noun are in a file of their own; here they are one closed set, as the log stores them.
"""

from typing import Annotated

from pydantic import Field, TypeAdapter

from models.events.chat import ChatEvent
from models.events.galleries import GalleryEvent
from models.events.media import MediaEvent
from models.events.polls import PollEvent
from models.events.questions import QuestionEvent
from models.events.recordings import RecordingEvent
from models.events.rooms import RoomEvent
from models.events.sessions import SessionEvent
from models.events.stage import StageEvent

OfGallery = GalleryEvent | MediaEvent | RoomEvent
OfMeeting = SessionEvent | StageEvent | RecordingEvent | ChatEvent | QuestionEvent | PollEvent
Event = OfGallery | OfMeeting

_ADAPTER: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def encode(event: Event) -> str:
    """The event as the JSON that the log stores."""
    return _ADAPTER.dump_json(event).decode()


def decode(payload: str) -> Event:
    """The event that `encode` stored."""
    return _ADAPTER.validate_json(payload)
