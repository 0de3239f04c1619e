"""The event of who belongs to a gallery and who may do what in its room, as clients see it."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import strawberry

from models.access.rights import rights_in
from models.access.rooms import access_rooms_of
from models.database.transaction import Snapshot
from resolvers.memberships import memberships_by_id
from schema.events.interfaces import GalleryEvent, RoomEvent
from schema.execution.ahead import relation
from schema.types.galleries import GalleryMembership, membership_node
from schema.types.ids import global_id

TOLD_AT_ONCE = 100
"""How many memberships an event tells. A roster may change 10,000 at once."""

_NULL = "Null for those who do not belong to the gallery, and where more than 100 memberships changed at once: read them again."


@strawberry.type(
    description="Who belongs to the gallery, or who may do what in its room, was changed. It says what changed to those who may "
    "know. Read again what you show of the room's lists."
)
class AccessChanged(RoomEvent, GalleryEvent):
    saved: strawberry.Private[Sequence[UUID]] = ()
    removed: strawberry.Private[Sequence[UUID]] = ()
    lists_saved: strawberry.Private[bool] = False

    @relation(
        "The memberships that are new, give another role, or are of a group with other members, as they stand when this is "
        "delivered. " + _NULL
    )
    @staticmethod
    async def memberships(
        events: Sequence["AccessChanged"], snapshot: Snapshot
    ) -> Sequence[list[GalleryMembership] | None]:
        belongs_to = await _galleries_of(events, snapshot)
        wanted = {each for event in events if _tells(event, belongs_to) for each in event.saved}
        rows = await memberships_by_id(snapshot, wanted)
        return [
            [membership_node(rows[each]) for each in event.saved if each in rows] if _tells(event, belongs_to) else None
            for event in events
        ]

    @relation("The ids of the memberships that were removed. " + _NULL)
    @staticmethod
    async def removed_membership_ids(
        events: Sequence["AccessChanged"], snapshot: Snapshot
    ) -> Sequence[list[strawberry.ID] | None]:
        belongs_to = await _galleries_of(events, snapshot)
        return [
            [global_id("GalleryMembership", each) for each in event.removed] if _tells(event, belongs_to) else None
            for event in events
        ]

    @relation(
        "Whether the lists of the room's moderators and speakers were saved: read them again in `room`. Null for those who may "
        "not see them."
    )
    @staticmethod
    async def lists_changed(events: Sequence["AccessChanged"], snapshot: Snapshot) -> Sequence[bool | None]:
        rooms = await access_rooms_of(snapshot, {event.gallery_id for event in events})
        seen = {gallery for gallery, room in rooms.items() if room.sees_moderators}
        return [event.lists_saved if event.gallery_id in seen else None for event in events]


async def _galleries_of(events: Iterable[AccessChanged], snapshot: Snapshot) -> set[UUID]:
    """Returns the galleries of the events to which the viewer belongs."""
    rights = await rights_in(snapshot, {event.gallery_id for event in events}, snapshot.viewer.id)
    return {gallery for gallery, held in rights.items() if held.gallery_role}


def _tells(event: AccessChanged, belongs_to: set[UUID]) -> bool:
    return event.gallery_id in belongs_to and len(event.saved) + len(event.removed) <= TOLD_AT_ONCE
