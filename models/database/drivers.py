"""Runs a statement on SQLite's or PostgreSQL's driver itself, on a connection that SQLAlchemy holds.

SQLAlchemy goes on pooling the connections, beginning and ending their transactions, and wrapping their errors: an
exception here is the one that its own execution would raise, and a broken connection is invalidated in the same way.
"""
# ruff: noqa: SLF001  SQLAlchemy has no public names for the adapter of asyncpg and for the wrapping of errors

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import greenlet_spawn

from models.storage.compiled import announce, compiled, ran
from models.storage.statements import Parameters, Ran

T = TypeVar("T")


def run_on_sqlite(connection: Connection, statement: Executable, parameters: Parameters | None) -> Ran:
    known = compiled(statement, connection.dialect, parameters)
    if known is None:
        return ran(connection.execute(statement, parameters))
    values = known.values(parameters)
    announce(connection, known.sql, values)
    driver: Any = connection.connection.dbapi_connection
    try:
        cursor: sqlite3.Cursor = driver.execute(known.sql, values)
        return Ran(known.rows(cursor.fetchall()), cursor.rowcount)
    except sqlite3.Error as error:
        connection._handle_dbapi_exception(error, known.sql, None, None, None)


async def run_on_postgres(connection: AsyncConnection, statement: Executable, parameters: Parameters | None) -> Ran:
    known = compiled(statement, connection.dialect, parameters)
    if known is None:
        return ran(await connection.execute(statement, parameters))
    values = known.values(parameters)

    async def fetch(adapted: Any) -> Ran:
        # This is what the adapter itself does, and it uses the adapter's cache of prepared statements.
        if adapted._transaction is None:
            await adapted._start_transaction()
        changed_at = connection.dialect._invalidate_schema_cache_asof  # type: ignore[attr-defined]  # asyncpg's dialect has it
        prepared, attributes = await adapted._prepare(known.sql, changed_at)
        found = await prepared.fetch(*values)
        return Ran(known.rows(found, attributes), _affected(prepared.get_statusmsg()))

    return await _on_adapter(connection, known.sql, values, fetch)


async def send_to_postgres(connection: AsyncConnection, sql: str) -> None:
    """Runs a statement without parameters and results, for example BEGIN."""

    async def execute(adapted: Any) -> None:
        await adapted._connection.execute(sql)

    await _on_adapter(connection, sql, (), execute)


async def _on_adapter(connection: AsyncConnection, sql: str, values: Any, work: Callable[[Any], Awaitable[T]]) -> T:
    sync = connection.sync_connection
    assert sync
    announce(sync, sql, values)
    adapted: Any = sync.connection.dbapi_connection
    try:
        async with adapted._execute_mutex:
            return await work(adapted)
    except BaseException as error:
        # Invalidating a connection awaits its end, as SQLAlchemy awaits: in a greenlet.
        await greenlet_spawn(_fail, sync, adapted, sql, error)
        raise


def _fail(connection: Connection, adapted: Any, sql: str, error: BaseException) -> None:
    wrapped = _as_dbapi_error(adapted, error) if isinstance(error, Exception) else error
    is_known = isinstance(wrapped, connection.dialect.loaded_dbapi.Error)
    try:
        raise wrapped  # noqa: TRY301  SQLAlchemy reads the exception that is being handled
    except BaseException:  # noqa: BLE001  it is always raised again
        connection._handle_dbapi_exception(wrapped, sql if is_known else None, None, None, None)


def _as_dbapi_error(adapted: Any, error: Exception) -> Exception:
    try:
        adapted._handle_exception(error)
    except Exception as translated:  # noqa: BLE001  it is the result
        return translated
    return error


def _affected(status: str) -> int:
    """Returns the number at the end of the server's answer, for example of `INSERT 0 1`."""
    number = status.rpartition(" ")[2]
    return int(number) if number.isdigit() else -1
