"""SQLite's only writer: a thread that runs transactions one after another, and commits those that wait together.

A COMMIT and the switch to the thread cost about as much as a short transaction itself. So the transactions that are
waiting share both. Each runs under a savepoint: one that fails is rolled back alone. None is answered before the
COMMIT, and if the COMMIT fails, all of them have failed (docs/decisions/0015-posting.md).
"""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from threading import Lock
from typing import Any, cast

from sqlalchemy import Connection, Engine

MOST = 64
"""How many transactions are committed together at most."""
LONGEST = 0.02
"""After how many seconds no further transaction begins before the COMMIT. Other processes wait for the lock."""

Work = Callable[[Connection, "Decision"], Any]


class Decision:
    """Decides between the writer, which is about to commit a transaction, and the event loop, which wants to stop it.

    The first of the two to `take` the decision has it.
    """

    def __init__(self) -> None:
        self._lock = Lock()

    def take(self) -> bool:
        return self._lock.acquire(blocking=False)

    def must_be_open(self) -> None:
        """Raises CancelledError if the decision was taken."""
        if self._lock.locked():
            raise asyncio.CancelledError


class _Member:
    """A transaction that waits or runs. `told` gets its result in the event loop."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._context = copy_context()
        self.told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.decision = Decision()
        self._result: Any = None
        self.error: BaseException | None = None

    def run(self, connection: Connection) -> None:
        """Runs the work under a savepoint. Raises only if the whole group's transaction is lost."""
        driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        driver.execute("SAVEPOINT member")
        try:
            self.decision.must_be_open()
            self._result = self._context.run(self._work, connection, self.decision)
        except BaseException as error:  # the event loop gets every error
            self.error = error
            if not driver.in_transaction:  # after some errors SQLite rolls back everything, for example on a full disk
                raise
            driver.execute("ROLLBACK TO member")
        driver.execute("RELEASE member")

    def tell(self) -> None:
        if self.told.done():
            return
        if isinstance(self.error, asyncio.CancelledError):
            self.told.cancel()
        elif self.error is not None:
            self.told.set_exception(self.error)
        else:
            self.told.set_result(self._result)


class Writer:
    """Runs transactions on one connection of `engine`, whose connections begin with BEGIN IMMEDIATE."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._waiting: deque[_Member] = deque()
        self._connection: Connection | None = None

    async def run(self, work: Work) -> Any:
        """Runs `work` in a transaction. It must take the decision at its end, and commits only if it gets it.

        If the caller is cancelled, a transaction that has not begun never begins, and one that has not taken its
        decision stops after its current statement.
        """
        member = _Member(work)
        self._waiting.append(member)
        self._thread.submit(self._serve)
        try:
            return await asyncio.shield(member.told)
        except asyncio.CancelledError:
            if member.decision.take():
                member.told.cancel()  # Nobody asks for its error any more, and asyncio would report that.
            elif not member.told.cancelled():
                await asyncio.wait({member.told})
                member.told.result()  # raises the error of the commit, if it failed
            raise

    def _serve(self) -> None:
        """Runs and commits those that wait, in the thread."""
        if not self._waiting:
            return
        group: list[_Member] = []
        try:
            self._commit_together(group)
        except BaseException as error:  # noqa: BLE001  the event loop gets every error
            self._close_connection()  # a failed COMMIT can leave its transaction open
            # If it did not begin, another process has the lock, and those that wait have waited as long as the first.
            group = group or self._all_waiting()
            for member in group:
                member.error = member.error or error
        with suppress(RuntimeError, IndexError):  # the event loop is closed, or nobody waits any more
            group[0].told.get_loop().call_soon_threadsafe(_tell, group)

    def _commit_together(self, group: list[_Member]) -> None:
        connection = self._connection = self._connection or self._engine.connect()
        with connection.begin():
            until = time.monotonic() + LONGEST
            while self._waiting and len(group) < MOST and time.monotonic() < until:
                group.append(self._waiting.popleft())
                group[-1].run(connection)

    def _all_waiting(self) -> list[_Member]:
        return [self._waiting.popleft() for _ in range(len(self._waiting))]

    def _close_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def rest(self) -> None:
        """Closes the connection until the next transaction."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close_connection)

    async def close(self) -> None:
        await self.rest()
        self._thread.shutdown()


def _tell(group: Sequence[_Member]) -> None:
    for member in group:
        member.tell()
