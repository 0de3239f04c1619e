"""Admission: locking the room, admitting, declining and removing participants (rules 12, 31, 32, 37, 41)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import not_, select

from models.access.participants import access_participant, outranks, respect
from models.access.rights import HOLDS_ANYTHING, Rights, rights_of, stored_rights
from models.access.rooms import RoomAccess, access_session, note_acts
from models.database.transaction import Transaction
from models.errors import Conflict, Forbidden, Invalid, NotInSession, Refusal, RoomFull, not_found
from models.events.sessions import RoomLocked, RoomUnlocked
from models.permissions import Permission
from models.storage.base import columns, read_facts
from models.tables.participants import Participant, ParticipantFacts, ParticipantState
from models.tables.sessions import SessionFacts
from models.values.answers import Answered, answered
from models.values.lists import each_once
from resolvers.participants import change_session, end_participation
from resolvers.waiting import admit_each, decline_each

PEOPLE_AT_ONCE = 500


async def lock_room(tx: Transaction, session_id: UUID) -> UUID:
    """Locks the room, so that newcomers wait from now on. A locked room stays locked. Raises SESSION_ENDED."""
    return await _set_lock(tx, session_id, locked=True)


async def unlock_room(tx: Transaction, session_id: UUID) -> UUID:
    """Unlocks the room for newcomers. Participants who wait do so until they are admitted or enter again.

    Raises SESSION_ENDED.
    """
    return await _set_lock(tx, session_id, locked=False)


async def _set_lock(tx: Transaction, session_id: UUID, *, locked: bool) -> UUID:
    access = await access_session(tx, session_id, Permission.LOCK, "input", "sessionId")
    session = access.open_session
    assert session
    if session.locked is not locked:
        after = await change_session(tx, session_id, {"locked": locked})
        event = RoomLocked(session=after) if locked else RoomUnlocked(session=after)
        await tx.record(access.room.gallery_id, event)
    return session_id


async def admit_participants(tx: Transaction, session_id: UUID, named: Sequence[UUID] | None) -> Sequence[Answered]:
    """Admits the named participants who wait, or for None the 500 who have waited longest.

    Returns a result for each participant, in order. Participants are admitted in this order, up to the capacity. Raises
    SESSION_ENDED. A result can be NOT_FOUND, NOT_IN_SESSION, FORBIDDEN or ROOM_FULL.
    """
    access = await access_session(tx, session_id, Permission.ADMIT, "input", "sessionId")
    session = access.open_session
    assert session
    people = await _named(tx, session_id, named) if named is not None else await _waiting(tx, session_id)
    waiting = [one.user_id for one in people.values() if one and one.state is ParticipantState.WAITING]
    rights = await rights_of(tx, access.room.gallery_id, waiting)
    answers: list[Answered] = []
    entering: list[tuple[ParticipantFacts, Rights]] = []
    for place, (participant_id, one) in enumerate(people.items()):
        field = _field(place, by_name=named is not None)
        refusal = _not_admitted(session, one, rights, len(entering), field)
        answers.append(answered(participant_id, refusal))
        if refusal is None and one and one.state is ParticipantState.WAITING:
            entering.append((one, rights[one.user_id]))
    await note_acts(tx, access, Permission.ADMIT, "participant", [one.id for one, _ in entering])
    await admit_each(tx, access.timeouts, session, entering)
    return answers


def _field(place: int, *, by_name: bool) -> Sequence[str]:
    return ("input", "participantIds", str(place)) if by_name else ("input", "all")


def _not_admitted(
    session: SessionFacts,
    one: ParticipantFacts | None,
    rights: dict[UUID, Rights],
    entering: int,
    field: Sequence[str],
) -> Refusal | None:
    if one is None:
        return not_found("participant", *field)
    if one.state is ParticipantState.ADMITTED:
        return None
    if one.state is not ParticipantState.WAITING:
        return NotInSession("This participant is not waiting any more.", *field)
    if not rights[one.user_id].any:
        return Forbidden("This participant no longer has access to the room.", *field)
    if session.participant_count + entering >= session.participant_capacity:
        return RoomFull(f"The room is full: its capacity is {session.participant_capacity}.", *field)
    return None


async def decline_participants(tx: Transaction, session_id: UUID, named: Sequence[UUID]) -> Sequence[Answered]:
    """Declines the named participants who wait. Returns a result for each participant, in order.

    Raises SESSION_ENDED. A result can be NOT_FOUND, NOT_IN_SESSION, CONFLICT (already inside) or FORBIDDEN (a manager,
    rule 12).
    """
    access = await access_session(tx, session_id, Permission.ADMIT, "input", "sessionId")
    assert access.open_session
    people = await _named(tx, session_id, named)
    waiting = [one for one in people.values() if one and one.state is ParticipantState.WAITING]
    rights = await rights_of(tx, access.room.gallery_id, [one.user_id for one in waiting])
    answers = [
        answered(participant_id, _not_declined(access, one, rights, _field(place, by_name=True)))
        for place, (participant_id, one) in enumerate(people.items())
    ]
    going = [one for one in waiting if not outranks(access, one, rights[one.user_id])]
    await note_acts(tx, access, Permission.ADMIT, "participant", [one.id for one in going])
    await decline_each(tx, access.open_session, going)
    return answers


def _not_declined(
    access: RoomAccess, one: ParticipantFacts | None, rights: dict[UUID, Rights], field: Sequence[str]
) -> Refusal | None:
    if one is None:
        return not_found("participant", *field)
    match one.state:
        case ParticipantState.WAITING if outranks(access, one, rights[one.user_id]):
            return Forbidden("You may not do this to a manager of the gallery.", *field)
        case ParticipantState.WAITING | ParticipantState.DECLINED:
            return None
        case ParticipantState.ADMITTED:
            return Conflict("This participant is already inside.", *field)
        case _:
            return NotInSession("This participant is not waiting any more.", *field)


_PEOPLE = select(*columns(ParticipantFacts, Participant))


async def _named(tx: Transaction, session_id: UUID, named: Sequence[UUID]) -> dict[UUID, ParticipantFacts | None]:
    """Returns the named participants of the session in order, without duplicates, and None for unknown ids."""
    people = dict.fromkeys(each_once(named, PEOPLE_AT_ONCE, "input", "participantIds"))
    here = _PEOPLE.where(Participant.session_id == session_id, Participant.id.in_(people))
    return people | {row.id: read_facts(ParticipantFacts, row) for row in await tx.rows(here)}


async def _waiting(tx: Transaction, session_id: UUID) -> dict[UUID, ParticipantFacts]:
    """Returns the participants who have waited longest, longest first.

    People without access sort last in the query, so they cannot fill the batch.
    """
    here = _PEOPLE.where(Participant.session_id == session_id, Participant.state == ParticipantState.WAITING)
    first = here.order_by(not_(HOLDS_ANYTHING), Participant.waiting_since, Participant.id).limit(PEOPLE_AT_ONCE)
    rows = sorted(await tx.rows(first), key=lambda row: (row.waiting_since, row.id))
    return {row.id: read_facts(ParticipantFacts, row) for row in rows}


async def remove_participant(tx: Transaction, participant_id: UUID, *, ban: bool) -> UUID:
    """Removes a participant who is inside or waits. With `ban`, they cannot enter this session again (rule 41).

    Raises FORBIDDEN for a manager (rule 12), INVALID for the viewer themselves, NOT_IN_SESSION, SESSION_ENDED.
    """
    field = ("input", "participantId")
    access = await access_participant(tx, participant_id, Permission.REMOVE_PARTICIPANT, *field)
    one = access.participant
    if one.user_id == tx.viewer.id:
        raise Invalid("Leave the room instead of removing yourself.", *field)
    waits = one.state is ParticipantState.WAITING
    respect(access, *field, rights=await stored_rights(tx, one.gallery_id, one.user_id) if waits else None)
    if one.state is ParticipantState.REMOVED and ban <= one.banned:
        return participant_id
    if one.state not in (ParticipantState.ADMITTED, ParticipantState.WAITING):
        raise NotInSession("They are not in the room any more.", *field)
    await end_participation(tx, one, ParticipantState.REMOVED, banned=ban, removed=one.removed or not waits)
    return participant_id
