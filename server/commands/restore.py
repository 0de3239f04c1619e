"""python -m server restore: replace the content of the database by a backup's."""

import argparse
import sys
from pathlib import Path

from server.command_failed import CommandFailed
from server.database_places import database_place, sqlite_path
from server.progress import Progress
from server.revisions import newest_revision, revisions
from server.settings import Settings

KINDS = {b"SQLite format 3": "SQLite", b"PGDMP": "PostgreSQL"}
"""What backups begin with."""


def main(settings: Settings, arguments: argparse.Namespace) -> None:
    """Restores the backup, or changes nothing. Raises CommandFailed."""
    file, url = Path(arguments.file), settings.database_url
    path = sqlite_path(url)
    _require_kind(file, "SQLite" if path else "PostgreSQL")
    with Progress("Restoring") as progress:
        if path:
            from server import sqlite_backups  # noqa: PLC0415  only the kind that is needed

            revision = _known(file, sqlite_backups.revision_in(file))
            sqlite_backups.restore(file, path, progress.tell, force=arguments.force)
        else:
            from server import postgres_backups  # noqa: PLC0415  only the kind that is needed

            revision = _known(file, postgres_backups.revision_in(file))
            postgres_backups.restore(file, url, progress.tell, force=arguments.force)
    print(f"Restored {file} into {database_place(url)}.", file=sys.stderr)
    if revision != newest_revision():
        print(f"It has migrations up to {revision}: run `python -m server migrate`.", file=sys.stderr)
    print(
        "Streams whose cursors come from after the backup get STREAM_RESET, and their clients read the state again. The"
        " others continue.",
        file=sys.stderr,
    )


def _require_kind(file: Path, wanted: str) -> None:
    if not file.is_file():
        raise CommandFailed(f"There is no file {file}.")
    with file.open("rb") as backup:
        begins = backup.read(16)
    kind = next((name for magic, name in KINDS.items() if begins.startswith(magic)), None)
    if kind is None:
        raise CommandFailed(f"{file} is not a backup.")
    if kind != wanted:
        raise CommandFailed(f"{file} is a backup of {kind}, and DATABASE_URL names {wanted}.")


def _known(file: Path, revision: str | None) -> str:
    if revision is None:
        raise CommandFailed(f"{file} is not a backup of Enfilade.")
    if revision not in revisions():
        raise CommandFailed(f"{file} is from a newer version, with migration {revision}. Restore it with that version.")
    return revision
