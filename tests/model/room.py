"""A model of a room in plain Python, written from the rules. It knows nothing of tables, locks or resolvers.

What people do is in tests/model/acts.py. People and groups are identified by name, sessions and recordings by number.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional

from tests.model.seats import Held, Seat

if TYPE_CHECKING:
    from tests.model.content import Shown

ROLES = ("ROOM_MODERATOR", "CHAT_MODERATOR", "SPEAKER", "ATTENDEE")
GALLERY_ROLES = ("MANAGER", "MODERATOR", "CONTRIBUTOR", "MEMBER")  # highest first
INSIDE = {"ENTER", "POST_MESSAGE"}
MODERATES = {"LAUNCH", "END_SESSION", "ADMIT", "LOCK", "MANAGE_STAGE", "REMOVE_PARTICIPANT", "RECORD", "MANAGE_CONTENT"}
MODERATES |= {"READ_REPORTS"}
CHATS = {"MODERATE_CHAT", "ANSWER_QUESTIONS", "RUN_INTERACTIONS", "ANNOUNCE"}
GRANTS = {
    "ROOM_MODERATOR": INSIDE | MODERATES | {"BACKCHANNEL"},
    "CHAT_MODERATOR": INSIDE | CHATS | {"BACKCHANNEL"},
    "SPEAKER": INSIDE,
    "ATTENDEE": INSIDE,
    "MANAGER": {"ENTER", "CONFIGURE", "READ_REPORTS"},
    "MODERATOR": {"ENTER"},
    "CONTRIBUTOR": {"ENTER"},
    "MEMBER": {"ENTER"},
}
ABSENT_AFTER = 30 + 60  # seconds: heartbeat interval and grace (rules 33, 36)
HOST_ABSENT_AFTER = 900
INVITED_FOR = 60
REPORTED_WITHIN = 24 * 3600

Place = tuple[int, str]
"""A participant: the session's number and the person's name."""
Due = tuple[str, Any]
"""A deadline: ABSENCE or INVITATION of a place, HOST_ABSENCE of a session, RECORDING of a recording."""


@dataclass
class Limits:
    """The limits of a mode: people on stage (None: unlimited), and people inside."""

    stage: int | None
    people: int


@dataclass
class Session:
    """A session, from launch to end."""

    number: int
    mode: str
    limits: Limits
    stage_access: str
    cameras_on: bool
    locked: bool = False
    end_reason: str | None = None
    peak: int = 0
    turns: int = 0
    shown: Optional["Shown"] = None
    shown_version: int = 0
    seats: dict[str, Seat] = field(default_factory=dict)

    def those(self, state: str) -> list[Seat]:
        return [seat for seat in self.seats.values() if seat.state == state]

    @property
    def stage(self) -> list[Seat]:
        up = [seat for seat in self.seats.values() if seat.stage is not None]
        return sorted(up, key=lambda seat: seat.stage or 0, reverse=True)

    @property
    def hands(self) -> list[Seat]:
        return sorted((seat for seat in self.seats.values() if seat.hand is not None), key=lambda seat: seat.hand or 0)

    @property
    def counts(self) -> tuple[int, int, int]:
        """The number of people inside, waiting, and on stage."""
        return len(self.those("ADMITTED")), len(self.those("WAITING")), len(self.stage)


@dataclass
class Recording:
    """A recording of a session."""

    number: int
    session: int
    by: str
    state: str = "RECORDING"
    reason: str | None = None
    seconds: int | None = None


@dataclass(frozen=True)
class Told:
    """An event: kind, object, facts, audience."""

    kind: str
    of: Any
    says: tuple[Any, ...]
    audience: tuple[str, Any]


@dataclass
class Room:
    """A gallery's room, the people who have rights in it, and its history."""

    mode: str
    limits: dict[str, Limits]
    members: dict[str, str]  # gallery roles of users and groups
    groups: dict[str, set[str]]
    assigned: dict[str, list[str]]  # users and groups on each list of the form
    enabled: bool = True
    version: int = 1
    now: int = 0
    ticks: int = 0
    sessions: list[Session] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)
    due: dict[Due, tuple[int, int, int]] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    # ---------------------------------------------------------------- roles (rules 1, 2, 7 to 11)

    def principals(self, who: str) -> list[str]:
        """Returns the user and their groups."""
        return [who, *(group for group, people in self.groups.items() if who in people)]

    def gallery_role(self, who: str) -> str | None:
        roles = [self.members[each] for each in self.principals(who) if each in self.members]
        return min(roles, key=GALLERY_ROLES.index, default=None)

    def held(self, who: str) -> tuple[Held, ...]:
        mine = self.principals(who)
        managing = [("ROOM_MODERATOR", "GALLERY_MANAGER", each) for each in mine if self.members.get(each) == "MANAGER"]
        assigned = [
            (role, "ASSIGNED", each) for role, listed in self.assigned.items() for each in listed if each in mine
        ]
        return (*managing, *assigned)

    def has_rights(self, who: str) -> bool:
        return bool(self.gallery_role(who) or self.held(who))

    def room_roles(self, who: str) -> tuple[str, ...]:
        held = {role for role, _source, _via in self.held(who)}
        return tuple(role for role in ROLES if role in held) or ("ATTENDEE",)

    # ---------------------------------------------------------------- presence

    @property
    def session(self) -> Session | None:
        """The running session."""
        last = self.sessions[-1] if self.sessions else None
        return last if last and last.end_reason is None else None

    def inside(self, who: str) -> Seat | None:
        seat = self.session.seats.get(who) if self.session else None
        return seat if seat and seat.state == "ADMITTED" else None

    def roles(self, who: str) -> list[str]:
        """Returns all roles of `who`: inside, those of the snapshot (rule 32); otherwise the stored ones."""
        role = self.gallery_role(who)
        own = [role] if role else []
        if seat := self.inside(who):
            return own + list(seat.roles)
        return own + list(self.room_roles(who)) if self.has_rights(who) else []

    def permissions(self, who: str) -> set[str]:
        return {each for role in self.roles(who) for each in GRANTS[role]}

    def sees_room(self, who: str) -> bool:
        return self.has_rights(who) or self.inside(who) is not None

    def moderates(self, who: str) -> bool:
        return "ROOM_MODERATOR" in self.roles(who)

    def was_in(self, who: str, number: int) -> bool:
        seat = self.sessions[number].seats.get(who)
        return seat is not None and seat.was_admitted

    # ---------------------------------------------------------------- visibility (rules 4, 17, 34, 37, 40, 45, 63)

    def hears(self, who: str, told: Told) -> bool:
        """Returns whether `who` may receive the event, with the rights they have now."""
        match told.audience:
            case ("EVERYONE", _):
                return self.sees_room(who)
            case ("MEMBERS", _):
                return self.gallery_role(who) is not None
            case ("INSIDE", number):
                return self.sees_room(who) and self.was_in(who, number)
            case ("PEOPLE", number):
                return self.sees_room(who) and (self.moderates(who) or self.was_in(who, number))
            case _:
                return self.sees_room(who) and (self.moderates(who) or told.audience[1] == who)

    def listed(self, viewer: str, session: Session) -> Iterator[Seat]:
        """Yields the participants of the session that the viewer may list."""
        if not (self.moderates(viewer) or self.was_in(viewer, session.number)):
            return
        for seat in session.seats.values():
            if self.is_told(viewer, seat) or seat.was_admitted:
                yield seat

    def is_told(self, viewer: str, seat: Seat) -> bool:
        """Returns whether the viewer may see all of a seat's state."""
        return seat.who == viewer or self.moderates(viewer)

    def sees_seat(self, viewer: str, session: Session, seat: Seat) -> bool:
        return self.is_told(viewer, seat) or seat in list(self.listed(viewer, session))

    def shown_seat(self, viewer: str, seat: Seat) -> dict[str, Any]:
        told = self.is_told(viewer, seat)
        state = seat.state if told else seat.seen_inside
        waits = state == "WAITING"
        return {
            "who": seat.who,
            "state": state,
            "joined": seat.since[0] if waits else seat.came,
            "left": None if waits else seat.went,
            "roles": [] if waits else list(seat.roles),
            "held": [] if waits else sorted(seat.held),
            "onStage": seat.stage is not None,
            "invited": seat.invited,
            "mayShow": seat.may_show,
            "hand": seat.hand is not None,
            "devices": seat.devices,
            "stale": seat.stale and told,
        }

    def shown_session(self, viewer: str, session: Session) -> dict[str, Any]:
        own = session.seats.get(viewer)
        seats = list(self.listed(viewer, session))
        people = self.moderates(viewer) or self.was_in(viewer, session.number)
        return {
            "mode": session.mode,
            "stageAccess": session.stage_access,
            "locked": session.locked,
            "endReason": session.end_reason,
            "peak": session.peak,
            "own": self.shown_seat(viewer, own) if own else None,
            "participants": [self.shown_seat(viewer, seat) for seat in seats],
            "stage": [seat.who for seat in session.stage] if people else [],
            "hands": [seat.who for seat in session.hands] if people else [],
            "shown": _page(session) if self.was_in(viewer, session.number) else None,
            "recordings": [self._shown_recording(viewer, each) for each in self.recordings_of(session)],
        }

    def recordings_of(self, session: Session) -> list[Recording]:
        return [each for each in self.recordings if each.session == session.number]

    def running(self, session: Session) -> Recording | None:
        return next((each for each in self.recordings_of(session) if each.state == "RECORDING"), None)

    def _shown_recording(self, viewer: str, one: Recording) -> dict[str, Any]:
        in_gallery = one.state == "READY" and self.gallery_role(viewer) is not None
        return {
            "number": one.number,
            "state": one.state,
            "reason": one.reason,
            "seconds": one.seconds,
            "media": {"status": "PUBLISHED", "owner": one.by} if in_gallery else None,
        }

    def shown(self, viewer: str) -> dict[str, Any] | None:
        """Returns all that the viewer reads of the room and its last session."""
        if not self.sees_room(viewer):
            return None
        session = self.session
        inside, waiting, on_stage = session.counts if session else (0, 0, 0)
        recording = self.running(session) if session else None
        return {
            "version": self.version,
            "state": "OPEN" if session else "CLOSED" if self.enabled else "DISABLED",
            "mode": session.mode if session else self.mode,
            "locked": session.locked if session else False,
            "participantCount": inside,
            "onStageCount": on_stage,
            "waitingCount": waiting if self.moderates(viewer) else None,
            "recording": recording.number if recording else None,
            "shown": _page(session) if session and self.inside(viewer) else None,
            "permissions": sorted(self.permissions(viewer)),
            "session": self.shown_session(viewer, self.sessions[-1]) if self.sessions else None,
        }


def _page(session: Session) -> tuple[int, int, str] | None:
    """Returns the page that is shown, its version, and who shows it."""
    shown = session.shown
    return (shown.page, shown.version, shown.by) if shown else None
