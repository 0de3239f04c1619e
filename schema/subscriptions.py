"""The subscription root."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, aclosing
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

import strawberry

from models import chat_events, events, gallery_events, recording_events, room_events, session_events, stage_events
from models.access import access_gallery
from models.access_rooms import access_room, room_state
from models.permissions import Permission
from schema.ahead import load_ahead
from schema.context import Info
from schema.entries import checkpoint, event_of, is_gallery_event, is_recording_event, is_room_event
from schema.enums import ChatChannel
from schema.events import ChatEvent, Checkpoint, Event, GalleryEvent, RecordingEvent, RoomEvent
from schema.ids import local_id
from schema.rooms import RoomStatus, room_status, same_status
from schema.scalars import EventCursor
from subscriptions.streams import Checkpoint as Rest
from subscriptions.streams import follow, latest

E = TypeVar("E", bound=Event)

GalleryId = Annotated[strawberry.ID, strawberry.argument(description="The gallery.")]
RoomId = Annotated[strawberry.ID, strawberry.argument(description="The room.")]
AfterCursor = Annotated[
    EventCursor | None,
    strawberry.argument(
        description="Deliver all that followed this cursor, then go on live; the log's head if not given. Ends with "
        "CURSOR_EXPIRED, CURSOR_INVALID or STREAM_RESET where that cannot be done without a gap."
    ),
]


@strawberry.type(
    description="What can be listened to. A stream ends with FORBIDDEN when access is lost; it never silently starts"
    " later than it was asked to."
)
class Subscription:
    @strawberry.subscription(description="A room's state: at once as it stands, then after every change. Latest wins.")
    async def room_status(self, info: Info, room_id: RoomId) -> AsyncGenerator[RoomStatus, None]:
        gallery_id = await _gallery(info, room_id)
        services, viewer = info.context.services, info.context.viewer
        read = partial(room_state, services.database.reads, gallery_id)
        told: RoomStatus | None = None
        async with aclosing(latest(services.readers, viewer, gallery_id, _changes_status, read)) as states:
            async for state, visible in states:
                status = room_status(state, admits=visible.moderates)
                if told is None or not same_status(told, status):
                    told = status
                    async with services.database.snapshot(viewer) as snapshot:
                        status = await load_ahead(info, status, snapshot)
                    yield status  # with the snapshot closed: whoever is slow to take it holds no connection (rule 65)

    @strawberry.subscription(
        description="Everything in the room that the viewer may see. While it is open, whoever is inside stays."
    )
    async def room_events(
        self, info: Info, room_id: RoomId, after: AfterCursor = None
    ) -> AsyncGenerator[RoomEvent, None]:
        gallery_id = await _gallery(info, room_id)
        async with aclosing(_events(info, gallery_id, after, is_room_event, RoomEvent)) as found:
            with _present(info, gallery_id):
                async for event in found:
                    yield event

    @strawberry.subscription(
        description="One of the room's conversations. Opened from outside, it begins to deliver on admission."
    )
    async def chat(
        self,
        info: Info,
        room_id: RoomId,
        channel: Annotated[ChatChannel, strawberry.argument(description="Which conversation.")] = ChatChannel.GROUP,
        after: AfterCursor = None,
    ) -> AsyncGenerator[ChatEvent, None]:
        gallery_id = await _gallery(info, room_id)

        def wanted(event: events.Event) -> bool:
            return isinstance(event, chat_events.MessagePosted) and event.message.channel is channel

        async with aclosing(_events(info, gallery_id, after, wanted, ChatEvent)) as found:
            with _present(info, gallery_id):
                async for event in found:
                    yield event

    @strawberry.subscription(
        description="The gallery's recordings, from the button to the gallery. For everyone who sees the gallery."
    )
    async def recordings(
        self, info: Info, gallery_id: GalleryId, after: AfterCursor = None
    ) -> AsyncGenerator[RecordingEvent, None]:
        local = await _members_gallery(info, gallery_id)
        found = _events(info, local, after, is_recording_event, RecordingEvent, for_members=True)
        async with aclosing(found):
            async for event in found:
                yield event

    @strawberry.subscription(
        description="Everything in the gallery that the viewer may see: media, approvals, settings, the room's opening."
    )
    async def gallery_events(
        self, info: Info, gallery_id: GalleryId, after: AfterCursor = None
    ) -> AsyncGenerator[GalleryEvent, None]:
        local = await _members_gallery(info, gallery_id)
        async with aclosing(_events(info, local, after, is_gallery_event, GalleryEvent, for_members=True)) as found:
            async for event in found:
                yield event


async def _members_gallery(info: Info, gallery_id: strawberry.ID) -> UUID:
    local = local_id(gallery_id, "Gallery", "galleryId")
    async with info.context.services.database.snapshot(info.context.viewer) as snapshot:
        await access_gallery(snapshot, local, Permission.VIEW_GALLERY, "galleryId")
    return local


async def _gallery(info: Info, room_id: strawberry.ID) -> UUID:
    async with info.context.services.database.snapshot(info.context.viewer) as snapshot:
        access = await access_room(snapshot, local_id(room_id, "Room", "roomId"), Permission.ENTER, "roomId")
    return access.room.gallery_id


def _present(info: Info, gallery_id: UUID) -> AbstractContextManager[None]:
    # These two belong to the room, and keep whoever is inside there; the others belong to pages (rules 33, 36).
    return info.context.services.presence.listening(info.context.viewer.id, gallery_id)


async def _events(
    info: Info,
    gallery_id: UUID,
    after: EventCursor | None,
    wanted: Callable[[events.Event], bool],
    kind: type[E],
    *,
    for_members: bool = False,
) -> AsyncGenerator[E | Checkpoint, None]:
    services, viewer = info.context.services, info.context.viewer
    position = services.cursors.read(gallery_id, after) if after is not None else None
    async with aclosing(
        follow(services.readers, viewer, gallery_id, position, wanted, for_members=for_members)
    ) as entries:
        async for entry in entries:
            if isinstance(entry, Rest):
                yield checkpoint(entry, services.cursors)
            else:
                async with services.database.snapshot(viewer) as snapshot:
                    event = await load_ahead(info, event_of(entry, services.cursors), snapshot)
                assert isinstance(event, kind)
                yield event


def _changes_status(event: events.Event) -> bool:
    if isinstance(event, stage_events.StageChanged):
        return event.stepped
    status = (
        room_events.RoomConfigured
        | gallery_events.SiteDefaultsChanged
        | session_events.SessionStarted
        | session_events.SessionEnded
        | session_events.RoomLocked
        | session_events.RoomUnlocked
        | session_events.ParticipantWaiting
        | stage_events.StageAccessChanged
        | recording_events.RecordingStarted
        | recording_events.RecordingEnded
    )
    return isinstance(event, status | session_events.ParticipantJoined | session_events.ParticipantLeft)
