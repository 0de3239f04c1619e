"""python -m server migrate: bring the database to the newest schema."""

import argparse
import sys

from server.migrated import migrate_database
from server.revisions import newest_revision
from server.settings import Settings


def main(settings: Settings, _arguments: argparse.Namespace) -> None:
    """Migrates the database. Raises DatabaseUnusable."""
    migrate_database(settings)
    print(f"The database has all migrations, up to {newest_revision()}.", file=sys.stderr)
