"""The query root."""

from typing import Annotated

import strawberry

from models.access.authorise import access_course, access_gallery
from models.access.rights import rights_in
from models.access.rooms import access_room
from models.errors import Invalid, NotFound, Refusal
from models.permissions import Permission
from models.storage.paging import PageArguments
from resolvers import galleries as gallery_resolvers
from resolvers import people as people_resolvers
from resolvers.rooms import preview_configuration
from schema.audit import AuditQueries
from schema.context import Info
from schema.execution.ahead import load_ahead
from schema.records import RecordQueries
from schema.types.configuration import ConfigureRoomInput, RoomConfigurationPreview, preview_of, room_changes
from schema.types.connections import After, Before, Connection, First, Last, Search, connect
from schema.types.enums import GalleryOrder, RoomState
from schema.types.errors import user_errors
from schema.types.galleries import Gallery, gallery_node
from schema.types.ids import local_id
from schema.types.node import Node
from schema.types.nodes import NODES_AT_ONCE, load_nodes
from schema.types.people import Group, User, group_node, load_users, user_node
from schema.types.rooms import Room, room_node
from schema.types.site import Site, load_site


@strawberry.input(description="Names one gallery, by exactly one of these.", one_of=True)
class GalleryBy:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Its id.")
    external_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="The course (LTI context) that it belongs to."
    )


@strawberry.type(description="What can be asked. All of one query is read at one moment.")
class Query(RecordQueries, AuditQueries):
    @strawberry.field(description="The user whom the token names.")
    async def viewer(self, info: Info) -> User:
        snapshot = info.context.snapshot
        (user,) = await load_users(snapshot, [info.context.viewer.id])
        assert user
        return await load_ahead(info, user, snapshot)

    @strawberry.field(description="What holds for all galleries and rooms.")
    async def site(self, info: Info) -> Site:
        return await load_site(info.context.snapshot)

    @strawberry.field(description="The object with this id; null where there is none, or the viewer may not see it.")
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The id of anything.")]
    ) -> Node | None:
        (found,) = await load_nodes(info.context.snapshot, [id])
        return await load_ahead(info, found, info.context.snapshot)

    @strawberry.field(
        description="The objects with these ids, each in its id's place; null where there is none, or the viewer may not see it. INVALID above 100."
    )
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 100 ids.")]
    ) -> list[Node | None] | None:
        if len(ids) > NODES_AT_ONCE:
            raise Invalid(f"Ask for at most {NODES_AT_ONCE} nodes at once.", "ids")
        return await load_ahead(info, await load_nodes(info.context.snapshot, ids), info.context.snapshot)

    @strawberry.field(
        description="One gallery; null where there is none, or the viewer may not see it. The two look the same."
    )
    async def gallery(
        self, info: Info, by: Annotated[GalleryBy, strawberry.argument(description="Which one.")]
    ) -> Gallery | None:
        snapshot = info.context.snapshot
        try:
            if info.context.access_page is not None:
                access = await info.context.access_page(snapshot)
            elif by.id:
                access = await access_gallery(snapshot, local_id(by.id, "Gallery"))
            else:
                access = await access_course(snapshot, by.external_id or "")
        except NotFound:
            return None
        return await load_ahead(info, gallery_node(access.gallery, access.rights), snapshot)

    @strawberry.field(description="The galleries that the viewer is a member of.")
    async def galleries(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        search: Search = None,
        room_state: Annotated[
            RoomState | None, strawberry.argument(description="Only those whose room is in this state now.")
        ] = None,
        order_by: Annotated[GalleryOrder, strawberry.argument(description="The order.")] = GalleryOrder.TITLE,
    ) -> Connection[Gallery] | None:
        snapshot = info.context.snapshot
        arguments = PageArguments(first, after, last, before)
        page = await gallery_resolvers.my_galleries(snapshot, search, order_by, room_state, arguments)
        rights = await rights_in(snapshot, [row.id for row in page.rows], snapshot.viewer.id)
        return await load_ahead(info, connect(page, lambda row: gallery_node(row, rights[row.id]), None), snapshot)

    @strawberry.field(description="One room; null where there is none, or the viewer may not see it.")
    async def room(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The room's id.")]
    ) -> Room | None:
        snapshot = info.context.snapshot
        try:
            access = await access_room(snapshot, local_id(id, "Room"), Permission.ENTER)
        except NotFound:
            return None
        return await load_ahead(info, room_node(access), snapshot)

    @strawberry.field(description="Users by name, for pickers. FORBIDDEN unless you manage a gallery or the site.")
    async def users(
        self,
        info: Info,
        search: Search = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[User] | None:
        page = await people_resolvers.search_users(
            info.context.snapshot, search, PageArguments(first, after, last, before)
        )
        return await load_ahead(info, connect(page, user_node, None), info.context.snapshot)

    @strawberry.field(description="Groups by name, for pickers. FORBIDDEN unless you manage a gallery or the site.")
    async def groups(
        self,
        info: Info,
        search: Search = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Group] | None:
        page = await people_resolvers.search_groups(
            info.context.snapshot, search, PageArguments(first, after, last, before)
        )
        return await load_ahead(info, connect(page, group_node, None), info.context.snapshot)

    @strawberry.field(
        description="The dry run of `configureRoom`: who would gain and lose which role, and through whom."
    )
    async def preview_room_configuration(
        self, info: Info, input: Annotated[ConfigureRoomInput, strawberry.argument(description="The form.")]
    ) -> RoomConfigurationPreview | None:
        snapshot = info.context.snapshot
        try:
            gallery_id = local_id(input.gallery_id, "Gallery", "input", "galleryId")
            preview = await preview_configuration(snapshot, gallery_id, room_changes(input))
        except Refusal as refusal:
            return RoomConfigurationPreview(user_errors=user_errors(refusal, info))
        return await load_ahead(info, preview_of(preview, info), snapshot)
