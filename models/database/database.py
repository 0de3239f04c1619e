"""The interface of the two databases: embedded SQLite and PostgreSQL."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from models.database.transaction import Act, Snapshot, Transaction
from models.errors import Refusal, Unavailable
from models.events.log import Recorded
from models.permissions import PRIVILEGED, Viewer
from models.storage.statements import Statements

logger = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[Transaction], Awaitable[T]]
Clock = Callable[[], datetime]
Fault = SQLAlchemyError | OSError

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

    def __init__(self, clock: Clock = utc_now) -> None:
        self.clock = clock
        self.on_commit: Callable[[Sequence[Recorded]], None] = lambda _recorded: None

    @abstractmethod
    def connections(self) -> dict[str, tuple[int, int]]:
        """Returns how many connections are in use, and how many there may be, by the pool's name."""

    async def transact(self, viewer: Viewer, action: str, work: Work[T], queue: str | None = None) -> T:
        """Runs `work` in one transaction, which commits if `work` returns and rolls back if it raises.

        `action` is the mutation's name. `queue` names what the transaction will lock, if that is known: transactions
        that wait for the same lock then need no connection while they wait. `work` runs again if it loses to a concurrent transaction or the connection
        breaks before COMMIT, so it must have no effects outside the transaction.
        """
        for attempt in range(1, ATTEMPTS + 1):
            made: list[Transaction] = []
            try:
                async with self.turn(queue):
                    result = await self._attempt(viewer, action, work, made)
            except Refusal as refusal:
                await self._audit_refusal(viewer, action, made, refusal)
                raise
            except (SQLAlchemyError, OSError) as error:
                if self._nobody_knows_the_fate(error, made):
                    raise
                if attempt == ATTEMPTS or not self._may_run_again(error):
                    with self.reaching():
                        raise
            else:
                if made[0].recorded:
                    self.on_commit(made[0].recorded)
                return result
        raise AssertionError("unreachable")

    @contextmanager
    def reaching(self) -> Iterator[None]:
        """Raises UNAVAILABLE in place of an error which says that the database does not answer in time."""
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            if not self.out_of_reach(error):
                raise
            logger.warning("the database did not answer: %r", getattr(error, "orig", error))
            raise Unavailable from error

    async def _audit_refusal(self, viewer: Viewer, action: str, made: list[Transaction], refusal: Refusal) -> None:
        # In a separate transaction, because the refused one is rolled back.
        act = made[0].asked if made else None
        if act and act.permission in PRIVILEGED:
            with self.reaching():
                await self._attempt(viewer, action, _write_refusal(act, refusal), [])

    def _nobody_knows_the_fate(self, error: Fault, made: list[Transaction]) -> bool:
        # If the connection broke before COMMIT was sent, nothing was changed.
        return _broken(error) and bool(made) and made[0].committing and not self.surely_undone(error)

    def _may_run_again(self, error: Fault) -> bool:
        return _broken(error) or (isinstance(error, DBAPIError) and self.lost_a_race(error))

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
        return _broken(error) or isinstance(error, OSError | NoConnectionFree)

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


def _broken(error: Fault) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _write_refusal(act: Act, refusal: Refusal) -> Work[None]:
    async def write(tx: Transaction) -> None:
        await tx.write_audit([act], refusal.code)

    return write
