"""What all acts in the model of a room share: checks of access, logging of events, and deadlines."""

from dataclasses import dataclass
from typing import Any

from tests.model.room import ABSENT_AFTER, Due, Place, Recording, Room, Session, Told
from tests.model.seats import Seat

NOBODY: Place = (-1, "nobody")


class RefusedError(Exception):
    """An act is refused; the message is the code."""


@dataclass(frozen=True)
class Act:
    """A mutation: who sends it, on which session, participants or recording, and with which further value."""

    who: str
    verb: str
    session: int = -1
    places: tuple[Place, ...] = ()
    recording: int = -1
    value: Any = None


def refuse(code: str, *, unless: bool) -> None:
    if not unless:
        raise RefusedError(code)


def visible(room: Room, who: str) -> None:
    """Rule 4: a room that is hidden answers like one that does not exist."""
    refuse("NOT_FOUND", unless=room.sees_room(who))


def moderated(room: Room, act: Act) -> Session:
    """Returns the running session, if `act.who` is its room moderator; raises RefusedError otherwise."""
    visible(room, act.who)
    refuse("NOT_FOUND", unless=act.session >= 0)
    refuse("FORBIDDEN", unless=room.moderates(act.who))
    return still_running(room, act.session)


def still_running(room: Room, number: int) -> Session:
    """Rule 40: raises RefusedError if the session has ended."""
    session = room.sessions[number]
    refuse("SESSION_ENDED", unless=session.end_reason is None)
    return session


def own(room: Room, who: str, *, may_wait: bool = False) -> tuple[Session, Seat]:
    """Returns the running session and the seat of `who`; raises RefusedError if they are not in it."""
    visible(room, who)
    last = room.sessions[-1] if room.sessions else None
    seat = last.seats.get(who) if last else None
    refuse("NOT_IN_SESSION", unless=seat is not None)
    assert last
    assert seat
    refuse("SESSION_ENDED", unless=last.end_reason is None)
    refuse("NOT_IN_SESSION", unless=seat.state == "ADMITTED" or (may_wait and seat.state == "WAITING"))
    return last, seat


def other(room: Room, act: Act, *, also_own: bool = False) -> tuple[Session, Seat]:
    """Returns session and seat that a room moderator acts on; with `also_own`, people may act on their own seat."""
    visible(room, act.who)
    (place,) = act.places
    refuse("NOT_FOUND", unless=place != NOBODY)
    session = room.sessions[place[0]]
    seat = session.seats[place[1]]
    refuse("NOT_FOUND", unless=room.sees_seat(act.who, session, seat))
    refuse("FORBIDDEN", unless=room.moderates(act.who) or (also_own and seat.who == act.who))
    return still_running(room, session.number), seat


def may_touch(room: Room, who: str, seat: Seat) -> bool:
    """Rule 12: only managers act on managers. Inside, the snapshot counts; people who wait have no snapshot."""
    mine = room.inside(who)
    manages = mine.manages if mine else room.gallery_role(who) == "MANAGER"
    is_one = room.gallery_role(seat.who) == "MANAGER" if seat.state == "WAITING" else seat.manages
    return manages or not is_one


def respect(room: Room, who: str, seat: Seat) -> None:
    refuse("FORBIDDEN", unless=may_touch(room, who, seat))


def tell(room: Room, kind: str, session: Session, seat: Seat, *, private: bool = False) -> None:
    """Logs an event about a participant. `private`: only they and the room's moderators are told."""
    flags = (seat.stage is not None, seat.invited, seat.hand is not None, seat.stale, seat.may_show, *seat.devices)
    audience = ("PERSON", seat.who) if private else ("PEOPLE", session.number)
    room.told.append(Told(kind, (session.number, seat.who), (seat.state, *flags, *session.counts), audience))


def tell_all(
    room: Room, kind: str, of: Any = None, *says: Any, audience: str = "EVERYONE", of_audience: Any = None
) -> None:
    room.told.append(Told(kind, of, says, (audience, of_audience)))


def tell_session(room: Room, kind: str, session: Session) -> None:
    tell_all(room, kind, session.number, session.locked, session.stage_access, session.end_reason)


def tell_recording(room: Room, kind: str, recording: Recording) -> None:
    tell_all(room, kind, recording.number, recording.state, recording.reason)


def set_due(room: Room, due: Due, seconds: int, number: int = 0) -> None:
    # sorted by time, then by the act that set it
    room.due[due] = (room.now + seconds, room.ticks, number)


def alive(room: Room, session: Session, seat: Seat) -> None:
    """Postpones the absence deadline, after a sign of life (rules 33, 36)."""
    set_due(room, ("ABSENCE", (session.number, seat.who)), ABSENT_AFTER, seat.number)


def forget(room: Room, session: Session, seat: Seat) -> None:
    """Removes the deadlines of somebody who left."""
    for kind in ("ABSENCE", "INVITATION"):
        room.due.pop((kind, (session.number, seat.who)), None)
