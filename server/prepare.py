"""The steps before serving: checks the database, migrates it, and adds demo data in development mode."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from models.database import migrate
from server.app import open_database
from server.demo import seed
from server.settings import Settings


class DatabaseUnusable(Exception):
    """The database does not answer, or is not migrated. The message says which, and never contains a password."""


def prepare(settings: Settings) -> None:
    """Migrates the database. In development mode, adds the demo data if there is no gallery yet."""
    migrate_database(settings)
    if settings.dev:
        seed_database(settings)


def migrate_database(settings: Settings) -> None:
    """Migrates the database to the newest schema."""
    if not _is_migrated(settings):
        asyncio.run(migrate.upgrade(settings.database_url))


def seed_database(settings: Settings) -> bool:
    """Adds the demo data, unless a gallery exists already. Returns whether it was added."""
    require_migrated(settings)

    async def work() -> bool:
        database = open_database(settings)
        try:
            return await seed(settings, database)
        finally:
            await database.close()

    return asyncio.run(work())


def require_migrated(settings: Settings) -> None:
    """Raises DatabaseUnusable unless the database answers and no migration is missing."""
    if not _is_migrated(settings):
        raise DatabaseUnusable("The database is not migrated: run `python -m server migrate`.")


def _is_migrated(settings: Settings) -> bool:
    # This is the first statement of the process, so a wrong database or URL shows here.
    try:
        return asyncio.run(migrate.is_current(settings.database_url))
    except (OSError, SQLAlchemyError) as trouble:
        reason = getattr(trouble, "orig", trouble)
        raise DatabaseUnusable(f"The database that DATABASE_URL names cannot be used: {reason}") from trouble
    except ValueError:  # The original message quotes the part that it cannot read, which may be part of the password.
        raise DatabaseUnusable("DATABASE_URL cannot be read: percent-encode what is special in a password.") from None
