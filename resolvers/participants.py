"""Participants: how they enter and leave a session (rules 31 to 36). Reading them is in `participant_lists`.

All changes of participants use `change_participant` and `change_counts` under the gallery's lock, and record an event.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, case, exists, literal, select, update

from models.access.rights import Rights
from models.access.rooms import RoomAccess
from models.database.transaction import Transaction
from models.events.sessions import ParticipantJoined, ParticipantLeft
from models.permissions import Permission, Role, granted
from models.storage.base import columns, new_id, read_facts
from models.tables.deadlines import DeadlineKind, clear_deadlines, forget_participant, set_deadline, set_deadlines
from models.tables.participants import (
    DEVICES_OFF,
    OFF_STAGE,
    Device,
    DeviceState,
    Participant,
    ParticipantFacts,
    ParticipantRole,
    ParticipantState,
)
from models.tables.sessions import RoomSession, SessionCounts, SessionFacts
from models.tables.site import Site, Timeouts
from resolvers.claims import return_claims
from resolvers.shown import end_shown_by
from resolvers.stage_places import Wishes, places_on_entering, values_on_stage

PRESENCE_FOR = timedelta(seconds=30)
"""How long a sign of life keeps a participant inside. After this time the grace period begins (rule 33)."""


def values_on_entering(rights: Rights, now: datetime) -> dict[str, Any]:
    """Returns the columns that change when a participant is let in with their current rights (rule 32).

    They are off the stage by these. Their devices are off already, or blocked.
    """
    inside = {"state": ParticipantState.ADMITTED, "was_admitted": True, "removed": False}
    times = {"joined_at": now, "left_at": None, "waiting_since": None}
    return _snapshot_of(rights) | OFF_STAGE | inside | times


_LEFT_BEFORE = and_(Participant.state == ParticipantState.WAITING, Participant.was_admitted)


def values_on_leaving(state: ParticipantState, now: datetime) -> dict[str, Any]:
    """Returns the columns that change when a participant goes. Waiting keeps their last time inside (rule 37)."""
    left_at = case((_LEFT_BEFORE, Participant.left_at), else_=literal(now, Participant.left_at.type))
    return (
        OFF_STAGE
        | DEVICES_OFF
        | {"state": state, "left_at": left_at, "waiting_since": None, "permissions_stale": False}
    )


def _snapshot_of(rights: Rights) -> dict[str, Any]:
    """Returns the columns of the snapshot: roles, their sources, and their permissions."""
    permissions = granted(frozenset(Role(role) for role in rights.room_roles))
    return {
        "roles": rights.room_roles,
        "role_sources": [held.stored() for held in rights.held],
        "permissions": sorted(permissions),
        "permissions_stale": False,
        "backchannel": Permission.BACKCHANNEL in permissions,
        "moderates": ParticipantRole.ROOM_MODERATOR in rights.room_roles,
        "chat_moderates": ParticipantRole.CHAT_MODERATOR in rights.room_roles,
    }


async def join_session(
    tx: Transaction,
    access: RoomAccess,
    session: SessionFacts,
    user_id: UUID,
    rights: Rights,
    returning: ParticipantFacts | None,
    wishes: Wishes,
) -> ParticipantFacts:
    """Lets a user in, with their current rights, and onto an open stage unless they decline it (rule 87).

    `returning` is their earlier participant in this session, if any.
    """
    values = values_on_entering(rights, tx.now)
    up = not wishes.declines_stage and await places_on_entering(tx, session) > 0
    if up:
        values |= values_on_stage(session, session.turns + 1, returning, wishes.camera)
    if returning:
        joined = await change_participant(tx, returning.id, values)
    else:
        joined = await add_participant(tx, access, session, user_id, values)
    waited = returning is not None and returning.state is ParticipantState.WAITING
    ups = int(up)
    counts = await change_counts(tx, session.id, inside=+1, waiting=-int(waited), on_stage=+ups, turns=ups)
    await mark_present(tx, access.timeouts, joined)
    if ParticipantRole.ROOM_MODERATOR in joined.roles:
        await clear_deadlines(tx, DeadlineKind.HOST_ABSENCE, [session.id])
    await tx.record(access.room.gallery_id, ParticipantJoined(participant=joined, counts=counts))
    return joined


_UNMARKED: dict[str, Any] = {
    "banned": False,
    "chat_blocked": False,
    "declines_stage": False,
    "wants_camera": None,
    **{device.column: DeviceState.OFF for device in Device},
}


async def add_participant(
    tx: Transaction, access: RoomAccess, session: SessionFacts, user_id: UUID, values: Mapping[str, Any]
) -> ParticipantFacts:
    """Inserts the participant of a user who was not in this session before."""
    new = _UNMARKED | {
        "id": new_id(),
        "session_id": session.id,
        "gallery_id": access.room.gallery_id,
        "user_id": user_id,
    }
    return read_facts(ParticipantFacts, await tx.add(Participant, **new | dict(values)))


async def end_participation(
    tx: Transaction, participant: ParticipantFacts, state: ParticipantState, *, absent: bool = False, **more: Any
) -> None:
    """Ends the participation of someone who is inside or waits, in any way.

    They leave the stage, and their deadlines are deleted. If the last host leaves, the deadline of rule 39 is set.
    """
    waited = participant.state is ParticipantState.WAITING
    left = await change_participant(tx, participant.id, values_on_leaving(state, tx.now) | more)
    on_stage = int(participant.stage_turn is not None)
    counts = await change_counts(tx, left.session_id, inside=-int(not waited), waiting=-int(waited), on_stage=-on_stage)
    await forget_participant(tx, left.id)
    await return_claims(tx, participant)
    await end_shown_by(tx, participant)
    if not waited and ParticipantRole.ROOM_MODERATOR in participant.roles:
        await _await_a_host(tx, left)
    await tx.record(left.gallery_id, ParticipantLeft(participant=left, counts=counts, waited=waited, absent=absent))


async def mark_present(tx: Transaction, timeouts: Timeouts, *participants: ParticipantFacts) -> None:
    """Keeps the participants, all of one gallery, inside for `PRESENCE_FOR` and the grace period (rules 33, 36)."""
    due_at = tx.now + PRESENCE_FOR + timedelta(seconds=timeouts.reconnect_grace_seconds)
    here = participants[0].gallery_id
    await set_deadlines(tx, DeadlineKind.ABSENCE, [each.id for each in participants], here, due_at)


_A_HOST_IS_INSIDE = exists().where(
    Participant.session_id == bindparam("session"),
    Participant.state == ParticipantState.ADMITTED,
    Participant.moderates,
)
_A_HOST = select(_A_HOST_IS_INSIDE)
_WAIT_FOR_A_HOST = select(Site.host_absence_timeout_seconds).where(~_A_HOST_IS_INSIDE)


async def a_host_is_inside(tx: Transaction, session_id: UUID) -> bool:
    """Returns whether a participant whose snapshot says room moderator is inside (rule 39)."""
    return bool(await tx.value(_A_HOST, {"session": session_id}))


async def _await_a_host(tx: Transaction, left: ParticipantFacts) -> None:
    # Rule 39: the session continues for some time without a room moderator.
    seconds: int | None = await tx.value(_WAIT_FOR_A_HOST, {"session": left.session_id})
    if seconds is not None:
        due_at = tx.now + timedelta(seconds=seconds)
        await set_deadline(tx, DeadlineKind.HOST_ABSENCE, left.session_id, left.gallery_id, due_at)


async def change_participant(tx: Transaction, participant_id: UUID, values: Mapping[str, Any]) -> ParticipantFacts:
    """Updates the participant's row, and returns its facts."""
    statement = update(Participant).where(Participant.id == participant_id).values(**values)
    row = await tx.row(statement.returning(*columns(ParticipantFacts, Participant)))
    return read_facts(ParticipantFacts, row)


