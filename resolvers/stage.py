"""The stage: its access, invitations, stepping up and down (rules 12, 23, 42, 43).

A participant is on stage while they have a `stage_turn`; later turns are higher. The capacity counts participants on
stage and open invitations.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from models.access.participants import ParticipantAccess, access_participant, must_be_inside, respect
from models.access.rooms import access_room, access_session, must_have_entered
from models.database.transaction import Snapshot, Transaction
from models.errors import NotInvited, StageFull, StageNotOpen
from models.events.stage import StageAccessChanged, StageChanged
from models.permissions import Permission
from models.storage.base import read_facts
from models.storage.statements import among
from models.tables.deadlines import DeadlineKind, clear_deadlines, set_deadline
from models.tables.participants import (
    DEVICES_OFF,
    OFF_STAGE,
    Participant,
    ParticipantFacts,
    ParticipantRole,
    ParticipantState,
)
from models.tables.rooms import RoomMode
from models.tables.sessions import SessionCounts, SessionFacts, StageAccess
from resolvers.hands import put_hand_up
from resolvers.participant_lists import participants_listed_in
from resolvers.participants import change_counts, change_participant, change_session
from resolvers.shown import end_shown_by
from resolvers.stage_places import free_places, values_on_stage

INVITED_FOR = timedelta(seconds=60)

BY_THEMSELVES = {
    RoomMode.INTERACTIVE: frozenset({ParticipantRole.ROOM_MODERATOR}),
    RoomMode.WEBINAR: frozenset({ParticipantRole.ROOM_MODERATOR, ParticipantRole.SPEAKER}),
}
"""The roles that may step up regardless of the stage's access (rule 42)."""

UNINVITED: dict[str, Any] = {"invited_at": None, "invited_until": None}


async def set_stage_access(tx: Transaction, session_id: UUID, stage_access: StageAccess) -> UUID:
    """Sets who may step up from now on, and returns the session's id. Nobody is removed from the stage.

    Raises FORBIDDEN, SESSION_ENDED.
    """
    access = await access_session(tx, session_id, Permission.MANAGE_STAGE, "input", "sessionId")
    assert access.open_session
    if access.open_session.stage_access is stage_access:
        return session_id
    changed = await change_session(tx, session_id, {"stage_access": stage_access})
    await tx.record(access.room.gallery_id, StageAccessChanged(session=changed))
    return session_id


async def request_stage(tx: Transaction, room_id: UUID) -> UUID:
    """Steps onto the stage, or raises a hand if the stage is BY_REQUEST. Returns the viewer's participant id.

    Raises STAGE_NOT_OPEN, STAGE_FULL, NOT_IN_SESSION, SESSION_ENDED.
    """
    session, participant = await _own(tx, room_id)
    if participant.stage_turn is not None:
        return participant.id
    if session.stage_access is StageAccess.EVERYONE or not BY_THEMSELVES[session.mode].isdisjoint(participant.roles):
        await _step_up(tx, session, participant, "input", "roomId")
    elif session.stage_access is StageAccess.BY_REQUEST:
        await put_hand_up(tx, session, participant)
    else:
        raise StageNotOpen("This stage is by invitation only.", "input", "roomId")
    return participant.id


async def invite_to_stage(tx: Transaction, participant_id: UUID) -> UUID:
    """Invites a participant to the stage, and returns their id.

    In a webinar, or if the stage has a capacity, the invitation reserves a place for 60 s.
    Raises NOT_FOUND, FORBIDDEN, NOT_IN_SESSION, STAGE_FULL, SESSION_ENDED.
    """
    access = await _other(tx, participant_id)
    session, participant = access.session, access.participant
    if participant.stage_turn is not None or _is_invited(tx, participant):
        return participant.id
    await _needs_a_place(tx, session, participant, "input", "participantId")
    holds_a_place = session.mode is RoomMode.WEBINAR or session.stage_capacity is not None
    until = tx.now + INVITED_FOR if holds_a_place else None
    invited = await change_participant(tx, participant.id, {"invited_at": tx.now, "invited_until": until})
    if until:
        await set_deadline(tx, DeadlineKind.INVITATION, participant.id, participant.gallery_id, until)
    await tx.record(invited.gallery_id, StageChanged(participant=invited, counts=read_facts(SessionCounts, session)))
    return participant.id


async def accept_stage(tx: Transaction, room_id: UUID) -> UUID:
    """Accepts an invitation, and steps onto the stage. Returns the viewer's participant id.

    Raises NOT_INVITED, STAGE_FULL, NOT_IN_SESSION, SESSION_ENDED.
    """
    session, participant = await _own(tx, room_id)
    if participant.stage_turn is not None:
        return participant.id
    _must_be_invited(tx, participant)
    await _step_up(tx, session, participant, "input", "roomId")
    return participant.id


