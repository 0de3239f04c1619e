"""PostgreSQL with asyncpg.

Reads have their own engine, whose connections have no limits for locks. Both engines are in autocommit mode: a single
read is one round trip, and a transaction sends BEGIN and COMMIT itself.
"""

import asyncio
import math
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import asyncpg
from sqlalchemy import ExceptionContext, Executable, QueuePool, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from models.database.database import PATIENCE, Clock, Database, Fault, Patience, Work, utc_now
from models.database.drivers import run_on_postgres, send_to_postgres
from models.database.transaction import Snapshot, Transaction
from models.errors import Unavailable
from models.permissions import Viewer
from models.storage.statements import Parameters, Ran, Run, Statements

T = TypeVar("T")

LOST_RACES = {"40001", "40P01"}  # serialization failure, deadlock
WAITED_IN_VAIN = {"55P03", "57014"}  # the wait for a lock, or for the end of a statement, took too long
NOT_SERVING = {"53300", "57P01", "57P02", "57P03"}  # too many connections, shutting down, crashed, starting up
IDLE_FOR_TOO_LONG = "25P03"
AT_ONCE = 2
"""How many transactions of one queue run at once: while one is about to commit, the next one can begin."""


class PostgresDatabase(Database):
    # asyncpg's own error comes through when a connection breaks while SQLAlchemy prepares it.
    faults = (*Database.faults, asyncpg.InterfaceError)

    def __init__(self, url: str, connections: int = 10, clock: Clock = utc_now, patience: Patience = PATIENCE) -> None:
        super().__init__(clock)
        # A process that hangs in a transaction keeps its locks, so the server must end the transaction.
        let_go = {"idle_in_transaction_session_timeout": patience.idle, "lock_timeout": patience.lock}
        write_seconds = 2 * patience.statement
        self._most = connections
        self._write_engine = _engine(url, write_seconds, let_go, pool_size=connections)
        self._read_engine = _engine(url, patience.statement, {}, pool_size=connections)
        self._reads = Statements(self._read_once, is_remote=True)
        # A long queue moves all the time, so waiting in it is bounded like waiting for a connection.
        self._queue_seconds = 2 * write_seconds
        self._queues: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, queue: str | None) -> AsyncIterator[None]:
        if queue is None:
            yield
            return
        turns = self._queues.setdefault(queue, asyncio.Semaphore(AT_ONCE))
        async with asyncio.timeout(self._queue_seconds):
            await turns.acquire()
        try:
            yield
        finally:
            turns.release()

    async def _attempt(self, viewer: Viewer, action: str, work: Work[T], made: list[Transaction]) -> T:
        async with self._write_engine.connect() as connection:
            await send_to_postgres(connection, "BEGIN")
            try:
                tx = Transaction(_runner(connection), viewer, self.clock, action, is_remote=True)
                made.append(tx)
                result = await work(tx)
                tx.committing = True
                await _commit(connection)
            except BaseException:
                await _roll_back(connection)
                raise
            return result

    def lost_a_race(self, error: DBAPIError) -> bool:
        return state_of(error) in LOST_RACES or super().lost_a_race(error)

    def surely_undone(self, error: Fault) -> bool:
        # Either the driver knew before sending COMMIT that the connection was closed, or the server answered COMMIT
        # with the error that it had already ended the idle transaction.
        return isinstance(error, InterfaceError) or _never_sent(error) or state_of(error) == IDLE_FOR_TOO_LONG

    def is_busy(self, error: Fault) -> bool:
        return state_of(error) in LOST_RACES | WAITED_IN_VAIN

    def out_of_reach(self, error: Fault) -> bool:
        broken = state_of(error) in NOT_SERVING or isinstance(error, asyncpg.InterfaceError)
        return broken or super().out_of_reach(error)

    @asynccontextmanager
    async def snapshot(self, viewer: Viewer) -> AsyncIterator[Snapshot]:
        moment = _Moment(self)
        try:
            yield Snapshot(moment.run, viewer, self.clock, is_remote=True)
        except BaseException:
            await moment.abandon()
            raise
        else:
            await moment.end()
        finally:
            await moment.give_back()

    async def begin_reading(self) -> AsyncConnection:
        """Returns a connection that reads one moment."""
        for fresh in (False, True):
            connection = await self._read_engine.connect()
            try:
                await send_to_postgres(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            except DBAPIError as error:
                await connection.close()
                if fresh or not error.connection_invalidated:
                    raise
            else:
                return connection
        raise AssertionError("unreachable")

    async def _read_once(self, statement: Executable, parameters: Parameters | None) -> Ran:
        with self.reaching():
            try:
                return await self._read(statement, parameters)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
            # The connection was dead. The pool has noticed, and opens a new one.
            return await self._read(statement, parameters)

    async def _read(self, statement: Executable, parameters: Parameters | None) -> Ran:
        async with self._read_engine.connect() as connection:
            return await run_on_postgres(connection, statement, parameters)

    @property
    def reads(self) -> Statements:
        return self._reads

    def connections(self) -> dict[str, tuple[int, int]]:
        engines = {"read": self._read_engine, "write": self._write_engine}
        return {name: (_checked_out(engine), self._most) for name, engine in engines.items()}

    async def close(self) -> None:
        await self._write_engine.dispose()
        await self._read_engine.dispose()


class _Moment:
    """The only connection of a snapshot, taken with its first statement.

    Once the connection is lost, the snapshot reads nothing more: a new connection would see the state of another
    moment.
    """

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self._connection: AsyncConnection | None = None
        self._lost: Unavailable | None = None
        # A connection runs one statement at a time, but the fields of a query run concurrently.
        self._one_at_a_time = asyncio.Lock()

    async def run(self, statement: Executable, parameters: Parameters | None) -> Ran:
        async with self._one_at_a_time:
            if self._lost:
                raise self._lost
            try:
                with self._database.reaching():
                    self._connection = self._connection or await self._database.begin_reading()
                    return await run_on_postgres(self._connection, statement, parameters)
            except Unavailable as lost:
                self._lost = lost
                raise

    async def abandon(self) -> None:
        # When a query is cancelled, its fields are cancelled too, and the query does not wait for them. A cancelled
        # statement must end at the server first. Otherwise it continues there.
        async with self._one_at_a_time:
            if self._connection is not None:
                await self._connection.invalidate()  # it may be in the middle of a statement

    async def end(self) -> None:
        if self._connection is not None and not self._connection.invalidated:
            with suppress(DBAPIError):  # The connection has broken by now, but all reads were complete.
                await send_to_postgres(self._connection, "COMMIT")

    async def give_back(self) -> None:
        if self._connection is not None:
            await self._connection.close()


async def _commit(connection: AsyncConnection) -> None:
    sync = connection.sync_connection
    assert sync
    for listener in sync.dispatch.commit:
        listener(sync)
    await send_to_postgres(connection, "COMMIT")


async def _roll_back(connection: AsyncConnection) -> None:
    if connection.invalidated:
        return
    try:
        await send_to_postgres(connection, "ROLLBACK")
    except DBAPIError:
        await connection.invalidate()  # it must not return to the pool within a transaction


def _runner(connection: AsyncConnection) -> Run:
    async def run(statement: Executable, parameters: Parameters | None) -> Ran:
        return await run_on_postgres(connection, statement, parameters)

    return run


def _never_sent(error: Fault) -> bool:
    # asyncpg has just been told that the connection ends, and refuses to begin another command on it.
    return isinstance(error, InternalError) and "cannot switch to state" in str(error.orig)


def state_of(error: BaseException | None) -> str | None:
    """Returns the SQLSTATE of the innermost cause, or None.

    The innermost cause says why the server closed the connection.
    """
    state = None
    while error:
        state = getattr(error, "sqlstate", None) or state
        error = error.__cause__
    return state


def _engine(url: str, seconds: float, timeouts: Mapping[str, float], **options: Any) -> AsyncEngine:
    """Returns an engine whose statements and connections take at most `seconds`."""
    driver_url = make_url(url).set(drivername="postgresql+asyncpg")
    in_time = {"statement_timeout": seconds, **timeouts}
    server_settings = {name: f"{math.ceil(each * 1000)}ms" for name, each in in_time.items()} | _keepalive(seconds)
    # JIT compilation would take longer than these short statements run.
    connect_args = {"prepared_statement_cache_size": 500, "server_settings": {"jit": "off"} | server_settings}
    # A server that answers ends a slow statement before the driver gives up. So the connection stays usable.
    connect_args |= {"timeout": seconds, "command_timeout": 1.2 * seconds}
    # Parameters can contain users' texts, which must not reach a log through an exception.
    # Transactions are begun and ended here: it costs less than half of what SQLAlchemy needs for it.
    options |= {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
    options |= {"hide_parameters": True, "max_overflow": 0, "pool_timeout": 2 * seconds, "connect_args": connect_args}
    engine = create_async_engine(driver_url, **options)
    event.listen(engine.sync_engine, "handle_error", _drop_what_timed_out)
    event.listen(engine.sync_engine, "connect", partial(_notice_silence, seconds))
    return engine


def _drop_what_timed_out(context: ExceptionContext) -> DBAPIError | None:
    # SQLAlchemy treats the driver's TimeoutError as a cancellation. It drops only this connection, trusts the others,
    # and its exception does not say that the connection is lost. If the network is down, the other connections are dead
    # too. So this invalidates the whole pool, and each connection is opened anew when it is needed.
    error = context.original_exception
    if not isinstance(error, OSError) or context.connection is None:
        return None
    context.is_disconnect = context.invalidate_pool_on_disconnect = True
    if not context.connection.invalidated:
        driver: Any = context.connection.connection.driver_connection
        driver.terminate()  # Otherwise closing the connection would also wait for an answer.
    return OperationalError(context.statement, None, error, hide_parameters=True, connection_invalidated=True)


def _keepalive(seconds: float) -> dict[str, str]:
    """Returns server settings by which the server notices that a client's machine is gone."""
    whole = str(math.ceil(seconds))
    keepalives = {"tcp_keepalives_idle": whole, "tcp_keepalives_interval": whole, "tcp_keepalives_count": "3"}
    return keepalives | {"tcp_user_timeout": f"{math.ceil(2 * seconds * 1000)}ms"}


def _notice_silence(seconds: float, connection: Any, _record: object) -> None:
    """Sets the same options on our side, so that a dead idle connection is noticed before it is used."""
    wire = connection.driver_connection._transport.get_extra_info("socket")  # noqa: SLF001  asyncpg offers no other way to the socket
    if wire is None or wire.family not in (socket.AF_INET, socket.AF_INET6):
        return
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    whole = math.ceil(seconds)
    options = {"KEEPIDLE": whole, "KEEPINTVL": whole, "KEEPCNT": 3, "USER_TIMEOUT": math.ceil(2 * seconds * 1000)}
    for name, value in options.items():
        if number := getattr(socket, f"TCP_{name}", None):  # Not every system has all of these options.
            wire.setsockopt(socket.IPPROTO_TCP, number, value)


def _checked_out(engine: AsyncEngine) -> int:
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    return int(pool.checkedout())
