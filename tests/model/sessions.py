"""Sessions in the model of a room: entering, waiting, leaving, ending, admitting, removing (rules 29 to 41, 87)."""

from tests.model.acts import (
    NOBODY,
    Act,
    alive,
    forget,
    may_touch,
    moderated,
    other,
    own,
    refuse,
    respect,
    set_due,
    tell,
    tell_session,
    visible,
)
from tests.model.content import end_shown, end_shown_by
from tests.model.recordings import stop
from tests.model.room import HOST_ABSENT_AFTER, Limits, Place, Room, Session
from tests.model.seats import Seat

ACCESS = {"INTERACTIVE": "EVERYONE", "WEBINAR": "INVITE_ONLY"}


def enter_room(room: Room, act: Act) -> None:
    who = act.who
    visible(room, who)
    refuse("ROOM_DISABLED", unless=room.enabled)
    moderates = room.moderates(who)
    session = room.session
    if session and (seat := room.inside(who)):
        alive(room, session, seat)
        return
    if session is None:
        refuse("ROOM_NOT_OPEN", unless=moderates)
        session = _launch(room)
    known = session.seats.get(who)
    refuse("REMOVED_FROM_SESSION", unless=known is None or not known.banned)
    if session.locked and not moderates:
        refuse("ROOM_LOCKED", unless=known is None or known.state != "DECLINED")
        _wait(room, session, _seat(session, who), declines_stage=act.value == "OFF")
    else:
        refuse("ROOM_FULL", unless=session.counts[0] < session.limits.people)
        seat = _seat(session, who)
        seat.declines_stage = act.value == "OFF"
        admit(room, session, seat)


def _launch(room: Room) -> Session:
    limits = room.limits[room.mode]
    session = Session(
        len(room.sessions),
        room.mode,
        Limits(limits.stage, limits.people),
        ACCESS[room.mode],
        room.mode == "INTERACTIVE",
    )
    room.sessions.append(session)
    tell_session(room, "SessionStarted", session)
    return session


def _seat(session: Session, who: str) -> Seat:
    return session.seats.setdefault(who, Seat(who, len(session.seats)))


def _wait(room: Room, session: Session, seat: Seat, *, declines_stage: bool) -> None:
    alive(room, session, seat)
    if seat.state == "WAITING" and seat.declines_stage != declines_stage:
        tell(room, "ParticipantWaiting", session, seat, private=True)
    seat.declines_stage = declines_stage
    if seat.state != "WAITING":
        seat.step_off()
        seat.state, seat.stale, seat.since = "WAITING", False, (room.now, room.ticks)
        if not seat.was_admitted:
            seat.came, seat.went = room.now, None
        tell(room, "ParticipantWaiting", session, seat, private=True)


def admit(room: Room, session: Session, seat: Seat) -> None:
    seat.step_off()
    seat.held, seat.roles = room.held(seat.who), room.room_roles(seat.who)
    seat.state, seat.was_admitted, seat.removed, seat.stale = "ADMITTED", True, False, False
    seat.came, seat.went = room.now, None
    if session.mode == "INTERACTIVE" and session.stage_access == "EVERYONE" and not seat.declines_stage:
        come_up(session, seat)
    session.peak = max(session.peak, session.counts[0])
    alive(room, session, seat)
    if seat.moderates:
        room.due.pop(("HOST_ABSENCE", session.number), None)
    tell(room, "ParticipantJoined", session, seat)


def come_up(session: Session, seat: Seat) -> None:
    """Puts the participant on the stage, with the camera as the mode has it (rules 87, 89)."""
    session.turns += 1
    seat.stage = session.turns
    if session.cameras_on and seat.camera != "BLOCKED":
        seat.camera = "ON"


def leave_room(room: Room, act: Act) -> None:
    session, seat = own(room, act.who, may_wait=True)
    depart(room, session, seat, "LEFT")


