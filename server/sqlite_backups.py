"""Backing up and restoring a SQLite database, by SQLite's backup API."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from server.command_failed import CommandFailed
from server.progress import Tell

PAGES = 500  # copied in one step: 2 MB
SECONDS_FOR_THE_LOCK = 1


def back_up(database: Path, file: Path, tell: Tell) -> None:
    """Writes a consistent copy to `file`, while servers go on to write. Raises CommandFailed."""
    if not database.exists():
        raise CommandFailed(f"There is no database {database}.")
    with _failing("The database cannot be copied"), _opened(database, "rw") as source, _opened(file, "rw") as copy:
        # All steps read the state of this moment. Without the transaction, each change would begin the copy anew.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        _copy(source, copy, tell)
        copy.execute("PRAGMA journal_mode = DELETE")  # so that the copy is one file


def revision_in(file: Path) -> str | None:
    """Returns the last migration in a backup; None if it is none of this program. Raises CommandFailed if it is broken."""
    with _failing(f"{file} is not a whole backup"), _opened(file, "ro") as backup:
        (found,) = backup.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise CommandFailed(f"{file} is damaged: {found}")
        if not backup.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            return None
        row = backup.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None


def restore(file: Path, database: Path, tell: Tell, *, force: bool) -> None:
    """Replaces the content of the database. Raises CommandFailed, and then has changed nothing.

    Without `force` it refuses a database that another process has open, or that has tables.
    """
    if not database.parent.is_dir():
        raise CommandFailed(f"The folder {database.parent} of DATABASE_URL does not exist. Make it first.")
    with _failing("The backup cannot be restored"), _opened(file, "ro") as backup, _opened(database, "rwc") as target:
        if not force:
            _require_unused(target)
            _require_empty(target)
        _copy(backup, target, tell)


def _require_unused(target: sqlite3.Connection) -> None:
    # In this mode a transaction needs a lock that no other connection shares, also in write-ahead logging.
    target.execute("PRAGMA locking_mode = EXCLUSIVE")
    try:
        target.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        raise CommandFailed("The database is in use: stop the server first, or say --force.") from None
    target.execute("COMMIT")


def _require_empty(target: sqlite3.Connection) -> None:
    (tables,) = target.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()
    if tables:
        raise CommandFailed("The database is not empty. --force replaces everything in it.")


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, tell: Tell) -> None:
    source.backup(target, pages=PAGES, progress=lambda _status, left, total: tell(total - left, total))


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    url = f"file:{quote(str(path.absolute()))}?mode={mode}"
    with closing(sqlite3.connect(url, uri=True, timeout=SECONDS_FOR_THE_LOCK, isolation_level=None)) as connection:
        yield connection


@contextmanager
def _failing(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise CommandFailed(f"{what}: {error}.") from error
