"""Embedded SQLite: one writer thread with BEGIN IMMEDIATE, and pooled connections for reads in the event loop.

A thread switch for each statement costs more than most statements. So a transaction switches once, and its statements
run synchronously in the writer thread. Reads of a few rows run in the event loop itself
(docs/decisions/0003-databases.md).
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Executable, NullPool, QueuePool, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from models.database.database import PATIENCE, Clock, Database, Fault, Patience, Work, utc_now
from models.database.drivers import run_on_sqlite
from models.database.transaction import Snapshot, Transaction
from models.database.writer import Decision, Writer
from models.permissions import Viewer
from models.storage.statements import Parameters, Ran, Run, Statements

T = TypeVar("T")

LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
NOT_SERVING = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}
"""The file cannot be opened, read or written: its folder, its disk or its access rights are in the way."""


class SQLiteDatabase(Database):
    def __init__(self, url: str, connections: int = 10, clock: Clock = utc_now, patience: Patience = PATIENCE) -> None:
        super().__init__(clock)
        self._write_engine = _engine(url, "BEGIN IMMEDIATE", patience.lock, poolclass=NullPool)
        self._writer = Writer(self._write_engine)
        self._read_engine = _engine(
            url, "BEGIN", patience.lock, poolclass=QueuePool, pool_size=connections, max_overflow=0
        )
        self._read_slots = asyncio.Semaphore(connections)
        self._autocommit_engine = _engine(url, None, patience.lock, poolclass=NullPool)
        self._autocommit_connection: Connection | None = None

    def connections(self) -> dict[str, tuple[int, int]]:
        assert isinstance(self._read_engine.pool, QueuePool)
        return {"read": (self._read_engine.pool.checkedout(), self._read_engine.pool.size())}

    async def _attempt(self, viewer: Viewer, action: str, work: Work[T], made: list[Transaction]) -> T:
        def write(connection: Connection, decision: Decision) -> T:
            tx = Transaction(_runner(connection, decision), viewer, self.clock, action)
            made.append(tx)
            result = _drive(cast("Coroutine[Any, Any, T]", work(tx)))
            if not decision.take():
                raise asyncio.CancelledError
            tx.committing = True
            return result

        return cast("T", await self._writer.run(write))

    def is_busy(self, error: Fault) -> bool:
        return _code(error) in LOCKED

    def out_of_reach(self, error: Fault) -> bool:
        return _code(error) in NOT_SERVING or super().out_of_reach(error)

    @asynccontextmanager
    async def snapshot(self, viewer: Viewer) -> AsyncIterator[Snapshot]:
        connection: Connection | None = None
        # The fields of a query run concurrently, but only one of them may open the shared connection.
        opening = asyncio.Lock()

        async def run(statement: Executable, parameters: Parameters | None) -> Ran:
            nonlocal connection
            try:
                if connection is None:
                    async with opening:
                        connection = connection or await self._begin_reading()
                return run_on_sqlite(connection, statement, parameters)
            except OperationalError:
                with self.reaching():
                    raise

        try:
            yield Snapshot(run, viewer, self.clock)
        finally:
            if connection is not None:
                connection.close()
                self._read_slots.release()

    async def _begin_reading(self) -> Connection:
        await self._read_slots.acquire()
        try:
            connection = self._read_engine.connect()
            connection.begin()
        except BaseException:
            self._read_slots.release()
            raise
        return connection

    @property
    def reads(self) -> Statements:
        return Statements(self._read_once)

    async def _read_once(self, statement: Executable, parameters: Parameters | None) -> Ran:
        try:
            if self._autocommit_connection is None:
                self._autocommit_connection = self._autocommit_engine.connect()
            return run_on_sqlite(self._autocommit_connection, statement, parameters)
        except OperationalError:
            with self.reaching():
                raise

    async def close(self) -> None:
        await self._writer.close()
        self._write_engine.dispose()
        if self._autocommit_connection is not None:
            self._autocommit_connection.close()
        self._autocommit_engine.dispose()
        self._read_engine.dispose()


def _runner(connection: Connection, decision: Decision) -> Run:
    async def run(statement: Executable, parameters: Parameters | None) -> Ran:
        decision.must_be_open()
        return run_on_sqlite(connection, statement, parameters)

    return run


def _code(error: Fault) -> int | None:
    """Returns SQLite's primary result code, or None for another kind of error."""
    extended = getattr(error.orig, "sqlite_errorcode", None) if isinstance(error, OperationalError) else None
    return None if extended is None else extended & 0xFF


def _drive(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end without an event loop. Coroutines on SQLite's handles never suspend."""
    try:
        work.send(None)
    except StopIteration as finished:
        return cast("T", finished.value)
    work.close()
    raise RuntimeError("a transaction may await only its own statements")


def _of_existing_file(url: str) -> str:
    """Returns the URL that opens the same file, and fails if there is none. SQLite would make an empty one."""
    return f"sqlite:///file:{quote(make_url(url).database or '')}?mode=rw&uri=true"


def _engine(url: str, begin: str | None, lock_seconds: float, **pool: Any) -> Engine:
    # Parameters can contain users' texts, which exceptions must not put into logs.
    connect_args = {"check_same_thread": False, "timeout": lock_seconds, "cached_statements": 500}
    engine = create_engine(_of_existing_file(url), hide_parameters=True, connect_args=connect_args, **pool)

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # The driver's implicit BEGIN is deferred, which loses updates.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        if begin:
            connection.exec_driver_sql(begin)

    return engine