def depart(room: Room, session: Session, seat: Seat, state: str) -> None:
    waited = seat.state == "WAITING"
    end_shown_by(room, session, seat)
    _go(room, session, seat, state)
    if not waited and seat.moderates and not any(each.moderates for each in session.those("ADMITTED")):
        set_due(room, ("HOST_ABSENCE", session.number), HOST_ABSENT_AFTER)
    tell(room, "ParticipantLeft", session, seat, private=waited)


def _go(room: Room, session: Session, seat: Seat, state: str) -> None:
    waited = seat.state == "WAITING"
    if not (waited and seat.was_admitted):
        seat.went = room.now
    seat.removed = seat.removed or (state == "REMOVED" and not waited)
    seat.step_off()
    seat.state, seat.stale = state, False
    forget(room, session, seat)


def end_session(room: Room, act: Act) -> None:
    end(room, moderated(room, act), "ENDED_BY_MODERATOR")


def end(room: Room, session: Session, reason: str) -> None:
    if recording := room.running(session):
        stop(room, recording)
    end_shown(room, session)
    for seat in session.those("ADMITTED") + session.those("WAITING"):
        _go(room, session, seat, "LEFT")
    room.due.pop(("HOST_ABSENCE", session.number), None)
    session.end_reason = reason
    tell_session(room, "SessionEnded", session)


def lock_room(room: Room, act: Act) -> None:
    _set_lock(room, act, locked=True)


def unlock_room(room: Room, act: Act) -> None:
    _set_lock(room, act, locked=False)


def _set_lock(room: Room, act: Act, *, locked: bool) -> None:
    session = moderated(room, act)
    if session.locked is not locked:
        session.locked = locked
        tell_session(room, "RoomLocked" if locked else "RoomUnlocked", session)


def admit_participants(room: Room, act: Act) -> tuple[str, ...]:
    session = moderated(room, act)
    if act.value == "all":
        waiting = sorted(session.those("WAITING"), key=lambda seat: seat.since)
        return tuple(_let_in(room, session, seat) for seat in waiting)
    return tuple(_let_in(room, session, _in(session, each)) for each in dict.fromkeys(act.places))


def _in(session: Session, place: Place) -> Seat | None:
    return session.seats[place[1]] if place != NOBODY and place[0] == session.number else None


def _let_in(room: Room, session: Session, seat: Seat | None) -> str:
    if seat is None:
        return "NOT_FOUND"
    if seat.state == "WAITING":
        if not room.has_rights(seat.who):
            return "FORBIDDEN"
        if session.counts[0] >= session.limits.people:
            return "ROOM_FULL"
        admit(room, session, seat)
    return "ADMITTED" if seat.state == "ADMITTED" else "NOT_IN_SESSION"


def decline_participants(room: Room, act: Act) -> tuple[str, ...]:
    session = moderated(room, act)
    return tuple(_decline(room, session, act.who, _in(session, each)) for each in dict.fromkeys(act.places))


def _decline(room: Room, session: Session, who: str, seat: Seat | None) -> str:
    if seat is None:
        return "NOT_FOUND"
    if seat.state == "WAITING":
        if not may_touch(room, who, seat):
            return "FORBIDDEN"
        depart(room, session, seat, "DECLINED")
    return {"DECLINED": "DECLINED", "ADMITTED": "CONFLICT"}.get(seat.state, "NOT_IN_SESSION")


def remove_participant(room: Room, act: Act) -> None:
    session, seat = other(room, act)
    ban = bool(act.value)
    refuse("INVALID", unless=seat.who != act.who)
    respect(room, act.who, seat)
    if seat.state == "REMOVED" and ban <= seat.banned:
        return
    refuse("NOT_IN_SESSION", unless=seat.state in ("ADMITTED", "WAITING"))
    seat.banned = ban
    depart(room, session, seat, "REMOVED")


def heartbeat(room: Room, act: Act) -> None:
    alive(room, *own(room, act.who, may_wait=True))