async def change_participants(
    tx: Transaction, participants: Collection[UUID], values: Mapping[str, Any]
) -> dict[UUID, ParticipantFacts]:
    """Updates the participants' rows with the same values, and returns their facts. Runs one statement."""
    statement = update(Participant).where(Participant.id.in_(participants)).values(**values)
    rows = await tx.rows(statement.returning(*columns(ParticipantFacts, Participant)))
    return {row.id: read_facts(ParticipantFacts, row) for row in rows}


async def change_counts(
    tx: Transaction, session_id: UUID, *, inside: int = 0, waiting: int = 0, on_stage: int = 0, turns: int = 0
) -> SessionCounts:
    """Adds to the session's counts, and returns the new counts for the event."""
    count = RoomSession.participant_count + inside
    peak = RoomSession.peak_participants
    statement = (
        update(RoomSession)
        .where(RoomSession.id == session_id)
        .values(
            participant_count=count,
            peak_participants=case((count > peak, count), else_=peak),
            waiting_count=RoomSession.waiting_count + waiting,
            stage_count=RoomSession.stage_count + on_stage,
            turns=RoomSession.turns + turns,
        )
        .returning(*columns(SessionCounts, RoomSession))
    )
    return read_facts(SessionCounts, await tx.row(statement))


async def change_session(tx: Transaction, session_id: UUID, values: Mapping[str, Any]) -> SessionFacts:
    """Updates the session's row, and returns its facts for the event."""
    statement = update(RoomSession).where(RoomSession.id == session_id).values(**values)
    return read_facts(SessionFacts, await tx.row(statement.returning(*columns(SessionFacts, RoomSession))))
