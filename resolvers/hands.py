"""Raised hands: raising and lowering them (rules 12, 44, 55). resolvers/participant_lists.py lists them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from models.access.participants import access_participant, must_be_inside, outranks, respect
from models.access.rooms import RoomAccess, access_room, access_session, must_have_entered
from models.database.transaction import Transaction
from models.events.stage import HandLowered, HandRaised
from models.permissions import Permission
from models.storage.base import columns, read_facts
from models.storage.statements import among
from models.tables.participants import Participant, ParticipantFacts, ParticipantState
from models.tables.sessions import SessionCounts, SessionFacts
from resolvers.participants import change_counts, change_participant, change_participants


async def raise_hand(tx: Transaction, room_id: UUID) -> UUID:
    """Raises the viewer's hand, last in the order. Returns the viewer's participant id.

    A hand that is already raised keeps its place. Raises NOT_IN_SESSION, SESSION_ENDED.
    """
    access = await access_room(tx, room_id, Permission.ENTER, "input", "roomId")
    session, participant = must_have_entered(access, "input", "roomId")
    await put_hand_up(tx, session, participant)
    return participant.id


async def put_hand_up(tx: Transaction, session: SessionFacts, participant: ParticipantFacts) -> None:
    """Raises the participant's hand, unless it is already raised."""
    if participant.hand_turn is not None:
        return
    counts = await change_counts(tx, session.id, turns=1)
    raised = await change_participant(tx, participant.id, {"hand_turn": counts.turns, "hand_raised_at": tx.now})
    await tx.record(raised.gallery_id, HandRaised(participant=raised, counts=counts))


DOWN: dict[str, Any] = {"hand_turn": None, "hand_raised_at": None}


async def lower_hand(tx: Transaction, participant_id: UUID) -> UUID:
    """Lowers the viewer's own hand, or as a moderator any hand. Returns the participant's id.

    The hand loses its place. Raises NOT_FOUND, FORBIDDEN (another participant's hand, or a manager's: rule 12),
    NOT_IN_SESSION, SESSION_ENDED.
    """
    field = ("input", "participantId")
    access = await access_participant(tx, participant_id, Permission.MANAGE_STAGE, *field, own=Permission.ENTER)
    must_be_inside(access, *field)
    respect(access, *field)
    participant = access.participant
    if participant.hand_turn is not None:
        lowered = await change_participant(tx, participant.id, DOWN)
        counts = read_facts(SessionCounts, access.session)
        await tx.record(lowered.gallery_id, HandLowered(participant=lowered, counts=counts))
    return participant.id


@dataclass(frozen=True, slots=True)
class Lowered:
    """The session, and the number of hands that were lowered."""

    session_id: UUID
    count: int


async def lower_all_hands(tx: Transaction, session_id: UUID) -> Lowered:
    """Lowers all hands. Only managers also lower the hands of managers (rule 12). Raises FORBIDDEN, SESSION_ENDED."""
    access = await access_session(tx, session_id, Permission.MANAGE_STAGE, "input", "sessionId")
    assert access.open_session
    raised = await _raised(tx, access, session_id)
    lowered = await change_participants(tx, raised, DOWN) if raised else {}
    counts = read_facts(SessionCounts, access.open_session)
    events = [HandLowered(participant=lowered[each], counts=counts) for each in raised]
    await tx.record_many(access.room.gallery_id, events)
    return Lowered(session_id, len(events))


_RAISED = (
    select(*columns(ParticipantFacts, Participant))
    .where(
        among(Participant.session_id),
        Participant.state == ParticipantState.ADMITTED,
        Participant.hand_turn.is_not(None),
    )
    .order_by(Participant.session_id, Participant.hand_turn)
)


async def _raised(tx: Transaction, access: RoomAccess, session_id: UUID) -> Sequence[UUID]:
    rows = await tx.rows(_RAISED, {"ids": [session_id]})
    return [row.id for row in rows if not outranks(access, read_facts(ParticipantFacts, row))]
