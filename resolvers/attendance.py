"""Attendance of a session (rules 83, 84): who was inside, when and how long, computed from the session's log."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import bindparam, select

from models.access.session_reports import ReportAccess, access_report
from models.database.transaction import Snapshot, Transaction
from models.events.every import Event
from models.events.log import told_in
from models.events.sessions import OfParticipant, ParticipantJoined, ParticipantLeft, SessionEnded
from models.tables.participants import Participant, ParticipantRole, ParticipantState
from models.tables.people import User

ENTRIES_AT_ONCE = 250
"""How many entries are folded at a stretch. It takes some milliseconds. Then other requests have a turn."""
KINDS = ("ParticipantJoined", "ParticipantLeft", "ParticipantChanged", "StageChanged", "SessionEnded")
MINUTE = timedelta(minutes=1)


class StayEnd(StrEnum):
    """Why a stay ended."""

    LEFT = "LEFT"
    ABSENT = "ABSENT"
    REMOVED = "REMOVED"
    SESSION_ENDED = "SESSION_ENDED"


@dataclass(slots=True)
class Stay:
    """One time inside. While it lasts, `left_at` and `ended` are None, and its times are counted up to now."""

    joined_at: datetime
    left_at: datetime | None = None
    ended: StayEnd | None = None
    seconds: int = 0
    seconds_on_stage: int = 0


@dataclass(slots=True)
class Attendee:
    """A person who was admitted, with all stays. `name` is None if the account was deleted."""

    user_id: UUID
    highest_role: ParticipantRole
    name: str | None = None
    stays: list[Stay] = field(default_factory=list)

    @property
    def seconds_inside(self) -> int:
        return sum(stay.seconds for stay in self.stays)

    @property
    def seconds_on_stage(self) -> int:
        return sum(stay.seconds_on_stage for stay in self.stays)


@dataclass(frozen=True, slots=True)
class Minute:
    """A minute of the session, by its beginning, and the highest number of people who were inside at once in it."""

    begins_at: datetime
    inside: int


@dataclass(frozen=True, slots=True)
class Attendance:
    """The people of a session by their first admission, the peak and its first moment, and the session's minutes."""

    people: Sequence[Attendee]
    peak: int
    peak_at: datetime | None
    minutes: Sequence[Minute]


async def begin_report(tx: Transaction, session_id: UUID) -> ReportAccess:
    """Checks access to a session's reports, and audits it (rule 67). Raises NOT_FOUND, FORBIDDEN."""
    return await access_report(tx, session_id, "sessionId")


async def attendance_of(snapshot: Snapshot, access: ReportAccess) -> Attendance:
    """Returns who attended the session.

    Reads the session's entries by pages, and keeps none of them.
    """
    fold, after = _Fold(access.session.started_at), 0
    while True:
        told = await told_in(snapshot, access.session.id, KINDS, after, ENTRIES_AT_ONCE)
        for at, event in told.events:
            fold.add(at, event)
        if told.last is None:
            break
        after = told.last
        await asyncio.sleep(0)
    names = await names_of(snapshot, access)
    return fold.attendance(access.session.ended_at or snapshot.now, names)


_NAMES = (
    select(User.id, User.name)
    .join(Participant, Participant.user_id == User.id)
    .where(Participant.session_id == bindparam("session"), Participant.was_admitted)
)


async def names_of(snapshot: Snapshot, access: ReportAccess) -> dict[UUID, str]:
    """Returns the present names of all who were admitted to the session."""
    return {row.id: row.name for row in await snapshot.rows(_NAMES, {"session": access.session.id})}


class _Fold:
    """Applies the events of a session, in the log's order."""

    def __init__(self, started_at: datetime) -> None:
        self._started_at = started_at
        self._people: dict[UUID, Attendee] = {}
        self._inside: dict[UUID, Stay] = {}
        self._on_stage: dict[UUID, datetime] = {}
        self._changes: list[tuple[datetime, int]] = []  # times, and how many were inside from then on
        self._peak = 0
        self._peak_at: datetime | None = None

    def add(self, at: datetime, event: Event) -> None:
        match event:
            case ParticipantJoined(participant=joined):
                self._join(at, joined.user_id, joined.roles)
            case ParticipantLeft(participant=left, waited=False, absent=absent):
                self._leave(at, left.user_id, _end(left.state, absent=absent))
            case SessionEnded():
                for user_id in list(self._inside):
                    self._leave(at, user_id, StayEnd.SESSION_ENDED)
            case _:
                pass
        if isinstance(event, OfParticipant):
            self._stage(at, event.participant.user_id, is_up=event.participant.stage_turn is not None)

    def _join(self, at: datetime, user_id: UUID, roles: Collection[ParticipantRole]) -> None:
        role = next(each for each in ParticipantRole if each in roles)  # they are declared from high to low
        person = self._people.setdefault(user_id, Attendee(user_id, role))
        person.highest_role = next(each for each in ParticipantRole if each in (role, person.highest_role))
        self._inside[user_id] = Stay(at)
        person.stays.append(self._inside[user_id])
        self._count(at)

    def _leave(self, at: datetime, user_id: UUID, ended: StayEnd) -> None:
        self._stage(at, user_id, is_up=False)
        stay = self._inside.pop(user_id)
        stay.left_at, stay.ended, stay.seconds = at, ended, _seconds(stay.joined_at, at)
        self._count(at)

    def _stage(self, at: datetime, user_id: UUID, *, is_up: bool) -> None:
        if is_up:
            self._on_stage.setdefault(user_id, at)
        elif user_id in self._on_stage:
            self._inside[user_id].seconds_on_stage += _seconds(self._on_stage.pop(user_id), at)

    def _count(self, at: datetime) -> None:
        self._changes.append((at, len(self._inside)))
        if len(self._inside) > self._peak:
            self._peak, self._peak_at = len(self._inside), at

    def attendance(self, until: datetime, names: dict[UUID, str]) -> Attendance:
        """Returns what was folded. Stays that last are counted up to `until`."""
        for user_id, stay in self._inside.items():
            stay.seconds = _seconds(stay.joined_at, until)
            if user_id in self._on_stage:
                stay.seconds_on_stage += _seconds(self._on_stage[user_id], until)
        for person in self._people.values():
            person.name = names.get(person.user_id)
        return Attendance([*self._people.values()], self._peak, self._peak_at, self._minutes(until))

    def _minutes(self, until: datetime) -> list[Minute]:
        minutes: list[Minute] = []
        inside, changes = 0, iter([*self._changes, (datetime.max.replace(tzinfo=until.tzinfo), 0)])
        at, following = next(changes)
        for place in range(int((until - self._started_at) / MINUTE) + 1):
            begins, most = self._started_at + place * MINUTE, inside
            while at < begins + MINUTE:
                inside, most = following, max(most, following)
                at, following = next(changes)
            minutes.append(Minute(begins, most))
        return minutes


def _end(state: ParticipantState, *, absent: bool) -> StayEnd:
    if state is ParticipantState.REMOVED:
        return StayEnd.REMOVED
    return StayEnd.ABSENT if absent else StayEnd.LEFT


def _seconds(since: datetime, until: datetime) -> int:
    # The clocks of two servers can differ, so a later entry can have an earlier time.
    return max(0, int((until - since).total_seconds()))
