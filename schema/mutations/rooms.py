"""Mutations of rooms: their settings."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from resolvers import rooms
from schema.context import Info
from schema.execution.ahead import relation
from schema.mutations.mutate import mutate
from schema.mutations.payloads import Payload
from schema.types.configuration import ConfigureRoomInput, room_changes
from schema.types.ids import local_id, parse
from schema.types.rooms import Room, load_rooms


@strawberry.type(description="Answers `configureRoom`.")
class ConfigureRoomPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The room as saved; after a CONFLICT, as it is now.")
    @staticmethod
    async def room(payloads: Sequence["ConfigureRoomPayload"], snapshot: Snapshot) -> Sequence[Room | None]:
        return await load_rooms(snapshot, [each.outcome for each in payloads])


@strawberry.type
class RoomMutations:
    @strawberry.mutation(
        description="\"Save\": all of a room's settings at once. For the gallery's managers. "
        "CONFLICT, NOT_FOUND, ROOM_HAS_ACTIVE_SESSION."
    )
    async def configure_room(
        self, info: Info, input: Annotated[ConfigureRoomInput, strawberry.argument(description="The form.")]
    ) -> ConfigureRoomPayload:
        async def save(tx: Transaction) -> UUID:
            gallery_id = local_id(input.gallery_id, "Gallery", "input", "galleryId")
            await rooms.configure_room(tx, gallery_id, room_changes(input))
            return gallery_id

        present = parse(input.gallery_id)
        return await mutate(info, ConfigureRoomPayload, UUID, input, save, after_conflict=present and present[1])
