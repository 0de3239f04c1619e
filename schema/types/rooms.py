"""Rooms."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from models.access.rights import Rights
from models.access.rooms import RoomAccess, access_rooms_of
from models.database.transaction import Snapshot
from models.permissions import Permission
from models.storage.paging import PageArguments
from models.tables.content import ShownFacts
from models.tables.rooms import AssignedRole
from resolvers import chat as chat_resolvers
from resolvers import content, threads
from resolvers import interactions as interaction_resolvers
from schema.context import Info
from schema.execution.ahead import Loaded, link, relation
from schema.types.assignments import ROOM_LISTS, ListOfRoom, ModeratorAssignment
from schema.types.chat import ChatMessage, message_node
from schema.types.connections import FROM_THE_START, Connection, Log, connect, paged
from schema.types.content import ContentItem, ShownContent, content_of_row, load_shown, shown_content
from schema.types.enums import (
    ChatChannel,
    FeatureSetting,
    InteractionKind,
    InteractionState,
    QuestionOrder,
    QuestionState,
    RoomMode,
    RoomState,
)
from schema.types.ids import global_id, local_id
from schema.types.interactions import Interaction, interaction_node
from schema.types.links import GalleryLink, RoomKey, RoomLink, gallery_link, room_link
from schema.types.node import Node, in_places
from schema.types.permissions import RoomPermission
from schema.types.questions import Question, question_node
from schema.types.recordings import Recording, recording_node
from schema.types.scalars import EventCursor
from schema.types.sessions import RoomSession, session_node
from schema.types.site import RoomLimits, room_limits


@strawberry.type(description="What a page shows of a room: its button and its badge.")
class RoomStatus(Loaded):
    access: strawberry.Private[RoomAccess]
    told: strawberry.Private[ShownFacts | None]  # what a stream tells that the session shows
    id: strawberry.ID = strawberry.field(
        description="The same for ever, so that caches of clients bring a room's status up to date. Not for `node`: read "
        "the room."
    )
    state: RoomState = strawberry.field(description="Disabled, closed or open.")
    mode: RoomMode = strawberry.field(description="The running session's mode, else the one that the next will have.")
    session: RoomSession | None = strawberry.field(description="The running session.")
    locked: bool = strawberry.field(description="Whether newcomers wait to be let in.")
    participant_count: int = strawberry.field(description="How many are inside.")
    on_stage_count: int = strawberry.field(description="How many of them are on stage.")
    waiting_count: int | None = strawberry.field(
        description="How many wait to be let in; null where the viewer may not let them in."
    )
    recording: Recording | None = strawberry.field(description="The recording that is being made; null while none is.")

    @relation("What the running session shows now; null while it shows nothing, and for those who are not inside.")
    @staticmethod
    async def shown(statuses: Sequence["RoomStatus"], snapshot: Snapshot) -> Sequence[ShownContent | None]:
        inside = [each.access.inside for each in statuses]
        read = await load_shown(snapshot, [one.session_id if one else None for one in inside])
        told = [shown_content(each.told) if each.told else None for each in statuses]
        return [one or other for one, other in zip(told, read, strict=True)]

    room: RoomLink = room_link(
        "The room whose status it is.", lambda status: RoomKey(status.access.room.gallery_id, status.access.room.id)
    )

    @strawberry.field(description="Where the gallery's log stood: subscribe to events after this.")
    def cursor(self, info: Info) -> EventCursor:
        return _cursor(self.access, info)


@strawberry.type(description="A gallery's persistent meeting room.")
class Room(Node):
    access: strawberry.Private[RoomAccess]
    enabled: bool = strawberry.field(description="Whether it is switched on.")
    mode: RoomMode = strawberry.field(description="The mode of the next session.")
    limits: RoomLimits = strawberry.field(description="The limits of its mode.")
    qna: FeatureSetting = strawberry.field(description="The setting for Q&A.")
    qna_enabled: bool = strawberry.field(description="What that setting means now.")
    group_chat: FeatureSetting = strawberry.field(description="The setting for group chat.")
    group_chat_enabled: bool = strawberry.field(description="What that setting means now.")
    shelf_visible: bool = strawberry.field(
        description="Whether everyone who sees the room sees `content`, its shelf of things to show."
    )
    version: int = strawberry.field(
        description="Grows by one with each change of its form: a save, other managers of the gallery, a group deleted that it "
        "names. `expectedVersion` is compared with it."
    )
    status: RoomStatus = strawberry.field(description="What the page's button and badge show.")
    active_session: RoomSession | None = strawberry.field(description="The running session.")
    viewer_permissions: list[RoomPermission] = strawberry.field(
        description="What the viewer would hold on entering now, or holds inside."
    )

    gallery: GalleryLink = gallery_link("The gallery that it belongs to.", lambda room: room.access.room.gallery_id)
    room_moderators: list[ModeratorAssignment] | None = link(
        "Its moderators: the assigned ones and the gallery's managers; null where the viewer may not see them.",
        ROOM_LISTS,
        lambda room: _shown(room, AssignedRole.ROOM_MODERATOR),
    )
    chat_moderators: list[ModeratorAssignment] | None = link(
        "Its chat moderators; null where the viewer may not see them.",
        ROOM_LISTS,
        lambda room: _shown(room, AssignedRole.CHAT_MODERATOR),
    )
    speakers: list[ModeratorAssignment] | None = link(
        "The webinar's assigned presenters; null where the viewer may not see them.",
        ROOM_LISTS,
        lambda room: _shown(room, AssignedRole.SPEAKER),
    )

    @paged("What was said in the sessions that the viewer is or was in, oldest first. `last` pages backwards.")
    @staticmethod
    async def messages(
        rooms: Sequence["Room"],
        snapshot: Snapshot,
        channel: Annotated[ChatChannel, strawberry.argument(description="Which conversation.")] = ChatChannel.GROUP,
        pinned: Annotated[bool, strawberry.argument(description="Only those that are pinned.")] = False,  # noqa: FBT002  the schema has this default
        session_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only those of this session. NOT_FOUND for an id that is not a session's."),
        ] = None,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[ChatMessage]]:
        galleries = [room.access.room.gallery_id for room in rooms]
        session = None if session_id is None else local_id(session_id, "RoomSession", "sessionId")
        pages = await chat_resolvers.messages_of(
            snapshot, galleries, channel, arguments, pinned=pinned, session_id=session
        )
        return [connect(pages[room.access.room.gallery_id], message_node, _log(room)) for room in rooms]

    @paged(
        "The interactions of the sessions that the viewer is or was in, oldest first. Those that were not opened for chat "
        "moderators alone."
    )
    @staticmethod
    async def interactions(
        rooms: Sequence["Room"],
        snapshot: Snapshot,
        states: Annotated[
            list[InteractionState] | None, strawberry.argument(description="Only those in one of these states.")
        ] = None,
        kinds: Annotated[
            list[InteractionKind] | None, strawberry.argument(description="Only those of one of these kinds.")
        ] = None,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[Interaction]]:
        galleries = [room.access.room.gallery_id for room in rooms]
        pages = await interaction_resolvers.interactions_of(snapshot, galleries, states, kinds, arguments)
        return [connect(pages[room.access.room.gallery_id], interaction_node, _log(room)) for room in rooms]

    @paged(
        "The room's shelf: the things that can be shown, in their order. Null for those who may not see it: unless "
        "`shelfVisible`, it is for room moderators and for people on the stage who may show something. Others see no "
        "items whose medium is not published."
    )
    @staticmethod
    async def content(
        rooms: Sequence["Room"],
        snapshot: Snapshot,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[ContentItem] | None]:
        accesses = {room.access.room.gallery_id: room.access for room in rooms}
        pages = await content.shelves_of(snapshot, accesses, arguments)
        found = [(room, pages[room.access.room.gallery_id]) for room in rooms]
        return [connect(page, content_of_row, _log(room)) if page else None for room, page in found]

    @paged(
        "What was asked in the sessions that the viewer is or was in: their own questions, all of them for a chat moderator, "
        "and those with a published answer."
    )
    @staticmethod
    async def questions(
        rooms: Sequence["Room"],
        snapshot: Snapshot,
        states: Annotated[
            list[QuestionState] | None,
            strawberry.argument(description="Only those in one of these states, as the viewer sees it."),
        ] = None,
        order_by: Annotated[QuestionOrder, strawberry.argument(description="The order.")] = QuestionOrder.OLDEST,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[Question]]:
        galleries = [room.access.room.gallery_id for room in rooms]
        pages = await threads.questions_of(snapshot, galleries, states, order_by, arguments)
        return [connect(pages[room.access.room.gallery_id], question_node, _log(room)) for room in rooms]

    @strawberry.field(description="Where the gallery's log stands: read state, then subscribe after this.")
    def cursor(self, info: Info) -> EventCursor:
        return _cursor(self.access, info)


def _cursor(access: RoomAccess, info: Info) -> EventCursor:
    cursors = info.context.services.cursors
    return EventCursor(cursors.of_rest(access.room.gallery_id, access.head.position))


def _log(room: Room) -> Log:
    return Log(room.access.room.gallery_id, room.access.head.position)


def _shown(room: Room, role: AssignedRole) -> ListOfRoom | None:
    return (room.access.room.id, role) if room.access.sees_moderators else None


def room_node(access: RoomAccess) -> Room:
    """Returns the room as a node, with the viewer's permissions in it."""
    room, session = access.room, access.open_session
    return Room(
        access=access,
        id=global_id("Room", room.id),
        enabled=room.enabled,
        mode=room.mode,
        limits=room_limits(access.limits),
        qna=room.qna,
        qna_enabled=access.qna_enabled,
        group_chat=room.group_chat,
        group_chat_enabled=access.group_chat_enabled,
        shelf_visible=room.shelf_visible,
        version=room.version,
        status=room_status(access, admits=Permission.ADMIT in access.permissions),
        active_session=session_node(session, room.gallery_id) if session else None,
        viewer_permissions=[each for each in RoomPermission if each.value in access.permissions],
    )


