"""What comes before serving: a database that answers, with the newest schema and, to try things out on, demo data."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from models.database import migrate
from server.app import open_database
from server.demo import seed
from server.settings import Settings


class DatabaseUnusable(Exception):
    """The database cannot be had, or is not migrated. The message says which, and never a password."""


def prepare(settings: Settings) -> None:
    """Migrate, and in development mode add the demo data if there is no gallery yet."""
    migrate_database(settings)
    if settings.dev:
        seed_database(settings)


def migrate_database(settings: Settings) -> None:
    """Bring the database to the newest schema."""
    if not _is_migrated(settings):
        asyncio.run(migrate.upgrade(settings.database_url))


def seed_database(settings: Settings) -> bool:
    """Add the demo data, unless there is a gallery already. Gives whether it did."""
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
    # always the first that is asked of the database, so that what is wrong with it or its URL shows here
    try:
        return asyncio.run(migrate.is_current(settings.database_url))
    except (OSError, SQLAlchemyError) as trouble:
        reason = getattr(trouble, "orig", trouble)
        raise DatabaseUnusable(f"The database that DATABASE_URL names cannot be used: {reason}") from trouble
    except ValueError:  # quotes the piece that it stumbled over, which may be of the password
        raise DatabaseUnusable("DATABASE_URL cannot be read: percent-encode what is special in a password.") from None
