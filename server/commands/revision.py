"""python -m server revision: write a migration."""

import argparse
import asyncio

from models.database import migrate
from server.settings import Settings


def main(settings: Settings, arguments: argparse.Namespace) -> None:
    """Writes a migration from how the tables differ from the database."""
    asyncio.run(migrate.revision(settings.database_url, arguments.message, arguments.number))
