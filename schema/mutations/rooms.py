"""Mutations of rooms: their settings."""

from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from resolvers import rooms
from schema.mutations.declare import mutation
from schema.mutations.galleries import GALLERY
from schema.mutations.payloads import Payload, shown
from schema.types.configuration import ConfigureRoomInput, room_changes
from schema.types.rooms import Room, load_rooms


@strawberry.type(description="Answers `configureRoom`.")
class ConfigureRoomPayload(Payload):
    room: Room | None = shown("The room as saved; after a CONFLICT, as it is now.", load_rooms)


@mutation(
    "\"Save\": all of a room's settings at once. For the gallery's managers. CONFLICT, NOT_FOUND, ROOM_HAS_ACTIVE_SESSION.",
    on=GALLERY,
    argument="The form.",
    payload=ConfigureRoomPayload,
    conflict_shows_target=True,
)
async def configure_room(tx: Transaction, gallery_id: UUID, input: ConfigureRoomInput) -> UUID:
    await rooms.configure_room(tx, gallery_id, room_changes(input))
    return gallery_id
