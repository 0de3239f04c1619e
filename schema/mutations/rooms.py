"""Mutations of rooms: their settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from models.tables.rates import RateKind
from resolvers import rooms
from resolvers.effects import Change
from schema.mutations.declare import mutation
from schema.mutations.galleries import GALLERY
from schema.mutations.payloads import Payload, shown
from schema.types.configuration import ConfigureRoomInput, room_changes
from schema.types.effects import RoomSettingChange, setting_changes
from schema.types.rooms import Room, load_rooms


@dataclass(frozen=True, slots=True)
class RoomSaved:
    """The stored outcome: the room's gallery, and what the save changed."""

    gallery_id: UUID
    changes: Sequence[Change]


def _gallery(outcome: RoomSaved | UUID) -> UUID:
    return outcome if isinstance(outcome, UUID) else outcome.gallery_id  # the id alone after a CONFLICT


async def _load_changes(
    _snapshot: Snapshot, outcomes: Sequence[RoomSaved | UUID | None]
) -> Sequence[list[RoomSettingChange] | None]:
    return [setting_changes(each.changes) if isinstance(each, RoomSaved) else None for each in outcomes]


@strawberry.type(description="Answers `configureRoom`.")
class ConfigureRoomPayload(Payload):
    room: Room | None = shown("The room as saved; after a CONFLICT, as it is now.", load_rooms, _gallery)
    changes: list[RoomSettingChange] | None = shown(
        "Each setting that the save changed, and from when the new value applies; null where it was refused.",
        _load_changes,
    )


@mutation(
    "\"Save\": all of a room's settings at once. For the gallery's managers. CONFLICT, NOT_FOUND, ROOM_HAS_ACTIVE_SESSION.",
    on=GALLERY,
    argument="The form.",
    payload=ConfigureRoomPayload,
    conflict_shows_target=True,
    rate=RateKind.CHANGES,
)
async def configure_room(tx: Transaction, gallery_id: UUID, input: ConfigureRoomInput) -> RoomSaved:
    return RoomSaved(gallery_id, await rooms.configure_room(tx, gallery_id, room_changes(input)))
