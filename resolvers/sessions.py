"""Sessions: entering (which may launch a session), leaving and ending them (rules 29 to 31, 38 to 40)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select, update

from models.access.rates import keep_to_rate
from models.access.rights import SEES_ROOM
from models.access.rooms import RoomAccess, access_room, access_session, may_also, must_have_entered
from models.database.transaction import Snapshot, Transaction
from models.errors import RemovedFromSession, RoomDisabled, RoomFull, RoomLocked, RoomNotOpen
from models.events.sessions import SessionEnded, SessionStarted
from models.permissions import Permission
from models.storage.base import columns, new_id, read_facts
from models.storage.paging import Key, Page, PageArguments, page, page_each
from models.storage.statements import among
from models.tables.deadlines import forget_session
from models.tables.galleries import Gallery
from models.tables.participants import Participant, ParticipantFacts, ParticipantRole, ParticipantState
from models.tables.rates import RateKind
from models.tables.rooms import Room
from models.tables.sessions import STAGE_ACCESS_AT_LAUNCH, RoomSession, SessionEndReason, SessionFacts
from models.values.moments import clean_moment
from resolvers.crowd_reactions import tell_crowd_reactions
from resolvers.participants import change_session, end_participation, join_session, mark_present, values_on_leaving
from resolvers.recordings import end_recording_of
from resolvers.shown import end_shown_in
from resolvers.stage_places import NO_WISHES, Wishes
from resolvers.tallies import close_interactions_of
from resolvers.waiting import wait_for_admission


@dataclass(frozen=True, slots=True)
class Entered:
    """The viewer's participant, its session, and whether entering launched the session."""

    participant_id: UUID
    session_id: UUID
    launched: bool


async def enter_room(tx: Transaction, room_id: UUID, wishes: Wishes = NO_WISHES) -> Entered:
    """Joins the room's session, or waits if it is locked (rule 37).

    Launches a session if none runs and the viewer may launch one (rule 30). Entering again from another device returns
    the same participant (rule 36), and changes nothing. Raises ROOM_DISABLED, ROOM_NOT_OPEN, ROOM_FULL, ROOM_LOCKED,
    REMOVED_FROM_SESSION, RATE_LIMITED.
    """
    access = await access_room(tx, room_id, Permission.ENTER, "input", "roomId")
    if not access.room.enabled:
        raise RoomDisabled("This room is switched off.", "input", "roomId")
    if access.inside and access.session:
        await mark_present(tx, access.timeouts, access.inside)
        return Entered(access.inside.id, access.session.id, launched=False)
    running = access.open_session
    session = running or await _launch(tx, access)
    returning = access.participant if running else None
    if returning and returning.banned:
        raise RemovedFromSession("You were removed from this session.", "input", "roomId")
    if running is None or returning:
        # Everyone enters a session for the first time once. Only what can be repeated is counted.
        await keep_to_rate(tx, RateKind.VISITS, "input", "roomId")
    if session.locked and ParticipantRole.ROOM_MODERATOR not in access.rights.room_roles:
        participant = await _wait(tx, access, session, returning, wishes)
    else:
        participant = await _join(tx, access, session, returning, wishes)
    return Entered(participant.id, session.id, launched=running is None)


async def _wait(
    tx: Transaction, access: RoomAccess, session: SessionFacts, returning: ParticipantFacts | None, wishes: Wishes
) -> ParticipantFacts:
    if returning and returning.state is ParticipantState.DECLINED:
        raise RoomLocked("The room is locked, and you were not let in.", "input", "roomId")
    return await wait_for_admission(tx, access, session, returning, wishes)


async def _join(
    tx: Transaction, access: RoomAccess, session: SessionFacts, returning: ParticipantFacts | None, wishes: Wishes
) -> ParticipantFacts:
    if session.participant_count >= session.participant_capacity:
        raise RoomFull(f"The room is full: it takes {session.participant_capacity} people.", "input", "roomId")
    return await join_session(tx, access, session, tx.viewer.id, access.rights, returning, wishes)


async def leave_room(tx: Transaction, room_id: UUID) -> Entered:
    """Leaves the session, or stops waiting for it. Raises NOT_IN_SESSION, SESSION_ENDED."""
    access = await access_room(tx, room_id, Permission.ENTER, "input", "roomId")
    participant = access.waiting or must_have_entered(access, "input", "roomId")[1]
    await end_participation(tx, participant, ParticipantState.LEFT)
    return Entered(participant.id, participant.session_id, launched=False)


