"""The subscription root."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, aclosing, asynccontextmanager, contextmanager, nullcontext
from functools import partial
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from models.access.authorise import access_gallery
from models.access.room_states import access_rooms
from models.access.rooms import access_room
from models.cursors import CursorExpired, Cursors
from models.database.transaction import Snapshot
from models.errors import Forbidden, access_lost
from models.events import chat as chat_events
from models.events import every as events
from models.permissions import Permission
from models.values.lists import checked_list
from schema.context import Info
from schema.events.entries import is_gallery_event, is_question_event, is_recording_event, is_room_event
from schema.events.interfaces import ChatEvent, GalleryEvent, QuestionsEvent, RecordingsEvent, RoomEvent
from schema.events.telling import differs, sees_more, told_of
from schema.execution.deliveries import delivery_of, view_delivery_of
from schema.execution.renderings import Telling
from schema.execution.time_limits import in_time
from schema.statuses import ToldStatus, changes_status, read_statuses
from schema.types.enums import ChatChannel
from schema.types.ids import local_id, local_or_unknown
from schema.types.rooms import RoomStatus
from schema.types.scalars import EventCursor
from subscriptions.merging import merged
from subscriptions.states import ViewDelivery, latest
from subscriptions.streams import follow

Tellings: TypeAlias = AsyncGenerator[Telling, None]

GalleryId = Annotated[strawberry.ID, strawberry.argument(description="The gallery.")]
ROOMS_AT_ONCE = 100
RoomIds = Annotated[
    list[strawberry.ID], strawberry.argument(description=f"The rooms, 1 to {ROOMS_AT_ONCE}, each once.")
]
RoomId = Annotated[strawberry.ID, strawberry.argument(description="The room.")]
AfterCursor = Annotated[
    EventCursor | None,
    strawberry.argument(
        description="Deliver all that followed this cursor, then go on live; the log's head if not given. Ends with "
        "CURSOR_EXPIRED, CURSOR_INVALID or STREAM_RESET where that cannot be done without a gap. CURSOR_EXPIRED has the oldest "
        "cursor that can still be used in `extensions.oldestCursor`; what was before it is gone."
    ),
]


@strawberry.type(
    description="All streams. A stream ends with FORBIDDEN when access is lost. A stream that cannot start at `after` ends with CURSOR_EXPIRED, CURSOR_INVALID or STREAM_RESET."
)
class Subscription:
    @strawberry.subscription(
        description="A room's state: the present one at once, then the new one after every change. Of several quick changes only the latest is sent.",
        graphql_type=RoomStatus,
    )
    async def room_status(self, info: Info, room_id: RoomId) -> Tellings:
        async with aclosing(_statuses(info, await _gallery(info, room_id))) as views:
            async for view in views:
                yield Telling(view, info)

    @strawberry.subscription(
        description="The states of many rooms, each as `roomStatus` tells it: at once as it stands, then after every change. "
        "Select `room { id }` to tell them apart. INVALID, and NOT_FOUND with the place in the list. It ends with FORBIDDEN "
        "when access to one of the rooms is lost: `extensions.field` names its place.",
        graphql_type=RoomStatus,
    )
    async def room_statuses(self, info: Info, room_ids: RoomIds) -> Tellings:
        galleries = await _galleries(info, room_ids)
        turn = asyncio.Lock()
        parts = [_naming(_statuses(info, each, turn), str(place)) for place, each in enumerate(galleries)]
        with info.context.counting(len(galleries) - 1):
            async with aclosing(merged(parts)) as views:
                async for view in views:
                    yield Telling(view, info)

    @strawberry.subscription(
        description="Everything in the room that the viewer may see. While it is open, a viewer who is inside stays inside.",
        graphql_type=RoomEvent,
    )
    def room_events(self, info: Info, room_id: RoomId, after: AfterCursor = None) -> Tellings:
        return _events(info, partial(_gallery, info, room_id), after, is_room_event, present=True)

    @strawberry.subscription(
        description="One of the room's conversations. Opened from outside, it begins to deliver on admission.",
        graphql_type=ChatEvent,
    )
    def chat(
        self,
        info: Info,
        room_id: RoomId,
        channel: Annotated[ChatChannel, strawberry.argument(description="Which conversation.")] = ChatChannel.GROUP,
        after: AfterCursor = None,
    ) -> Tellings:
        def wanted(event: events.Event) -> bool:
            return isinstance(event, chat_events.ChatEvent) and event.channel is channel

        return _events(info, partial(_gallery, info, room_id), after, wanted, present=True)

    @strawberry.subscription(
        description="The room's questions: the viewer's own, published ones, and all of them for chat moderators. Opened from "
        "outside, it begins to deliver on admission.",
        graphql_type=QuestionsEvent,
    )
    def questions(self, info: Info, room_id: RoomId, after: AfterCursor = None) -> Tellings:
        return _events(info, partial(_gallery, info, room_id), after, is_question_event)

    @strawberry.subscription(
        description="The gallery's recordings, from their start until their medium is in the gallery. For everyone who sees the gallery.",
        graphql_type=RecordingsEvent,
    )
    def recordings(self, info: Info, gallery_id: GalleryId, after: AfterCursor = None) -> Tellings:
        gallery = partial(_members_gallery, info, gallery_id)
        return _events(info, gallery, after, is_recording_event, for_members=True)

    @strawberry.subscription(
        description="Everything in the gallery that the viewer may see: media, approvals, settings, the room's opening.",
        graphql_type=GalleryEvent,
    )
    def gallery_events(self, info: Info, gallery_id: GalleryId, after: AfterCursor = None) -> Tellings:
        return _events(info, partial(_members_gallery, info, gallery_id), after, is_gallery_event, for_members=True)


def _statuses(info: Info, gallery_id: UUID, turn: asyncio.Lock | None = None) -> AsyncGenerator[ToldStatus, None]:
    services, viewer = info.context.services, info.context.viewer
    read = partial(read_statuses, services.database.reads, gallery_id)
    return latest(services.readers, viewer, gallery_id, changes_status, read, _status_delivery(info), turn)


async def _naming(statuses: AsyncGenerator[ToldStatus, None], place: str) -> AsyncGenerator[ToldStatus, None]:
    """Yields the statuses. The error of a lost access names the room's place in the list."""
    try:
        async with aclosing(statuses):
            async for status in statuses:
                yield status
    except Forbidden:
        raise access_lost("roomIds", place) from None


