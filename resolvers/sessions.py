"""Sessions: entering (which may launch), leaving, ending (rules 29 to 41)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, case, select, update

from models import session_events
from models.access import RoomAccess, access_room, access_session, may_also
from models.audiences import Audience, AudienceKey
from models.base import columns, facts, new_id
from models.errors import NotInSession, RoomDisabled, RoomFull, RoomNotOpen, SessionEnded
from models.galleries import Gallery
from models.paging import EMPTY, Key, Page, PageArguments, page_each
from models.permissions import Permission, Role, granted
from models.rights import SEES_ROOM
from models.rooms import Room
from models.session_events import ParticipantJoined, ParticipantLeft, SessionStarted
from models.sessions import (
    STAGE_ACCESS_AT_LAUNCH,
    Participant,
    ParticipantFacts,
    ParticipantState,
    RoomSession,
    SessionEndReason,
    SessionFacts,
)
from models.statements import among
from models.transaction import Snapshot, Transaction
from models.visibility import Visibility, visibilities


@dataclass(frozen=True, slots=True)
class Entered:
    """The viewer's participant, its session, and whether entering launched it."""

    participant_id: UUID
    session_id: UUID
    launched: bool


async def enter_room(tx: Transaction, room_id: UUID) -> Entered:
    """Join the room's session, launching it where there is none and the viewer may (rule 30).

    ROOM_DISABLED, ROOM_NOT_OPEN, ROOM_FULL. Entering again from another device gives the same participant (rule 36).
    """
    access = await access_room(tx, room_id, Permission.ENTER, "input", "roomId")
    if not access.room.enabled:
        raise RoomDisabled("This room is switched off.", "input", "roomId")
    if access.inside and access.session:
        return Entered(access.inside.id, access.session.id, launched=False)
    running = access.open_session
    session = running or await _launch(tx, access)
    if session.participant_count >= session.participant_capacity:
        raise RoomFull(f"The room is full: it takes {session.participant_capacity} people.", "input", "roomId")
    participant = await _admit(tx, access, session)
    return Entered(participant.id, session.id, launched=running is None)


async def leave_room(tx: Transaction, room_id: UUID) -> Entered:
    """Leave the session that the viewer is in. NOT_IN_SESSION, SESSION_ENDED."""
    access = await access_room(tx, room_id, Permission.ENTER, "input", "roomId")
    session, participant = inside(access, "input", "roomId")
    values = {"state": ParticipantState.LEFT, "left_at": tx.now}
    left = await _move(tx, participant.id, values)
    count = await _count(tx, session.id, -1)
    event = ParticipantLeft(
        participant=left, participant_count=count.participant_count, peak_participants=count.peak_participants
    )
    await tx.record(access.room.gallery_id, event)
    return Entered(left.id, session.id, launched=False)


async def end_session(tx: Transaction, session_id: UUID) -> UUID:
    """End the session for everyone (rule 38). SESSION_ENDED when it already has."""
    access = await access_session(tx, session_id, Permission.END_SESSION, "input", "sessionId")
    assert access.open_session
    await end(tx, access.room.gallery_id, access.open_session.id, SessionEndReason.ENDED_BY_MODERATOR)
    return session_id


def inside(access: RoomAccess, *field: str) -> tuple[SessionFacts, ParticipantFacts]:
    """The running session and the viewer in it. SESSION_ENDED once it is over (rule 40), else NOT_IN_SESSION."""
    if access.session and access.inside:
        return access.session, access.inside
    if access.participant and access.session and access.session.ended_at:
        raise SessionEnded("The session has ended.", *field)
    raise NotInSession("Enter the room first.", *field)


_EVERYONE_LEFT = (
    update(Participant)
    .where(Participant.session_id == bindparam("session"), Participant.state == ParticipantState.ADMITTED)
    .values(state=ParticipantState.LEFT, left_at=bindparam("now"))
)
_SESSION = columns(SessionFacts, RoomSession)


async def end(tx: Transaction, gallery_id: UUID, session_id: UUID, reason: SessionEndReason) -> None:
    """Close the session: everyone inside has left, and the room is closed."""
    await tx.execute(_EVERYONE_LEFT, {"session": session_id, "now": tx.now})
    ended = (
        update(RoomSession)
        .where(RoomSession.id == session_id)
        .values(ended_at=tx.now, end_reason=reason, participant_count=0)
        .returning(*_SESSION)
    )
    row = await tx.row(ended)
    await tx.record(gallery_id, session_events.SessionEnded(session=facts(SessionFacts, row)))


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
    )
    await tx.execute(update(Room).where(Room.id == room.id).values(session_id=session.id))
    started = facts(SessionFacts, session)
    await tx.record(room.gallery_id, SessionStarted(session=started))
    return started


