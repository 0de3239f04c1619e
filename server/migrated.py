"""Whether the database is migrated, and migrating it."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from models.database import migrate
from server.database_unusable import DatabaseUnusable
from server.settings import Settings


def migrate_database(settings: Settings) -> None:
    """Migrates the database to the newest schema."""
    if not _is_migrated(settings):
        asyncio.run(migrate.upgrade(settings.database_url))


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
