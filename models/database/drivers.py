"""Runs a statement on SQLite's or PostgreSQL's driver itself, on a connection that SQLAlchemy holds.

SQLAlchemy goes on pooling the connections, beginning and ending their transactions, and wrapping their errors: an
exception here is the one that its own execution would raise, and a broken connection is invalidated in the same way.
"""
# ruff: noqa: SLF001  SQLAlchemy has no public names for the adapter of asyncpg and for the wrapping of errors

import sqlite3
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import greenlet_spawn

from models.storage.compiled import announce, compiled, ran
from models.storage.statements import Parameters, Ran


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
    sync: Any = connection.sync_connection
    known = compiled(statement, sync.dialect, parameters)
    if known is None:
        return ran(await connection.execute(statement, parameters))
    values = known.values(parameters)
    announce(sync, known.sql, values)
    adapted = sync.connection.dbapi_connection
    try:
        # The adapter has the cache of prepared statements.
        prepared, attributes = await adapted._prepare(known.sql, sync.dialect._invalidate_schema_cache_asof)
        found = await prepared.fetch(*values)
    except BaseException as error:
        await _invalidate_and_wrap(sync, adapted, known.sql, error)
        raise
    return Ran(known.rows(found, attributes), _affected(prepared.get_statusmsg()))


async def send_to_postgres(connection: AsyncConnection, sql: str) -> None:
    """Runs BEGIN, COMMIT or ROLLBACK."""
    sync: Any = connection.sync_connection
    announce(sync, sql)
    adapted = sync.connection.dbapi_connection
    try:
        await adapted._connection.execute(sql)
    except BaseException as error:
        await _invalidate_and_wrap(sync, adapted, sql, error)
        raise


async def _invalidate_and_wrap(connection: Connection, adapted: Any, sql: str, error: BaseException) -> None:
    # Invalidating a connection awaits its end, as SQLAlchemy awaits: in a greenlet.
    await greenlet_spawn(_fail, connection, adapted, sql, error)


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
