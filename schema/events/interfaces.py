"""The fields that every event has, and the interface of each stream.

The modules of the nouns hold the events themselves.
"""

from datetime import datetime
from typing import TypedDict, TypeVar
from uuid import UUID

import strawberry

from schema.execution.ahead import Loaded
from schema.types.links import GalleryLink, RoomKey, RoomLink, gallery_link, room_link
from schema.types.scalars import EventCursor


@strawberry.interface(description="Something that became true in a gallery or its room.")
class Event(Loaded):
    gallery_id: strawberry.Private[UUID]
    cursor: EventCursor = strawberry.field(
        description="Its place in the log: resume after the last that you processed."
    )
    occurred_at: datetime = strawberry.field(description="When.")


@strawberry.interface(description="What `roomEvents` delivers.")
class RoomEvent(Event):
    room: RoomLink | None = room_link(
        "The room as it stands when this is delivered; null where the viewer may not see it any more.",
        lambda event: RoomKey(event.gallery_id),
    )


@strawberry.interface(description="What `galleryEvents` delivers.")
class GalleryEvent(Event):
    gallery: GalleryLink | None = gallery_link(
        "The gallery as it stands when this is delivered; null once it is gone.", lambda event: event.gallery_id
    )


@strawberry.interface(description="What `chat` delivers.")
class ChatEvent(Event):
    pass


@strawberry.interface(description="What `questions` delivers.")
class QuestionsEvent(Event):
    pass


@strawberry.interface(description="What `recordings` delivers.")
class RecordingsEvent(Event):
    pass


@strawberry.type(
    description="Up to this cursor nothing more happened that the viewer may see. A quiet stream sends it every few seconds, so that clients can tell a quiet stream from a dead one."
)
class Checkpoint(RoomEvent, ChatEvent, QuestionsEvent, RecordingsEvent, GalleryEvent):
    pass


E = TypeVar("E", bound=Event)


def by_name(*types: type[E]) -> dict[str, type[E]]:
    """Returns event types by their name, which is the `kind` of the log's event."""
    return {each.__name__: each for each in types}


class Place(TypedDict):
    """The gallery in whose log an event is, and its cursor and its time there."""

    gallery_id: UUID
    cursor: EventCursor
    occurred_at: datetime
