"""Mutations of playlists, with their inputs and payloads."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from models.tables.rates import RateKind
from models.values.answers import InGallery
from resolvers import playlists
from schema.mutations.declare import Keyed, Target, mutation, mutation_input
from schema.mutations.galleries import GALLERY, OnGallery
from schema.mutations.payloads import Payload, former_id, gallery_of, id_of, shown
from schema.types.galleries import Gallery, load_member_galleries
from schema.types.ids import local_or_unknown
from schema.types.playlists import Playlist, load_playlists


@mutation_input("Which playlist.")
class OnPlaylist(Keyed):
    playlist_id: strawberry.ID = strawberry.field(description="The playlist.")


PLAYLIST = Target("Playlist", "playlist_id", OnPlaylist)


@mutation_input("A new playlist.")
class CreatePlaylistInput(OnGallery):
    title: str = strawberry.field(description="1 to 200 characters of plain text.")
    description: str = strawberry.field(default="", description="At most 5,000 characters of plain text.")
    media_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Media of the gallery in their order, at most 500, each once."
    )


@strawberry.type(description="Answers `createPlaylist`.")
class CreatePlaylistPayload(Payload):
    playlist: Playlist | None = shown("The new playlist.", load_playlists, id_of)
    gallery: Gallery | None = shown("The gallery that it is in.", load_member_galleries, gallery_of)


@mutation(
    "Make a playlist of a gallery's media. For its moderators and managers. INVALID, and NOT_FOUND for what is not of the "
    "gallery.",
    on=GALLERY,
    argument="The playlist.",
    payload=CreatePlaylistPayload,
    rate=RateKind.PLAYLISTS,
)
async def create_playlist(tx: Transaction, gallery_id: UUID, input: CreatePlaylistInput) -> InGallery:
    items = _media_ids(input.media_ids)
    return await playlists.create_playlist(tx, gallery_id, input.title, input.description, items)


@mutation_input("What to change of a playlist; what is null or not given stays as it is.")
class UpdatePlaylistInput(OnPlaylist):
    title: str | None = strawberry.field(default=None, description="1 to 200 characters of plain text.")
    description: str | None = strawberry.field(default=None, description="At most 5,000 characters of plain text.")
    media_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="The whole list of media of the gallery in their order, at most 500, each once."
    )


@strawberry.type(description="Answers `updatePlaylist`.")
class UpdatePlaylistPayload(Payload):
    playlist: Playlist | None = shown("The playlist as saved.", load_playlists, id_of)
    gallery: Gallery | None = shown("The gallery that it is in.", load_member_galleries, gallery_of)


@mutation(
    "Change a playlist, its items as a whole list. For the gallery's moderators and managers. INVALID, and NOT_FOUND for what "
    "is not of the gallery.",
    on=PLAYLIST,
    argument="The changes.",
    payload=UpdatePlaylistPayload,
    rate=RateKind.CHANGES,
)
async def update_playlist(tx: Transaction, playlist_id: UUID, input: UpdatePlaylistInput) -> InGallery:
    items = None if input.media_ids is None else _media_ids(input.media_ids)
    return await playlists.update_playlist(tx, playlist_id, input.title, input.description, items)


@strawberry.type(description="Answers `deletePlaylist`.")
class DeletePlaylistPayload(Payload):
    playlist_id: strawberry.ID | None = former_id("Playlist", "The id that the playlist had.", id_of)
    gallery: Gallery | None = shown("The gallery that it was in.", load_member_galleries, gallery_of)


@mutation(
    "Delete a playlist; its media stay. For the gallery's moderators and managers.",
    on=PLAYLIST,
    argument="Which playlist.",
    input_description="Which playlist to delete.",
    payload=DeletePlaylistPayload,
)
async def delete_playlist(tx: Transaction, playlist_id: UUID) -> InGallery:
    return await playlists.delete_playlist(tx, playlist_id)


def _media_ids(ids: Sequence[strawberry.ID]) -> list[UUID]:
    return local_or_unknown(ids, "Media")
