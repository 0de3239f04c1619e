"""The person at the server's command line, who does what site admins do, and the database that they do it in."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from models.database.database import Database
from models.errors import Refusal, Unavailable
from models.permissions import Role, Viewer
from server.command_failed import CommandFailed
from server.database_places import sqlite_path
from server.database_unusable import DatabaseUnusable
from server.open_database import open_database
from server.revisions import newest_revision
from server.settings import Settings

T = TypeVar("T")

OPERATOR = Viewer(UUID(int=0), "the operator", frozenset({Role.SITE_ADMIN}))
"""The audit names no user for what is done here: the operating system knows who it was."""


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Runs `work` on the migrated database, and closes it. Raises CommandFailed."""

    async def opened() -> T:
        database = open_database(settings)
        try:
            await _require_migrated(database)
            return await work(database)
        finally:
            await database.close()

    path = sqlite_path(settings.database_url)
    if path and not path.exists():  # connecting would make an empty file
        raise DatabaseUnusable(f"There is no database {path}: run `python -m server migrate`.")
    try:
        return asyncio.run(opened())
    except BrokenPipeError:
        raise
    except Refusal as refusal:
        raise CommandFailed(refusal.message) from refusal
    except (Unavailable, OSError, SQLAlchemyError) as trouble:
        reason = getattr(trouble, "orig", trouble)
        raise DatabaseUnusable(f"The database that DATABASE_URL names cannot be used: {reason}") from trouble


async def _require_migrated(database: Database) -> None:
    # Alembic itself takes longer to import than all else that these commands do.
    try:
        found = await database.reads.value(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        found = None
    if found != newest_revision():
        raise DatabaseUnusable("The database is not migrated: run `python -m server migrate`.")
