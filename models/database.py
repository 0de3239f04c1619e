"""The database: SQLite embedded, or PostgreSQL, behind one small interface."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError

from models.errors import Refusal
from models.log import Recorded
from models.permissions import PRIVILEGED, Viewer
from models.statements import Statements
from models.transaction import Act, Snapshot, Transaction

T = TypeVar("T")
Work = Callable[[Transaction], Awaitable[T]]
Clock = Callable[[], datetime]

ATTEMPTS = 4


def utc_now() -> datetime:
    return datetime.now(UTC)


class Database(ABC):
    """Runs transactions and snapshots. `on_commit` hears what each commit recorded: the streams' wake-up."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self.clock = clock
        self.on_commit: Callable[[Sequence[Recorded]], None] = lambda _recorded: None

    async def transact(self, viewer: Viewer, action: str, work: Work[T]) -> T:
        """Run `work` in one transaction of `action`, a mutation's name: commit if it returns, roll back if it raises.

        Losing to another transaction runs it again, so it must do nothing but what the handle offers.
        """
        for attempt in range(1, ATTEMPTS + 1):
            made: list[Transaction] = []
            try:
                result = await self._attempt(viewer, action, work, made)
            except Refusal as refusal:
                await self._audit_refusal(viewer, action, made, refusal)
                raise
            except DBAPIError as error:
                if attempt == ATTEMPTS or not self._may_run_again(error, made):
                    raise
            else:
                if made[0].recorded:
                    self.on_commit(made[0].recorded)
                return result
        raise AssertionError("unreachable")

    async def _audit_refusal(self, viewer: Viewer, action: str, made: list[Transaction], refusal: Refusal) -> None:
        # In a transaction of its own: the refused one is rolled back.
        act = made[0].asked if made else None
        if act and act.permission in PRIVILEGED:
            await self._attempt(viewer, action, _write_refusal(act, refusal), [])

    def _may_run_again(self, error: DBAPIError, made: list[Transaction]) -> bool:
        # A connection that broke before COMMIT was sent has changed nothing; after it, nobody knows.
        broken = error.connection_invalidated and not (made and made[0].committing)
        return broken or self.lost_a_race(error)

    def lost_a_race(self, error: DBAPIError) -> bool:
        """Whether running the same work again may well succeed."""
        return isinstance(error, IntegrityError)

    @abstractmethod
    async def _attempt(self, viewer: Viewer, action: str, work: Work[T], made: list[Transaction]) -> T:
        """One try. Puts the Transaction that it made into `made`."""

    @abstractmethod
    def snapshot(self, viewer: Viewer) -> AbstractAsyncContextManager[Snapshot]:
        """A consistent read. Takes a connection with its first statement, and none when there is none."""

    @property
    @abstractmethod
    def reads(self) -> Statements:
        """Single reads, each of its own moment: for the log's readers, at the lowest price."""

    @abstractmethod
    async def close(self) -> None:
        """Give everything back."""


def _write_refusal(act: Act, refusal: Refusal) -> Work[None]:
    async def write(tx: Transaction) -> None:
        await tx.write_audit([act], refusal.code)

    return write
