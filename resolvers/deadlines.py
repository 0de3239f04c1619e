"""Actions for due deadlines. They call the same functions as mutations."""

from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from sqlalchemy import bindparam, select

from models.database.transaction import Transaction
from models.storage.base import columns, read_facts
from models.tables.deadlines import Deadline, DeadlineKind, hold, take
from models.tables.participants import Participant, ParticipantFacts, ParticipantState
from models.tables.sessions import RoomSession, SessionEndReason
from resolvers.crowd_reactions import tell_crowd_reactions
from resolvers.interaction_changes import open_scheduled
from resolvers.participants import a_host_is_inside, end_participation
from resolvers.reactions import tell_reactions
from resolvers.recordings import give_up_recording
from resolvers.sessions import close_session
from resolvers.shown import tell_seek
from resolvers.stage import lapse_invitation
from resolvers.tallies import close_open_interaction, tell_untold


async def work_off(tx: Transaction, due: Deadline, now: datetime, *, wait: bool) -> bool:
    """Acts on a deadline once, if it is still due at `now`.

    Returns False if the gallery is locked and `wait` is False. Then the caller tries again later.
    """
    if not await hold(tx, due.gallery_id, wait=wait):
        return wait  # If this call waited and found no row, the gallery was deleted with its deadlines.
    if await take(tx, due, now):
        await _act(tx, due)
    return True


async def _act(tx: Transaction, due: Deadline) -> None:
    match due.kind:
        case DeadlineKind.ABSENCE | DeadlineKind.INVITATION:
            await _of_participant(tx, due)
        case DeadlineKind.HOST_ABSENCE:
            await _host_absent(tx, due)
        case DeadlineKind.RECORDING:
            await give_up_recording(tx, due.subject_id)
        case DeadlineKind.REACTIONS:
            await tell_reactions(tx, due.gallery_id, due.subject_id)
        case DeadlineKind.CROWD_REACTIONS:
            await tell_crowd_reactions(tx, due.gallery_id, due.subject_id)
        case DeadlineKind.SHOWN_SEEK:
            await tell_seek(tx, due.subject_id)
        case _:
            await _act_on_interaction(tx, due, due.kind)


async def _act_on_interaction(
    tx: Transaction,
    due: Deadline,
    kind: Literal[DeadlineKind.INTERACTION_OPENING, DeadlineKind.INTERACTION_END, DeadlineKind.INTERACTION_TALLY],
) -> None:
    match kind:
        case DeadlineKind.INTERACTION_OPENING:
            await open_scheduled(tx, due.subject_id)
        case DeadlineKind.INTERACTION_END:
            await close_open_interaction(tx, due.gallery_id, due.subject_id)
        case DeadlineKind.INTERACTION_TALLY:
            await tell_untold(tx, due.subject_id, due.due_at)
        case _:
            assert_never(kind)


_PARTICIPANT = select(*columns(ParticipantFacts, Participant)).where(Participant.id == bindparam("id"))
_IS_OPEN = select(RoomSession.id).where(RoomSession.id == bindparam("id"), RoomSession.ended_at.is_(None))


async def _participant(tx: Transaction, participant_id: UUID) -> ParticipantFacts | None:
    row = await tx.row(_PARTICIPANT, {"id": participant_id})
    return read_facts(ParticipantFacts, row) if row else None


async def _of_participant(tx: Transaction, due: Deadline) -> None:
    participant = await _participant(tx, due.subject_id)
    if participant is None:
        return
    if due.kind is DeadlineKind.INVITATION and participant.invited_at:
        await lapse_invitation(tx, participant)
    if due.kind is DeadlineKind.ABSENCE and participant.state in (ParticipantState.ADMITTED, ParticipantState.WAITING):
        await end_participation(tx, participant, ParticipantState.LEFT, absent=True)


async def _host_absent(tx: Transaction, due: Deadline) -> None:
    # Rule 39. A host's return clears the deadline, but this checks again: a meeting must never end by mistake.
    if await tx.value(_IS_OPEN, {"id": due.subject_id}) and not await a_host_is_inside(tx, due.subject_id):
        await close_session(tx, due.gallery_id, due.subject_id, SessionEndReason.HOST_ABSENT)
