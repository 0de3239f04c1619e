"""Galleries and their memberships."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

import strawberry

from models.access.rights import Rights, rights_in
from models.cursors import Position
from models.database.transaction import Snapshot
from models.storage.paging import PageArguments
from models.tables import galleries
from models.tables.principals import principal
from resolvers import galleries as resolvers
from resolvers import media as media_resolvers
from resolvers import memberships as membership_resolvers
from resolvers import playlists as playlist_resolvers
from resolvers import sessions as session_resolvers
from resolvers import webhook_lists as webhook_resolvers
from schema.context import Info
from schema.execution.ahead import guaranteed, relation
from schema.types.connections import FROM_THE_START, Connection, Log, Search, connect, paged
from schema.types.enums import GalleryRole, MediaOrder, MembershipSource
from schema.types.ids import global_id
from schema.types.links import GalleryLink, gallery_link
from schema.types.media import Media, MediaFilter, media_filters, media_of
from schema.types.node import Node, in_places
from schema.types.people import Principal, principal_link
from schema.types.permissions import GalleryPermission
from schema.types.playlists import Playlist, playlist_node
from schema.types.rooms import Room, load_rooms
from schema.types.scalars import EventCursor
from schema.types.sessions import RoomSession, session_of_row
from schema.types.webhooks import Webhook, webhook_node


@strawberry.type(description="That a user or a group belongs to a gallery, in a role.")
class GalleryMembership(Node):
    row: strawberry.Private[galleries.Membership]
    role: GalleryRole = strawberry.field(description="The role that it gives.")
    source: MembershipSource = strawberry.field(description="How it came about.")
    created_at: datetime = strawberry.field(description="Since when.")

    principal: Principal = principal_link(
        "The user or group that belongs.", lambda membership: principal(membership.row.user_id, membership.row.group_id)
    )

    gallery: GalleryLink = gallery_link("The gallery belonged to.", lambda membership: membership.row.gallery_id)


@strawberry.type(
    description="A course's collection of media, with the members who see it and one persistent meeting room."
)
class Gallery(Node):
    row: strawberry.Private[galleries.Gallery]
    rights: strawberry.Private[Rights]
    title: str = strawberry.field(description="The title, plain text.")
    description: str = strawberry.field(description="The description, plain text; may be empty.")
    external_id: str | None = strawberry.field(description="The course (LTI context) that it belongs to.")
    viewer_role: GalleryRole | None = strawberry.field(
        description="The viewer's highest role in it; null where the viewer only holds a role in its room."
    )
    viewer_permissions: list[GalleryPermission] = strawberry.field(
        description="What the viewer may do in it; empty where the viewer only holds a role in its room."
    )
    moderate_media: bool = strawberry.field(description="Whether what contributors add waits for review.")
    created_at: datetime = strawberry.field(description="When it was created.")
    updated_at: datetime = strawberry.field(description="When its own settings were last changed.")

    @strawberry.field(description="Where its log stands: read state, then subscribe after this.")
    def cursor(self, info: Info) -> EventCursor:
        position = Position(self.row.log_head, self.row.log_mark)
        return EventCursor(info.context.services.cursors.of_rest(self.row.id, position))

    @paged("Who belongs to it, in the order added; empty where the viewer is not a member.")
    @staticmethod
    async def memberships(
        galleries: Sequence["Gallery"],
        snapshot: Snapshot,
        role: Annotated[GalleryRole | None, strawberry.argument(description="Only those with this very role.")] = None,
        search: Search = None,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[GalleryMembership]]:
        pages = await membership_resolvers.memberships_of(snapshot, _rights(galleries), role, search, arguments)
        return [connect(pages[each.row.id], membership_node, _log(each.row)) for each in galleries]

    @relation("How many memberships it has; 0 where `memberships` is empty for the viewer.")
    @staticmethod
    async def member_count(galleries: Sequence["Gallery"], snapshot: Snapshot) -> Sequence[int]:
        counts = await membership_resolvers.member_counts(snapshot, _rights(galleries))
        return [counts[each.row.id] for each in galleries]

    @paged("Its media, as far as the viewer may see them.")
    @staticmethod
    async def media(
        galleries: Sequence["Gallery"],
        snapshot: Snapshot,
        filter: Annotated[MediaFilter | None, strawberry.argument(description="Only these.")] = None,
        order_by: Annotated[MediaOrder, strawberry.argument(description="The order.")] = MediaOrder.NEWEST,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[Media]]:
        chosen = media_filters(filter)
        pages = await media_resolvers.media_of(snapshot, _rights(galleries), order_by, arguments, chosen)
        return [connect(pages[each.row.id], media_of, _log(each.row)) for each in galleries]

    @relation("How many media it has, as far as the viewer may see them.")
    @staticmethod
    async def media_count(galleries: Sequence["Gallery"], snapshot: Snapshot) -> Sequence[int]:
        counts = await media_resolvers.media_counts(snapshot, _rights(galleries))
        return [counts[each.row.id] for each in galleries]

    @paged("Its playlists in the order made; empty where the viewer is not a member.")
    @staticmethod
    async def playlists(
        galleries: Sequence["Gallery"],
        snapshot: Snapshot,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[Playlist]]:
        pages = await playlist_resolvers.playlists_of(snapshot, _rights(galleries), arguments)
        return [connect(pages[each.row.id], playlist_node, _log(each.row)) for each in galleries]

    @relation("How many media wait for review; null where the viewer may not review.")
    @staticmethod
    async def pending_count(galleries: Sequence["Gallery"], snapshot: Snapshot) -> Sequence[int | None]:
        counts = await media_resolvers.pending_counts(snapshot, _rights(galleries))
        return [counts[each.row.id] for each in galleries]

    @paged("The sessions held in its room, the newest first.")
    @staticmethod
    async def sessions(
        galleries: Sequence["Gallery"],
        snapshot: Snapshot,
        started_after: Annotated[
            datetime | None, strawberry.argument(description="Only those that were launched later than this.")
        ] = None,
        started_before: Annotated[
            datetime | None, strawberry.argument(description="Only those that were launched earlier than this.")
        ] = None,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[RoomSession]]:
        ids = [each.row.id for each in galleries]
        pages = await session_resolvers.sessions_of(snapshot, ids, started_after, started_before, arguments)
        return [connect(pages[each.row.id], partial(session_of_row, each.row.id), _log(each.row)) for each in galleries]

    @paged("Its webhooks in the order made; empty where the viewer does not manage it.")
    @staticmethod
    async def webhooks(
        galleries: Sequence["Gallery"],
        snapshot: Snapshot,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[Webhook]]:
        pages = await webhook_resolvers.webhooks_of(snapshot, _rights(galleries), arguments)
        return [connect(pages[each.row.id], webhook_node, _log(each.row)) for each in galleries]

    @relation("Its meeting room.")
    @staticmethod
    async def room(galleries: Sequence["Gallery"], snapshot: Snapshot) -> Sequence[Room]:
        return guaranteed(await load_rooms(snapshot, [each.row.id for each in galleries], _rights(galleries)))


def _log(row: galleries.Gallery) -> Log:
    return Log(row.id, Position(row.log_head, row.log_mark))


def _rights(parents: Sequence[Gallery]) -> dict[UUID, Rights]:
    return {each.row.id: each.rights for each in parents}


def gallery_node(row: galleries.Gallery, rights: Rights) -> Gallery:
    """Returns the gallery as a node, with the viewer's rights in it."""
    return Gallery(
        row=row,
        rights=rights,
        id=global_id("Gallery", row.id),
        title=row.title,
        description=row.description,
        external_id=row.external_id,
        viewer_role=rights.gallery_role,
        viewer_permissions=[each for each in GalleryPermission if each.value in rights.permissions],
        moderate_media=row.moderate_media,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def membership_node(row: galleries.Membership) -> GalleryMembership:
    """Returns the membership as a node."""
    return GalleryMembership(
        row=row, id=global_id("GalleryMembership", row.id), role=row.role, source=row.source, created_at=row.created_at
    )


async def load_member_galleries(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[Gallery | None]:
    """Returns the galleries of which the viewer is a member, in two statements. Each place gets its own node."""
    rights = await rights_in(snapshot, {each for each in ids if each}, snapshot.viewer.id)
    rows = await resolvers.galleries_by_id(snapshot, {each for each, held in rights.items() if held.gallery_role})
    return in_places(ids, rows, lambda row: gallery_node(row, rights[row.id]))


async def load_galleries(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[Gallery | None]:
    """Returns galleries in two statements. The objects that lead to these galleries have authorised them.

    Each place gets its own node.
    """
    wanted = {each for each in ids if each}
    rows = await resolvers.galleries_by_id(snapshot, wanted)
    rights = await rights_in(snapshot, wanted, snapshot.viewer.id)
    return in_places(ids, rows, lambda row: gallery_node(row, rights[row.id]))
