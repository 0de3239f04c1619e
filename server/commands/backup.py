"""python -m server backup: write a consistent copy of the database while it is in use."""

import argparse
import sys
from pathlib import Path

from server.database_places import sqlite_path
from server.progress import Progress, Tell, size
from server.settings import Settings
from server.whole_file import whole_file


def main(settings: Settings, arguments: argparse.Namespace) -> None:
    """Writes the backup. Raises CommandFailed."""
    file = Path(arguments.file)
    with whole_file(file, force=arguments.force) as part, Progress("Backing up") as progress:
        _write(settings.database_url, part, progress.tell)
    print(f"Wrote {file}, {size(file.stat().st_size)}.", file=sys.stderr)


def _write(url: str, part: Path, tell: Tell) -> None:
    if path := sqlite_path(url):
        from server import sqlite_backups  # noqa: PLC0415  only the kind that is needed

        sqlite_backups.back_up(path, part, tell)
    else:
        from server import postgres_backups  # noqa: PLC0415  only the kind that is needed

        postgres_backups.back_up(url, part, tell)
