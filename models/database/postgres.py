"""PostgreSQL by asyncpg: one engine for transactions, one in autocommit for reads, which saves two round trips each."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Executable
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from models.database.database import PATIENCE, Clock, Database, Fault, Patience, Work, utc_now
from models.database.transaction import Snapshot, Transaction
from models.permissions import Viewer
from models.storage.statements import Parameters, Run, Statements

T = TypeVar("T")

LOST_RACES = {"40001", "40P01"}  # serialization failure, deadlock
WAITED_IN_VAIN = {"55P03"}  # for a lock
NOT_SERVING = {"53300", "57P01", "57P02", "57P03"}  # too many connections, going down, crashed, starting up
IDLE_FOR_TOO_LONG = "25P03"


class PostgresDatabase(Database):
    def __init__(self, url: str, connections: int = 10, clock: Clock = utc_now, patience: Patience = PATIENCE) -> None:
        super().__init__(clock)
        # A process that is stopped in a transaction holds its locks, and the server must take them from it.
        let_go = {"idle_in_transaction_session_timeout": patience.idle, "lock_timeout": patience.lock}
        self._write_engine = _engine(url, let_go, pool_size=connections)
        self._read_engine = _engine(
            url, {}, pool_size=connections, isolation_level="AUTOCOMMIT", pool_reset_on_return=None
        )
        self._reads = Statements(self._read_once)

    async def _attempt(self, viewer: Viewer, action: str, work: Work[T], made: list[Transaction]) -> T:
        async with self._write_engine.begin() as connection:
            tx = Transaction(_runner(connection), viewer, self.clock, action)
            made.append(tx)
            result = await work(tx)
            tx.committing = True
            return result

    def lost_a_race(self, error: DBAPIError) -> bool:
        return _state(error) in LOST_RACES or super().lost_a_race(error)

    def surely_undone(self, error: Fault) -> bool:
        # The driver knows of the end before it sends COMMIT, or the server's answer to COMMIT is that it had ended before.
        return isinstance(error, InterfaceError) or _state(error) == IDLE_FOR_TOO_LONG

    def out_of_reach(self, error: Fault) -> bool:
        return _state(error) in LOST_RACES | WAITED_IN_VAIN | NOT_SERVING or super().out_of_reach(error)

    @asynccontextmanager
    async def snapshot(self, viewer: Viewer) -> AsyncIterator[Snapshot]:
        connection: AsyncConnection | None = None
        # One connection runs one statement at a time, and the fields of a query run concurrently.
        one_at_a_time = asyncio.Lock()

        async def run(statement: Executable, parameters: Parameters | None) -> CursorResult[Any]:
            nonlocal connection
            async with one_at_a_time:
                connection = connection or await self._begin_reading()
                return await connection.execute(statement, parameters)

        try:
            yield Snapshot(run, viewer, self.clock)
        except BaseException:
            if connection is not None:
                await connection.invalidate()  # it may be in the middle of anything
            raise
        else:
            if connection is not None and not connection.invalidated:
                with suppress(DBAPIError):  # broken by now: what was read was read
                    await connection.exec_driver_sql("COMMIT")
        finally:
            if connection is not None:
                await connection.close()

    async def _begin_reading(self) -> AsyncConnection:
        for fresh in (False, True):
            connection = await self._read_engine.connect()
            try:
                await connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            except DBAPIError as error:
                await connection.close()
                if fresh or not error.connection_invalidated:
                    raise
            else:
                return connection
        raise AssertionError("unreachable")

    async def _read_once(self, statement: Executable, parameters: Parameters | None) -> CursorResult[Any]:
        try:
            return await self._read(statement, parameters)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        return await self._read(statement, parameters)  # the server was away; the pool has noticed, and connects anew

    async def _read(self, statement: Executable, parameters: Parameters | None) -> CursorResult[Any]:
        async with self._read_engine.connect() as connection:
            return await connection.execute(statement, parameters)

    @property
    def reads(self) -> Statements:
        return self._reads

    async def close(self) -> None:
        await self._write_engine.dispose()
        await self._read_engine.dispose()


def _runner(connection: AsyncConnection) -> Run:
    async def run(statement: Executable, parameters: Parameters | None) -> CursorResult[Any]:
        return await connection.execute(statement, parameters)

    return run


def _state(error: BaseException | None) -> str | None:
    """The SQLSTATE that the server gave: the innermost, where it said why it was closing the connection."""
    state = None
    while error:
        state = getattr(error, "sqlstate", None) or state
        error = error.__cause__
    return state


def _engine(url: str, timeouts: Mapping[str, float], **options: Any) -> AsyncEngine:
    driver_url = make_url(url).set(drivername="postgresql+asyncpg")
    # Parameters can be what people wrote, and must not reach a log through an exception.
    options["hide_parameters"] = True
    # JIT compiles plans for longer than these short statements run.
    server_settings = {"jit": "off"} | {name: f"{seconds * 1000:.0f}ms" for name, seconds in timeouts.items()}
    connect_args = {"prepared_statement_cache_size": 500, "server_settings": server_settings}
    return create_async_engine(driver_url, max_overflow=0, pool_pre_ping=False, connect_args=connect_args, **options)
