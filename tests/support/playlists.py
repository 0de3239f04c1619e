"""The mutations of playlists, as clients send them."""

from tests.support.media import (
    ERRORS,
)

SHAPE = "id title description gallery { title } items(first: 100) { edges { node { title } } }"
CREATE = (
    f"mutation ($input: CreatePlaylistInput!) {{ createPlaylist(input: $input) {{ playlist {{ {SHAPE} }} {ERRORS} }} }}"
)
UPDATE = (
    f"mutation ($input: UpdatePlaylistInput!) {{ updatePlaylist(input: $input) {{ playlist {{ {SHAPE} }} {ERRORS} }} }}"
)
DELETE = f"mutation ($input: DeletePlaylistInput!) {{ deletePlaylist(input: $input) {{ playlistId {ERRORS} }} }}"