async def _admit(tx: Transaction, access: RoomAccess, session: SessionFacts) -> ParticipantFacts:
    # Rule 32: what is stored now is resolved once, here, and kept with its sources until the participant leaves.
    snapshot = {
        "state": ParticipantState.ADMITTED,
        "roles": access.rights.room_roles,
        "role_sources": [held.stored() for held in access.rights.held],
        "backchannel": Permission.BACKCHANNEL in granted(frozenset(Role(role) for role in access.rights.room_roles)),
        "joined_at": tx.now,
        "left_at": None,
    }
    returning = access.participant if access.session and access.session.id == session.id else None
    if returning:
        joined = await _move(tx, returning.id, snapshot)
    else:
        place = {"session_id": session.id, "gallery_id": access.room.gallery_id, "user_id": tx.viewer.id}
        joined = facts(ParticipantFacts, await tx.add(Participant, id=new_id(), **place, **snapshot))
    count = await _count(tx, session.id, +1)
    event = ParticipantJoined(
        participant=joined, participant_count=count.participant_count, peak_participants=count.peak_participants
    )
    await tx.record(access.room.gallery_id, event)
    return joined


async def _move(tx: Transaction, participant_id: UUID, values: dict[str, object]) -> ParticipantFacts:
    statement = update(Participant).where(Participant.id == participant_id).values(**values)
    row = await tx.row(statement.returning(*columns(ParticipantFacts, Participant)))
    return facts(ParticipantFacts, row)


async def _count(tx: Transaction, session_id: UUID, change: int) -> SessionFacts:
    count = RoomSession.participant_count + change
    peak = RoomSession.peak_participants
    statement = (
        update(RoomSession)
        .where(RoomSession.id == session_id)
        .values(participant_count=count, peak_participants=case((count > peak, count), else_=peak))
        .returning(*_SESSION)
    )
    return facts(SessionFacts, await tx.row(statement))


NEWEST_FIRST = (Key(RoomSession.id, descending=True),)
BY_ADMISSION = (Key(Participant.id),)


async def sessions_of(
    snapshot: Snapshot, galleries: Sequence[UUID], arguments: PageArguments
) -> dict[UUID, Page[RoomSession]]:
    """A page of the sessions in each gallery's room, the newest first, for whoever sees the gallery or the room."""
    sessions = select(RoomSession).join(Room, Room.id == RoomSession.room_id)
    return await page_each(snapshot, sessions, Room.gallery_id, galleries, NEWEST_FIRST, arguments)


async def participants_of(
    snapshot: Snapshot,
    sessions: Mapping[UUID, UUID],
    states: Sequence[ParticipantState] | None,
    arguments: PageArguments,
) -> dict[UUID, Page[Participant]]:
    """A page of the participants of each session (given with its gallery), for its people and the room's moderators."""
    arguments.checked()
    found: dict[UUID, Page[Participant]] = dict.fromkeys(sessions, EMPTY)
    visible = await visibilities(snapshot, set(sessions.values()))
    shown = [
        session
        for session, gallery in sessions.items()
        if gallery in visible and visible[gallery].sees(AudienceKey(Audience.PEOPLE, session))
    ]
    people = select(Participant)
    if states is not None:
        people = people.where(Participant.state.in_(set(states)))
    if shown:
        found |= await page_each(snapshot, people, Participant.session_id, shown, BY_ADMISSION, arguments)
    return found


async def own_participants(snapshot: Snapshot, sessions: Collection[UUID]) -> dict[UUID, Participant]:
    """The viewer's own participant in each of the sessions, where there is one."""
    mine = select(Participant).where(Participant.session_id.in_(sessions), Participant.user_id == snapshot.viewer.id)
    return {participant.session_id: participant for participant in await snapshot.all(mine)}


_SEEN_SESSIONS = (
    select(*_SESSION, Room.gallery_id)
    .join(Room, Room.id == RoomSession.room_id)
    .join(Gallery, Gallery.id == Room.gallery_id)
    .where(among(RoomSession.id), SEES_ROOM)
)
_PARTICIPANTS = select(Participant).where(among(Participant.id))


async def sessions_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, tuple[SessionFacts, UUID]]:
    """Those of the sessions whose room the viewer sees, each with its gallery."""
    rows = await snapshot.rows(_SEEN_SESSIONS, {"ids": list(ids), "viewer": snapshot.viewer.id})
    return {row.id: (facts(SessionFacts, row), row.gallery_id) for row in rows}


async def participants_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, Participant]:
    """Those of the participants that the viewer may see: their own, and those of sessions whose people they see."""
    rows = await snapshot.all(_PARTICIPANTS, {"ids": list(ids)})
    visible = await visibilities(snapshot, {row.gallery_id for row in rows})
    return {row.id: row for row in rows if row.gallery_id in visible and _sees(visible[row.gallery_id], row, snapshot)}


def _sees(visible: Visibility, row: Participant, snapshot: Snapshot) -> bool:
    return row.user_id == snapshot.viewer.id or visible.sees(AudienceKey(Audience.PEOPLE, row.session_id))
