"""The two database handles: a Snapshot reads one consistent state, and a Transaction also changes it.

Neither has a commit method. The work that is passed to `Database.transact` commits by returning and rolls back by
raising.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import insert

from models.cursors import Position
from models.events import appending
from models.events.appending import Appending
from models.events.every import Event
from models.events.log import Recorded
from models.permissions import PRIVILEGED, Permission, Role, Viewer
from models.storage.base import Base
from models.storage.statements import AnyRow, Run, Statements
from models.tables import audit

T = TypeVar("T", bound=Base)


class Snapshot(Statements):
    """Reads one consistent state. All reads through one handle see the state of the same moment.

    `locks` says whether a statement is needed only to lock a gallery's row: in a transaction on a server. SQLite's
    writer has the only lock.
    `inserted` has rows by id that the viewer has just inserted, which need not be read again.
    """

    locks = False

    def __init__(self, run: Run, viewer: Viewer, now: Callable[[], datetime], *, is_remote: bool = False) -> None:
        super().__init__(run, is_remote=is_remote)
        self.viewer = viewer
        self.inserted: dict[UUID, AnyRow] = {}
        self._clock = now
        self._now: datetime | None = None

    def seen_as(self, viewer: Viewer) -> "Snapshot":
        """Returns a handle on the same state for another viewer."""
        return Snapshot(self._run, viewer, self._clock, is_remote=self.is_remote)

    @property
    def now(self) -> datetime:
        """The time of this handle. It is read from the clock at the first use.

        In a Transaction, the first use is after the transaction has taken its locks.
        """
        if self._now is None:
            self._now = self._clock()
        return self._now


@dataclass(frozen=True, slots=True)
class Act:
    """A permission that was checked on a target. It is the content of an audit record."""

    permission: Permission
    target: str
    target_id: UUID | None
    role: Role | None


class Transaction(Snapshot):
    """Reads and changes the state, and records the events that report the changes. All of it is committed, or none."""

    def __init__(
        self, run: Run, viewer: Viewer, now: Callable[[], datetime], action: str, *, is_remote: bool = False
    ) -> None:
        super().__init__(run, viewer, now, is_remote=is_remote)
        self.locks = is_remote
        self.action = action
        self.recorded: list[Recorded] = []
        self.last: Recorded | None = None  # the last recorded entry, for the mutation's cursor
        self.asked: Act | None = None  # the last act that was checked, for the audit of a refusal
        self.committing = False

    def at(self, viewer: Viewer, now: datetime) -> "Transaction":
        """Returns a handle in the same transaction for another viewer and another time, for a history that is made up."""
        handle = Transaction(self._run, viewer, lambda: now, self.action, is_remote=self.is_remote)
        handle.recorded = self.recorded
        return handle

    async def add(self, table: type[T], **values: Any) -> T:
        """Inserts one row, and returns it as stored."""
        row = await self.first(insert(table).returning(table), values)
        assert row is not None
        return row

    async def record(self, gallery_id: UUID, event: Event) -> int:
        """Appends the event to the gallery's log in this transaction (rule 59), and returns its number."""
        recorded = await appending.record(self, gallery_id, event, self.now)
        self._note(recorded)
        return recorded.position.number

    async def record_with(
        self, gallery_id: UUID, event: Event, changes: Appending, given: Mapping[str, Any]
    ) -> list[AnyRow | None]:
        """Appends the event and makes the changes, by one statement on a server. Returns the row of each change."""
        recorded, rows = await changes.run(self, gallery_id, event, self.now, given)
        self._note(recorded)
        return rows

    def _note(self, recorded: Recorded) -> None:
        self.last = recorded
        self.recorded.append(recorded)

    async def record_many(self, gallery_id: UUID, events: Sequence[Event]) -> None:
        """Appends the events to the gallery's log in order. Runs two statements."""
        recorded = await appending.record_many(self, gallery_id, events, self.now)
        self.recorded += recorded
        self.last = recorded[-1] if recorded else self.last

    async def record_each(self, events: Mapping[UUID, Event]) -> None:
        """Appends one event to each gallery's log. The caller holds the galleries' row locks, taken in id order.

        The mutation returns no cursor: a cursor belongs to one gallery, and the viewer may see none of these (rule 14).
        """
        self.recorded += await appending.record_each(self, events, self.now)
        self.last = None

    def erased(self, gallery_id: UUID, head: int) -> None:
        """Records that the gallery and its log, which ended at `head`, are deleted.

        The commit then wakes the log's readers.
        """
        self.recorded.append(Recorded(gallery_id, Position(head + 1, 0)))
        self.last = None

    async def allowed(self, act: Act) -> None:
        """Records an act that access_* allowed. A privileged act is audited in the same transaction."""
        self.asked = act
        if act.permission in PRIVILEGED:
            await self.write_audit([act], audit.DONE)

    async def write_audit(self, acts: Sequence[Act], outcome: str) -> None:
        """Writes audit records of these acts with their outcome."""
        await audit.write(self, [self._audit_record(act, outcome) for act in acts])

    def _audit_record(self, act: Act, outcome: str) -> dict[str, Any]:
        return audit.record(
            self.now,
            self.viewer,
            action=self.action,
            permission=act.permission,
            target=act.target,
            target_id=act.target_id,
            role=act.role,
            outcome=outcome,
        )
