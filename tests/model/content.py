"""What a session shows, in the model of a room (rules 70 to 73). The shelf has one document, and is hidden."""

from dataclasses import dataclass

from tests.model.acts import Act, other, own, refuse, still_running, tell, visible
from tests.model.room import Room, Session, Told
from tests.model.seats import Seat

PAGES = 3


@dataclass
class Shown:
    """The document, as it is shown in a session."""

    by: str
    by_moderator: bool
    version: int
    page: int = 1


def show_content(room: Room, act: Act) -> None:
    visible(room, act.who)
    refuse("NOT_FOUND", unless=room.moderates(act.who) or _may_show(room, act.who))
    session, seat = own(room, act.who)
    refuse("INVALID", unless=act.value <= PAGES)
    session.shown_version += 1
    session.shown = Shown(seat.who, room.moderates(act.who), session.shown_version, act.value)
    _tell(room, session)


def update_shown(room: Room, act: Act) -> None:
    session = _controlled(room, act)
    refuse("CONFLICT", unless=session.shown is not None)
    assert session.shown
    refuse("INVALID", unless=act.value <= PAGES)
    if session.shown.page != act.value:
        session.shown_version += 1
        session.shown.page, session.shown.version = act.value, session.shown_version
        _tell(room, session)


def stop_showing(room: Room, act: Act) -> None:
    end_shown(room, _controlled(room, act))


def _controlled(room: Room, act: Act) -> Session:
    """Returns the running session, if `act.who` may turn its pages and stop it (rule 71)."""
    visible(room, act.who)
    refuse("NOT_FOUND", unless=act.session >= 0)
    session = still_running(room, act.session)
    theirs = session.shown is None or session.shown.by == act.who
    refuse("FORBIDDEN", unless=room.moderates(act.who) or (_may_show(room, act.who) and theirs))
    own(room, act.who)
    return session


def _may_show(room: Room, who: str) -> bool:
    seat = room.inside(who)
    return seat is not None and seat.may_show


def set_may_show(room: Room, act: Act) -> None:
    session, seat = other(room, act)
    refuse("NOT_IN_SESSION", unless=seat.state == "ADMITTED")
    if seat.may_show is act.value:
        return
    refuse("CONFLICT", unless=seat.stage is not None or not act.value)
    if seat.may_show:
        end_shown_by(room, session, seat)
    seat.may_show = act.value
    tell(room, "StageChanged", session, seat)


def end_shown_by(room: Room, session: Session, seat: Seat) -> None:
    """Rule 72: what a moderator showed stays."""
    if session.shown and session.shown.by == seat.who and not session.shown.by_moderator:
        end_shown(room, session)


def end_shown(room: Room, session: Session) -> None:
    if session.shown:
        session.shown = None
        room.told.append(Told("ShownEnded", session.number, (), ("INSIDE", session.number)))


def _tell(room: Room, session: Session) -> None:
    assert session.shown
    says = (session.shown.page, session.shown.version)
    room.told.append(Told("ShownChanged", session.number, says, ("INSIDE", session.number)))
