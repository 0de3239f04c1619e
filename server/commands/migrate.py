"""python -m server migrate: bring the database to the newest schema."""

import argparse

from server.migrated import migrate_database
from server.settings import Settings


def main(settings: Settings, _arguments: argparse.Namespace) -> None:
    """Migrates the database. Raises DatabaseUnusable."""
    migrate_database(settings)
