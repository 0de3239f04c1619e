"""Whether the database is migrated, and migrating it."""

import asyncio
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from models.database.version import version_of
from server.database_places import sqlite_path
from server.database_unusable import DatabaseUnusable
from server.progress import Progress
from server.revisions import newest_revision
from server.settings import Settings

DEFAULT_URL = Settings.model_fields["database_url"].default


def migrate_database(settings: Settings) -> None:
    """Migrates the database to the newest schema. Raises DatabaseUnusable."""
    _make_default_folder(settings)
    if not _is_migrated(settings):
        from models.database import migrate  # noqa: PLC0415  Alembic takes long to import

        with Progress("Migrating") as progress:
            asyncio.run(migrate.upgrade(settings.database_url, progress.tell))


def require_migrated(settings: Settings) -> None:
    """Raises DatabaseUnusable unless the database answers and no migration is missing."""
    if not _is_migrated(settings):
        raise DatabaseUnusable("The database is not migrated: run `python -m server migrate`.")


def _make_default_folder(settings: Settings) -> None:
    # Only the default's folder `var` is made. Any other one that is missing may be a typing error, or a disk that is not
    # mounted: the data would be written to a place where nobody looks for them.
    path = sqlite_path(settings.database_url)
    if path and settings.database_url == DEFAULT_URL:
        path.parent.mkdir(exist_ok=True)


def _is_migrated(settings: Settings) -> bool:
    path = sqlite_path(settings.database_url)
    if path and not path.exists():  # Connecting would make an empty file.
        _require_folder(settings, path)
        return False
    # This is the first statement of the process, so a wrong database or URL shows here.
    try:
        return asyncio.run(version_of(settings.database_url)) == newest_revision()
    except (OSError, SQLAlchemyError) as trouble:
        reason = getattr(trouble, "orig", trouble)
        raise DatabaseUnusable(f"The database that DATABASE_URL names cannot be used: {reason}") from trouble
    except ValueError:  # The original message quotes the part that it cannot read, which may be part of the password.
        raise DatabaseUnusable("DATABASE_URL cannot be read: percent-encode what is special in a password.") from None


def _require_folder(settings: Settings, path: Path) -> None:
    if settings.database_url != DEFAULT_URL and not path.parent.is_dir():
        raise DatabaseUnusable(
            f"The folder {path.parent} of DATABASE_URL does not exist. Make it, or name another one in DATABASE_URL."
        )
