"""Stale permissions: participants inside whose stored rights have changed since they were admitted (rules 32, 34)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import not_, select, update

from models.access.rights import Rights, rights_of
from models.database.transaction import Transaction
from models.events.sessions import ParticipantChanged
from models.storage.base import columns, read_facts
from models.storage.statements import among
from models.tables.participants import Participant, ParticipantFacts, ParticipantState
from models.tables.rooms import Room
from models.tables.sessions import RoomSession, SessionCounts

_INSIDE = (
    select(*columns(ParticipantFacts, Participant), *columns(SessionCounts, RoomSession))
    .join(RoomSession, RoomSession.id == Participant.session_id)
    .join(Room, Room.session_id == RoomSession.id)
    .where(among(Room.gallery_id), RoomSession.ended_at.is_(None), Participant.state == ParticipantState.ADMITTED)
    .order_by(Participant.id)
)
_FLIP = update(Participant).where(among(Participant.id)).values(permissions_stale=not_(Participant.permissions_stale))


async def rights_changed(tx: Transaction, galleries: Collection[UUID]) -> None:
    """Updates which snapshots are stale, after stored rights in these galleries changed.

    The caller holds the galleries' locks, taken in id order. Records an event for each participant inside whose
    snapshot became stale or is not stale any more. Their rights stay unchanged until they leave and rejoin.
    """
    inside: dict[UUID, list[tuple[ParticipantFacts, SessionCounts]]] = defaultdict(list)
    for row in await tx.rows(_INSIDE, {"ids": list(galleries)}):
        inside[row.gallery_id].append((read_facts(ParticipantFacts, row), read_facts(SessionCounts, row)))
    for gallery_id, people in sorted(inside.items()):
        rights = await rights_of(tx, gallery_id, [one.user_id for one, _ in people])
        flipped = [each for each in people if is_stale(each[0], rights[each[0].user_id]) != each[0].permissions_stale]
        await _flip(tx, gallery_id, flipped)


async def _flip(tx: Transaction, gallery_id: UUID, people: Sequence[tuple[ParticipantFacts, SessionCounts]]) -> None:
    if people:
        await tx.execute(_FLIP, {"ids": [one.id for one, _ in people]})
        now = [(replace(one, permissions_stale=not one.permissions_stale), counts) for one, counts in people]
        await tx.record_many(gallery_id, [ParticipantChanged(participant=one, counts=counts) for one, counts in now])


def is_stale(one: ParticipantFacts, rights: Rights) -> bool:
    """Returns whether rejoining would be refused, or would give the participant other roles or other role sources."""
    held = {(each["role"], each["source"]) for each in one.role_sources}
    return held != {(each.role, each.source) for each in rights.held} or not rights.any
