"""The fields that every event has, and the interface of each stream.

The modules of the nouns hold the events themselves.
"""

from datetime import datetime
from typing import TypedDict, TypeVar

import strawberry

from schema.execution.ahead import Loaded
from schema.types.scalars import EventCursor


@strawberry.interface(description="Something that became true in a gallery or its room.")
class Event(Loaded):
    cursor: EventCursor = strawberry.field(
        description="Its place in the log: resume after the last that you processed."
    )
    occurred_at: datetime = strawberry.field(description="When.")


@strawberry.interface(description="What `roomEvents` delivers.")
class RoomEvent(Event):
    pass


@strawberry.interface(description="What `galleryEvents` delivers.")
class GalleryEvent(Event):
    pass


@strawberry.interface(description="What `chat` delivers.")
class ChatEvent(Event):
    pass


@strawberry.interface(description="What `questions` delivers.")
class QuestionEvent(Event):
    pass


@strawberry.interface(description="What `recordings` delivers.")
class RecordingEvent(Event):
    pass


@strawberry.type(
    description="Nothing else happened for you up to here. Sent on a quiet stream, to tell quiet from dead."
)
class Checkpoint(RoomEvent, ChatEvent, QuestionEvent, RecordingEvent, GalleryEvent):
    pass


E = TypeVar("E", bound=Event)


def by_name(*types: type[E]) -> dict[str, type[E]]:
    """Returns event types by their name, which is the `kind` of the log's event."""
    return {each.__name__: each for each in types}


class Place(TypedDict):
    """The cursor and the time of an event in its log."""

    cursor: EventCursor
    occurred_at: datetime
