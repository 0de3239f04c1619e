"""The two handles on the database: a Snapshot reads one consistent state, a Transaction also changes it.

Neither has a commit: returning from the work that was given to `Database.transact` commits, raising rolls back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import insert

from models.cursors import Position
from models.events import log
from models.events.every import Event
from models.events.log import Recorded
from models.permissions import PRIVILEGED, Permission, Role, Viewer
from models.storage.base import Base
from models.storage.statements import Run, Statements
from models.tables import audit

T = TypeVar("T", bound=Base)


class Snapshot(Statements):
    """Reads. All that is read through one handle is of one moment."""

    locks = False

    def __init__(self, run: Run, viewer: Viewer, now: Callable[[], datetime]) -> None:
        super().__init__(run)
        self.viewer = viewer
        self._clock = now
        self._now: datetime | None = None

    def seen_as(self, viewer: Viewer) -> "Snapshot":
        """The same moment, as another viewer sees it."""
        return Snapshot(self._run, viewer, self._clock)

    @property
    def now(self) -> datetime:
        """The one time of this handle, taken when first asked for: in a Transaction after it got its locks."""
        if self._now is None:
            self._now = self._clock()
        return self._now


@dataclass(frozen=True, slots=True)
class Act:
    """A permission that was asked for on something: what an audit record tells of."""

    permission: Permission
    target: str
    target_id: UUID | None
    role: Role | None


class Transaction(Snapshot):
    """Reads and changes, all or nothing, with the events that tell of the changes."""

    locks = True

    def __init__(self, run: Run, viewer: Viewer, now: Callable[[], datetime], action: str) -> None:
        super().__init__(run, viewer, now)
        self.action = action
        self.recorded: list[Recorded] = []
        self.last: Recorded | None = None  # the last entry of an act in one gallery: its cursor
        self.asked: Act | None = None  # the last act that was asked for: what a refusal is a refusal of
        self.committing = False

    async def add(self, table: type[T], **values: Any) -> T:
        """Insert one row, and give it as it is stored."""
        row = await self.first(insert(table).returning(table), values)
        assert row is not None
        return row

    async def record(self, gallery_id: UUID, event: Event) -> int:
        """Append the event to the gallery's log, in this transaction (rule 59). Gives its number."""
        self.last = await log.record(self, gallery_id, event, self.now)
        self.recorded.append(self.last)
        return self.last.position.number

    async def record_many(self, gallery_id: UUID, events: Sequence[Event]) -> None:
        """Append these events to the gallery's log in their order, in two statements, however many there are."""
        recorded = await log.record_many(self, gallery_id, events, self.now)
        self.recorded += recorded
        self.last = recorded[-1] if recorded else self.last

    async def record_each(self, events: Mapping[UUID, Event]) -> None:
        """Append to each gallery's log its event. The caller holds their rows, taken in id order.

        No cursor comes of it: it could be of any of them, and whoever acts on many need not see one (rule 14).
        """
        self.recorded += await log.record_each(self, events, self.now)
        self.last = None

    def erased(self, gallery_id: UUID, head: int) -> None:
        """Note that the log, which stood at `head`, goes with its gallery, so that its readers look at once."""
        self.recorded.append(Recorded(gallery_id, Position(head + 1, 0)))
        self.last = None

    async def allowed(self, act: Act) -> None:
        """Note an act that access_* allowed. Privileged ones are audited with the change itself."""
        self.asked = act
        if act.permission in PRIVILEGED:
            await self.write_audit([act], audit.DONE)

    async def write_audit(self, acts: Sequence[Act], outcome: str) -> None:
        """Audit what became of these acts."""
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