async def end_session(tx: Transaction, session_id: UUID) -> UUID:
    """Ends the session for everyone (rule 38). Raises SESSION_ENDED if it has already ended."""
    access = await access_session(tx, session_id, Permission.END_SESSION, "input", "sessionId")
    assert access.open_session
    await close_session(tx, access.room.gallery_id, access.open_session.id, SessionEndReason.ENDED_BY_MODERATOR)
    return session_id


_ALL_WHO_ARE_THERE = update(Participant).where(
    Participant.session_id == bindparam("session"),
    Participant.state.in_([ParticipantState.ADMITTED, ParticipantState.WAITING]),
)


async def close_session(tx: Transaction, gallery_id: UUID, session_id: UUID, reason: SessionEndReason) -> None:
    """Closes the session for everyone (rule 38): all who were inside or waiting have left, and the stage is empty.

    This first stops the session's recording (rule 58) and what is shown (rule 72), closes its open interactions, and
    announces the last crowd reactions.
    """
    await end_recording_of(tx, session_id)
    await end_shown_in(tx, gallery_id, session_id)
    await close_interactions_of(tx, gallery_id, session_id)
    await tell_crowd_reactions(tx, gallery_id, session_id)
    everyone_leaves = _ALL_WHO_ARE_THERE.values(**values_on_leaving(ParticipantState.LEFT, tx.now))
    await tx.execute(everyone_leaves, {"session": session_id})
    await forget_session(tx, session_id)
    nobody = {"participant_count": 0, "waiting_count": 0, "stage_count": 0}
    ended = await change_session(tx, session_id, {"ended_at": tx.now, "end_reason": reason} | nobody)
    await tx.record(gallery_id, SessionEnded(session=ended))


async def _launch(tx: Transaction, access: RoomAccess) -> SessionFacts:
    if not await may_also(tx, access, Permission.LAUNCH):
        raise RoomNotOpen("Nobody has opened this room yet.", "input", "roomId")
    room = access.room
    limits = access.limits
    session = await tx.add(
        RoomSession,
        id=new_id(),
        room_id=room.id,
        mode=room.mode,
        visible_cameras=limits.visible_cameras,
        stage_capacity=limits.stage_capacity,
        participant_capacity=limits.participant_capacity,
        stage_access=STAGE_ACCESS_AT_LAUNCH[room.mode],
        locked=False,
        started_at=tx.now,
        started_by=tx.viewer.id,
        ended_at=None,
        end_reason=None,
        participant_count=0,
        peak_participants=0,
        waiting_count=0,
        stage_count=0,
        turns=0,
        recording_id=None,
        cameras_on_by_default=limits.cameras_on_by_default,
        reactions_told_at=None,
    )
    await tx.execute(update(Room).where(Room.id == room.id).values(session_id=session.id))
    started = read_facts(SessionFacts, session)
    await tx.record(room.gallery_id, SessionStarted(session=started))
    return started


NEWEST_FIRST = (Key(RoomSession.started_at, descending=True), Key(RoomSession.id, descending=True))


async def sessions_of(
    snapshot: Snapshot,
    galleries: Sequence[UUID],
    started_after: datetime | None,
    started_before: datetime | None,
    arguments: PageArguments,
) -> dict[UUID, Page[RoomSession]]:
    """Returns a page of the sessions in each gallery's room, newest first. The given moments are excluded.

    Callers check that the viewer sees the room.
    """
    sessions = select(RoomSession)
    if started_after is not None:
        sessions = sessions.where(RoomSession.started_at > clean_moment(started_after, "startedAfter"))
    if started_before is not None:
        sessions = sessions.where(RoomSession.started_at < clean_moment(started_before, "startedBefore"))
    if len(galleries) == 1:
        # With a join, PostgreSQL would sort all sessions of the room instead of reading the index in order.
        room = select(Room.id).where(Room.gallery_id == galleries[0]).scalar_subquery()
        return {
            galleries[0]: await page(snapshot, sessions.where(RoomSession.room_id == room), NEWEST_FIRST, arguments)
        }
    in_rooms = sessions.join(Room, Room.id == RoomSession.room_id)
    return await page_each(snapshot, in_rooms, Room.gallery_id, galleries, NEWEST_FIRST, arguments)


_SEEN_SESSIONS = (
    select(*columns(SessionFacts, RoomSession), Room.gallery_id)
    .join(Room, Room.id == RoomSession.room_id)
    .join(Gallery, Gallery.id == Room.gallery_id)
    .where(among(RoomSession.id), SEES_ROOM)
)


async def sessions_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, tuple[SessionFacts, UUID]]:
    """Returns the sessions whose room the viewer sees, each with its gallery's id."""
    rows = await snapshot.rows(_SEEN_SESSIONS, {"ids": list(ids), "viewer": snapshot.viewer.id})
    return {row.id: (read_facts(SessionFacts, row), row.gallery_id) for row in rows}
