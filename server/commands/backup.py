"""python -m server backup: write a consistent copy of the database while it is in use."""

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path

from server.command_failed import CommandFailed
from server.database_places import sqlite_path
from server.progress import Progress, Tell, size
from server.settings import Settings


def main(settings: Settings, arguments: argparse.Namespace) -> None:
    """Writes the backup under another name first, so that half a backup never has the name of a whole one."""
    file = Path(arguments.file)
    if file.exists() and not arguments.force:
        raise CommandFailed(f"{file} exists already. --force replaces it.")
    if not file.parent.is_dir():
        raise CommandFailed(f"The folder {file.parent} does not exist. Make it first.")
    part = file.with_name(f"{file.name}.part")
    # Only the owner reads it: it has everything that anybody wrote.
    os.close(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    try:
        with Progress("Backing up") as progress:
            _write(settings.database_url, part, progress.tell)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(file)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
    print(f"Wrote {file}, {size(file.stat().st_size)}.", file=sys.stderr)


def _write(url: str, part: Path, tell: Tell) -> None:
    if path := sqlite_path(url):
        from server import sqlite_backups  # noqa: PLC0415  only the kind that is needed

        sqlite_backups.back_up(path, part, tell)
    else:
        from server import postgres_backups  # noqa: PLC0415  only the kind that is needed

        postgres_backups.back_up(url, part, tell)
