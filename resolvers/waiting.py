"""Waiting for admission: starting to wait, and admitting or declining many who wait at once (rule 37)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import bindparam, update

from models.access.rights import Rights
from models.access.rooms import RoomAccess
from models.database.transaction import Transaction
from models.events.sessions import ParticipantJoined, ParticipantLeft, ParticipantWaiting
from models.storage.base import read_facts
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
from resolvers.stage_places import Wishes, places_on_entering, values_on_stage

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
    tx: Transaction, access: RoomAccess, session: SessionFacts, returning: ParticipantFacts | None, wishes: Wishes
) -> ParticipantFacts:
    """Makes the viewer wait, without any rights. Their wishes are kept until they are admitted (rule 87).

    If they already wait, this renews their presence, and replaces their wishes.
    """
    wished = {"declines_stage": wishes.declines_stage, "wants_camera": wishes.camera}
    if returning and returning.state is ParticipantState.WAITING:
        await mark_present(tx, access.timeouts, returning)
        return await _wish(tx, session, returning, wished)
    values = _NOT_YET | OFF_STAGE | wished | {"state": ParticipantState.WAITING, "waiting_since": tx.now}
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


async def _wish(
    tx: Transaction, session: SessionFacts, one: ParticipantFacts, wished: Mapping[str, Any]
) -> ParticipantFacts:
    if all(getattr(one, name) == value for name, value in wished.items()):
        return one
    after = await change_participant(tx, one.id, wished)
    await tx.record(one.gallery_id, ParticipantWaiting(participant=after, counts=read_facts(SessionCounts, session)))
    return after


_ADMIT = update(Participant).where(Participant.id == bindparam("participant"))


async def admit_each(
    tx: Transaction, timeouts: Timeouts, session: SessionFacts, people: Sequence[tuple[ParticipantFacts, Rights]]
) -> None:
    """Admits these waiting participants in order, each with their current rights.

    They come onto an open stage in this order, unless they declined it (rule 87).
    """
    if not people:
        return
    values = await _values(tx, session, people)
    joined = [_after(one, each) for (one, _), each in zip(people, values, strict=True)]
    await tx.execute(_ADMIT, [each | {"participant": one.id} for one, each in zip(joined, values, strict=True)])
    ups = sum(one.stage_turn is not None for one in joined)
    await change_counts(tx, session.id, inside=+len(joined), waiting=-len(joined), on_stage=+ups, turns=ups)
    await mark_present(tx, timeouts, *joined)
    if any(ParticipantRole.ROOM_MODERATOR in one.roles for one in joined):
        await clear_deadlines(tx, DeadlineKind.HOST_ABSENCE, [session.id])
    counted = zip(joined, _counts(session, joined), strict=True)
    events = [ParticipantJoined(participant=one, counts=counts) for one, counts in counted]
    await tx.record_many(joined[0].gallery_id, events)


async def _values(
    tx: Transaction, session: SessionFacts, people: Sequence[tuple[ParticipantFacts, Rights]]
) -> list[dict[str, Any]]:
    """Returns the columns of each participant after admission. All have the same columns, for one statement."""
    places, turn, found = await places_on_entering(tx, session), session.turns, []
    for one, rights in people:
        values = values_on_entering(rights, tx.now) | {"camera": one.camera}
        if places > 0 and not one.declines_stage:
            places, turn = places - 1, turn + 1
            values |= values_on_stage(session, turn, one, one.wants_camera)
        found.append(values)
    return found


def _counts(session: SessionFacts, joined: Sequence[ParticipantFacts]) -> Iterator[SessionCounts]:
    """Yields the session's counts after each of the batch came in."""
    counts = read_facts(SessionCounts, session)
    for one in joined:
        inside, up = counts.participant_count + 1, int(one.stage_turn is not None)
        counts = SessionCounts(
            participant_count=inside,
            peak_participants=max(counts.peak_participants, inside),
            waiting_count=counts.waiting_count - 1,
            stage_count=counts.stage_count + up,
            turns=counts.turns + up,
        )
        yield counts


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
