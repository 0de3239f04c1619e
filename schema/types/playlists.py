"""Playlists."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot
from models.storage.paging import PageArguments
from models.tables import media
from resolvers import playlists as resolvers
from schema.execution.ahead import relation
from schema.types.connections import FROM_THE_START, Connection, Log, connect, paged
from schema.types.ids import global_id
from schema.types.links import GalleryLink, gallery_link
from schema.types.media import Media, media_of
from schema.types.node import Node, in_places


@strawberry.type(description="A chosen order of a gallery's media.")
class Playlist(Node):
    row: strawberry.Private[media.Playlist]
    title: str = strawberry.field(description="The title, plain text.")
    description: str = strawberry.field(description="The description, plain text; may be empty.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(
        description="When it was saved last; `createdAt` at first. A medium that is removed leaves its playlists unsaved."
    )

    gallery: GalleryLink = gallery_link("The gallery that it is in.", lambda playlist: playlist.row.gallery_id)

    @paged("Its media in their order, as far as the viewer may see them.")
    @staticmethod
    async def items(
        playlists: Sequence["Playlist"],
        snapshot: Snapshot,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[Media]]:
        pages = await resolvers.items_of(snapshot, _galleries(playlists), arguments)
        return [connect(pages[each.row.id], media_of, Log(each.row.gallery_id)) for each in playlists]

    @relation("How many items it has, as far as the viewer may see them.")
    @staticmethod
    async def item_count(playlists: Sequence["Playlist"], snapshot: Snapshot) -> Sequence[int]:
        counts = await resolvers.item_counts(snapshot, _galleries(playlists))
        return [counts[each.row.id] for each in playlists]


def _galleries(playlists: Sequence[Playlist]) -> dict[UUID, UUID]:
    return {each.row.id: each.row.gallery_id for each in playlists}


def playlist_node(row: media.Playlist) -> Playlist:
    """Returns the playlist as a node."""
    return Playlist(
        row=row,
        id=global_id("Playlist", row.id),
        title=row.title,
        description=row.description,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def load_playlists(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[Playlist | None]:
    """Returns the playlists of galleries that the viewer belongs to, in two statements.

    Each place gets its own node.
    """
    rows = await resolvers.playlists_by_id(snapshot, {each for each in ids if each})
    return in_places(ids, rows, playlist_node)
