"""The events of a room's settings, and of access to the room, as clients see them."""

from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot
from models.events import rooms as room_events
from schema.events.interfaces import GalleryEvent, Place, RoomEvent
from schema.execution.ahead import relation
from schema.types.enums import FeatureSetting, RoomMode
from schema.types.rooms import Room, load_rooms


@strawberry.type(description="The room's settings were saved.")
class RoomConfigured(RoomEvent, GalleryEvent):
    gallery_id: strawberry.Private[UUID]
    enabled: bool = strawberry.field(description="Whether it is switched on.")
    mode: RoomMode = strawberry.field(description="The mode of the next session.")
    qna: FeatureSetting = strawberry.field(description="The setting for Q&A.")
    group_chat: FeatureSetting = strawberry.field(description="The setting for group chat.")
    shelf_visible: bool = strawberry.field(
        description="Whether everyone who sees the room sees its shelf: read `content` again where this changed."
    )
    version: int = strawberry.field(description="The settings' version.")

    @relation("The room as it stands when this is delivered; null once it is not yours to see.")
    @staticmethod
    async def room(events: Sequence["RoomConfigured"], snapshot: Snapshot) -> Sequence[Room | None]:
        return await load_rooms(snapshot, [event.gallery_id for event in events])


@strawberry.type(
    description="Who belongs to the gallery, or who may do what in its room, was changed. Read again what you show."
)
class AccessChanged(RoomEvent, GalleryEvent):
    gallery_id: strawberry.Private[UUID]

    @relation("The room as it stands when this is delivered; null once it is not yours to see.")
    @staticmethod
    async def room(events: Sequence["AccessChanged"], snapshot: Snapshot) -> Sequence[Room | None]:
        return await load_rooms(snapshot, [event.gallery_id for event in events])


ROOM_EVENTS = (AccessChanged, RoomConfigured)


def room_event_of(event: room_events.RoomEvent, gallery_id: UUID, at: Place) -> RoomEvent:
    """Returns the event as clients see it."""
    match event:
        case room_events.RoomConfigured(room=room):
            return RoomConfigured(
                **at,
                gallery_id=gallery_id,
                enabled=room.enabled,
                mode=room.mode,
                qna=room.qna,
                group_chat=room.group_chat,
                shelf_visible=room.shelf_visible,
                version=room.version,
            )
        case room_events.AccessChanged():
            return AccessChanged(**at, gallery_id=gallery_id)
        case _:
            assert_never(event)
