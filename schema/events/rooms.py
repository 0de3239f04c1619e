"""The events of a room's settings, and of access to the room, as clients see them."""

from typing import assert_never

import strawberry

from models.events import rooms as room_events
from schema.events.access import AccessChanged
from schema.events.interfaces import GalleryEvent, Place, RoomEvent
from schema.types.enums import FeatureSetting, RoomMode


@strawberry.type(description="The room's settings were saved.")
class RoomConfigured(RoomEvent, GalleryEvent):
    enabled: bool = strawberry.field(description="Whether it is switched on.")
    mode: RoomMode = strawberry.field(description="The mode of the next session.")
    qna: FeatureSetting = strawberry.field(description="The setting for Q&A.")
    group_chat: FeatureSetting = strawberry.field(description="The setting for group chat.")
    shelf_visible: bool = strawberry.field(
        description="Whether everyone who sees the room sees its shelf: read `content` again where this changed."
    )
    version: int = strawberry.field(description="The settings' version.")


ROOM_EVENTS = (AccessChanged, RoomConfigured)


def room_event_of(event: room_events.RoomEvent, at: Place) -> RoomEvent:
    """Returns the event as clients see it."""
    match event:
        case room_events.RoomConfigured(room=room):
            return RoomConfigured(
                **at,
                enabled=room.enabled,
                mode=room.mode,
                qna=room.qna,
                group_chat=room.group_chat,
                shelf_visible=room.shelf_visible,
                version=room.version,
            )
        case room_events.AccessChanged():
            return AccessChanged(**at, lists_saved=True)
        case _:
            assert_never(event)
