"""The interface of the two databases: embedded SQLite and PostgreSQL."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from models.database.away import AWAY, BUSY, Away, OutcomeUnknown, reason_of
from models.database.transaction import Act, Snapshot, Transaction
from models.errors import Refusal, Unavailable
from models.events.log import Recorded
from models.permissions import PRIVILEGED, Viewer
from models.storage.statements import Statements

T = TypeVar("T")
Work = Callable[[Transaction], Awaitable[T]]
Clock = Callable[[], datetime]
Fault = Exception
"""One of a database's `faults`."""

ATTEMPTS = 4


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Patience:
    """The longest waits in seconds: for a lock, in a transaction that does nothing, and for a statement that reads."""

    lock: float = 3
    idle: float = 2
    statement: float = 5


PATIENCE = Patience()


class Database(ABC):
    """Runs transactions and snapshots.

    Each commit calls `on_commit` with the log entries that it recorded, which wakes the streams. Transactions,
    snapshots and single reads raise UNAVAILABLE if the database does not answer in time.
    """

    faults: tuple[type[Exception], ...] = (SQLAlchemyError, OSError)
    """What reading and writing may raise that is no fault of the caller."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self.clock = clock
        self.on_commit: Callable[[Sequence[Recorded]], None] = lambda _recorded: None

    @abstractmethod
    def connections(self) -> dict[str, tuple[int, int]]:
        """Returns how many connections are in use, and how many there may be, by the pool's name."""

    async def transact(
        self, viewer: Viewer, action: str, work: Work[T], queue: str | None = None, *, repeatable: bool = False
    ) -> T:
        """Runs `work` in one transaction, which commits if `work` returns and rolls back if it raises.

        `action` is the mutation's name. `queue` names what the transaction will lock, if that is known: transactions
        that wait for the same lock then need no connection while they wait. `work` runs again if it loses to a concurrent transaction or the connection
        breaks before COMMIT, so it must have no effects outside the transaction.

        If the answer of COMMIT is lost, `repeatable` work runs once more, on a new connection. Work is repeatable if it
        does nothing and returns the same after it was committed already. Otherwise, and if the second answer is lost
        too, this raises OutcomeUnknown.
        """
        tries = _Tries(self, repeatable=repeatable)
        while True:
            made: list[Transaction] = []
            try:
                async with self.turn(queue):
                    result = await self._attempt(viewer, action, work, made)
            except Refusal as refusal:
                await self._audit_refusal(viewer, action, made, refusal)
                raise
            except asyncio.CancelledError:
                if tries.lost:
                    raise OutcomeUnknown from None
                raise
            except self.faults as error:
                tries.failed(error, made)
            else:
                # The COMMIT whose answer was lost may have recorded entries too. A wake-up for nothing does no harm.
                if recorded := [entry for tx in (*tries.lost, *made) for entry in tx.recorded]:
                    self.on_commit(recorded)
                return result

    @contextmanager
    def reaching(self) -> Iterator[None]:
        """Raises UNAVAILABLE in place of an error which says that the database does not answer in time."""
        try:
            yield
        except self.faults as error:
            if not self.out_of_reach(error):
                raise
            if self.is_busy(error):
                BUSY.warn(reason_of(error))
                raise Unavailable from error
            AWAY.warn(reason_of(error))
            raise Away from error

    async def _audit_refusal(self, viewer: Viewer, action: str, made: list[Transaction], refusal: Refusal) -> None:
        # In a separate transaction, because the refused one is rolled back.
        act = made[0].asked if made else None
        if act and act.permission in PRIVILEGED:
            with self.reaching():
                await self._attempt(viewer, action, _write_refusal(act, refusal), [])

    def turn(self, _queue: str | None) -> AbstractAsyncContextManager[None]:
        """Returns a context that is entered when a transaction of this queue may begin."""
        return nullcontext()

    def lost_a_race(self, error: DBAPIError) -> bool:
        """Returns whether the transaction lost to a concurrent one, so that running it again may succeed."""
        return isinstance(error, IntegrityError)

    def surely_undone(self, _error: Fault) -> bool:
        """Returns whether this error of a COMMIT means that the transaction was certainly rolled back."""
        return False

    def out_of_reach(self, error: Fault) -> bool:
        """Returns whether the error says that the database does not answer in time, not that a statement is wrong."""
        broken = _broken(error) or _never_opened(error)
        return self.is_busy(error) or broken or isinstance(error, OSError | NoConnectionFree)

    def is_busy(self, _error: Fault) -> bool:
        """Returns whether the database answers, but not this statement, for example because others hold its lock."""
        return False

    @abstractmethod
    async def _attempt(self, viewer: Viewer, action: str, work: Work[T], made: list[Transaction]) -> T:
        """Runs `work` once. Appends its Transaction to `made`."""

    @abstractmethod
    def snapshot(self, viewer: Viewer) -> AbstractAsyncContextManager[Snapshot]:
        """Opens a consistent read. It takes a connection only with its first statement."""

    @property
    @abstractmethod
    def reads(self) -> Statements:
        """A handle for single reads without a transaction. Each read sees the state of its own moment.

        The log's readers use this handle, because it is the cheapest.
        """

    @abstractmethod
    async def close(self) -> None:
        """Closes all connections."""


class _Tries:
    """The attempts of one transaction. `lost` is the one whose COMMIT was not answered, if there is one."""

    def __init__(self, database: Database, *, repeatable: bool) -> None:
        self.lost: list[Transaction] = []
        self._database = database
        self._repeatable = repeatable
        self._failures = 0

    def failed(self, error: Fault, made: Sequence[Transaction]) -> None:
        """Counts a failure. Raises what it means for the caller, unless the work can run again."""
        self._failures += 1
        if self._nobody_knows_the_fate(error, made):
            if self.lost or not self._repeatable:
                self._raise_unknown(error)
            self.lost = [*made]
            made[0].committing = False  # the operation's time limit holds again
        elif self._failures >= ATTEMPTS or not self._may_run_again(error):
            if self.lost:
                self._raise_unknown(error)
            with self._database.reaching():
                raise error

    def _nobody_knows_the_fate(self, error: Fault, made: Sequence[Transaction]) -> bool:
        # If the connection broke before COMMIT was sent, nothing was changed.
        return _broken(error) and bool(made) and made[0].committing and not self._database.surely_undone(error)

    def _may_run_again(self, error: Fault) -> bool:
        return _broken(error) or (isinstance(error, DBAPIError) and self._database.lost_a_race(error))

    def _raise_unknown(self, error: Fault) -> NoReturn:
        AWAY.warn(reason_of(error))
        raise OutcomeUnknown from error


def _broken(error: Fault) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _never_opened(error: Fault) -> bool:
    """Returns whether the error comes from a connection that was being opened: no statement was sent yet."""
    return isinstance(error, DBAPIError) and error.statement is None and not isinstance(error, IntegrityError)


def _write_refusal(act: Act, refusal: Refusal) -> Work[None]:
    async def write(tx: Transaction) -> None:
        await tx.write_audit([act], refusal.code)

    return write
