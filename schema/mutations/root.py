"""The mutation root."""

from strawberry.tools import create_type
from strawberry.types import get_object_definition

from schema.mutations import (
    admission,
    chat,
    chat_moderation,
    hands,
    polls,
    presence,
    questions,
    recordings,
    sessions,
    stage,
)
from schema.mutations.declare import declared_in
from schema.mutations.galleries import GalleryMutations
from schema.mutations.groups import GroupMutations
from schema.mutations.media import MediaMutations
from schema.mutations.members import MemberMutations
from schema.mutations.playlists import PlaylistMutations
from schema.mutations.rooms import RoomMutations
from schema.mutations.site import SiteMutations

_PARTS = (
    SiteMutations,
    GroupMutations,
    GalleryMutations,
    MemberMutations,
    MediaMutations,
    PlaylistMutations,
    RoomMutations,
    sessions,
    admission,
    stage,
    hands,
    recordings,
    presence,
    chat,
    polls,
    chat_moderation,
    questions,
)

Mutation = create_type(
    "Mutation",
    [
        field
        for part in _PARTS
        for field in (
            get_object_definition(part, strict=True).fields if isinstance(part, type) else declared_in([part])
        )
    ],
    description="What can be done. Each is one transaction: all of it, with its events, or nothing.",
)