def room_status(access: RoomAccess, *, admits: bool, told: ShownFacts | None = None) -> RoomStatus:
    """Returns the status that the room's page shows.

    Only viewers who may admit people see the number of waiting people. `told` is what the session shows, in a stream's
    status for people inside.
    """
    room, session = access.room, access.open_session
    waiting = session.waiting_count if session else 0
    closed = RoomState.CLOSED if room.enabled else RoomState.DISABLED
    return RoomStatus(
        access=access,
        told=told,
        id=global_id("RoomStatus", room.id),
        state=RoomState.OPEN if session else closed,
        mode=session.mode if session else room.mode,
        session=session_node(session, room.gallery_id) if session else None,
        recording=recording_node(access.recording) if access.recording else None,
        locked=session.locked if session else False,
        participant_count=session.participant_count if session else 0,
        on_stage_count=session.stage_count if session else 0,
        waiting_count=waiting if admits else None,
    )


async def load_rooms(
    snapshot: Snapshot, galleries: Sequence[UUID | None], known: Mapping[UUID, Rights] | None = None
) -> list[Room | None]:
    """Returns the rooms of the galleries, as far as the viewer may see them.

    `known` holds the viewer's rights if the caller has read them already.
    """
    accesses = await access_rooms_of(snapshot, {each for each in galleries if each}, known)
    return in_places(galleries, accesses, room_node)