async def decline_stage(tx: Transaction, room_id: UUID) -> UUID:
    """Declines an invitation. Returns the viewer's participant id.

    Raises NOT_INVITED, NOT_IN_SESSION, SESSION_ENDED.
    """
    session, participant = await _own(tx, room_id)
    _must_be_invited(tx, participant)
    await _uninvite(tx, participant, read_facts(SessionCounts, session))
    return participant.id


async def leave_stage(tx: Transaction, room_id: UUID) -> UUID:
    """Steps down if the viewer is on stage. Returns the viewer's participant id.

    Raises NOT_IN_SESSION, SESSION_ENDED.
    """
    _session, participant = await _own(tx, room_id)
    if participant.stage_turn is not None:
        await _step_down(tx, participant)
    return participant.id


async def remove_from_stage(tx: Transaction, participant_id: UUID) -> UUID:
    """Removes a participant from the stage, or withdraws their invitation. Returns the participant's id.

    Raises NOT_FOUND, FORBIDDEN (only managers may remove a manager, rule 12), NOT_IN_SESSION, SESSION_ENDED.
    """
    access = await _other(tx, participant_id)
    respect(access, "input", "participantId")
    participant = access.participant
    if participant.stage_turn is not None:
        await _step_down(tx, participant)
    elif participant.invited_at is not None:
        await _uninvite(tx, participant, read_facts(SessionCounts, access.session))
    return participant.id


async def lapse_invitation(tx: Transaction, participant: ParticipantFacts) -> None:
    """Ends an invitation whose time is over (rule 43). Does nothing if there is no such invitation any more.

    `participant` is the current row, and the caller holds the gallery's lock.
    """
    if participant.invited_until is not None and participant.invited_until <= tx.now:
        await _uninvite(tx, participant, await change_counts(tx, participant.session_id))


async def _own(tx: Transaction, room_id: UUID) -> tuple[SessionFacts, ParticipantFacts]:
    access = await access_room(tx, room_id, Permission.ENTER, "input", "roomId")
    return must_have_entered(access, "input", "roomId")


async def _other(tx: Transaction, participant_id: UUID) -> ParticipantAccess:
    access = await access_participant(tx, participant_id, Permission.MANAGE_STAGE, "input", "participantId")
    must_be_inside(access, "input", "participantId")
    return access


def _is_invited(tx: Transaction, participant: ParticipantFacts) -> bool:
    # `invited_until` decides, even before a worker has ended the invitation.
    until = participant.invited_until
    return participant.invited_at is not None and (until is None or tx.now < until)


def _must_be_invited(tx: Transaction, participant: ParticipantFacts) -> None:
    if not _is_invited(tx, participant):
        raise NotInvited("You have no open invitation to the stage.", "input", "roomId")


async def _needs_a_place(tx: Transaction, session: SessionFacts, participant: ParticipantFacts, *field: str) -> None:
    free = await free_places(tx, session, but_for=participant.id)
    if free is not None and free < 1:
        raise StageFull(f"The stage is full: its capacity is {session.stage_capacity}.", *field)


async def _step_up(tx: Transaction, session: SessionFacts, participant: ParticipantFacts, *field: str) -> None:
    await _needs_a_place(tx, session, participant, *field)
    counts = await change_counts(tx, session.id, on_stage=+1, turns=1)
    # Stepping up answers the invitation and lowers the hand (rule 44).
    up = await change_participant(tx, participant.id, OFF_STAGE | values_on_stage(session, counts.turns, participant))
    await _forget_lapse(tx, participant)
    await tx.record(up.gallery_id, StageChanged(participant=up, counts=counts, stepped=True))


async def _step_down(tx: Transaction, participant: ParticipantFacts) -> None:
    counts = await change_counts(tx, participant.session_id, on_stage=-1)
    down = await change_participant(tx, participant.id, {"stage_turn": None, "may_show": False} | DEVICES_OFF)
    await end_shown_by(tx, participant)
    told = StageChanged(participant=down, counts=counts, stepped=True, lets_show=participant.may_show)
    await tx.record(down.gallery_id, told)


async def _uninvite(tx: Transaction, participant: ParticipantFacts, counts: SessionCounts) -> None:
    after = await change_participant(tx, participant.id, UNINVITED)
    await _forget_lapse(tx, participant)
    await tx.record(after.gallery_id, StageChanged(participant=after, counts=counts))


async def _forget_lapse(tx: Transaction, participant: ParticipantFacts) -> None:
    if participant.invited_until is not None:
        await clear_deadlines(tx, DeadlineKind.INVITATION, [participant.id])


_ON_STAGE = (
    select(Participant)
    .where(
        among(Participant.session_id),
        Participant.state == ParticipantState.ADMITTED,
        Participant.stage_turn.is_not(None),
    )
    .order_by(Participant.session_id, Participant.stage_turn.desc())
)


async def stage_of(snapshot: Snapshot, sessions: Mapping[UUID, UUID]) -> dict[UUID, list[ParticipantFacts]]:
    """Returns the participants on stage in each session, the most recent first.

    `sessions` maps sessions to galleries.
    """
    return await participants_listed_in(snapshot, sessions, _ON_STAGE)
