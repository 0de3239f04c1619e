"""What can be done with playlists: inputs, payloads and mutations."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from resolvers import playlists
from schema.context import Info
from schema.execution.ahead import relation
from schema.mutations.mutate import KEY, mutate
from schema.mutations.payloads import Payload
from schema.types.ids import global_id, local_id
from schema.types.playlists import Playlist, load_playlists


@strawberry.input(description="A new playlist.")
class CreatePlaylistInput:
    gallery_id: strawberry.ID = strawberry.field(description="The gallery.")
    title: str = strawberry.field(description="1 to 200 characters of plain text.")
    description: str = strawberry.field(default="", description="At most 5,000 characters of plain text.")
    media_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Media of the gallery in their order, at most 500, each once."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="What to change of a playlist; what is null or not given stays as it is.")
class UpdatePlaylistInput:
    playlist_id: strawberry.ID = strawberry.field(description="The playlist.")
    title: str | None = strawberry.field(default=None, description="1 to 200 characters of plain text.")
    description: str | None = strawberry.field(default=None, description="At most 5,000 characters of plain text.")
    media_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="The whole list of media of the gallery in their order, at most 500, each once."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Which playlist to delete.")
class DeletePlaylistInput:
    playlist_id: strawberry.ID = strawberry.field(description="The playlist.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Answers `createPlaylist`.")
class CreatePlaylistPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The new playlist.")
    @staticmethod
    async def playlist(payloads: Sequence["CreatePlaylistPayload"], snapshot: Snapshot) -> Sequence[Playlist | None]:
        return await load_playlists(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `updatePlaylist`.")
class UpdatePlaylistPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The playlist as saved.")
    @staticmethod
    async def playlist(payloads: Sequence["UpdatePlaylistPayload"], snapshot: Snapshot) -> Sequence[Playlist | None]:
        return await load_playlists(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `deletePlaylist`.")
class DeletePlaylistPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @strawberry.field(description="The id that the playlist had.")
    def playlist_id(self) -> strawberry.ID | None:
        return global_id("Playlist", self.outcome) if self.outcome else None


@strawberry.type
class PlaylistMutations:
    @strawberry.mutation(
        description="Make a playlist of a gallery's media. For its moderators and managers. "
        "INVALID, and NOT_FOUND for what is not of the gallery."
    )
    async def create_playlist(
        self, info: Info, input: Annotated[CreatePlaylistInput, strawberry.argument(description="The playlist.")]
    ) -> CreatePlaylistPayload:
        async def create(tx: Transaction) -> UUID:
            gallery_id = local_id(input.gallery_id, "Gallery", "input", "galleryId")
            items = _media_ids(input.media_ids)
            return await playlists.create_playlist(tx, gallery_id, input.title, input.description, items)

        return await mutate(info, CreatePlaylistPayload, UUID, input, create)

    @strawberry.mutation(
        description="Change a playlist, its items as a whole list. For the gallery's moderators and managers. "
        "INVALID, and NOT_FOUND for what is not of the gallery."
    )
    async def update_playlist(
        self, info: Info, input: Annotated[UpdatePlaylistInput, strawberry.argument(description="The changes.")]
    ) -> UpdatePlaylistPayload:
        async def save(tx: Transaction) -> UUID:
            playlist_id = local_id(input.playlist_id, "Playlist", "input", "playlistId")
            items = None if input.media_ids is None else _media_ids(input.media_ids)
            return await playlists.update_playlist(tx, playlist_id, input.title, input.description, items)

        return await mutate(info, UpdatePlaylistPayload, UUID, input, save)

    @strawberry.mutation(description="Delete a playlist; its media stay. For the gallery's moderators and managers.")
    async def delete_playlist(
        self, info: Info, input: Annotated[DeletePlaylistInput, strawberry.argument(description="Which playlist.")]
    ) -> DeletePlaylistPayload:
        async def delete(tx: Transaction) -> UUID:
            return await playlists.delete_playlist(tx, local_id(input.playlist_id, "Playlist", "input", "playlistId"))

        return await mutate(info, DeletePlaylistPayload, UUID, input, delete)


def _media_ids(ids: Sequence[strawberry.ID]) -> list[UUID]:
    return [local_id(each, "Media", "input", "mediaIds", str(place)) for place, each in enumerate(ids)]
