"""Tells which tables of a database have changed, so that tests read again only those."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import text

from models.database.database import Database
from models.database.sqlite import SQLiteDatabase
from models.storage.base import Base

Table = type[Base]
Versions = Mapping[Table, object]
"""For each table a value that differs from an earlier one when a row has changed since."""


class TableVersions(ABC):
    def __init__(self, database: Database, tables: Collection[Table]) -> None:
        self._database = database
        self._tables = tables

    @abstractmethod
    async def read(self) -> Versions: ...


class PostgresVersions(TableVersions):
    """On PostgreSQL: a hash of where each row is stored and of the transaction that wrote it."""

    def __init__(self, database: Database, tables: Collection[Table]) -> None:
        super().__init__(database, tables)
        hashed = "concat(count(*), ' ', sum(hashtextextended(ctid::text, xmin::text::bigint)))"
        versions = [f'(SELECT {hashed} FROM "{table.__tablename__}")' for table in tables]  # noqa: S608  our tables
        self._statement = text(f"SELECT {', '.join(versions)}")

    async def read(self) -> Versions:
        row = await self._database.reads.row(self._statement)
        assert row
        return dict(zip(self._tables, row, strict=True))


class SQLiteVersions(TableVersions):
    """On SQLite: the rows as the driver returns them. They are read again after a commit."""

    def __init__(self, database: Database, tables: Collection[Table]) -> None:
        super().__init__(database, tables)
        self._read_at: tuple[object, ...] = ()
        self._versions: Versions = {}

    async def read(self) -> Versions:
        connection = self._connection()
        # The first number changes when another connection commits, the second with each row that this one writes.
        commits = connection.execute("PRAGMA data_version").fetchone(), connection.total_changes
        if (connection, *commits) != self._read_at:
            self._versions = {table: _rows(connection, table) for table in self._tables}
            self._read_at = (connection, *commits)
        return self._versions

    def _connection(self) -> sqlite3.Connection:
        assert isinstance(self._database, SQLiteDatabase)
        opened: Any = self._database._autocommit_connection
        if opened is None:  # Nothing was read yet.
            opened = self._database._autocommit_connection = self._database._autocommit_engine.connect()
        connection: sqlite3.Connection = opened.connection.driver_connection
        return connection


def _rows(connection: sqlite3.Connection, table: Table) -> list[Any]:
    return connection.execute(f'SELECT * FROM "{table.__tablename__}"').fetchall()  # noqa: S608  our tables


def versions_of(database: Database, tables: Collection[Table]) -> TableVersions:
    """The versions of these tables in this database."""
    kind = SQLiteVersions if isinstance(database, SQLiteDatabase) else PostgresVersions
    return kind(database, tables)
