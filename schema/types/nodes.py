"""The loaders of all kinds of nodes, by which `node` and `nodes` read an object by its id."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import strawberry

from models.access.rooms import access_rooms_of
from models.database.transaction import Snapshot
from resolvers import memberships
from resolvers.rooms import galleries_of_rooms
from schema.types.chat import load_messages
from schema.types.content import load_content
from schema.types.galleries import Gallery, load_galleries, load_member_galleries, membership_node
from schema.types.ids import parse
from schema.types.interactions import load_interactions
from schema.types.links import LINKED, LINKED_TYPES
from schema.types.media import load_media
from schema.types.node import Node, in_places
from schema.types.participants import load_participants
from schema.types.people import load_groups, load_users
from schema.types.playlists import load_playlists
from schema.types.questions import load_questions
from schema.types.recordings import load_recordings
from schema.types.rooms import Room, load_rooms, room_node
from schema.types.sessions import RoomSession, load_sessions
from schema.types.webhooks import load_deliveries, load_webhooks

NODES_AT_ONCE = 100


async def load_nodes(snapshot: Snapshot, ids: Sequence[strawberry.ID]) -> list[Node | None]:
    """Returns the objects with these ids, each in its place, as far as the viewer may see them.

    Runs one load for each kind.
    """
    parsed = [parse(each) for each in ids]
    nodes: list[Node | None] = [None] * len(ids)
    for kind, load in LOADERS.items():
        places = [place for place, each in enumerate(parsed) if each and each[0] == kind]
        if places:
            found = await load(snapshot, [each[1] for place in places if (each := parsed[place])])
            for place, node in zip(places, found, strict=True):
                nodes[place] = node
    return nodes


async def _memberships(snapshot: Snapshot, ids: Sequence[UUID]) -> Sequence[Node | None]:
    rows = await memberships.memberships_by_id(snapshot, set(ids))
    return in_places(ids, rows, membership_node)


async def _rooms(snapshot: Snapshot, ids: Sequence[UUID]) -> Sequence[Node | None]:
    galleries = await galleries_of_rooms(snapshot, set(ids))
    accesses = await access_rooms_of(snapshot, set(galleries.values()))
    found = {access.room.id: access for access in accesses.values()}
    return in_places(ids, found, room_node)


LOADERS: dict[str, Callable[[Snapshot, Sequence[UUID]], Awaitable[Sequence[Node | None]]]] = {
    "User": load_users,
    "Group": load_groups,
    "Gallery": load_member_galleries,
    "GalleryMembership": _memberships,
    "Media": load_media,
    "Playlist": load_playlists,
    "Room": _rooms,
    "RoomSession": load_sessions,
    "Participant": load_participants,
    "Recording": load_recordings,
    "Interaction": load_interactions,
    "ChatMessage": load_messages,
    "Question": load_questions,
    "ContentItem": load_content,
    "Webhook": load_webhooks,
    "WebhookDelivery": load_deliveries,
}

LINKED_TYPES |= {"Gallery": Gallery, "Room": Room, "RoomSession": RoomSession}

# These objects are authorised by the objects that lead to them, or their loaders authorise them.
LINKED |= {
    "Gallery": load_galleries,
    "Room": load_rooms,
    "RoomSession": load_sessions,
    "Recording": load_recordings,
    "Interaction": load_interactions,
}
