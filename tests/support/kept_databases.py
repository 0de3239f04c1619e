"""Databases that tests use one after another. Each test finds its database equal to the template.

A new database for each test would take longer than most tests: PostgreSQL has to create and drop it, the test has to
connect to it, and SQLAlchemy has to compile each statement for a new engine. So the engines, with their compiled
statements, are reused, and on PostgreSQL only the rows are restored. A database is not reused if a test has done more
than change some rows: dropped it, altered tables, left connections open, or added very many rows.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import event

from models.database.database import Clock, Database, Patience
from models.database.postgres import PostgresDatabase
from models.database.sqlite import SQLiteDatabase
from server.open_database import open_database, patience_of
from server.settings import Settings
from tests.support.databases import Databases
from tests.support.loop_beside import run_beside

CONNECTIONS = 4
# Some tests hold a transaction open until something has happened, so these limits are long. The tests that wait until
# such a limit ends are in test_frozen.py, which has its own settings.
PATIENCE = Patience(lock=20, idle=20)
MANY = 2_000
"""How many rows a test may leave. With more, dead rows and outdated planner statistics would affect the next test."""


class KeptSQLite(SQLiteDatabase):
    """A SQLite database whose file is replaced while it is closed."""

    is_open = False

    def __init__(self, path: Path, template: Path) -> None:
        self.url = f"sqlite:///{path}"
        super().__init__(self.url, CONNECTIONS, patience=PATIENCE)
        self._path, self._template = path, template
        self.refill()
        for engine in (self._write_engine, self._read_engine, self._autocommit_engine):
            event.listen(engine, "connect", _without_waiting_for_the_disk)

    def refill(self) -> bool:
        """Makes the database equal to the template. Returns False if it cannot be used again."""
        if self.is_open or self._read_slots._value != CONNECTIONS:
            return False
        for suffix in ("-wal", "-shm", ""):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        shutil.copy(self._template, self._path)
        return True

    def drop(self) -> None:
        self._path.unlink(missing_ok=True)

    async def close(self) -> None:
        await self._writer.rest()
        if self._autocommit_connection is not None:
            self._autocommit_connection.close()
            self._autocommit_connection = None
        self._read_engine.dispose()
        self.is_open = False

    async def close_for_ever(self) -> None:
        await super().close()


def _without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


class KeptPostgres(PostgresDatabase):
    """A PostgreSQL database whose connections stay open between tests."""

    is_open = False

    def __init__(self, server: Databases, name: str, template: str) -> None:
        self.url = server.create_database(name, template)
        super().__init__(self.url, CONNECTIONS, patience=PATIENCE)
        self._server, self._name = server, name
        self._restored: int | None = None
        self._restorer: asyncpg.Connection | None = None

    def refill(self) -> bool:
        """Makes the database equal to the template. Returns False if it cannot be used again."""
        pools = (self._write_engine.pool, self._read_engine.pool)
        if self.is_open or any(pool.checkedout() for pool in pools):  # type: ignore[attr-defined]  # as these pools count
            return False
        own = sum(pool.checkedin() for pool in pools)  # type: ignore[attr-defined]  # as these pools count
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            self._restored = run_beside(self._restore(own))
            return self._restored is not None
        return False

    async def _restore(self, own: int) -> int | None:
        self._restorer = self._restorer or await asyncpg.connect(self.url, command_timeout=10)
        restored: int | None = await self._restorer.fetchval("SELECT kept.restore($1, $2)", self._restored, own)
        return restored

    def drop(self) -> None:
        with suppress(asyncpg.InvalidCatalogNameError):  # a test has dropped it already
            self._server.drop_database(self._name)

    async def close(self) -> None:
        self.is_open = False

    async def close_for_ever(self) -> None:
        if self._restorer is not None:
            run_beside(self._restorer.close())
        await super().close()


async def make_restorable(url: str) -> None:
    """Prepares a template for `refill` of its copies: stores its present rows, and a function that restores them."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE SCHEMA kept")
        tables = [row["tablename"] for row in await connection.fetch(_TABLES)]
        for table in tables:
            await connection.execute(f'CREATE TABLE kept."{table}" AS TABLE "{table}"')
        counts = {table: await connection.fetchval(f'SELECT count(*) FROM "{table}"') for table in tables}  # noqa: S608  our tables
        restored = "\n".join(_TABLE.format(table=table, count=counts[table]) for table in tables)
        newest = await connection.fetchval(_NEWEST_TABLE)
        await connection.execute(_RESTORE.format(newest=newest, many=MANY, tables=restored))
    finally:
        await connection.close()


