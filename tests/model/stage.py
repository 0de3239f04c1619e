"""The stage and raised hands in the model of a room (rules 12, 42 to 44)."""

from tests.model.acts import Act, may_touch, moderated, other, own, refuse, respect, set_due, tell, tell_session
from tests.model.content import end_shown_by
from tests.model.room import INVITED_FOR, Room, Session
from tests.model.seats import Seat
from tests.model.sessions import come_up


def set_stage_access(room: Room, act: Act) -> None:
    session = moderated(room, act)
    if session.stage_access != act.value:
        session.stage_access = act.value
        tell_session(room, "StageAccessChanged", session)


def request_stage(room: Room, act: Act) -> None:
    session, seat = own(room, act.who)
    by_themselves = seat.moderates or (session.mode == "WEBINAR" and "SPEAKER" in seat.roles)
    if seat.stage is not None:
        return
    if session.stage_access == "EVERYONE" or by_themselves:
        _step_up(room, session, seat)
    else:
        refuse("STAGE_NOT_OPEN", unless=session.stage_access == "BY_REQUEST")
        _put_up(room, session, seat)


def invite_to_stage(room: Room, act: Act) -> None:
    session, seat = _other_inside(room, act)
    if seat.stage is not None or _is_invited(room, seat):
        return
    _needs_a_place(room, session, seat)
    seat.invited = True
    if session.mode == "WEBINAR" or session.limits.stage is not None:
        seat.invited_until = room.now + INVITED_FOR
        set_due(room, ("INVITATION", (session.number, seat.who)), INVITED_FOR, seat.number)
    tell(room, "StageChanged", session, seat)


def accept_stage(room: Room, act: Act) -> None:
    session, seat = own(room, act.who)
    if seat.stage is None:
        refuse("NOT_INVITED", unless=_is_invited(room, seat))
        _step_up(room, session, seat)


def decline_stage(room: Room, act: Act) -> None:
    session, seat = own(room, act.who)
    refuse("NOT_INVITED", unless=_is_invited(room, seat))
    uninvite(room, session, seat)


def leave_stage(room: Room, act: Act) -> None:
    _step_down(room, *own(room, act.who))


def remove_from_stage(room: Room, act: Act) -> None:
    session, seat = _other_inside(room, act)
    respect(room, act.who, seat)
    if seat.stage is not None:
        _step_down(room, session, seat)
    elif seat.invited:
        uninvite(room, session, seat)


def _other_inside(room: Room, act: Act, *, also_own: bool = False) -> tuple[Session, Seat]:
    session, seat = other(room, act, also_own=also_own)
    refuse("NOT_IN_SESSION", unless=seat.state == "ADMITTED")
    return session, seat


def _is_invited(room: Room, seat: Seat) -> bool:
    return seat.invited and (seat.invited_until is None or room.now < seat.invited_until)


def _needs_a_place(room: Room, session: Session, seat: Seat) -> None:
    if session.limits.stage is not None:
        promised = [each for each in session.seats.values() if each is not seat and _is_invited(room, each)]
        refuse("STAGE_FULL", unless=len(session.stage) + len(promised) < session.limits.stage)


def _step_up(room: Room, session: Session, seat: Seat) -> None:
    _needs_a_place(room, session, seat)
    room.due.pop(("INVITATION", (session.number, seat.who)), None)
    seat.step_off()
    come_up(session, seat)
    tell(room, "StageChanged", session, seat)


def _step_down(room: Room, session: Session, seat: Seat) -> None:
    if seat.stage is not None:
        end_shown_by(room, session, seat)
        seat.stage, seat.may_show = None, False
        seat.switch_off()
        tell(room, "StageChanged", session, seat)


def uninvite(room: Room, session: Session, seat: Seat) -> None:
    room.due.pop(("INVITATION", (session.number, seat.who)), None)
    seat.invited, seat.invited_until = False, None
    tell(room, "StageChanged", session, seat)


def raise_hand(room: Room, act: Act) -> None:
    _put_up(room, *own(room, act.who))


def _put_up(room: Room, session: Session, seat: Seat) -> None:
    if seat.hand is None:
        session.turns += 1
        seat.hand = session.turns
        tell(room, "HandRaised", session, seat)


def lower_hand(room: Room, act: Act) -> None:
    session, seat = _other_inside(room, act, also_own=True)
    respect(room, act.who, seat)
    _lower(room, session, seat)


def lower_all_hands(room: Room, act: Act) -> None:
    session = moderated(room, act)
    for seat in session.hands:
        if may_touch(room, act.who, seat):
            _lower(room, session, seat)


def _lower(room: Room, session: Session, seat: Seat) -> None:
    if seat.hand is not None:
        seat.hand = None
        tell(room, "HandLowered", session, seat)
