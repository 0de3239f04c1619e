"""Which migrations a database has, without Alembic, which takes long to import."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, create_engine, inspect, pool, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

T = TypeVar("T")


async def version_of(url: str) -> str | None:
    """Returns the number of the newest migration that the database has, or None if it has none."""
    return await on_connection(url, _version)


async def on_connection(url: str, work: Callable[[Connection], T]) -> T:
    """Runs `work` on a connection of its own, in one transaction."""
    if make_url(url).get_backend_name() == "sqlite":
        return await asyncio.to_thread(_on_sqlite, url, work)
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=pool.NullPool)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _on_sqlite(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_engine(url, poolclass=pool.NullPool)
    try:
        with engine.begin() as connection:
            return work(connection)
    finally:
        engine.dispose()


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