_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_NEWEST_TABLE = "SELECT max(oid::bigint) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
# Returns the id of its transaction, or NULL if the database cannot be used again. A table is restored only if its
# number of rows has changed, or if one of its rows was written after the last restore (`last`). The role `replica`
# turns off triggers and foreign keys, so the tables may be restored in any order.
_RESTORE = """
CREATE FUNCTION kept.restore(last bigint, own_connections bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  touched bigint;
  gone bigint := 0;
BEGIN
  IF (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND backend_type = 'client backend') > own_connections
  OR EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND backend_type = 'client backend' AND state <> 'idle')
  OR ({newest}) <> (SELECT max(oid::bigint) FROM pg_class WHERE relnamespace = 'public'::regnamespace) THEN
    RETURN NULL;
  END IF;
  PERFORM set_config('session_replication_role', 'replica', true);
  {tables}
  IF gone > {many} THEN
    RETURN NULL;
  END IF;
  RETURN pg_current_xact_id()::text::bigint;
END $$
"""
_TABLE = """
  IF (SELECT count(*) <> {count} OR coalesce(max(xmin::text::bigint), 0) > coalesce(last, 0) FROM public."{table}") THEN
    DELETE FROM public."{table}";
    GET DIAGNOSTICS touched = ROW_COUNT;
    gone := gone + touched;
    INSERT INTO public."{table}" SELECT * FROM kept."{table}";
  END IF;"""


Kept = KeptSQLite | KeptPostgres


class KeptDatabases:
    """The databases of this process. Each is lent to one test at a time, as a URL."""

    def __init__(self) -> None:
        self._free: dict[type[Kept], list[Kept]] = {KeptSQLite: [], KeptPostgres: []}
        self._lent: dict[str, Kept] = {}
        self._given_up: list[Kept] = []

    def lend_sqlite(self, template: Path) -> AbstractContextManager[str]:
        """Lends the URL of a file that equals the template."""
        return self._lend(KeptSQLite, lambda: KeptSQLite(template.parent / f"kept-{next(_numbers)}.db", template))

    def lend_postgres(self, postgres: Databases, template: str) -> AbstractContextManager[str]:
        """Lends the URL of a database that equals the template, on which `make_restorable` must have been run."""
        return self._lend(
            KeptPostgres, lambda: KeptPostgres(postgres, f"{template}_{os.getpid()}_{next(_numbers)}", template)
        )

    @contextmanager
    def _lend(self, kind: type[Kept], make: Callable[[], Kept]) -> Iterator[str]:
        kept = self._refilled(kind) or make()
        self._lent[kept.url] = kept
        yield kept.url
        self._free[kind].append(self._lent.pop(kept.url))

    def _refilled(self, kind: type[Kept]) -> Kept | None:
        while self._free[kind]:
            kept = self._free[kind].pop()
            if kept.refill():
                return kept
            kept.drop()
            self._given_up.append(kept)
        return None

    def open(self, settings: Settings, clock: Clock) -> Database:
        """Opens a database like `open_database`. Returns the kept one where that is possible."""
        kept = self._lent.get(settings.database_url)
        fits = (settings.database_connections, patience_of(settings)) == (CONNECTIONS, PATIENCE)
        if kept is None or kept.is_open or not fits:
            return open_database(settings, clock)
        Database.__init__(kept, clock)
        kept.is_open = True
        return kept

    async def close(self) -> None:
        """Closes and deletes all databases."""
        for kept in (*self._given_up, *self._free[KeptSQLite], *self._free[KeptPostgres]):
            await kept.close_for_ever()
        for kept in self._free[KeptPostgres]:
            kept.drop()


KEPT = KeptDatabases()
_numbers = count(1)
