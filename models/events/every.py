"""The events of a gallery, as typed facts. An event says what became true, and contains no text that can be deleted.

A client that applies the events after N to the state at N gets the later state (rule 64): each event has everything
that it changed. The events of each noun have a file of their own. This module joins them to one closed set, which the
log stores.
"""

from typing import Annotated

from pydantic import Field, TypeAdapter

from models.events.chat import ChatEvent
from models.events.content import ContentEvent
from models.events.crowd_reactions import ReactionsCounted
from models.events.galleries import GalleryEvent
from models.events.interactions import InteractionEvent
from models.events.media import MediaEvent
from models.events.questions import QuestionEvent
from models.events.recordings import RecordingEvent
from models.events.rooms import RoomEvent
from models.events.sessions import SessionEvent
from models.events.stage import StageEvent
from models.events.webhooks import WebhookEvent

OfGallery = GalleryEvent | MediaEvent | RoomEvent | WebhookEvent
OfMeeting = (
    SessionEvent
    | StageEvent
    | RecordingEvent
    | ChatEvent
    | QuestionEvent
    | InteractionEvent
    | ContentEvent
    | ReactionsCounted
)
Event = OfGallery | OfMeeting

_ADAPTER: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def encode(event: Event) -> str:
    """Returns the event as JSON, for the log."""
    return _ADAPTER.dump_json(event).decode()


def decode(payload: str) -> Event:
    """Returns the event from JSON of `encode`."""
    return _ADAPTER.validate_json(payload)