def _status_delivery(info: Info) -> ViewDelivery[ToldStatus] | None:
    # A document that selects what depends on the viewer is told to each watcher alone.
    shared = view_delivery_of(info)
    return shared if shared and shared.shares("RoomStatus") else None


async def _members_gallery(info: Info, gallery_id: strawberry.ID) -> UUID:
    local = local_id(gallery_id, "Gallery", "galleryId")
    async with _starting(info) as snapshot:
        await access_gallery(snapshot, local, Permission.VIEW_GALLERY, "galleryId")
    return local


async def _gallery(info: Info, room_id: strawberry.ID) -> UUID:
    async with _starting(info) as snapshot:
        access = await access_room(snapshot, local_id(room_id, "Room", "roomId"), Permission.ENTER, "roomId")
    return access.room.gallery_id


async def _galleries(info: Info, room_ids: list[strawberry.ID]) -> list[UUID]:
    checked_list(room_ids, ROOMS_AT_ONCE, "roomIds")
    async with _starting(info) as snapshot:
        rooms = await access_rooms(snapshot, local_or_unknown(room_ids, "Room"), Permission.ENTER, "roomIds")
    return [access.room.gallery_id for access in rooms]


@asynccontextmanager
async def _starting(info: Info) -> AsyncIterator[Snapshot]:
    services = info.context.services
    async with in_time(services.limits.seconds), services.database.snapshot(info.context.viewer) as snapshot:
        yield snapshot


def _present(info: Info, gallery_id: UUID) -> AbstractContextManager[None]:
    # The streams of the room keep a participant inside. The streams of pages do not (rules 33, 36).
    return info.context.services.presence.listening(info.context.viewer.id, gallery_id)


async def _events(
    info: Info,
    gallery: Callable[[], Awaitable[UUID]],
    after: EventCursor | None,
    wanted: Callable[[events.Event], bool],
    *,
    for_members: bool = False,
    present: bool = False,
) -> Tellings:
    services, viewer = info.context.services, info.context.viewer
    asked_at = asyncio.get_running_loop().time()
    gallery_id = await gallery()
    if (entry := info.context.entry) is not None:
        if entry.gallery_id == gallery_id and wanted(entry.event):
            yield Telling(told_of(entry, services.cursors), info, personal=True)
        return
    start = info.context.resumes_after or after
    position = services.cursors.read(gallery_id, start) if start is not None else None
    tell = partial(told_of, cursors=services.cursors)
    delivery = delivery_of(info, tell, differs, sees_more)
    entries = follow(
        services.readers, viewer, gallery_id, position, wanted,
        for_members=for_members, delivery=delivery, asked_at=asked_at,
    )  # fmt: skip
    async with aclosing(entries):
        with _present(info, gallery_id) if present else nullcontext(), _offering(services.cursors, gallery_id):
            async for item in entries:
                yield Telling(tell(item), info, personal=differs(item))


@contextmanager
def _offering(cursors: Cursors, gallery_id: UUID) -> Iterator[None]:
    """An expired cursor's error has the cursor after which the log can still be read."""
    try:
        yield
    except CursorExpired as expired:
        # The oldest entry may be one that the viewer may not see, so its own cursor is not told (rule 48).
        raise CursorExpired(expired.oldest, cursors.of_rest(gallery_id, expired.oldest)) from None
