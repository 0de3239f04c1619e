"""Waiting for admission: starting to wait, and admitting or declining many who wait at once (rule 37)."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import bindparam, update

from models.access.rights import Rights
from models.access.rooms import RoomAccess
from models.database.transaction import Transaction
from models.events.sessions import ParticipantJoined, ParticipantLeft, ParticipantWaiting
from models.tables.deadlines import DeadlineKind, clear_deadlines
from models.tables.participants import OFF_STAGE, Participant, ParticipantFacts, ParticipantRole, ParticipantState
from models.tables.sessions import SessionCounts, SessionFacts
from models.tables.site import Timeouts
from resolvers.participants import (
    add_participant,
    change_counts,
    change_participant,
    change_participants,
    mark_present,
    values_on_entering,
    values_on_leaving,
)

# The snapshot is taken on admission (rule 32), so these columns are reset. A participant who was inside before keeps
# the columns of _NEWCOMER. They still decide what the participant may read (rule 40), and what others see of the
# participant (rule 37).
_NOT_YET: dict[str, Any] = {"permissions": [], "permissions_stale": False, "moderates": False}
_NEWCOMER: dict[str, Any] = {
    "roles": [],
    "role_sources": [],
    "backchannel": False,
    "chat_moderates": False,
    "was_admitted": False,
    "removed": False,
}


async def wait_for_admission(
    tx: Transaction, access: RoomAccess, session: SessionFacts, returning: ParticipantFacts | None
) -> ParticipantFacts:
    """Makes the viewer wait, without any rights. If they already wait, this only renews their presence."""
    if returning and returning.state is ParticipantState.WAITING:
        await mark_present(tx, access.timeouts, returning)
        return returning
    values = _NOT_YET | OFF_STAGE | {"state": ParticipantState.WAITING, "waiting_since": tx.now}
    if not (returning and returning.was_admitted):
        values |= {"joined_at": tx.now, "left_at": None}
    if returning:
        waiting = await change_participant(tx, returning.id, values)
    else:
        waiting = await add_participant(tx, access, session, tx.viewer.id, values | _NEWCOMER)
    counts = await change_counts(tx, session.id, waiting=+1)
    await mark_present(tx, access.timeouts, waiting)
    await tx.record(waiting.gallery_id, ParticipantWaiting(participant=waiting, counts=counts))
    return waiting


_ADMIT = update(Participant).where(Participant.id == bindparam("participant"))


async def admit_each(
    tx: Transaction, timeouts: Timeouts, session: SessionFacts, people: Sequence[tuple[ParticipantFacts, Rights]]
) -> None:
    """Admits these waiting participants in order, each with their current rights."""
    if not people:
        return
    values = [values_on_entering(rights, tx.now) for _, rights in people]
    joined = [_after(one, each) for (one, _), each in zip(people, values, strict=True)]
    await tx.execute(_ADMIT, [each | {"participant": one.id} for one, each in zip(joined, values, strict=True)])
    counts = await change_counts(tx, session.id, inside=+len(joined), waiting=-len(joined))
    await mark_present(tx, timeouts, *joined)
    if any(ParticipantRole.ROOM_MODERATOR in one.roles for one in joined):
        await clear_deadlines(tx, DeadlineKind.HOST_ABSENCE, [session.id])
    events = [
        ParticipantJoined(participant=one, counts=_counts_before(counts, session, entering=len(joined) - place))
        for place, one in enumerate(joined, 1)
    ]
    await tx.record_many(joined[0].gallery_id, events)


def _counts_before(counts: SessionCounts, session: SessionFacts, *, entering: int) -> SessionCounts:
    """Returns the counts for the event of one participant, when `entering` more of the batch were still waiting."""
    inside = counts.participant_count - entering
    peak = max(session.peak_participants, inside)
    waiting = counts.waiting_count + entering
    return replace(counts, participant_count=inside, peak_participants=peak, waiting_count=waiting)


def _after(one: ParticipantFacts, values: Mapping[str, Any]) -> ParticipantFacts:
    known = {field.name for field in fields(ParticipantFacts)}
    return replace(one, **{name: value for name, value in values.items() if name in known})


async def decline_each(tx: Transaction, session: SessionFacts, people: Sequence[ParticipantFacts]) -> None:
    """Declines these waiting participants."""
    if not people:
        return
    ids = [one.id for one in people]
    declined = await change_participants(tx, ids, values_on_leaving(ParticipantState.DECLINED, tx.now))
    counts = await change_counts(tx, session.id, waiting=-len(people))
    await clear_deadlines(tx, DeadlineKind.ABSENCE, ids)
    events = [
        ParticipantLeft(
            participant=declined[each],
            counts=replace(counts, waiting_count=counts.waiting_count + len(people) - place),
            waited=True,
        )
        for place, each in enumerate(ids, 1)
    ]
    await tx.record_many(people[0].gallery_id, events)
