"""What every act in the model of a room comes down to: who may, of whom, what is told, and what falls due."""

from dataclasses import dataclass
from typing import Any

from tests.model.room import ABSENT_AFTER, Due, Place, Recording, Room, Session, Told
from tests.model.seats import Seat

NOBODY: Place = (-1, "nobody")


class RefusedError(Exception):
    """Why something is not done, as a code."""


@dataclass(frozen=True)
class Act:
    """What somebody does: of which session, to whom, with which recording, and what more the mutation takes."""

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
    """Rule 4: absent and hidden are one answer."""
    refuse("NOT_FOUND", unless=room.sees_room(who))


def moderated(room: Room, act: Act) -> Session:
    """The running session, for what is a room moderator's to do."""
    visible(room, act.who)
    refuse("NOT_FOUND", unless=act.session >= 0)
    refuse("FORBIDDEN", unless=room.moderates(act.who))
    return still_running(room, act.session)


def still_running(room: Room, number: int) -> Session:
    """Rule 40."""
    session = room.sessions[number]
    refuse("SESSION_ENDED", unless=session.end_reason is None)
    return session


def own(room: Room, who: str, *, may_wait: bool = False) -> tuple[Session, Seat]:
    """Somebody's own place in the running session."""
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
    """Somebody to whom a room moderator does something, or, with `also_own`, who does it to themselves."""
    visible(room, act.who)
    (place,) = act.places
    refuse("NOT_FOUND", unless=place != NOBODY)
    session = room.sessions[place[0]]
    seat = session.seats[place[1]]
    refuse("NOT_FOUND", unless=room.sees_seat(act.who, session, seat))
    refuse("FORBIDDEN", unless=room.moderates(act.who) or (also_own and seat.who == act.who))
    return still_running(room, session.number), seat


def may_touch(room: Room, who: str, seat: Seat) -> bool:
    """Rule 12: only a manager does something to a manager; inside, by the snapshot, which whoever waits has not."""
    mine = room.inside(who)
    manages = mine.manages if mine else room.gallery_role(who) == "MANAGER"
    is_one = room.gallery_role(seat.who) == "MANAGER" if seat.state == "WAITING" else seat.manages
    return manages or not is_one


def respect(room: Room, who: str, seat: Seat) -> None:
    refuse("FORBIDDEN", unless=may_touch(room, who, seat))


def tell(room: Room, kind: str, session: Session, seat: Seat, *, private: bool = False) -> None:
    """What became of somebody in the session; `private`: for them and the room's moderators."""
    flags = (seat.stage is not None, seat.invited, seat.hand is not None, seat.stale)
    audience = ("PERSON", seat.who) if private else ("PEOPLE", session.number)
    room.told.append(Told(kind, (session.number, seat.who), (seat.state, *flags, *session.counts), audience))


def tell_all(room: Room, kind: str, of: Any = None, *says: Any, audience: str = "EVERYONE") -> None:
    room.told.append(Told(kind, of, says, (audience, None)))


def tell_session(room: Room, kind: str, session: Session) -> None:
    tell_all(room, kind, session.number, session.locked, session.stage_access, session.end_reason)


def tell_recording(room: Room, kind: str, recording: Recording) -> None:
    tell_all(room, kind, recording.number, recording.state, recording.reason)


def set_due(room: Room, due: Due, seconds: int, number: int = 0) -> None:
    # By the moment, then by whoever came first: a moment is that of an act.
    room.due[due] = (room.now + seconds, room.ticks, number)


def alive(room: Room, session: Session, seat: Seat) -> None:
    """A sign of life (rules 33, 36)."""
    set_due(room, ("ABSENCE", (session.number, seat.who)), ABSENT_AFTER, seat.number)


def forget(room: Room, session: Session, seat: Seat) -> None:
    """Nothing falls due of whoever is gone."""
    for kind in ("ABSENCE", "INVITATION"):
        room.due.pop((kind, (session.number, seat.who)), None)
