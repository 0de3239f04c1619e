"""The events of a room's shelf, and of what a session shows, as clients see them."""

from typing import assert_never
from uuid import UUID

import strawberry

from models.events import content as content_events
from models.events.content import OfItem
from schema.events.interfaces import Place, RoomEvent, by_name
from schema.execution.ahead import link
from schema.types.content import ITEMS, ContentItem, ShownContent, shown_content
from schema.types.ids import global_id
from schema.types.links import SessionLink, session_link


@strawberry.interface(description="About an item of the room's shelf.")
class ContentEvent(RoomEvent):
    item_id: strawberry.ID = strawberry.field(description="The item's id.")


@strawberry.type(description="An item was put on the room's shelf. For those who see it there.")
class ContentAdded(ContentEvent):
    of: strawberry.Private[OfItem]

    item: ContentItem | None = link(
        "The item as it stands when this is delivered; null once it is gone, or where the viewer may not see it.",
        ITEMS,
        lambda event: event.of.item.id,
    )


@strawberry.type(
    description="An item of the room's shelf, its place there, or its medium changed. Add the item if you do not know it: a "
    "medium may have been published. Drop it where `item` is null."
)
class ContentChanged(ContentEvent):
    of: strawberry.Private[OfItem]

    item: ContentItem | None = link(
        "The item as it stands when this is delivered; null once it is gone, or where the viewer may not see it.",
        ITEMS,
        lambda event: event.of.item.id,
    )


@strawberry.type(description="An item was taken off the room's shelf.")
class ContentRemoved(ContentEvent):
    pass


@strawberry.type(
    description="The session shows something else, or another place of it. Seeks are told at most four times a second, and "
    "the last one always."
)
class ShownChanged(RoomEvent):
    session_id: strawberry.Private[UUID]
    shown: ShownContent = strawberry.field(description="What is shown from now on.")
    session: SessionLink = session_link("The session that shows it.", lambda event: event.session_id)


@strawberry.type(description="The session shows nothing any more.")
class ShownEnded(RoomEvent):
    session_id: strawberry.Private[UUID]
    session: SessionLink = session_link("The session that shows nothing any more.", lambda event: event.session_id)


_ABOUT_ITEMS: dict[str, type[ContentAdded | ContentChanged]] = by_name(ContentAdded, ContentChanged)
CONTENT_EVENTS = (*_ABOUT_ITEMS.values(), ContentRemoved, ShownChanged, ShownEnded)


def content_event_of(event: content_events.ContentEvent, at: Place) -> RoomEvent:
    """Returns the event as clients see it."""
    match event:
        case content_events.ContentAdded(item=item) | content_events.ContentChanged(item=item):
            return _ABOUT_ITEMS[event.kind](**at, of=event, item_id=global_id("ContentItem", item.id))
        case content_events.ContentRemoved(item=item):
            return ContentRemoved(**at, item_id=global_id("ContentItem", item.id))
        case content_events.ShownChanged(shown=shown):
            return ShownChanged(**at, session_id=shown.session_id, shown=shown_content(shown))
        case content_events.ShownEnded(session_id=session_id):
            return ShownEnded(**at, session_id=session_id)
        case _:
            assert_never(event)
