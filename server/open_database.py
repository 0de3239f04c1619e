"""Opens the database that the settings name."""

from models.database.database import Clock, Database, Patience, utc_now
from server.settings import Settings


def open_database(settings: Settings, clock: Clock = utc_now) -> Database:
    """Returns the SQLite or PostgreSQL database that the URL names."""
    given = settings.database_url, settings.database_connections, clock, patience_of(settings)
    # Only the kind that is needed is imported, so that commands start fast.
    if settings.database_url.startswith("sqlite"):
        from models.database.sqlite import SQLiteDatabase  # noqa: PLC0415  see above

        return SQLiteDatabase(*given)
    from models.database.postgres import PostgresDatabase  # noqa: PLC0415  see above

    return PostgresDatabase(*given)


def patience_of(settings: Settings) -> Patience:
    """Returns the database's time limits from the settings."""
    return Patience(settings.database_lock_seconds, settings.database_idle_seconds, settings.database_statement_seconds)
